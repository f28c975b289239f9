'use strict';

// One measurement each: wrk, a constant rate, memory, instructions.

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { cpus, dir, sleep } = require('./servers.cjs');

const token = 'qw123f4c56770bc278017796cd16bd11';
const uri = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

// A call as the vendor's client makes it, from an integration's server.

const headers = {
  'Authorization': 'Bearer 8A:Cust12345.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789',
  'SO-AppToken': token,
  'Accept': 'application/json',
  'Accept-Language': 'nb-NO,nb;q=0.9',
  'SO-Language': 'nb-NO',
  'SO-Culture': 'nb-NO',
  'SO-TimeZone': 'NO,includeTZOffset',
  'User-Agent': 'erp-connector/1.0',
};

// A call: body (of bodies.cjs; null for none), and headers that differ.

function callHeaders(call) {
  const all = { ...headers, ...call.headers };

  if (call.body && !('Content-Type' in all)) {
    all['Content-Type'] = call.body.type;
  }

  return Object.entries(all).filter(([, value]) => value !== null);
}

function callText(call) {
  const text = call.body ? call.body.text : '';

  return `POST ${call.uri || uri} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
    + callHeaders(call).map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    + `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

let calls = 0;

function callFile(call, suffix, text) {
  call[suffix] ||= path.join(dir, `call-${++calls}.${suffix}`);

  if (!fs.existsSync(call[suffix])) {
    fs.writeFileSync(call[suffix], text());
  }

  return call[suffix];
}

function wrkScript(call) {
  return callFile(call, 'lua', () => [
    'wrk.method = "POST"',
    `wrk.path = "${uri}"`,
    ...callHeaders(call).map(([name, value]) =>
      `wrk.headers["${name}"] = "${value}"`),
    call.body
      ? `wrk.body = io.open("${call.body.file}", "rb"):read("*a")`
      : 'wrk.headers["Content-Length"] = "0"',
  ].join('\n'));
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    execFile('taskset', ['-c', cpus.load, command, ...args],
      (error, stdout, stderr) => error
        ? reject(new Error(`${command}: ${stderr || error.message} `
          + `(${error.signal || error.code})`))
        : resolve(stdout));
  });
}

// Seconds of CPU time that processes have used, by the scheduler's clock: that
// of /proc/PID/stat goes in steps of 10 ms.

function cpuTime(pids) {
  let time = 0;

  for (const pid of pids) {
    for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
      time += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`,
        'utf8').split(' ')[0]);
    }
  }

  return time / 1e9;
}

// A slow subject still works on what a run has left behind, on the CPU that
// the next one is to have.

async function quiet(server) {
  for (let i = 0, calm = 0; i < 1000 && calm < 2; i++) {
    const before = cpuTime(server.pids);
    await sleep(20);
    calm = cpuTime(server.pids) - before < 0.005 ? calm + 1 : 0;
  }
}

async function settle(server, call) {
  const sample = { ...call, body: null };

  for (let i = 0; i < 3; i++) {
    await request(server.port, sample);
  }

  await quiet(server);
}

// Requests a second, and the gateway's CPU time a request (seconds) and
// share of a CPU.  Answers of the wrong kind are an error.

async function wrk(server, call, seconds, options = {}) {
  await settle(server, call);

  const before = cpuTime(server.pids);
  const text = await run('wrk', ['-t', '1', '-c',
    String(options.connections || 16), '-d', `${seconds}s`, '--timeout', '30s',
    '-s', wrkScript(call), `http://127.0.0.1:${server.port}${uri}`]);
  const after = cpuTime(server.pids);
  const used = after - before;

  await quiet(server);

  const number = (re) => Number((re.exec(text) || [0, 0])[1]);
  const requests = number(/(\d+) requests in/);
  const refused = number(/Non-2xx or 3xx responses: (\d+)/);

  if (/Socket errors: (?!.*timeout [1-9])/.test(text)
    || refused !== (call.refused ? requests : 0))
  {
    throw new Error(`${server.name}: wrk\n${text}`);
  }

  return { rps: number(/Requests\/sec:\s+([\d.]+)/), requests,
    cpu: used / Math.max(1, requests),
    share: used / number(/requests in ([\d.]+)s/) };
}

async function rate(loader, server, call, perSecond, seconds) {
  await settle(server, call);

  const file = callFile(call, 'http', () => callText(call));
  const [rps, p50, p90, p99, p999] = (await loader.ask(
    `${server.port} ${file} 32 ${perSecond} ${seconds}`))
    .split(' ').map(Number);

  await quiet(server);

  return { rps, p50, p90, p99, p999 };
}

// The same over TLS and HTTP/2, by h2load: 32 connections, "perSecond" calls
// in all (0: as many as it can).  Times are those of single calls, from when
// they were sent.

async function h2load(server, call, perSecond, seconds) {
  const log = path.join(dir, `h2load.${++calls}`);
  const args = ['-c', '32', '-m', '1', '-t', '1', '-D', String(seconds),
    '-d', call.body.file, '--log-file', log,
    ...callHeaders(call).flatMap(([name, value]) =>
      ['-H', `${name.toLowerCase()}: ${value}`]),
    ...perSecond ? ['--rps', String(perSecond / 32)] : [],
    `https://127.0.0.1:${server.port}${uri}`];

  const text = await run('h2load', args);
  const refused = Number(/ (\d+) 4xx/.exec(text)[1])
    + Number(/ (\d+) 5xx/.exec(text)[1]);

  if (refused || / [1-9]\d* errored/.test(text)) {
    throw new Error(`${server.name}: h2load\n${text}`);
  }

  const times = fs.readFileSync(log, 'utf8').trim().split('\n')
    .map((line) => Number(line.split('\t')[2])).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1,
    Math.floor(times.length * share))];

  fs.rmSync(log);

  return { rps: times.length / seconds, p50: at(0.5), p99: at(0.99),
    p999: at(0.999) };
}

