'use strict';

// Results as Markdown tables, which are also what is printed, the page of
// docs/ and its charts.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const callgrind = require('./callgrind.cjs');
const samples = require('./samples.cjs');
const servers = require('./servers.cjs');

function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) =>
    Math.max(3, ...all.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => i
    ? cell.padStart(widths[i]) : cell.padEnd(widths[i])).join(' | ')} |`;

  return [line(all[0]),
    `|${widths.map((w, i) => i ? `${'-'.repeat(w + 1)}:`
      : '-'.repeat(w + 2)).join('|')}|`,
    ...all.slice(1).map(line)].join('\n');
}

const whole = (x) => Math.round(x).toLocaleString('en');
const fixed = (x, n) => x.toFixed(n);

function verdict(value, goal, sign, text = String(goal)) {
  if (goal === undefined) {
    return '';
  }

  const met = sign === '≥' ? value >= goal : value <= goal;

  return `${sign} ${text} ${met ? 'met' : '**not met**'}`;
}

function ratios(rows, first) {
  return table([first, 'subject', 'requests/s', 'ratio', 'range', 'CPU µs',
    'CPU ratio', 'CPU busy', 'goal'],
  rows.filter(({ subject }) => subject !== 'core').map((r) => [r.label,
    r.subject, whole(r.rps), fixed(r.ratio, 3),
    `${fixed(r.low, 2)}–${fixed(r.high, 2)}`, fixed(r.cpu * 1e6, 1),
    fixed(r.cpuRatio, 3), `${Math.round(r.share * 100)} %`,
    verdict(r.cpuRatio, r.goal, '≥')]));
}

// Where instructions are: the module's sources, and what it calls.  What is
// little in every column is summed up.

function sources(columns) {
  const all = columns.map(([, costs]) => callgrind.sum(costs));
  const rest = columns.map(() => 0);
  const names = new Map();

  columns.forEach(([, costs], i) => {
    for (const [key, cost] of costs) {
      const [object, source] = key.split('\t');
      const name = object.startsWith('ngx_http_erpsync') ? source
        : object.replace(/\.so.*/, '');
      const own = names.get(name) || columns.map(() => 0);

      own[i] += cost;
      names.set(name, own);
    }
  });

  const shown = [...names].filter(([, own]) => {
    const much = own.some((cost, i) => cost > 0.03 * all[i]);

    own.forEach((cost, i) => { rest[i] += much ? 0 : cost; });
    return much;
  });

  shown.sort((a, b) => b[1][0] - a[1][0]);

  return table(['where', ...columns.map(([label]) => label)],
    [...shown, ['rest', rest], ['all', all]].map(([name, own]) =>
      [name, ...own.map(whole)]));
}

function profile(rows) {
  return sources(rows.filter((r) => r.label !== '1 MB')
    .map((r) => [r.label, r.profile]));
}

// The lines of the module that take most of the time, and the instructions of
// each (callgrind).

function hottest({ bodies, instructions }) {
  const texts = new Map();

  const text = (file, line) => {
    if (!texts.has(file)) {
      texts.set(file, fs.readFileSync(path.join(servers.top, file), 'utf8')
        .split('\n'));
    }

    return texts.get(file)[line - 1].trim().replaceAll('|', '\\|');
  };

  const rows = ['0.5 KB', '4 KB', '48 KB'].flatMap((label) => {
    const { cpu, samples } = bodies.find((r) => r.label === label
      && r.subject === 'module');
    const counted = new Map();

    for (const [key, cost] of instructions.find((r) =>
      r.label === label).lines)
    {
      const [own] = /ngx_erpsync_module\/\S+\t\d+$/.exec(key) || [key];
      counted.set(own, (counted.get(own) || 0) + cost);
    }

    return [...samples ? samples.lines : []]
      .filter(([key]) => /\S\t[1-9]/.test(key))
      .sort((a, b) => b[1] - a[1]).slice(0, 8).map(([key, share]) => {
        const [file, line] = key.split('\t');

        return [label, `${path.basename(file)}:${line}`,
          whole(share * cpu * 1e9), whole(counted.get(key) || 0),
          `\`${text(file, line)}\``];
      });
  });

  return table(['body', 'line', 'ns', 'instructions', 'text'], rows);
}

const sampled = (rows) => rows.filter((r) => r.samples);

// Where the time of a call is: that which was measured, as the samples divide
// it.

function places(rows) {
  return sampled(rows).length === 0 ? 'There is no perf here, or it may not see the kernel.'
    : table(['call', 'subject', ...samples.parts, 'all µs'],
      sampled(rows).map((r) => [r.label, r.subject,
        ...samples.parts.map((name) =>
          fixed(r.samples.parts[name] * r.cpu * 1e6, 2)),
        fixed(r.cpu * 1e6, 2)]));
}

// What a goal leaves for the module, and what of that the core takes: alone,
// and in place.  For some bodies the latter is what the least module adds that
// judges and forwards calls (core_module.c), and otherwise the samples' share.
// Without perf, that is not known.

