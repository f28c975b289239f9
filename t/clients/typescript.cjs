'use strict';

// The vendor's client: every method of its agent, with a request object.

const { ErpSyncAgent } = require('@superoffice/webapi');
const { baseUrl, calls, headers } = require('./calls.cjs');

const agent = new ErpSyncAgent({
  baseUrl: baseUrl.replace(/\/v1\/Agents\/ErpSync$/, ''),
  axiosConfig: { headers },
});

const methods = Object.getOwnPropertyNames(ErpSyncAgent.prototype)
  .filter((name) => /^[a-z].*Async$/.test(name));

// Names in camelCase, as the carriers have them; keys of dictionaries stay.

function camel(value, key) {
  if (Array.isArray(value)) return value.map((item) => camel(item));
  if (value === null || typeof value !== 'object') return value;
  const data = key === 'ConfigFields' || key === 'ErpFieldKeyValues';
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [
    data ? name : name[0].toLowerCase() + name.slice(1), camel(item, name)]));
}

async function main() {
  let n = 0;
  for (const { operation, type, body } of calls) {
    if (type !== '-' && type !== 'application/json') continue;
    const method = `${operation[0].toLowerCase()}${operation.slice(1)}Async`;
    const request = type === '-' ? [] : [camel(JSON.parse(body))];
    if (/^(get|delete)ErpSyncConnectorEntityAsync$/.test(method)) {
      request.push(5);
    }
    const status = await agent[method](...request).then(() => 'ok',
      (error) => `${error.response ? error.response.status : error}`);
    console.log(method, status);
    methods.splice(methods.indexOf(method), methods.includes(method) ? 1 : 0);
    n += 1;
  }
  console.log(n, 'calls; methods not called:', methods.join(' ') || 'none');
}

main();
