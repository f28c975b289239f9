'use strict';

// What is compared: bare proxy_pass, the module, and the same policy in what
// else a user would take.

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { build, out } = require('./servers.cjs');
const { token } = require('./measure.cjs');

const modules = '/usr/lib/nginx/modules';
const peers = path.join(__dirname, 'peers');

function digest(text, algorithm = 'sha256') {
  return crypto.createHash(algorithm).update(text).digest('hex');
}

// The token of app "i" of "n"; the benchmark's own stands in the middle.

function tokenOf(i, n) {
  return i === n >> 1 ? token : `token-${i}`;
}

// A registry of "n" apps.

function writeRegistry(file, n) {
  const fd = fs.openSync(file, 'w');
  let text = '{"version":1,"apps":[';

  for (let i = 0; i < n; i++) {
    const own = i === n >> 1;

    text += `${i ? ',' : ''}{"id":"app-${i}","tokens":[{"sha256":"`
      + `${digest(tokenOf(i, n))}"}],"agents":["ErpSync"]`
      + `${own ? ',"tenants":["Cust12345"]' : ''}}`;

    if (text.length > 1 << 20) {
      fs.writeSync(fd, text);
      text = '';
    }
  }

  fs.writeSync(fd, `${text}]}\n`);
  fs.closeSync(fd);

  return file;
}

const bare = { name: 'bare', title: 'bare `proxy_pass`' };

// What the module answers to a refused call, but with one and the same
// RequestId.

const text = '{"Error":true,"ErrorType":"app_token_unknown",'
  + '"ErrorMessage":"SO-AppToken does not belong to a registered app.",'
  + '"ErrorSource":"erpsync-gateway",'
  + '"RequestId":"0123456789abcdef0123456789abcdef"}';
const headers = `
            default_type "application/json; charset=utf-8";
            add_header Cache-Control no-store always;`;

// The least that an answer takes: nginx refuses each call.

const refusing = {
  name: 'nginx 403',
  title: '`return 403`',
  server: `
        location / {${headers}
            return 403 '${text}';
        }`,
};

// The least that a call takes: an nginx module that judges what the benchmark
// sends, and knows nothing else.

function core(registry) {
  return {
    name: 'core',
    modules: [path.join(build, 'core_module.so')],
    registry,
    http: `    bench_core ${registry} '${text}';`,
    server: `
        location / {${headers}
            proxy_pass http://webapi;
        }`,
  };
}

function erpsync(registry, name = 'module', extra = '') {
  return {
    name,
    title: 'the module',
    modules: [path.join(out, 'ngx_http_erpsync_module.so')],
    registry,
    server: `
        erpsync on;
        erpsync_registry ${registry} refresh=0;
        erpsync_max_field_values 0;
        ${extra}
        location / { proxy_pass http://webapi; }`,
  };
}

// The module as it is run: with counters, and a registry that is refreshed.

function refreshed(registry) {
  const subject = erpsync(registry);

  return { ...subject,
    http: '    erpsync_zone bench:2m;',
    server: subject.server.replace('refresh=0', 'refresh=1s')
      .replace('location / {', 'location = /status { erpsync_status; }\n'
        + '        location / {') };
}

function lua(registry) {
  return {
    name: 'lua',
    title: 'Lua (lua-nginx-module, cjson)',
    modules: [`${modules}/ndk_http_module.so`,
      `${modules}/ngx_http_lua_module.so`],
    files: { 'policy.lua': fs.readFileSync(path.join(peers, 'policy.lua')),
      'registry.json': fs.readFileSync(registry) },
    http: `
    lua_package_path "@DIR@/?.lua;;";
    init_by_lua_block {
        policy = require "policy"
        policy.load("@DIR@/registry.json")
    }`,
    server: `
        location / {
            access_by_lua_block { policy.judge() }
            proxy_pass http://webapi;
        }`,
  };
}

function njs(registry) {
  return {
    name: 'njs',
    title: 'njs',
    modules: [`${modules}/ngx_http_js_module.so`],
    files: { 'policy.js': fs.readFileSync(path.join(peers, 'policy.js')),
      'registry.js': `export default ${fs.readFileSync(registry)};` },
    http: `
    js_path "@DIR@";
    js_import policy from policy.js;
    js_var $body;
    js_var $language;
    js_var $culture;
    js_var $timezone;`,
    server: `
        location / { js_content policy.judge; }
        location @webapi {
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_set_header SO-Language $language;
            proxy_set_header Accept-Language $language;
            proxy_set_header SO-Culture $culture;
            proxy_set_header SO-TimeZone $timezone;
            proxy_set_header Content-Type "application/json; charset=utf-8";
            proxy_set_body $body;
            proxy_pass http://webapi;
        }`,
  };
}

// ModSecurity has SHA-1 only, and no table to look digests up in.

function modsecurity(registry) {
  const { apps } = JSON.parse(fs.readFileSync(registry));
  const rules = fs.readFileSync(path.join(peers, 'policy.conf'), 'utf8')
    .replace('@TOKENS@', apps.map((_, i) =>
      digest(tokenOf(i, apps.length), 'sha1')).join('|'));

  return {
    name: 'modsecurity',
    title: 'ModSecurity 3',
    modules: [`${modules}/ngx_http_modsecurity_module.so`],
    files: { 'policy.conf': rules },
    server: `
        modsecurity on;
        modsecurity_rules_file @DIR@/policy.conf;
        location / { proxy_pass http://webapi; }`,
  };
}

function gateway(registry) {
  return {
    name: 'node',
    title: 'Node (fastify, ajv, undici)',
    args: ['gateway.mjs'],
    cwd: path.join(build, 'gateway'),
    registry,
  };
}

module.exports = { bare, core, erpsync, gateway, lua, modsecurity, njs, refreshed,
  refusing, writeRegistry };
