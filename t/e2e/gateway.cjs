'use strict';

// A recording WebAPI and a gateway in front of it, each on a free port.

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const build = process.env.ERPSYNC_BUILD || path.resolve(__dirname, '..');

const token = 'qw123f4c56770bc278017796cd16bd11';

function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

async function freePort() {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

// "options": http, directives to add; server, the same, as a function of the
// WebAPI's URL; apps, by id their token, or an object with "token" and further
// members of the registry. The WebAPI answers state.answer with state.status.

async function start(options = {}) {
  const received = [];
  const state = { answer: 'true', status: 200 };

  const webapi = http.createServer((req, res) => {
    const pieces = [];
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => {
      received.push({ method: req.method, url: req.url,
        headers: req.headers, body: Buffer.concat(pieces).toString() });
      res.statusCode = state.status;
      res.setHeader('Content-Type', 'application/json; charset=utf-8');
      res.end(state.answer);
    });
  });

  const upstream = await listen(webapi);
  const port = await freePort();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'erpsync-e2e-'));
  const apps = { 'acme-erp': token, ...options.apps };
  const digest = (text) => crypto.createHash('sha256').update(text)
    .digest('hex');
  const modules = process.env.TEST_NGINX_LOAD_MODULES
    || path.join(build, 'ngx_http_erpsync_module.so');

  fs.chmodSync(dir, 0o755);
  fs.mkdirSync(path.join(dir, 'logs'));
  fs.writeFileSync(path.join(dir, 'registry.json'), JSON.stringify({
    version: 1,
    apps: Object.entries(apps).map(([id, app]) => {
      const { token: value, expires, ...more } = app.token ? app
        : { token: app };
      return { id, tokens: [{ sha256: digest(value),
        ...(expires && { expires }) }], agents: ['ErpSync'], ...more };
    }),
  }));

  fs.writeFileSync(path.join(dir, 'nginx.conf'), `
${modules.split(' ').map((m) => `load_module ${m};`).join('\n')}
daemon off;
worker_processes 1;
error_log logs/error.log warn;
pid logs/nginx.pid;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    ${options.http || ''}
    server {
        listen 127.0.0.1:${port};
        erpsync on;
        erpsync_registry registry.json refresh=1s;
        ${options.server ? options.server(`http://127.0.0.1:${upstream}`) : ''}
        location / { proxy_pass http://127.0.0.1:${upstream}; }
        location /onsite/ {
            erpsync_installation onsite;
            proxy_pass http://127.0.0.1:${upstream};
        }
    }
}
`);

  const nginx = spawn(process.env.TEST_NGINX_BINARY || 'nginx',
    ['-p', dir, '-c', 'nginx.conf'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
  const ended = new Promise((resolve) => nginx.once('exit', resolve));

  for (let i = 0; i < 100 && !await connects(port); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  return {
    received,
    state,
    token,
    url: `http://127.0.0.1:${port}`,
    registry: path.join(dir, 'registry.json'),
    async stop() {
      nginx.kill('SIGQUIT');
      await ended;
      const log = fs.readFileSync(path.join(dir, 'logs/error.log'), 'utf8');
      fs.rmSync(dir, { recursive: true, force: true });
      await new Promise((resolve) => { webapi.close(resolve);
        webapi.closeAllConnections(); });
      return log;
    },
  };
}

module.exports = { start };
