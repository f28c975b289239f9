'use strict';

// npm @superoffice/webapi calls TryConnectActor through the gateway.

const assert = require('node:assert/strict');
const { test, before, after, beforeEach } = require('node:test');

const { ErpSyncAgent, WebApi } = require('@superoffice/webapi');
const { ResourceParsing } = require('@superoffice/webapi/WebApiBase.js');

const { start } = require('./gateway.cjs');

const path = '/Cust12345/api/v1/Agents/ErpSync/TryConnectActor';

const fieldValues = [{
  displayName: 'Hermann, Rowe and Haag',
  crmFieldKey: 'voluptatem',
  value: 'corrupti',
  displayValue: 'ratione',
  syncToCrm: false,
  syncToErp: true,
}];

const request = {
  erpConnectionId: 883,
  crmRecordId: 34,
  crmActorType: 'Contact',
  erpKey: 'qui',
  erpActorType: 'Customer',
  fieldValues,
};

const canonical = '{"ErpConnectionId":883,"CrmRecordId":34,'
  + '"CrmActorType":"Contact","ErpKey":"qui","ErpActorType":"Customer",'
  + '"FieldValues":[{"DisplayName":"Hermann, Rowe and Haag",'
  + '"CrmFieldKey":"voluptatem","Value":"corrupti",'
  + '"DisplayValue":"ratione","SyncToCrm":false,"SyncToErp":true}]}';

let gateway;

before(async () => { gateway = await start(); });

after(async () => {
  const log = await gateway.stop();
  assert.doesNotMatch(log, /\[(alert|crit|emerg)\]|Sanitizer|runtime error/);
  assert.ok(!log.includes(gateway.token));
});

beforeEach(() => { gateway.received.length = 0; gateway.state.answer = 'true'; });

function agent(options = {}, token = gateway.token) {
  return new ErpSyncAgent({
    baseUrl: `${gateway.url}/Cust12345/api`,
    axiosConfig: { headers: {
      Authorization: 'Bearer 8A:Cust12345.AbC', 'SO-AppToken': token,
    } },
    ...options,
  });
}

// What the WebAPI received: the one request, in canonical form.

function forwarded(body = canonical, url = path) {
  assert.equal(gateway.received.length, 1);
  const [seen] = gateway.received;
  assert.equal(seen.method, 'POST');
  assert.equal(seen.url, url);
  assert.equal(seen.body, body);
  assert.equal(seen.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(seen.headers['content-length'], String(Buffer.byteLength(body)));
  return seen.headers;
}

async function refused(promise, status, type) {
  let error;
  await assert.rejects(promise, (e) => { error = e; return true; });
  assert.equal(error.response.status, status);
  assert.equal(error.response.data.Error, true);
  assert.equal(error.response.data.ErrorType, type);
  assert.equal(error.response.data.ErrorSource, 'erpsync-gateway');
  assert.equal(gateway.received.length, 0);
  return error.response.data;
}

test('a request object, camelCase as the client sends it', async () => {
  assert.equal(await agent().tryConnectActorAsync(request), true);
  const headers = forwarded();
  assert.equal(headers.authorization, 'Bearer 8A:Cust12345.AbC');
  assert.equal(headers['so-apptoken'], gateway.token);
});

test('single arguments', async () => {
  assert.equal(await agent().tryConnectActorAsync(883, 34, 'Contact', 'qui',
    'Customer', fieldValues), true);
  forwarded();
});

test('the WebAPI answers false', async () => {
  gateway.state.answer = 'false';
  assert.equal(await agent().tryConnectActorAsync(request), false);
});

test('language and culture', async () => {
  await agent({ languageCode: 'nb-no', cultureCode: 'en-gb' })
    .tryConnectActorAsync(request);
  const headers = forwarded();
  assert.equal(headers['accept-language'], 'nb-NO');
  assert.equal(headers['so-language'], 'nb-NO');
  assert.equal(headers['so-culture'], 'en-GB');
});

test('a time zone', async () => {
  await agent({ timezone: 'us-ny' }).tryConnectActorAsync(request);
  assert.equal(forwarded()['so-timezone'], 'US-NY');
});

test('a time zone with its offset', async () => {
  await agent({ timezone: 'NO', timezoneInclude: true })
    .tryConnectActorAsync(request);
  assert.equal(forwarded()['so-timezone'], 'NO, includeTZOffset');
});

test('the offset without a time zone', async () => {
  await agent().tryConnectActorAsync(request, { timezoneInclude: true });
  assert.equal(forwarded()['so-timezone'], 'includeTZOffset');
});

test('options of one call', async () => {
  await agent().tryConnectActorAsync(request,
    { languageCode: 'sv', cultureCode: 'sv', timezone: 'UTC' });
  const headers = forwarded();
  assert.equal(headers['so-language'], 'sv');
  assert.equal(headers['so-timezone'], 'UTC');
});

test('resource parsing off', async () => {
  await agent({ resourceParsing: ResourceParsing.DoNotParse })
    .tryConnectActorAsync(request);
  const headers = forwarded();
  for (const name of ['so-language', 'so-culture']) {
    assert.equal(headers[name], undefined);
  }
});

test('a password, onsite', async () => {
  const api = new WebApi({ baseUrl: `${gateway.url}/onsite/api` });
  api.authenticateWithPassword('tje0', 'Tje0');
  assert.equal(await api.getErpSyncAgent().tryConnectActorAsync(request), true);
  assert.equal(forwarded(canonical,
    '/onsite/api/v1/Agents/ErpSync/TryConnectActor').authorization,
  `Basic ${Buffer.from('tje0:Tje0').toString('base64')}`);
});

test('a token that is not known', async () => {
  await refused(agent({}, 'other').tryConnectActorAsync(request), 403,
    'app_token_unknown');
});

test('invalid data', async () => {
  const data = await refused(agent().tryConnectActorAsync({ ...request,
    crmRecordId: 0, erpActorType: 'Unknown', fieldValues: [{}] }), 422,
  'body_invalid');
  assert.deepEqual(data.Errors.map(({ Path, Code }) => [Path, Code]), [
    ['/CrmRecordId', 'range'], ['/ErpActorType', 'enum'],
    ['/FieldValues/0/CrmFieldKey', 'required'],
  ]);
});
