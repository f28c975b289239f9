'use strict';

// The status page in Chromium: what it shows, and that it keeps to itself.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test, before, after } = require('node:test');

const { chromium } = require('playwright-core');

const { start } = require('./gateway.cjs');

const shots = path.join(process.env.ERPSYNC_BUILD
  || path.resolve(__dirname, '..'), 'screenshots');

const marked = {
  token: 'MARKEDtoken123', ticket: 'MARKEDticket123',
  cookie: 'MARKEDcookie123', value: 'MARKEDvalue123', query: 'MARKEDquery123',
};

const good = {
  ErpConnectionId: 883, CrmRecordId: 34, CrmActorType: 'Contact',
  ErpKey: marked.value, ErpActorType: 'Customer',
};

function inDays(days) {
  return new Date(Date.now() + days * 86400000).toISOString()
    .replace(/\.\d+/, '');
}

let gateway;
let browser;
let profile;

before(async () => {
  fs.mkdirSync(shots, { recursive: true });
  gateway = await start({
    http: 'erpsync_zone erpsync:1m;',
    server: (webapi) => `location = /status { erpsync_status; }
      location /reported/ { erpsync report; proxy_pass ${webapi}; }
      location /dead/ { proxy_pass http://127.0.0.1:9; }`,
    apps: {
      'globex-sync': { token: marked.token, name: 'Globex <b>Sync</b>',
        expires: inDays(3.5) },
      'far-app': { token: 'MARKEDfar123', expires: inDays(100) },
    },
  });
  profile = fs.mkdtempSync(path.join(os.tmpdir(), 'erpsync-chromium-'));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
      '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
    env: { ...process.env, HOME: profile },
  });
});

after(async () => {
  if (browser) { await browser.close(); }
  const log = await gateway.stop();
  fs.rmSync(profile, { recursive: true, force: true });
  assert.doesNotMatch(log, /\[(alert|crit|emerg)\]|Sanitizer|runtime error/);
  for (const secret of Object.values(marked)) {
    assert.ok(!log.includes(secret), `the log has ${secret}`);
  }
});

