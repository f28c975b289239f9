'use strict';

// Starts and stops what is measured: an nginx for each subject, the Node
// gateway, the stand-in WebAPI.  All on free ports of 127.0.0.1, in one
// private directory; stopped by their process ids.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const top = path.resolve(__dirname, '../..');
const out = process.env.ERPSYNC_BUILD || path.join(top, 'build');
const build = path.join(out, 'bench');
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'erpsync-bench-'));

// The gateway has CPU 0 to itself.  Load and WebAPI share CPU 1, and have a
// CPU each where there are more.

const ncpus = os.cpus().length;
const cpus = {
  gateway: '0',
  load: ncpus > 1 ? '1' : '0',
  webapi: ncpus > 2 ? '2' : ncpus > 1 ? '1' : '0',
};

const children = new Set();

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function launch(cpu, command, args, options = {}) {
  const log = fs.openSync(path.join(dir, `${path.basename(command)}.log`),
    'a');
  const argv = cpu === null ? [command, ...args]
    : ['taskset', '-c', cpu, command, ...args];
  const child = spawn(argv[0], argv.slice(1),
    { stdio: options.pipe ? ['pipe', 'pipe', log] : ['ignore', log, log],
      cwd: options.cwd || dir, env: { ...process.env, ...options.env } });

  fs.closeSync(log);
  children.add(child);
  child.once('exit', () => children.delete(child));

  return child;
}

