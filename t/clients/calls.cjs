'use strict';

const fs = require('node:fs');

const calls = fs.readFileSync(process.env.CALLS, 'utf8').trimEnd()
  .split('\n').map((line) => {
    const [operation, path, type, body] = line.split('\t');
    return { operation, path, type, body };
  });

const headers = { Authorization: process.env.AUTHORIZATION };

if (process.env.APP_TOKEN) headers['SO-AppToken'] = process.env.APP_TOKEN;

module.exports = { calls, headers, baseUrl: process.env.BASE,
  moved: process.env.MOVED };
