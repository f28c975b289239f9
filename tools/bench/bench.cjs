'use strict';

// The benchmark: make bench, make bench-quick.
//
//   node bench.cjs [--quick] [--rounds N] [--seconds N] [--only PART,...]
//
// Parts: micro instructions memory bodies refusals latency http2 registry
// scaling.
// Prints tables; without --quick and --only also writes docs/benchmarks.md
// and docs/benchmarks*.svg.

const os = require('node:os');
const path = require('node:path');

const bodies = require('./bodies.cjs');
const parts = require('./parts.cjs');
const report = require('./report.cjs');
const servers = require('./servers.cjs');

const order = ['micro', 'instructions', 'memory', 'bodies', 'refusals',
  'latency', 'http2', 'registry', 'scaling'];

function options(argv) {
  const o = { quick: false, rounds: 5, seconds: 1, only: null };

  for (let i = 0; i < argv.length; i++) {
    switch (argv[i]) {
    case '--quick': o.quick = true; break;
    case '--rounds': o.rounds = Number(argv[++i]); break;
    case '--seconds': o.seconds = Number(argv[++i]); break;
    case '--only': o.only = argv[++i].split(',').filter(Boolean); break;
    default: throw new Error(`no such option: ${argv[i]}`);
    }
  }

  if (!(o.rounds >= 1) || !(o.seconds >= 1)) {
    throw new Error('--rounds and --seconds take numbers from 1');
  }

  for (const part of o.only || []) {
    if (!order.includes(part)) {
      throw new Error(`no such part: ${part}; there are ${order.join(' ')}`);
    }
  }

  return o;
}

async function main() {
  const o = options(process.argv.slice(2));
  const started = Date.now();
  const todo = o.only
    || (o.quick ? ['micro', 'instructions', 'bodies', 'refusals'] : order);

  const bench = {
    ...o,
    bodies: bodies.write(path.join(servers.build, 'bodies'), [], true),
    results: {},
    load: os.loadavg(),
    note: (text) => process.stderr.write(`-- ${text}\n`),
  };

  if (bench.load[0] > 0.5) {
    bench.note(`the machine is busy (load ${bench.load[0].toFixed(1)}): `
      + 'times will not hold');
  }

  await parts.prepare(bench, todo);

  for (const part of order.filter((name) => todo.includes(name))) {
    bench.note(`${part} (${Math.round((Date.now() - started) / 1000)} s)`);
    bench.results[part] = await parts[part](bench);
    console.log(report.text(part, bench.results));
  }

  if (!o.quick && !o.only) {
    bench.results.micro = await parts.micro(bench, bench.results.micro);
    bench.minutes = (Date.now() - started) / 60000;
    report.write(bench, path.join(servers.top, 'docs'));
  }
}

let code = 0;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await servers.stopAll();
    process.exit(1);
  });
}

main().catch((error) => {
  console.error(error.message || error);
  code = 1;
}).finally(async () => {
  await servers.stopAll();
  process.exit(code);
});
