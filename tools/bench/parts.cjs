'use strict';

// The parts of the benchmark.  Each starts what it compares, measures it in
// turn, round by round, and returns rows for report.cjs.

const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const callgrind = require('./callgrind.cjs');
const check = require('./check.cjs');
const { body } = require('./bodies.cjs');
const measure = require('./measure.cjs');
const samples = require('./samples.cjs');
const servers = require('./servers.cjs');
const subjects = require('./subjects.cjs');

const { build, dir } = servers;

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;

  return sorted.length % 2 ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Cells are { key, base, server, call, ... }.  In every round, they are measured
// one after the other, and those that are marked as "often" three times more,
// each time in reverse.  A cell's ratio is the median of its ratios to its base,
// each to the one that was measured in the same quarter of a round.  Where the
// time is of those marked as "sample" is found afterwards.

async function interleave(bench, cells, options = {}) {
  const rounds = options.rounds || bench.rounds;
  const seconds = options.seconds || bench.seconds;
  const results = new Map(cells.map((cell) => [cell.key, []]));
  const sampled = new Map();

  // who is slow with large bodies gets more time: something to count

  for (const cell of options.cold ? [] : cells.filter(({ call }) =>
    call.body && call.body.size > 32768))
  {
    const { requests } = await measure.wrk(cell.server, cell.call, 1, cell);
    cell.seconds = requests < 50 ? Math.max(3, seconds) : seconds;
  }

  const frequent = cells.filter(({ often }) => often);

  for (let turn = 0; turn < 4 * rounds; turn++) {
    for (const cell of turn % 2 ? [...frequent].reverse()
      : turn % 4 ? frequent : cells)
    {

      // V8 drops code that was not used through some collections

      if (cell.server.name === 'node') {
        await measure.wrk(cell.server, cell.call, 1, cell);
      }

      results.get(cell.key)[turn] = await measure.wrk(cell.server, cell.call,
        cell.seconds || seconds, cell);
    }
  }

  for (const cell of cells.filter(({ sample }) => sample)) {
    sampled.set(cell.key, await samples.sample(cell.server,
      () => measure.wrk(cell.server, cell.call, bench.quick ? 1 : 3, cell)));
  }

  return cells.map((cell) => {
    const own = results.get(cell.key);
    const base = results.get(cell.base);

    // those that were not measured in a turn are left out by flatMap()

    const typical = (value) => median(own.flatMap(value));
    const ratios = own.flatMap((r, turn) => r.rps / base[turn].rps);

    return { key: cell.key, subject: cell.server.name, label: cell.label,
      goal: cell.goal, rps: typical((r) => r.rps), cpu: typical((r) => r.cpu),
      share: typical((r) => r.share), ratio: median(ratios),
      cpuRatio: typical((r, turn) => base[turn].cpu / r.cpu),
      low: Math.min(...ratios), high: Math.max(...ratios),
      samples: sampled.get(cell.key) };
  });
}

async function stopAll(list) {
  for (const server of list) {
    await servers.stop(server.child);
  }
}