// Status and text of the answer to one call; undefined: the connection went.

function once(socket, text) {
  return new Promise((resolve, reject) => {
    let answer = '';

    const finish = (error) => {
      socket.removeAllListeners('data');
      socket.removeAllListeners('error');
      socket.removeAllListeners('close');
      error ? reject(error) : resolve({
        status: Number(answer.slice(9, 12)),
        text: answer.slice(answer.indexOf('\r\n\r\n') + 4),
      });
    };

    socket.on('data', (piece) => {
      answer += piece;
      const end = answer.indexOf('\r\n\r\n');
      const length = /\r\nContent-Length: *(\d+)/i.exec(answer);

      if (end >= 0 && (length
        ? answer.length >= end + 4 + Number(length[1])
        : answer.endsWith('0\r\n\r\n')))
      {
        finish();
      }
    });
    socket.once('error', finish);
    socket.once('close', () => finish(new Error('connection closed')));
    socket.write(text);
  });
}

function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function request(port, call) {
  const socket = await connect(port);

  try {
    return await once(socket, callText(call));
  } finally {
    socket.destroy();
  }
}

// How many requests, and bytes of their bodies, the WebAPI has received.

async function received(webapi) {
  const socket = await connect(webapi);
  const { text } = await once(socket,
    'GET /count HTTP/1.1\r\nHost: webapi\r\n\r\n');

  socket.destroy();

  const [requests, bytes] = text.split(' ').map(Number);

  return { requests, bytes };
}

// Proportional resident memory of processes, in bytes.

function memory(pids) {
  let sum = 0;

  for (const pid of pids) {
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    sum += Number(/^Pss:\s+(\d+)/m.exec(text)[1]) * 1024;
  }

  return sum;
}

// What a process holds in memory, shared or not: an immutable snapshot that
// a worker shares with its master counts in full.

function resident(pids) {
  return pids.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(
    fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024, 0);
}

// Memory of "n" connections that were used once and are kept alive.

async function idleMemory(server, call, n) {
  const sockets = [];

  await request(server.port, call);
  const before = memory(server.pids);

  for (let i = 0; i < n; i++) {
    const socket = await connect(server.port);
    await once(socket, callText(call));
    sockets.push(socket);
  }

  const after = memory(server.pids);

  sockets.forEach((socket) => socket.destroy());
  await sleep(200);

  return after - before;
}

// Memory of each of "n" calls that the WebAPI, a slow one, has not answered
// yet: the most that is seen until the answers are there.

async function heldMemory(server, call, n) {
  const sockets = [];

  for (let i = 0; i < n; i++) {
    sockets.push(await connect(server.port));
  }

  await sleep(200);

  const before = memory(server.pids);
  const answers = sockets.map((socket) => once(socket, callText(call)));

  let most = before;
  let answered = false;
  const all = Promise.all(answers).then(() => { answered = true; });

  while (!answered) {
    most = Math.max(most, memory(server.pids));
    await Promise.race([all, sleep(100)]);
  }

  sockets.forEach((socket) => socket.destroy());
  await sleep(200);

  return (most - before) / n;
}

async function sequence(server, call, n) {
  const socket = await connect(server.port);
  const text = callText(call);

  for (let i = 0; i < n; i++) {
    const answer = await once(socket, text);

    if (answer.status !== 200) {
      throw new Error(`${server.name}: ${answer.status}`);
    }
  }

  socket.destroy();
}

module.exports = { h2load, heldMemory, idleMemory, rate, received, request, resident,
  sequence, token, wrk };
