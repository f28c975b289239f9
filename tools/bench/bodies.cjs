'use strict';

// Bodies of TryConnectActor: the documented sample, and calls of a given
// size as clients write them.  The same on every run and every machine.
//
//   node bodies.cjs DIR     writes those that the benchmark reads

const fs = require('node:fs');
const path = require('node:path');

const sample = path.join(__dirname, '../demo/sample.json');

// Field values of a contact: typed ones as the WebAPI encodes them, names
// and addresses with letters beyond ASCII, a text with line breaks, a path.
// About one value in six is not plain ASCII or has an escape in JSON.

const fields = [
  ['Company name', 'contact.name', 'Hermann, Rowe and Haag AS',
    'Hermann, Rowe and Haag AS'],
  ['Organisation number', 'contact.orgnr', '987 654 321 MVA',
    '987 654 321 MVA'],
  ['Category', 'contact.category_id', '[I:12345]', 'Customer, key account'],
  ['Country', 'contact.country_id', '[I:578]', 'Norway'],
  ['Credit limit', 'contact.udef.credit', '[F:12345.6789]', '12 345.68'],
  ['Last order', 'contact.udef.lastorder', '[DT:12/31/2013 23:59:59.0000000]',
    '31.12.2013'],
  ['Street address', 'contact.address.street',
    'Kirkegårdsveien 14 B, bakgården', 'Kirkegårdsveien 14 B, bakgården'],
  ['Postal code', 'contact.address.zip', '0152', '0152'],
  ['E-mail', 'contact.email', 'invoice@hermann-rowe-haag.example.com',
    'invoice@hermann-rowe-haag.example.com'],
  ['Web page', 'contact.url', 'https://www.example.com/customers/4711?l=nb',
    'www.example.com'],
  ['No mailing', 'contact.nomailing', '[I:0]', 'No'],
  ['Delivery terms', 'contact.udef.delivery',
    'Ring the bell.\nAsk for "Rampe 3".', 'Ring the bell. Ask for Rampe 3.'],
];

const inTurn = {
  field: (i) => i % fields.length,
  toCrm: (i) => i % 3 === 0,
  toErp: (i) => i % 2 === 0,
};

// Fields and flags at random: by a generator of Lehmer's, as Park and Miller
// chose it.

function atRandom(seed) {
  let state = seed;
  const below = (n) => {
    state = state * 48271 % 2147483647;
    return Math.floor(state / 2147483647 * n);
  };

  return { field: () => below(fields.length), toCrm: () => below(2) === 1,
    toErp: () => below(2) === 1 };
}

function call(n, choice = inTurn) {
  const values = [];

  for (let i = 0; i < n; i++) {
    const [label, key, value, display] = fields[choice.field(i)];

    values.push({
      DisplayName: label,
      CrmFieldKey: i < fields.length ? key : `${key}.${i}`,
      Value: value,
      DisplayValue: display,
      SyncToCrm: choice.toCrm(i),
      SyncToErp: choice.toErp(i),
    });
  }

  return {
    ErpConnectionId: 883,
    CrmRecordId: 1073741,
    CrmActorType: 'Contact',
    ErpKey: 'CUST-00004711',
    ErpActorType: 'Customer',
    FieldValues: values,
  };
}

// The names as the vendor's TypeScript client writes them.

function camel(value) {
  if (Array.isArray(value)) {
    return value.map(camel);
  }

  if (value === null || typeof value !== 'object') {
    return value;
  }

  return Object.fromEntries(Object.entries(value).map(([name, v]) =>
    [name[0].toLowerCase() + name.slice(1), camel(v)]));
}

