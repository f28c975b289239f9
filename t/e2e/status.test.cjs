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

let gateway;
let browser;
let profile;

before(async () => {
  fs.mkdirSync(shots, { recursive: true });
  gateway = await start({
    http: 'erpsync_zone erpsync:1m;',
    server: (webapi) => `location = /status { erpsync_status; }
      location /reported/ { erpsync report; proxy_pass ${webapi}; }`,
    apps: { 'globex-sync': marked.token },
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

test('before the first request', async () => {
  const { context, page, faults } = await open();
  assert.equal(await page.textContent('#headline'), 'Nothing was judged yet');
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
  assert.equal(await call(gateway.token, '{', { operation: 'SyncAll' }), 400);
  assert.equal(await call(gateway.token, good, { operation: 'Nothing' }), 404);

  const { context, page, faults, response } = await open(
    { viewport: { width: 1200, height: 900 }, colorScheme: 'light' });
  assert.match(response.headers()['content-security-policy'],
    /^default-src 'none'; script-src 'nonce-[0-9a-f]{32}'; /);
  assert.equal(response.headers()['x-content-type-options'], 'nosniff');
  assert.equal(response.headers()['cache-control'], 'no-store');

  let counters = await json();
  assert.deepEqual(counters.total, { allow: 13, deny: 8, report: 0, abort: 0 });

  async function compare() {
    for (const kind of ['allow', 'deny']) {
      assert.equal(number(await page.textContent(`#${kind}`)),
        counters.hour[kind]);
      assert.equal(await page.textContent(`#${kind}-total`),
        `${counters.total[kind]} in all`);
    }
    for (const reason of counters.reasons) {
      const cells = await page.locator(
        `tr[data-reason=${reason.reason}] td`).allTextContents();
      assert.deepEqual(cells.map(number),
        [reason.hour.deny + reason.hour.report,
          reason.total.deny + reason.total.report]);
    }
    for (const app of counters.apps) {
      const cells = await page.locator(`tr[data-app="${app.app}"] td`)
        .allTextContents();
      assert.deepEqual(cells.slice(0, 2).map(number),
        [app.hour.allow, app.hour.deny]);
    }
    for (const operation of counters.operations) {
      const cells = await page.locator(
        `tr[data-operation=${operation.operation}] td`).allTextContents();
      assert.deepEqual(cells.slice(0, 2).map(number),
        [operation.hour.allow, operation.hour.deny]);
    }
  }

  await compare();
  assert.equal(counters.apps.length, 2);
  assert.equal(await page.locator('#reasons tbody tr').count(), 4);
  assert.match(await page.textContent('#headline'),
    /^Refusing: 8 of 21 requests/);
  assert.match(await page.textContent('#detail'), /body invalid \(4 of 8\)/);
  assert.equal(await page.textContent('#true'), '92.3 %');
  assert.ok(await page.locator('#chart rect').count() >= 2);

  // live: without a reload, the next numbers come by themselves

  await page.evaluate(() => { window.stays = true; });
  assert.equal(await call('MARKEDother123', good), 403);
  await page.waitForFunction(() => document.querySelector('#deny')
    .textContent === '9', null, { timeout: 15000 });
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
  await context.close();
});

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