async function call(token, body, options = {}) {
  const response = await fetch(`${gateway.url}${options.prefix || ''}`
    + `/api/v1/Agents/ErpSync/${options.operation || 'TryConnectActor'}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', 'SO-AppToken': token,
      Authorization: `SoTicket ${marked.ticket}`,
      Cookie: `XSRF-TOKEN=${marked.cookie}`,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

async function json() {
  const response = await fetch(`${gateway.url}/status?format=json`);
  return response.json();
}

// A page that must log nothing, break no policy and ask no other origin.

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (!['log', 'debug'].includes(message.type())) {
      faults.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${gateway.url}/`) && !url.startsWith('data:')) {
      faults.push(`request: ${url}`);
    }
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective}`);
    });
  });
  const response = await page.goto(`${gateway.url}/status`);
  return { context, page, faults, response };
}

// As if the page came back into view: it asks for numbers at once.

function look(page) {
  return page.evaluate(() => document.dispatchEvent(
    new Event('visibilitychange')));
}

function number(text) { return Number(text.replace(/,/g, '')); }

// A cell may have a share in a second line.

function numbers(locator) {
  return locator.evaluateAll((cells) => cells.map((cell) => Number(
    cell.firstChild.textContent.replace(/,/g, ''))));
}

test('before the first request', async () => {
  const { context, page, faults } = await open();
  assert.equal(await page.textContent('#headline'), 'No call was judged yet');
  assert.equal(await page.textContent('#deny'), '0');
  assert.equal(await page.isVisible('#report-tile'), false);
  await page.screenshot({ path: `${shots}/empty.png`, fullPage: true });
  assert.deepEqual(faults, []);
  await context.close();
});

test('the numbers are those of the counters, and stay so', async () => {
  for (let i = 0; i < 12; i += 1) {
    assert.equal(await call(gateway.token, good), 200);
  }
  gateway.state.answer = 'false';
  assert.equal(await call(marked.token, good), 200);
  for (let i = 0; i < 4; i += 1) {
    assert.equal(await call(marked.token, { ...good, CrmRecordId: 0 }), 422);
  }
  assert.equal(await call('MARKEDother123', good), 403);
  assert.equal(await call('MARKEDother123', good), 403);
  for (let i = 0; i < 3; i += 1) {
    assert.equal(await call(gateway.token, '{', { operation: 'SyncAll' }), 400);
    assert.equal(await call(gateway.token, good, { operation: 'Nothing' }), 404);
  }

  const { context, page, faults, response } = await open(
    { viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
  assert.match(response.headers()['content-security-policy'],
    /^default-src 'none'; script-src 'nonce-[0-9a-f]{32}'; /);
  assert.equal(response.headers()['x-content-type-options'], 'nosniff');
  assert.equal(response.headers()['cache-control'], 'no-store');

  let counters = await json();
  assert.deepEqual(counters.total, { allow: 13, deny: 12, report: 0, abort: 0 });

  async function compare() {
    for (const kind of ['allow', 'deny']) {
      assert.equal(number(await page.textContent(`#${kind}`)),
        counters.hour[kind]);
      assert.ok((await page.textContent(`#${kind}-total`))
        .endsWith(`${counters.total[kind]} in all`));
    }
    for (const reason of counters.reasons) {
      assert.deepEqual(await numbers(page.locator(
        `tr[data-reason=${reason.reason}] td`)),
        [reason.hour.deny + reason.hour.report,
          reason.total.deny + reason.total.report]);
    }
    for (const app of counters.apps) {
      assert.deepEqual(await numbers(page.locator(
        `tr[data-app="${app.app}"] td`)), [app.hour.allow, app.hour.deny]);
      assert.deepEqual(await numbers(page.locator(
        `tr[data-causes="${app.app}"] ~ tr[data-cause] td`).first()),
        [app.reasons[0].hour]);
    }
    for (const operation of counters.operations) {
      assert.deepEqual(await numbers(page.locator(
        `tr[data-operation=${operation.operation}] td`)),
        [operation.hour.allow, operation.hour.deny]);
    }
  }

  await compare();
  assert.equal(counters.apps.length, 2);
  assert.equal(await page.locator('#reasons tbody tr').count(), 4);
  assert.equal(await page.textContent('#headline'),
    'Refusing 12 of 25 calls (48\u00a0%) in the last 5 minutes');

  // the app that is refused most is not the one with the most common reason

  assert.equal(await page.textContent('#detail'),
    'In the last hour: body invalid from Globex <b>Sync</b> (4); '
    + 'body malformed from acme-erp (3); operation unknown from acme-erp (3); '
    + 'and 1 more.');
  assert.equal(await page.textContent('#deny-total'),
    '48\u00a0%, 12 in all');
  assert.equal(await page.textContent('#true'), '92.3 %');
  assert.equal(await page.textContent('#failing-note'), 'of 13 calls');
  const globex = await page.textContent('tr[data-app=globex-sync]');
  assert.match(globex, /^Globex <b>Sync<\/b>globex-sync/);
  assert.match(globex, /token: 3 days left/);
  assert.deepEqual(await page.locator('[data-expiry]').evaluateAll(
    (list) => list.map((tr) => tr.dataset.expiry)),
  ['globex-sync', 'far-app']);
  assert.equal(await page.textContent('#notices'),
    'Tokens expire. Globex <b>Sync</b> in 3 days.');
  assert.match(await page.textContent('#causes'), /\/CrmRecordId:range/);
  assert.ok(await page.locator('#chart rect').count() >= 2);

  // live: without a reload, the next numbers come by themselves

  await page.evaluate(() => { window.stays = true; });
  assert.equal(await call('MARKEDother123', good), 403);
  await page.waitForFunction(() => document.querySelector('#deny')
    .textContent === '13', null, { timeout: 15000 });
  counters = await json();
  await compare();
  assert.equal(await page.evaluate(() => window.stays), true);

  await page.screenshot({ path: `${shots}/light.png`, fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: `${shots}/dark.png`, fullPage: true });
  assert.deepEqual(faults, []);
  await context.close();
});

test('report mode is told apart', async () => {
  assert.equal(await call('MARKEDother123', good, { prefix: '/reported' }),
    200);
  const { context, page, faults } = await open();
  assert.equal(await page.textContent('#report'), '1');
  assert.equal(await page.isVisible('#report-tile'), true);
  assert.ok((await page.locator('tr[data-reason=app_token_unknown]')
    .textContent()).includes('1 of the last hour only reported'));
  await page.screenshot({ path: `${shots}/report.png`, fullPage: true });
  assert.deepEqual(faults, []);
  await context.close();
});