function bounds({ bodies, refusals, micro }) {
  const best = (name) => micro.find((r) => r.name === name).best / 1e3;
  const rows = [['0.5 KB', 'sample.json'], ['4 KB', '4k.json'],
    ['48 KB', '48k.json'], ['48 KB canonical', '48k-canonical.json'],
    ['1 MB', '1m.json'], ['4 KB XML', '4k.xml'], ['4 KB form', '4k.form'],
    ...refusals ? [['without body'], ['with 0.5 KB']] : []];

  return table(['call', 'goal', 'base µs', 'it leaves µs', 'core alone µs',
    'core in place µs', 'bound', 'added µs', 'beyond the core µs'],
  rows.map(([label, body]) => {
    const of = (name, subject) => [...bodies, ...refusals || []].find((r) =>
      r.label === name && r.subject === subject);
    const module = of(label, 'module');
    const base = 1e6 * (body
      ? of(label.replace(/ (canonical|XML|form)$/, ''), 'bare')
      : of(label, 'nginx 403')).cpu;
    const alone = best('head') + (body ? best(`body ${body}`) : 0);
    const least = of(label, 'core');
    const core = least ? base / least.cpuRatio - base
      : module.samples ? module.samples.parts.core * module.cpu * 1e6
        : alone;
    const beyond = module.cpu * 1e6 - base - core;
    const bound = base / (base + core);

    return [label, verdict(module.cpuRatio, module.goal, '≥')
      + (module.cpuRatio < module.goal && bound < module.goal
        ? ', out of reach' : ''),
    fixed(base, 1), fixed(base / module.goal - base, 1), fixed(alone, 1),
    least || module.samples ? fixed(core, 1) : '–', fixed(bound, 3),
    fixed(module.cpu * 1e6 - base, 1), label === '0.5 KB'
      ? `${fixed(beyond, 1)}, goal ${verdict(beyond, 0.5, '≤')}`
      : fixed(beyond, 1)];
  }));
}

const parts = {
  micro: (rows) => table(['case', 'bytes', 'best ns', 'median ns', 'MB/s',
    'relative', 'goal'],
  rows.map((r) => [r.name, whole(r.bytes), fixed(r.best, 1),
    fixed(r.typical, 1), r.bytes ? whole(r.speed) : '',
    r.relative === undefined ? '' : fixed(r.relative, 2),
    verdict(r.relative, r.goal, '≥') || verdict(r.best, r.most, '≤')])),

  bodies: (rows) => ratios(rows, 'body'),

  refusals: (rows) => ratios(rows, 'refusal'),

  latency: (rows) => table(['subject', 'asked/s', 'answered/s', 'p50 µs',
    'p99 µs', 'p99.9 µs', 'added p50 µs', 'added p99 µs', 'goal'],
  rows.map((r) => [r.subject, whole(r.rate), whole(r.rps), fixed(r.p50, 0),
    fixed(r.p99, 0), fixed(r.p999, 0), fixed(r.added50, 0),
    fixed(r.added99, 0), verdict(r.added99, r.goal, '≤')])),

  http2: (rows) => table(['subject', 'asked/s', 'answered/s', 'p50 µs',
    'p99 µs', 'p99.9 µs', 'added p50 µs', 'added p99 µs', 'added p99.9 µs'],
  rows.map((r) => [r.subject, whole(r.rate), whole(r.rps), fixed(r.p50, 0),
    fixed(r.p99, 0), fixed(r.p999, 0), fixed(r.added50, 0),
    fixed(r.added99, 0), fixed(r.added999, 0)])),

  instructions: (rows) => table(['body', 'bare', 'module', 'added',
    'added a byte'],
  rows.map((r) => [r.label, whole(r.bare), whole(r.module),
    whole(r.module - r.bare), fixed((r.module - r.bare) / r.bytes, 2)])),

  memory: ({ idle, rows }) => `${table(['1,000 idle connections', 'KB'],
    Object.entries(idle).map(([name, n]) => [name, whole(n / 1024)]))}

${table(['call in flight', 'calls', 'bare KB', 'module KB', 'added KB',
    'body + added', 'goal KB'],
  rows.map((r) => [r.label, r.n, fixed(r.bare / 1024, 1),
    fixed(r.module / 1024, 1), fixed((r.module - r.bare) / 1024, 1),
    fixed((r.bytes + r.module - r.bare) / 1024, 1),
    verdict(r.bytes + r.module - r.bare, r.goal, '≤',
      whole(r.goal / 1024))]))}`,

  registry: ({ rows, profile: costs }) => `${table(['apps', 'load s', 'goal', 'bytes an app',
    'goal', 'requests/s', 'ratio', 'range'],
  rows.map((r) => [whole(r.n), fixed(r.load, 3),
    verdict(r.load, r.loadGoal, '≤'),
    r.perApp === undefined ? '' : whole(r.perApp),
    verdict(r.perApp, r.appGoal, '≤'), whole(r.rps), fixed(r.ratio, 3),
    `${fixed(r.low, 2)}–${fixed(r.high, 2)}`]))}

${sources([['instructions an app', costs]])}`,

  scaling: ({ workers, curve }) => `${ratios(workers, 'workers')}

${ratios(curve, 'bytes')}`,
};

