'use strict';

// axios, with objects: it writes JSON and forms itself.

const axios = require('axios');
const { baseUrl, calls, headers, moved } = require('./calls.cjs');

const client = axios.create({ headers, validateStatus: () => true });

async function send(url, type, body) {
  const data = {
    '-': () => undefined,
    'application/json': () => JSON.parse(body),
    'application/x-www-form-urlencoded': () => new URLSearchParams(body),
  }[type] || (() => body);
  const own = type === 'application/xml' ? { 'Content-Type': type } : {};
  return (await client.post(url, data(), { headers: own })).status;
}

async function main() {
  for (const { operation, path, type, body } of calls) {
    console.log(operation, type, await send(`${baseUrl}/${path}`, type, body));
  }
  const { type, body } = calls.at(-2);
  console.log('moved', await send(moved, type, body));
}

main();
