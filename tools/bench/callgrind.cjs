'use strict';

// Reads what callgrind has written: instructions by function and by line.

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

function add(costs, key, cost) {
  costs.set(key, (costs.get(key) || 0) + cost);
}

// Two Maps.  "functions": of "object\tsource\tfunction" to the instructions of
// the function itself, with what was inlined in it and without what it calls.
// "lines": of "path\tline" of a source to its instructions.

function read(file) {
  const objects = new Map();
  const files = new Map();
  const functions = new Map();
  const costs = new Map();
  const lines = new Map();
  let object = '', source = '', inlined = '', key = '', call = false;
  let number = 0;

  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (/^[\d+*-]/.test(line)) {
      const [position, cost] = line.split(' ');

      // relative to the last one: "+3", "-1", "*"

      number = position === '*' ? number
        : /^\d/.test(position) ? Number(position)
          : number + Number(position);

      // the line after "calls=" is the cost of what is called

      if (!call && key) {
        add(costs, key, Number(cost));
        add(lines, `${inlined}\t${number}`, Number(cost));
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
      inlined = named(files, line.slice(3));
      source = path.basename(inlined);
      break;
    case 'fi':
    case 'fe':
      inlined = named(files, line.slice(3));
      break;
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

  return { functions: costs, lines };
}

// What "more" has in excess of "less".

function difference(more, less) {
  const result = new Map();

  for (const key of new Set([...more.keys(), ...less.keys()])) {
    const value = (more.get(key) || 0) - (less.get(key) || 0);

    if (value) {
      result.set(key, value);
    }
  }

  return result;
}

// The same, divided by "n".

function each(costs, n) {
  return new Map([...costs].map(([key, cost]) => [key, cost / n]));
}

function sum(costs) {
  return [...costs.values()].reduce((all, cost) => all + cost, 0);
}

module.exports = { difference, each, read, sum };
