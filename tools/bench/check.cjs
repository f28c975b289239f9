'use strict';

// Before a subject is measured it must show that it does the work: a good
// call reaches the WebAPI, with its body; five bad ones do not.

const { received, request } = require('./measure.cjs');

function changed(sample, change) {
  const value = JSON.parse(sample.text);
  change(value);

  return { ...sample, text: JSON.stringify(value) };
}

async function check(server, webapi, bodies) {
  const sample = bodies['sample.json'];
  const good = ['sample.json', '4k.json', '48k.json', '1m.json'];
  const bad = {
    'an unknown token': { body: sample,
      headers: { 'SO-AppToken': 'an-unknown-token' } },
    'no credentials': { body: sample, headers: { Authorization: null } },
    'a malformed body': { body: { ...sample,
      text: `${sample.text.slice(0, -1)},` } },
    'a missing ErpKey': { body: changed(sample, (v) => delete v.ErpKey) },
    'a record that is no number': { body: changed(sample, (v) => {
      v.CrmRecordId = 'one';
    }) },
  };

  for (const name of good) {
    const before = await received(webapi);
    const answer = await request(server.port, { body: bodies[name] });
    const after = await received(webapi);

    if (answer.status !== 200 || !answer.text.includes('true')
      || after.requests !== before.requests + 1
      || after.bytes - before.bytes < bodies[name].size / 2)
    {
      throw new Error(`${server.name} does not forward ${name}: `
        + `${answer.status} ${answer.text.slice(0, 300)}, `
        + `${after.requests - before.requests} requests of `
        + `${after.bytes - before.bytes} bytes`);
    }
  }

  if (server.name === 'bare') {
    return;
  }

  for (const [what, call] of Object.entries(bad)) {
    const before = await received(webapi);
    const { status } = await request(server.port, call);
    const after = await received(webapi);

    if (status < 400 || status > 499 || after.requests !== before.requests) {
      throw new Error(`${server.name} does not refuse ${what}: ${status}`);
    }
  }
}

module.exports = check;