test('on a phone nothing is wider than the screen', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { context, page, faults } = await open(
      { viewport: { width: 360, height: 740 }, colorScheme,
        deviceScaleFactor: 2, isMobile: true });
    assert.equal(await page.evaluate(
      () => document.documentElement.scrollWidth), 360);
    await page.screenshot({ path: `${shots}/phone-${colorScheme}.png`,
      fullPage: true });
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test('without scripts the sums are there', async () => {
  const { context, page } = await open({ javaScriptEnabled: false });
  const rows = await page.locator('noscript tr').allTextContents();
  assert.ok(rows.includes('allow13'), rows.join());
  assert.ok(rows.includes('body_invalid4'), rows.join());
  assert.ok(rows.includes('WebAPI: 2xx14'), rows.join());
  await context.close();
});

// Each of these has a gateway of its own, and asks for headline and colour.

async function scenario(name, options, calls, expected) {
  const main = gateway;
  gateway = await start({
    http: 'erpsync_zone erpsync:1m;',
    server: (webapi) => `location = /status { erpsync_status; }
      location /reported/ { erpsync report; proxy_pass ${webapi}; }
      location /dead/ { proxy_pass http://127.0.0.1:9; }`,
    ...options,
  });
  try {
    const told = await calls();
    const { context, page, faults } = await open(
      { viewport: { width: 1400, height: 900 } });
    const verdict = await page.getAttribute('#verdict', 'class');
    assert.deepEqual([verdict, await page.textContent('#headline')],
      [expected[0], expected[1].replace('TOLD', told)], name);
    if (expected[2]) { await expected[2](page, told); }
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await gateway.stop();
    gateway = main;
  }
}

async function times(n, token, body, options) {
  for (let i = 0; i < n; i += 1) { await call(token, body, options); }
}

const wrong = { ...good, CrmRecordId: 0, FieldValues: [
  { CrmFieldKey: 'a', SyncToErp: marked.value }] };

test('one refusal in five minutes stays green', () => scenario('quiet', {},
  async () => {
    await times(59, gateway.token, good);
    await times(1, gateway.token, wrong);
  }, ['verdict good', 'Allowing all but 1 of 60 calls in the last 5 minutes',
    async (page) => assert.equal(await page.textContent('#detail'),
      'In the last hour: body invalid from acme-erp (1).')]));

test('nor do two of ten', () => scenario('few', {}, async () => {
  await times(8, gateway.token, good);
  await times(1, gateway.token, wrong);
  await times(1, 'MARKEDother123', good);
}, ['verdict good', 'Allowing all but 2 of 10 calls in the last 5 minutes']));

test('an app that is refused is seen among many calls', () => scenario(
  'one-app', { apps: { small: { token: 'MARKEDsmall123', name: 'Small' } } },
  async () => {
    await times(200, gateway.token, good);
    await times(3, 'MARKEDsmall123', wrong);
  }, ['verdict warn',
    'Refusing 3 of 3 calls from Small in the last 5 minutes']));

test('a WebAPI that does not answer is the headline', () => scenario('dead',
  {}, async () => {
    await times(4, gateway.token, good);
    await times(9, gateway.token, good, { prefix: '/dead' });
    await times(8, gateway.token, wrong);
  }, ['verdict bad', 'The WebAPI does not answer: 9 of 13 calls failed '
    + 'in the last 5 minutes', async (page) => {
    assert.equal(await page.textContent('#failing'), '9');
    assert.equal(await page.textContent('#failing-note'),
      '69\u00a0% of 13 calls');
    assert.deepEqual(await numbers(page.locator('tr[data-class=none] td')),
      [9, 9]);
  }]));

test('a WebAPI that fails, wholly or in part', async () => {
  await scenario('fails', {}, async () => {
    gateway.state.status = 500;
    await times(6, gateway.token, good);
  }, ['verdict bad', 'The WebAPI fails: 6 of 6 calls got a status of 500 or '
    + 'more in the last 5 minutes']);
  await scenario('fails-in-part', {}, async () => {
    await times(30, gateway.token, good);
    gateway.state.status = 503;
    await times(3, gateway.token, good);
  }, ['verdict warn', 'The WebAPI fails for 3 of 33 calls in the last '
    + '5 minutes']);
});

// fetch() repeats a call that is answered 421

test('a tenant that moved is named', () => scenario('moved', {}, async () => {
  await times(20, gateway.token, good);
  gateway.state.status = 421;
  await times(2, gateway.token, good, { prefix: '/Cust777' });
  return (await json()).upstream.total.misdirected;
}, ['verdict warn', 'Cust777 has moved: the WebAPI answered TOLD calls with '
  + '421 in the last 5 minutes', async (page, told) => {
  assert.equal(told, gateway.received.length - 20);
  assert.equal(await page.textContent('#notices'), 'A tenant has moved. The '
    + `WebAPI answered ${told} calls of the last hour with 421, the last one `
    + 'of Cust777.');
}]));

test('a broken registry', () => scenario('broken', {}, async () => {
  await times(3, gateway.token, good);
  fs.writeFileSync(gateway.registry, '{"version":1,"apps":[{"id":"x"}]}');
  for (let i = 0; i < 100; i += 1) {
    if ((await json()).registries[0].error) { break; }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}, ['verdict bad', 'A registry file is broken; the last valid one is used',
  async (page) => assert.match(await page.textContent('#notices'),
    /registry\.json: apps\[0\]\.agents: is required/)]));

test('a broken tenants file', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'erpsync-tenants-'));
  const file = path.join(dir, 'tenants.json');
  fs.chmodSync(dir, 0o755);
  fs.writeFileSync(file, JSON.stringify({ version: 1,
    tenants: { Cust1: { host: 'localhost' } } }));
  return scenario('tenants', {
    server: () => `location = /status { erpsync_status; }
      erpsync_tenants ${file} refresh=1s;`,
  }, async () => {
    await times(3, gateway.token, good);
    fs.writeFileSync(file, '{"version":1,"tenants":{"Cust1":{}}}');
    for (let i = 0; i < 100; i += 1) {
      if ((await json()).tenants[0].error) { break; }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }, ['verdict warn',
    'A tenants file is broken; the last valid one is used',
    async (page) => {
      assert.match(await page.textContent('#notices'),
        /tenants\.json: tenants\.Cust1\.host: is required/);
      assert.match(await page.textContent('#registries'),
        /tenants\.jsontenants1 tenant/);
    }]).finally(() => fs.rmSync(dir, { recursive: true, force: true }));
});

