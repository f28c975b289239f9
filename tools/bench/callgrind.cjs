'use strict';

// Reads what callgrind has written: instructions by function.

const fs = require('node:fs');
const path = require('node:path');

// A name is given once, as "(7) name", and then is "(7)".

function named(table, text) {
  const [, id, name] = /^(\(\d+\))?\s*(.*)$/.exec(text);

  if (id === undefined) {
    return name;
  }

  if (name) {
    table.set(id, name);
  }

  return table.get(id) || id;
}

// A Map of "object\tsource\tfunction" to the instructions of the function
// itself, with what was inlined in it and without what it calls.

function read(file) {
  const objects = new Map();
  const files = new Map();
  const functions = new Map();
  const costs = new Map();
  let object = '', source = '', key = '', call = false;

  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (/^[\d+*-]/.test(line)) {

      // the line after "calls=" is the cost of what is called

      if (!call && key) {
        const cost = Number(line.slice(line.lastIndexOf(' ') + 1));
        costs.set(key, (costs.get(key) || 0) + cost);
      }

      call = false;
      continue;
    }

    const equals = line.indexOf('=');

    switch (line.slice(0, equals)) {
    case 'ob':
      object = path.basename(named(objects, line.slice(3)));
      break;
    case 'cob':
      named(objects, line.slice(4));
      break;
    case 'fl':
      source = path.basename(named(files, line.slice(3)));
      break;
    case 'fi':
    case 'fe':
    case 'cfi':
    case 'cfl':
      named(files, line.slice(equals + 1));
      break;
    case 'fn':
      key = [object, source, named(functions, line.slice(3))].join('\t');
      break;
    case 'cfn':
      named(functions, line.slice(4));
      break;
    case 'calls':
      call = true;
      break;
    default:
    }
  }

  return costs;
}

// What "more" has in excess of "less", divided by "n".

function difference(more, less, n) {
  const result = new Map();

  for (const key of new Set([...more.keys(), ...less.keys()])) {
    const value = ((more.get(key) || 0) - (less.get(key) || 0)) / n;

    if (value) {
      result.set(key, value);
    }
  }

  return result;
}

function sum(costs) {
  return [...costs.values()].reduce((all, cost) => all + cost, 0);
}

module.exports = { difference, read, sum };