function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve();
  }

  const { pid } = child;
  const inner = workers(pid).filter((worker) => worker !== pid);

  return new Promise((resolve) => {
    // Without a master, nginx may miss a signal on its way to sleep; a
    // master starts to count anew with each, and never kills a busy worker.

    const again = inner.length ? null
      : setInterval(() => child.kill('SIGTERM'), 500);

    const last = setTimeout(() => {
      for (const worker of [...inner, pid]) {
        try {
          process.kill(worker, 'SIGKILL');
        } catch { /* has ended */ }
      }
    }, 10000);

    child.once('exit', () => {
      clearInterval(again);
      clearTimeout(last);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

async function stopAll() {
  await Promise.all([...children].map(stop));
  fs.rmSync(dir, { recursive: true, force: true });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

async function ready(child, port, what) {
  for (let i = 0; i < 600; i++) {
    if (await connects(port)) {
      return;
    }

    if (child.exitCode !== null) {
      break;
    }

    await sleep(100);
  }

  for (const log of ['nginx.log', 'node.log', `${what}/logs/error.log`]) {
    try {
      console.error(fs.readFileSync(path.join(dir, log), 'utf8').trim()
        .split('\n').slice(-5).join('\n'));
    } catch { /* there is none */ }
  }

  throw new Error(`${what} does not start`);
}

// The next line that a program of ours prints.

function line(child) {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.join(' ')}: `
      + `ended; ${dir} has what it said`));

    child.once('exit', ended);
    child.stdout.once('data', (text) => {
      child.removeListener('exit', ended);
      resolve(String(text).trim());
    });
  });
}

async function upstream(delay = 0) {
  const child = launch(cpus.webapi, path.join(build, 'upstream'),
    [String(delay)], { pipe: true });

  return { child, port: Number(await line(child)) };
}

// A WebAPI that also makes the load, see rate.c.

async function loader() {
  const child = launch(cpus.load, path.join(build, 'rate'), [],
    { pipe: true });

  return { child, port: Number(await line(child)),
    ask(command) {
      child.stdin.write(`${command}\n`);
      return line(child);
    } };
}

// The processes that do the work: the workers of a master, or itself.

function workers(pid) {
  const list = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim();

  return list ? list.split(' ').map(Number) : [pid];
}

const nginxBinary = ['/usr/sbin/nginx', '/usr/local/sbin/nginx',
  '/usr/bin/nginx'].find((file) => fs.existsSync(file)) || 'nginx';

// One configuration for all: only "modules", "http" and "server" differ.

function configuration(subject, port, webapi, options) {
  return `
${(subject.modules || []).map((m) => `load_module ${m};`).join('\n')}
daemon off;
${options.single ? 'master_process off;' : ''}
worker_processes ${options.workers || 1};
worker_rlimit_nofile 16384;
error_log logs/error.log ${options.log || 'error'};
pid logs/nginx.pid;
events { worker_connections 8192; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_max_body_size 8m;
    client_body_buffer_size 2m;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    upstream webapi {
        server 127.0.0.1:${webapi};
        keepalive 256;
        keepalive_requests 1000000000;
        keepalive_timeout 300s;
    }
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Connection "";
${subject.http || ''}
    server {
        listen 127.0.0.1:${port}${options.tls ? ' ssl http2' : ''} backlog=4096;
${options.tls ? `
        ssl_certificate ${options.tls}/cert.pem;
        ssl_certificate_key ${options.tls}/key.pem;
        http2_max_concurrent_streams 128;` : ''}
${subject.server || `
        location / { proxy_pass http://webapi; }`}
    }
}
`;
}

function nginxDir(name) {
  const prefix = fs.mkdtempSync(path.join(dir, `${name}-`));
  fs.chmodSync(prefix, 0o755);
  fs.mkdirSync(path.join(prefix, 'logs'));
  return prefix;
}

async function nginx(subject, webapi, options = {}) {
  const port = await freePort();
  const prefix = nginxDir(subject.name);

  for (const [name, text] of Object.entries(subject.files || {})) {
    fs.writeFileSync(path.join(prefix, name), text);
  }

  fs.writeFileSync(path.join(prefix, 'nginx.conf'),
    configuration(subject, port, webapi, options)
      .replaceAll('@DIR@', prefix));

  const args = ['-p', prefix, '-c', 'nginx.conf'];
  const child = options.valgrind
    ? launch(options.cpu, 'valgrind', [...options.valgrind, nginxBinary,
      ...args])
    : launch(options.workers > 1 ? null : cpus.gateway, nginxBinary, args);

  await ready(child, port, path.basename(prefix));
  await sleep(options.single ? 0 : 50);

  return { name: subject.name, child, port, prefix,
    pids: options.single ? [child.pid] : workers(child.pid) };
}

// A certificate for a gateway with "tls": the directory that it is in.

function certificate() {
  const prefix = fs.mkdtempSync(path.join(dir, 'tls-'));

  fs.chmodSync(prefix, 0o755);
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
    '/CN=localhost', '-keyout', path.join(prefix, 'key.pem'), '-out',
    path.join(prefix, 'cert.pem')], { stdio: 'ignore' });

  return prefix;
}

// How long it takes to read the configuration, and with it the registry.

function testTime(subject, valgrind = []) {
  const prefix = nginxDir('test');

  fs.writeFileSync(path.join(prefix, 'nginx.conf'),
    configuration(subject, 1, 1, {}));

  const [command, ...args] = [...valgrind, nginxBinary, '-t', '-q', '-p',
    prefix, '-c', 'nginx.conf'];
  const start = process.hrtime.bigint();
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'ignore'] });

  return Number(process.hrtime.bigint() - start) / 1e9;
}

async function node(subject, webapi) {
  const port = await freePort();
  const child = launch(cpus.gateway, 'node', subject.args,
    { cwd: subject.cwd, env: { NODE_ENV: 'production', PORT: String(port),
      WEBAPI: `http://127.0.0.1:${webapi}`, REGISTRY: subject.registry } });

  await ready(child, port, 'node');

  return { name: subject.name, child, port, pids: [child.pid] };
}

function start(subject, webapi, options) {
  return subject.args ? node(subject, webapi) : nginx(subject, webapi, options);
}

module.exports = { build, certificate, cpus, dir, loader, nginxBinary, out, sleep, start,
  stop, stopAll, testTime, top, upstream };