const writers = {
  // the canonical form, which is also what a .NET client sends
  canonical: (c) => JSON.stringify(c),

  // the TypeScript client
  camel: (c) => JSON.stringify(camel(c)),

  xml: (c) => {
    const text = (v) => String(v).replace(/&/g, '&amp;')
      .replace(/</g, '&lt;');
    const members = (o) => Object.entries(o).map(([name, v]) =>
      Array.isArray(v)
        ? `<${name}>${v.map((e) => `<ErpSyncFieldValue>${members(e)}`
            + '</ErpSyncFieldValue>').join('')}</${name}>`
        : `<${name}>${text(v)}</${name}>`).join('');

    return `<?xml version="1.0" encoding="utf-8"?><Request>${members(c)}`
      + '</Request>';
  },

  form: (c) => Object.entries(c).flatMap(([name, v]) =>
    Array.isArray(v)
      ? v.flatMap((e, i) => Object.entries(e).map(([inner, w]) =>
        `${name}[${i}].${inner}=${encodeURIComponent(w)}`))
      : [`${name}=${encodeURIComponent(v)}`]).join('&'),
};

// A call of "size" bytes in a syntax: as many field values as fit, the rest
// made up by the last one's text.

function body(size, syntax) {
  const write = writers[syntax];
  const length = (c) => Buffer.byteLength(write(c));
  let low = 1;
  let high = 2;

  while (length(call(high)) <= size) {
    low = high;
    high *= 2;
  }

  while (high - low > 1) {
    const middle = (low + high) >> 1;

    if (length(call(middle)) <= size) {
      low = middle;
    } else {
      high = middle;
    }
  }

  const c = call(low);

  c.FieldValues[low - 1].Value += 'x'.repeat(Math.max(0, size - length(c)));

  return write(c);
}

// Calls that differ, of up to "size" bytes of JSON; NUL is behind each.  A CPU
// learns the branches of one call by heart, but not those of so many.

const calls = 400;

function various(size, syntax) {
  let text = '';

  for (let i = 1; i <= calls; i++) {
    const fits = (n) => Buffer.byteLength(writers.camel(
      call(n, atRandom(i)))) <= size;
    let n = 1;

    while (fits(n + 1)) {
      n++;
    }

    text += `${writers[syntax](call(n, atRandom(i)))}\0`;
  }

  return text;
}

const types = {
  canonical: 'application/json; charset=utf-8',
  camel: 'application/json; charset=utf-8',
  xml: 'application/xml; charset=utf-8',
  form: 'application/x-www-form-urlencoded',
};

// Name -> { file, type, size }.  "sizes" is a list of [name, bytes].  What is
// various is written only if that is asked for.

function write(dir, sizes = [], all = false) {
  const bodies = {};

  const add = (name, text, syntax) => {
    const file = path.join(dir, name);
    fs.writeFileSync(file, text);
    bodies[name] = { name, file, type: types[syntax], text,
      size: Buffer.byteLength(text) };
  };

  fs.mkdirSync(dir, { recursive: true });

  add('sample.json', fs.readFileSync(sample, 'utf8').trimEnd(), 'canonical');

  for (const [name, size] of [['4k', 4096], ['48k', 49152],
    ['1m', 1048576]])
  {
    add(`${name}.json`, body(size, 'camel'), 'camel');
    add(`${name}-canonical.json`, body(size, 'canonical'), 'canonical');
  }

  add('4k.xml', body(4096, 'xml'), 'xml');
  add('4k.form', body(4096, 'form'), 'form');

  for (const [name, syntax] of all ? [['json', 'camel'], ['xml', 'xml'],
    ['form', 'form']] : [])
  {
    add(`4k-various.${name}`, various(4096, syntax), syntax);
  }

  for (const [name, size] of sizes) {
    add(name, body(size, 'camel'), 'camel');
  }

  return bodies;
}

module.exports = { body, write };

if (require.main === module) {
  const dir = process.argv[2];

  if (!dir) {
    console.error('usage: node bodies.cjs DIR');
    process.exit(2);
  }

  for (const b of Object.values(write(dir, [], true))) {
    console.log(`${b.name}  ${b.size} bytes`);
  }
}
