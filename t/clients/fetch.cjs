'use strict';

// Node's fetch.

const { baseUrl, calls, headers, moved } = require('./calls.cjs');

async function send(url, type, body) {
  const options = { method: 'POST', headers: { ...headers } };
  if (type === 'application/x-www-form-urlencoded') {
    options.body = new URLSearchParams(body);
  } else if (type !== '-') {
    options.body = body;
    options.headers['Content-Type'] = type;
  }
  const response = await fetch(url, options);
  await response.text();
  return response.status;
}

async function main() {
  for (const { operation, path, type, body } of calls) {
    console.log(operation, type, await send(`${baseUrl}/${path}`, type, body));
  }
  const { type, body } = calls.at(-2);
  console.log('moved', await send(moved, type, body));
}

main();
