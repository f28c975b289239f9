'use strict';

// Results as Markdown tables, which are also what is printed.

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

function verdict(value, target, sign, text = String(target)) {
  if (target === undefined) {
    return '';
  }

  const met = sign === '≥' ? value >= target : value <= target;

  return `${sign} ${text} ${met ? 'met' : '**not met**'}`;
}

function ratios(rows, first) {
  return table([first, 'subject', 'requests/s', 'ratio', 'range', 'CPU µs',
    'CPU ratio', 'CPU busy', 'target'],
  rows.map((r) => [r.label, r.subject, whole(r.rps), fixed(r.ratio, 3),
    `${fixed(r.low, 2)}–${fixed(r.high, 2)}`, fixed(r.cpu * 1e6, 1),
    fixed(r.cpuRatio, 3), `${Math.round(r.share * 100)} %`, verdict(r.ratio, r.target, '≥')]));
}

const parts = {
  micro: (rows) => table(['case', 'bytes', 'best ns', 'median ns', 'MB/s',
    'target'],
  rows.map((r) => [r.name, whole(r.bytes), fixed(r.best, 1),
    fixed(r.typical, 1), r.bytes ? whole(r.speed) : '',
    verdict(r.speed, r.target, '≥')])),

  bodies: (rows) => ratios(rows, 'body'),

  refusals: (rows) => ratios(rows, 'refusal'),

  latency: (rows) => table(['subject', 'asked/s', 'answered/s', 'p50 µs',
    'p99 µs', 'p99.9 µs', 'added p50', 'added p99', 'target'],
  rows.map((r) => [r.subject, whole(r.rate), whole(r.rps), fixed(r.p50, 0),
    fixed(r.p99, 0), fixed(r.p999, 0), fixed(r.added50, 0),
    fixed(r.added99, 0), verdict(r.added99, r.target, '≤')])),

  instructions: (rows) => table(['body', 'bare', 'module', 'added',
    'added a byte'],
  rows.map((r) => [r.label, whole(r.bare), whole(r.module),
    whole(r.module - r.bare), fixed((r.module - r.bare) / r.bytes, 2)])),

  memory: ({ idle, rows }) => `${table(['1,000 idle connections', 'KB'],
    Object.entries(idle).map(([name, n]) => [name, whole(n / 1024)]))}

${table(['call in flight', 'calls', 'bare KB', 'module KB', 'added KB',
    'target KB'],
  rows.map((r) => [r.label, r.n, fixed(r.bare / 1024, 1),
    fixed(r.module / 1024, 1), fixed((r.module - r.bare) / 1024, 1),
    verdict(r.module, r.target, '≤', whole(r.target / 1024))]))}`,

  registry: (rows) => table(['apps', 'load s', 'target', 'bytes an app',
    'target', 'requests/s', 'ratio', 'range'],
  rows.map((r) => [whole(r.n), fixed(r.load, 3),
    verdict(r.load, r.loadTarget, '≤'),
    r.perApp === undefined ? '' : whole(r.perApp),
    verdict(r.perApp, r.appTarget, '≤'), whole(r.rps), fixed(r.ratio, 3),
    `${fixed(r.low, 2)}–${fixed(r.high, 2)}`])),

  scaling: ({ workers, curve }) => `${ratios(workers, 'workers')}

${ratios(curve, 'bytes')}`,
};

function text(part, result) {
  return `\n${parts[part](result)}\n`;
}

module.exports = { text };