async function prepare(bench, todo) {
  bench.registry = subjects.writeRegistry(path.join(dir, 'registry.json'),
    10);
  fs.chmodSync(dir, 0o755);
  bench.webapi = await servers.upstream();

  if (!bench.quick && (todo.includes('bodies') || todo.includes('latency'))) {
    bench.note('the Node gateway: npm ci');
    execFileSync(path.join(__dirname, 'peers/gateway/install.sh'),
      { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

function everyone(bench) {
  const ours = [subjects.bare, subjects.erpsync(bench.registry)];

  return bench.quick ? ours : [...ours, subjects.lua(bench.registry),
    subjects.njs(bench.registry), subjects.modsecurity(bench.registry),
    subjects.gateway(bench.registry)];
}

// Starts those and shows that each does what it is measured for.

async function startChecked(bench, list, webapi = bench.webapi) {
  const started = [];

  for (const subject of list) {
    const server = await servers.start(subject, webapi.port);
    await check(server, webapi.port, bench.bodies);

    // compilers of LuaJIT and Node get their time

    await measure.wrk(server, { body: bench.bodies['sample.json'] },
      bench.quick ? 1 : 2);
    started.push(server);
  }

  return started;
}

// The core alone; with the rows of an earlier run, the better times of both: a
// neighbour that takes the CPU's time makes either too slow.  Goals are speeds
// relative to the base of the case (see micro.c); that of the head is in ns.

async function micro(bench, earlier = []) {
  const text = execFileSync('taskset', ['-c', servers.cpus.gateway,
    path.join(build, 'micro'), '-n', bench.quick ? '7' : '15',
    path.join(build, 'bodies')], { encoding: 'utf8' });
  const goals = { 'body sample.json': 0.7, 'body 4k.json': 1,
    'body 48k.json': 1.2, 'body 1m.json': 1.2, 'body 4k.xml': 0.333,
    'body 4k.form': 0.333 };

  return text.trim().split('\n').slice(1).map((line) => {
    const [, name, bytes, best, typical, speed, relative] =
      /^(.*?)\s+(\d+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+|-)$/
        .exec(line);

    const row = { name, bytes: Number(bytes), best: Number(best),
      typical: Number(typical), speed: Number(speed),
      relative: relative === '-' ? undefined : Number(relative),
      goal: goals[name], most: name === 'head' ? 250 : undefined };
    const other = earlier.find((r) => r.name === name);

    if (other === undefined) {
      return row;
    }

    const base = Math.min(row.best * row.relative, other.best * other.relative);
    const better = other.best < row.best ? other : row;

    return { ...better, relative: row.relative && base / better.best };
  });
}

// Requests a second by body; large ones by a few connections

function connections(what) {
  return what.size > 131072 ? 4 : 16;
}

async function throughput(bench) {
  const b = bench.bodies;
  const list = await startChecked(bench, everyone(bench));
  const [bare, module, ...others] = list;
  const [core] = await startChecked(bench, [subjects.core(bench.registry)]);
  const often = { often: true, sample: true };
  const cells = [];

  // The module's own are next to their base: the machine's speed changes.

  for (const [label, name, goal, ...own] of [
    ['0.5 KB', 'sample.json', 0.95],
    ['4 KB', '4k.json', 0.92, ['4 KB XML', '4k.xml', 0.8],
      ['4 KB form', '4k.form', 0.8]],
    ['48 KB', '48k.json', 0.72,
      ['48 KB canonical', '48k-canonical.json', 0.72]],
    ['1 MB', '1m.json', 0.76, ['1 MB canonical', '1m-canonical.json', 0.76]],
  ]) {
    const cell = (server, what, file, more) => ({ label: what, server,
      key: `${server.name} ${what}`, base: `bare ${label}`,
      call: { body: b[file] }, connections: connections(b[file]), ...more });

    cells.push(cell(bare, label, name, often),
      ...[[label, name, goal], ...own].map(([what, file, aim]) =>
        cell(module, what, file, { goal: aim, ...often })),
      ...label === '1 MB' ? []
        : [cell(core, label, name, { often: true })],
      ...others.map((server) => cell(server, label, name)));
  }

  const rows = await interleave(bench, cells);
  await stopAll([...list, core]);

  const labels = cells.map(({ label }) => label);

  return rows.sort((x, y) => labels.indexOf(x.label)
    - labels.indexOf(y.label));
}

// Refusals a second

async function refusals(bench) {
  const list = await startChecked(bench, [subjects.bare,
    subjects.erpsync(bench.registry), subjects.core(bench.registry)]);
  const [bare, module, core] = list;
  const least = await servers.start(subjects.refusing, bench.webapi.port);
  const unknown = { 'SO-AppToken': 'an-unknown-token' };
  const cells = [];

  for (const [label, body] of [['without body', null],
    ['with 0.5 KB', bench.bodies['sample.json']]])
  {
    const cell = (server, more) => ({ key: `${server.name} ${label}`,
      base: `${least.name} ${label}`, label, server, often: true,
      call: { body, headers: unknown, refused: server !== bare }, ...more });

    cells.push(cell(bare), cell(module, { goal: 0.97, sample: true }),
      cell(core), cell(least, { sample: true }));
  }

  const rows = await interleave(bench, cells);

  await stopAll([...list, least]);

  return rows;
}

// Latency at half of what bare proxy_pass can do

async function latency(bench) {
  const loader = await servers.loader();
  const list = await startChecked(bench, everyone(bench), loader);
  const call = { body: bench.bodies['sample.json'] };
  const most = await measure.wrk(list[0], call, bench.seconds);
  const rate = Math.round(most.rps / 2 / 100) * 100;
  const results = new Map(list.map((server) => [server, []]));

  for (let round = 0; round < bench.rounds; round++) {
    for (const server of list) {
      const own = results.get(server);

      // one that does not keep up has shown it

      if (round === 0 || own[0].rps > 0.9 * rate) {
        own.push(await measure.rate(loader, server, call, rate,
          bench.seconds));
      }
    }
  }

  await stopAll([...list, loader]);

  const base = results.get(list[0]);

  return list.map((server) => {
    const own = results.get(server);
    const typical = (name) => median(own.map((r) => r[name]));
    const added = (name) => median(own.map((r, i) => r[name]
      - base[i][name]));

    return { subject: server.name, rate, rps: typical('rps'),
      p50: typical('p50'), p99: typical('p99'), p999: typical('p999'),
      added50: added('p50'), added99: added('p99'),
      goal: server.name === 'module' ? 100 : undefined };
  });
}

// Latency that users see: TLS and HTTP/2 in front, half of what bare
// proxy_pass can do.  While the module is measured, its counters are read each
// second, and its registry of 100,000 apps is loaded again, as it changes.

async function http2(bench) {
  const file = subjects.writeRegistry(path.join(dir, 'apps-h2.json'), 100000);
  const tls = servers.certificate();
  const call = { body: bench.bodies['sample.json'] };
  const list = [];

  for (const subject of [subjects.bare, subjects.refreshed(file)]) {
    list.push(await servers.start(subject, bench.webapi.port, { tls }));
  }

  for (const server of list) {
    await measure.h2load(server, call, 0, 1);
  }

  const most = await measure.h2load(list[0], call, 0, bench.seconds);
  const rate = Math.max(1, Math.round(most.rps / 2 / 320)) * 320;
  const rows = list.map(() => []);

  const disturb = (server) => {
    const now = new Date();

    fs.utimesSync(file, now, now);
    execFile('curl', ['-sk', `https://127.0.0.1:${server.port}/status`]);
  };

  for (let round = 0; round < bench.rounds; round++) {
    for (const [i, server] of list.entries()) {
      const busy = i ? setInterval(disturb, 1000, server) : undefined;

      rows[i].push(await measure.h2load(server, call, rate,
        Math.max(3, bench.seconds)));
      clearInterval(busy);
    }
  }

  await stopAll(list);

  return list.map((server, i) => {
    const typical = (name) => median(rows[i].map((r) => r[name]));
    const added = (name) => median(rows[i].map((r, n) => r[name]
      - rows[0][n][name]));

    return { subject: server.name, rate, rps: typical('rps'),
      p50: typical('p50'), p99: typical('p99'), p999: typical('p999'),
      added50: added('p50'), added99: added('p99'),
      added999: added('p999') };
  });
}

// Instructions of a request, by function and by line.  What is counted begins
// when nginx has answered some requests, and ends before it unloads its modules.

async function count(bench, subject, call, n, cpu) {
  const file = path.join(dir, `callgrind.${subject.name}`);
  const server = await servers.start(subject, bench.webapi.port, {
    single: true, cpu,
    valgrind: ['--tool=callgrind', `--callgrind-out-file=${file}`],
  });

  const control = (option) => execFileSync('callgrind_control',
    [option, String(server.child.pid)], { stdio: 'ignore' });

  await measure.sequence(server, call, n);
  control('--zero');
  await measure.sequence(server, call, n);
  control('--dump');
  await servers.stop(server.child);

  const { functions, lines } = callgrind.read(`${file}.1`);

  return { functions: callgrind.each(functions, n),
    lines: callgrind.each(lines, n) };
}

async function instructions(bench) {
  const rows = [];
  const bares = new Map();

  for (const [name, label, n, base] of [['sample.json', '0.5 KB', 400],
    ['4k.json', '4 KB', 200], ['48k.json', '48 KB', 80],
    ['1m.json', '1 MB', 8], ['4k.xml', '4 KB XML', 80, '4 KB'],
    ['4k.form', '4 KB form', 80, '4 KB']])
  {
    const call = { body: bench.bodies[name] };

    // nothing is timed here: the two may run at the same time

    const [module, bare] = await Promise.all([
      [subjects.erpsync(bench.registry), servers.cpus.load],
      ...base ? [] : [[subjects.bare, servers.cpus.gateway]],
    ].map(([subject, cpu]) => count(bench, subject, call, n, cpu)));

    bares.set(label, bare);

    const { functions } = bare || bares.get(base);

    rows.push({ label, bytes: call.body.size,
      bare: callgrind.sum(functions), module: callgrind.sum(module.functions),
      profile: callgrind.difference(module.functions, functions),
      lines: module.lines });
  }

  return rows;
}

// Memory

async function memory(bench) {
  const slow = await servers.upstream(3000);
  const ours = [subjects.bare, subjects.erpsync(bench.registry)];
  const idle = {};
  const rows = [];

  for (const subject of ours) {
    const server = await servers.start(subject, bench.webapi.port);
    idle[subject.name] = await measure.idleMemory(server,
      { body: bench.bodies['sample.json'] }, 1000);
    await servers.stop(server.child);
  }

  for (const [name, label, n] of [['sample.json', '0.5 KB', 1000],
    ['48k.json', '48 KB', 200], ['1m.json', '1 MB', 40]])
  {
    const row = { label, n, bytes: bench.bodies[name].size };

    for (const subject of ours) {
      const server = await servers.start(subject, slow.port);
      row[subject.name] = await measure.heldMemory(server,
        { body: bench.bodies[name] }, n);
      await servers.stop(server.child);
    }

    row.goal = 2.5 * row.bytes + 8192;
    rows.push(row);
  }

  await servers.stop(slow.child);

  return { idle, rows };
}

// Instructions of reading the configuration

function testCosts(subject) {
  const file = path.join(dir, `callgrind.${subject.name}.test`);

  servers.testTime(subject, ['valgrind', '--tool=callgrind',
    `--callgrind-out-file=${file}`]);

  return callgrind.read(file).functions;
}

// Registries of three sizes

async function registry(bench) {
  const sizes = [10, 10000, 1000000];
  const empty = servers.testTime(subjects.bare);
  const bare = await servers.start(subjects.bare, bench.webapi.port);
  const call = { body: bench.bodies['sample.json'] };
  const list = [];
  const resident = [];
  const load = [];
  let profile;

  for (const n of sizes) {
    const file = subjects.writeRegistry(path.join(dir, `apps-${n}.json`), n);
    const subject = subjects.erpsync(file, `apps-${n}`);

    load.push(median([1, 2, 3].map(() => servers.testTime(subject)))
      - empty);

    if (n === 10000) {
      profile = callgrind.each(callgrind.difference(testCosts(subject),
        testCosts(subjects.bare)), n);
    }

    const server = await servers.start(subject, bench.webapi.port);
    await check(server, bench.webapi.port, bench.bodies);
    resident.push(measure.resident(server.pids));
    list.push(server);
  }

  const rows = await interleave(bench, [
    { key: 'bare', base: 'bare', server: bare, call, label: 'bare' },
    ...list.map((server, i) => ({ key: server.name, base: 'bare', server,
      call, label: sizes[i].toLocaleString('en') })),
  ], { seconds: 1 });

  await stopAll([bare, ...list]);

  return { profile, rows: sizes.map((n, i) => ({ n,
    load: Math.max(0, load[i]),
    perApp: i ? (resident[i] - resident[0]) / n : undefined,
    ...rows[i + 1],
    loadGoal: n === 1000000 ? 3 : undefined,
    appGoal: n === 1000000 ? 200 : undefined })) };
}

// Two workers against one; cost against the size of the body

async function workers(bench) {
  const call = { body: bench.bodies['sample.json'] };
  const cells = [];

  for (const subject of [subjects.bare, subjects.erpsync(bench.registry)]) {
    for (const n of [1, 2]) {
      const server = await servers.start(subject, bench.webapi.port,
        { workers: n });

      cells.push({ key: `${subject.name} ${n}`, base: `${subject.name} 1`,
        label: `${n}`, server, call, connections: 64 });
    }
  }

  const rows = await interleave(bench, cells,
    { rounds: Math.min(bench.rounds, 3) });
  await stopAll(cells.map((cell) => cell.server));

  return rows;
}

async function curve(bench) {
  const list = await startChecked(bench,
    [subjects.bare, subjects.erpsync(bench.registry)]);
  const cells = [];

  for (let size = 512; size <= 1048576; size *= 4) {
    const name = `curve-${size}.json`;
    const text = body(size, 'camel');
    const file = path.join(dir, name);
    const call = { body: { name, file, text, size: Buffer.byteLength(text),
      type: 'application/json; charset=utf-8' } };

    fs.writeFileSync(file, text);

    for (const server of list) {
      cells.push({ key: `${server.name} ${size}`, base: `bare ${size}`,
        label: size, server, call, connections: connections(call.body) });
    }
  }

  const rows = await interleave(bench, cells,
    { rounds: Math.min(bench.rounds, 2), seconds: 1, cold: true });
  await stopAll(list);

  return rows;
}

async function scaling(bench) {
  return { workers: await workers(bench), curve: await curve(bench) };
}

module.exports = { prepare, micro, bodies: throughput, refusals, latency, http2,
  instructions, memory, registry, scaling };