test('a token that has expired', () => scenario('expired',
  { apps: { old: { token: 'MARKEDold123', expires: inDays(-0.2) } } },
  async () => { await times(3, gateway.token, good); },
  ['verdict warn', 'The token of old has expired']));

test('report mode says what would be refused, and why', () => scenario(
  'would-refuse', {}, async () => {
    await times(6, gateway.token, wrong, { prefix: '/reported' });
    await times(4, gateway.token, good, { prefix: '/reported' });
  }, ['verdict warn', 'Would refuse 6 of 10 calls (60\u00a0%) in the last '
    + '5 minutes', async (page) => {
    assert.equal(await page.textContent('#detail'), 'Report mode: they were '
      + 'forwarded. In the last hour: body invalid from acme-erp (6).');
    const rows = await page.locator('#causes tbody tr').evaluateAll(
      (list) => list.map((tr) => [...tr.cells].map((c) => c.textContent)));
    assert.deepEqual(rows.map((row) => [row[0], row[2]]), [
      ['acme-erp', undefined],
      ['would be refused: body invalid', '6'],
      ['/CrmRecordId:range', '6'],
      ['/FieldValues/*/SyncToErp:type', '6'],
    ]);
  }]));

test('an app that is enforced in report mode has both decisions', () => (
  scenario('enforced', {
    apps: { strict: { token: 'MARKEDstrict123', enforce: true } },
    server: (webapi) => `location = /status { erpsync_status; }
      location /reported/ { erpsync report; proxy_pass ${webapi}; }`,
  }, async () => {
    await times(6, gateway.token, wrong, { prefix: '/reported' });
    assert.equal(await call('MARKEDstrict123', wrong,
      { prefix: '/reported' }), 422);
    await times(2, 'MARKEDstrict123', good, { prefix: '/reported' });
  }, ['verdict warn', 'Would refuse 6 of 9 calls (67\u00a0%) in the last '
    + '5 minutes', async (page) => {
    assert.deepEqual(await numbers(page.locator('tr[data-app=strict] td')),
      [2, 1, 0]);
    assert.deepEqual(await numbers(page.locator('tr[data-app=acme-erp] td')),
      [0, 0, 6]);
    const rows = await page.locator('#causes tbody tr').evaluateAll(
      (list) => list.map((tr) => tr.cells[0].textContent));
    assert.ok(rows.includes('would be refused: body invalid'));
    assert.ok(rows.includes('body invalid'));
  }])));

test('a gateway that is gone is told', async () => {
  const { context, page } = await open();
  await page.route('**/status?format=json', (route) => route.abort());
  await look(page);
  await page.waitForSelector('#state.lost');
  assert.match(await page.textContent('#state'), /^Gateway unreachable/);
  await page.unroute('**/status?format=json');
  await look(page);
  await page.waitForSelector('#state:not(.lost)');
  await context.close();
});

test('no secret in any form', async () => {
  for (const format of ['html', 'json', 'prometheus']) {
    const response = await fetch(`${gateway.url}/status?format=${format}`
      + `&x=${marked.query}`);
    const body = await response.text();
    assert.equal(response.status, 200);
    for (const secret of Object.values(marked)) {
      assert.ok(!body.includes(secret), `${format} has ${secret}`);
    }
    assert.ok(!/MARKED/.test(body));
  }
});
