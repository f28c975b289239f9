'use strict';

// Where the time of a worker is: perf interrupts it some thousand times a
// second of its CPU time, in user mode and kernel, and notes the address.
// Virtual machines have this clock, too, but often no counters of cycles.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { dir, out, sleep } = require('./servers.cjs');

const object = path.join(out, 'ngx_http_erpsync_module.so');
const parts = ['kernel', 'nginx', 'libc', 'glue', 'core'];

// The code that a process has mapped, by address.

function mapped(pid) {
  return fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
    .map((line) => /^(\w+)-(\w+) r-x\S* (\w+) \S+ \d+\s*(.*)$/.exec(line))
    .filter(Boolean)
    .map(([, start, end, offset, file]) => ({ start: parseInt(start, 16),
      end: parseInt(end, 16), offset: parseInt(offset, 16), file }));
}

// The line of the module's source of each offset, as "path\tline".  What was
// inlined counts where it is written; what the compiler's headers inline, such
// as a vector's load, where it is used.

function sources(offsets) {
  const input = offsets.map((offset) => `0x${offset.toString(16)}\n`).join('');
  const text = execFileSync('addr2line', ['-a', '-i', '-e', object],
    { input, encoding: 'utf8', maxBuffer: 1 << 26 });

  return new Map(text.split(/^0x/m).slice(1).map((chain) => {
    const [address, ...lines] = chain.trim().split('\n');
    const [, file, line] = lines.map((text) =>
      /(ngx_erpsync_module\/\S+):(\d+)/.exec(text)).find(Boolean)
      || [null, '?', 0];

    return [parseInt(address, 16), `${file}\t${line}`];
  }));
}

// Samples "server" while "load" runs, which returns a promise.  Returns
// "parts": the share of each in the time, and "lines": that of each line of
// the module, a Map.  Returns undefined without perf, or if this user may not
// sample the kernel: its part would be missing.

async function sample(server, load) {
  const file = path.join(dir, 'perf.data');
  const child = spawn('perf', ['record', '-q', '-e', 'cpu-clock', '-F', '3989',
    '-o', file, '-p', server.pids.join(',')], { stdio: 'ignore' });
  const ended = new Promise((resolve) =>
    child.once('exit', resolve).once('error', resolve));

  await sleep(300);
  await load();
  child.kill('SIGINT');
  await ended;

  if (!fs.existsSync(file)) {
    return undefined;
  }

  const maps = mapped(server.pids[0]);
  const all = execFileSync('perf', ['script', '-i', file, '-F', 'ip'],
    { encoding: 'utf8', maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n');
  const share = Object.fromEntries(parts.map((name) => [name, 0]));
  const own = new Map();
  const lines = new Map();

  // 1/n of the time each; an address of the kernel is in the upper half

  for (const text of all) {
    const ip = parseInt(text, 16);
    const map = maps.find(({ start, end }) => ip >= start && ip < end);
    const name = map ? path.basename(map.file) : 'kernel';

    if (map && map.file === object) {
      const offset = ip - map.start + map.offset;
      own.set(offset, (own.get(offset) || 0) + 1 / all.length);
    } else {
      share[!map ? 'kernel' : name.startsWith('nginx') ? 'nginx' : 'libc']
        += 1 / all.length;
    }
  }

  fs.rmSync(file);

  if (!share.kernel) {
    return undefined;
  }

  const where = sources([...own.keys()]);

  for (const [offset, part] of own) {
    const line = where.get(offset);

    share[line.includes('/core/') ? 'core' : 'glue'] += part;
    lines.set(line, (lines.get(line) || 0) + part);
  }

  return { parts: share, lines };
}

module.exports = { parts, sample };