function text(part, results) {
  const more = {
    instructions: () => `\n${profile(results.instructions)}\n`,
    bodies: () => `\n${places(results.bodies)}\n${results.micro
      ? `\n${bounds(results)}\n` : ''}${results.instructions
      ? `\n${hottest(results)}\n` : ''}`,
    refusals: () => `\n${places(results.refusals)}\n`,
  }[part] || (() => '');

  return `\n${parts[part](results[part])}\n${more()}`;
}

// What it was measured on

function output(command, args) {
  return execFileSync(command, args,
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function version(name) {
  try {
    return output('dpkg-query', ['-W', '-f', '${Version}', name]);
  } catch {
    return '–';
  }
}

function machine(bench) {
  const release = /^PRETTY_NAME="?([^"\n]*)/m.exec(
    fs.readFileSync('/etc/os-release', 'utf8'))[1];
  const packages = ['nginx', 'wrk', 'libssl3', 'libjansson4', 'libexpat1',
    'libnginx-mod-http-lua', 'lua-cjson', 'libnginx-mod-http-js',
    'libnginx-mod-http-modsecurity', 'libmodsecurity3', 'libsimdjson-dev',
    'nghttp2-client', 'valgrind', 'linux-perf'];
  const lock = JSON.parse(fs.readFileSync(path.join(__dirname,
    'peers/gateway/package-lock.json'))).packages;
  let commit = '';

  try {
    commit = output('git', ['-C', servers.top, 'describe', '--always',
      '--dirty']);
  } catch { /* no repository */ }

  return table(['what', 'which'], [
    ['date', new Date().toISOString().slice(0, 16).replace('T', ' ')
      + ' UTC'],
    ['command', `\`make bench ROUNDS=${bench.rounds} `
      + `SECONDS=${bench.seconds}\`, ${fixed(bench.minutes, 1)} minutes`],
    ['commit', commit || '–'],
    ['CPU', `${os.cpus()[0].model.trim()}, ${os.cpus().length} CPUs`],
    ['memory', `${Math.round(os.totalmem() / 2 ** 30)} GB`],
    ['load before', bench.load.map((x) => fixed(x, 2)).join(' ')],
    ['kernel', `${os.type()} ${os.release()} ${os.arch()}`],
    ['system', release],
    ['compiler', output('cc', ['--version']).split('\n')[0]],
    ...packages.map((name) => [name, version(name)]),
    ['node', process.version],
    ...['fastify', 'ajv', 'undici'].map((name) =>
      [name, lock[`node_modules/${name}`].version]),
  ]);
}

// The page: its text stands in page.md, tables take the place of their names

function write(bench, docs) {
  const page = fs.readFileSync(path.join(__dirname, 'page.md'), 'utf8')
    .replace(/^@(\w+)@$/gm, (_, part) => {
      switch (part) {
      case 'machine': return machine(bench);
      case 'profile': return profile(bench.results.instructions);
      case 'places': return places([...bench.results.bodies,
        ...bench.results.refusals]);
      case 'hottest': return hottest(bench.results);
      case 'bounds': return bounds(bench.results);
      default: return parts[part](bench.results[part]);
      }
    });

  charts(bench.results, docs);
  fs.writeFileSync(path.join(docs, 'benchmarks.md'), page);
  console.log(`wrote ${path.join(docs, 'benchmarks.md')}`);
}

function tsv(name, rows) {
  fs.writeFileSync(path.join(servers.dir, name),
    rows.map((row) => `${row.join('\t')}\n`).join(''));
}

function charts(results, docs) {
  const names = { module: 'module', lua: 'Lua', njs: 'njs',
    modsecurity: 'ModSecurity', node: 'Node' };
  const ratio = (label, subject) => results.bodies.find((r) =>
    r.label === label && r.subject === subject).ratio;

  tsv('bodies.tsv', [['body', ...Object.values(names)],
    ...['0.5 KB', '4 KB', '48 KB', '1 MB'].map((label) =>
      [label, ...Object.keys(names).map((name) => ratio(label, name))])]);

  const { curve } = results.scaling;
  const cpu = (size, subject) => curve.find((r) =>
    r.label === size && r.subject === subject).cpu * 1e6;

  tsv('curve.tsv', [...new Set(curve.map((r) => r.label))].map((size) =>
    [size, cpu(size, 'bare'), cpu(size, 'module')]));
  tsv('registry.tsv', results.registry.rows.map((r) => [r.n, r.ratio]));

  execFileSync('gnuplot', ['-e', `data='${servers.dir}'; docs='${docs}'`,
    path.join(__dirname, 'chart.gp')], { stdio: ['ignore', 'inherit',
    'inherit'] });
}

module.exports = { text, write };
