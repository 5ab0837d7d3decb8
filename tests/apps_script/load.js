// The script's rooms as Google puts them together: one after the other in one scope. What Google gives (SpreadsheetApp
// and so on) is handed in by a test.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const HERE = path.join(__dirname, '..', '..', 'addin', 'apps_script');
const PACKAGE = fs.readFileSync(path.join(HERE, '__init__.py'), 'utf8');
const ROOMS = [.../\nROOMS = \(([^)]*)\)/.exec(PACKAGE)[1].matchAll(/"(\w+)"/g)].map((match) => match[1]);
const OBJECTS = ['OKR', 'Text', 'Numerals', 'Dates', 'Cells', 'Headers', 'Tables', 'Book', 'Scoring', 'Checks',
  'CheckIn', 'Agenda', 'Commands'];
const ENTRIES = ['onOpen', 'onInstall', 'okrSidebar', 'okrRun', 'okrSelected', 'okrSave', 'okrGoTo'];

function load(google = {}) {
  const rooms = ROOMS.map((room) => fs.readFileSync(path.join(HERE, `${room}.js`), 'utf8'));
  const given = [...OBJECTS, ...ENTRIES];
  const source = `${rooms.join('\n')}\nreturn { ${given.join(', ')}, ${menuFunctions(rooms.join('\n')).join(', ')} };`;
  return vm.compileFunction(source, Object.keys(google), { filename: 'Code.gs' })(...Object.values(google));
}

function menuFunctions(source) {
  return [...source.matchAll(/^function (okr_\w+)\(/gm)].map((match) => match[1]);
}

module.exports = { load, ROOMS };
