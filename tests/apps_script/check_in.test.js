// Check in: what was changed in Key Results becomes rows of Check-ins. The tables are what stands in the cells.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { load } = require('./load.js');
const { Book, google } = require('./fake_google.js');

const TODAY = new Date().toISOString().slice(0, 10);
const TEAM = `
  Field | Value
  Unit  | Marketing
  Level | Team
  Cycle | 2026-Q4`;
const OBJECTIVES = `
  ID     | Objective         | Owner
  MKT-O1 | Customers tell us | Kim`;
const KEY_RESULTS = `
  ID         | Objective ID | Key result | Owner | Measure  | Start | Target | Current | Confidence | Status | Comment   | Last check-in
  MKT-O1-KR1 | MKT-O1       | NPS        | Kim   | Increase | 31    | 45     | 38      | 7          |        | '=1+1 yes | 2026-01-05
  MKT-O1-KR2 | MKT-O1       | Churn      | Ada   | Decrease | 5%    | 2%     | 4.1%    |            |        |           |`;
const CHECK_INS = `
  Date       | KR ID      | Value | Confidence | Status | What changed | By
  2026-01-05 | MKT-O1-KR1 | 35    | 6          |        | Asked        | Kim`;

function book(more = {}) {
  return new Book({ Team: TEAM, Objectives: OBJECTIVES, 'Key Results': KEY_RESULTS, 'Check-ins': CHECK_INS, ...more });
}

/** Presses Check in; what was asked, and what the sheet says then. */
function press(given, options, by = '') {
  const { services, said } = google(given, options);
  const result = load(services).okrRun('check_in', by);
  const rows = (name, from) => given.getSheetByName(name).shown(from);
  return { result, question: (said.find((one) => one.buttons === 'yes/no') || {}).text, log: rows('Check-ins', 2), keyResults: rows('Key Results', 2) };
}

const column = (lines, at) => lines.map((line) => line.split(' | ')[at] || '');

test('what was changed is asked for once, then logged and dated', () => {
  const { result, question, log, keyResults } = press(book(), {}, 'Zoe');
  assert.equal(question, `Check in 2 key results for ${TODAY}?\n\n• MKT-O1-KR1: 38 (was 35), confidence 7 (was 6), “=1+1 yes”\n• MKT-O1-KR2: 4.1%`);
  assert.deepEqual(log, [
    '2026-01-05 | MKT-O1-KR1 | 35 | 6 |  | Asked | Kim',
    `${TODAY} | MKT-O1-KR1 | 38 | 7 |  | =1+1 yes | Zoe`,
    `${TODAY} | MKT-O1-KR2 | 4.1% |  |  |  | Zoe`,
  ]);
  assert.deepEqual(column(keyResults, 11), [TODAY, TODAY]);
  assert.equal(result.text, `2 key results checked in for ${TODAY}.`);
});

test('a text that begins like a formula stays text', () => {
  const given = book();
  press(given);
  const cell = given.getSheetByName('Check-ins').at(3, 6);
  assert.deepEqual([cell.value, cell.formula], ['=1+1 yes', '']);
});

test('a second press changes nothing, and on the same day a further change goes into the same row', () => {
  const given = book();
  press(given);
  assert.match(press(given).result.text, /^Nothing has changed/);
  given.getSheetByName('Key Results').at(2, 8).value = 40;
  const { log } = press(given);
  assert.equal(log.length, 3);
  assert.equal(log[1], `${TODAY} | MKT-O1-KR1 | 40 | 7 |  | =1+1 yes | Kim`);
});

test('no is no', () => {
  const { result, log, keyResults } = press(book(), { says: false });
  assert.equal(result.text, 'Nothing was written.');
  assert.equal(log.length, 1);
  assert.deepEqual(column(keyResults, 11), ['2026-01-05', '']);
});

test('only sound rows are taken, and the others are named with what is wrong', () => {
  const rows = KEY_RESULTS.replace('38 ', '€3k').replace('| 7  ', '| 70 ');
  const { result, question, log } = press(book({ 'Key Results': rows }));
  assert.match(question, /^Check in 1 key result/);
  assert.match(question, /MKT-O1-KR1: Current in Key Results!H2 says "€3k", which is not a number\. Did you mean 3000\?/);
  assert.equal(log.length, 2);
  assert.match(result.text, /Not taken: MKT-O1-KR1\./);
});

test('an unknown status is not taken', () => {
  const rows = KEY_RESULTS.replace('| 7          |        |', '| 7          | On trak |');
  assert.match(press(book({ 'Key Results': rows })).question, /Did you mean "On track"/);
});

test('a formula in Current is no check-in by itself, and no formula is ever overwritten', () => {
  const rows = KEY_RESULTS.replace('| 38 ', '| =A9 → 38 ').replace('| 7 ', '|   ').replace("'=1+1 yes", '')
    .replace('4.1%', '=B9 → 4.1%').replace('|           |\n', '| | =TODAY() → 2026-01-06').replace(/\|\s*$/, '| =TODAY() → 2026-01-06');
  const { log, keyResults, question } = press(book({ 'Key Results': rows }));
  assert.doesNotMatch(question, /KR1/);
  assert.equal(log[1], `${TODAY} | MKT-O1-KR2 | 4.1% |  |  |  | Ada`);
  assert.deepEqual(column(keyResults, 7), ['=A9', '=B9']);
  assert.deepEqual(column(keyResults, 11), ['2026-01-05', '=TODAY()']);
});

test('a row that was never checked in is new once it has a Current', () => {
  const rows = KEY_RESULTS.replace('4.1% |           ', '     |  5         ').replace(/4\.1% +\| +\|/, '| 5 |');
  assert.doesNotMatch(press(book({ 'Key Results': rows })).question, /KR2/);
});

test('an older value in the row does not come back when somebody has logged a newer one by hand', () => {
  const log = `${CHECK_INS}\n  2026-02-05 | MKT-O1-KR1 | 41 | 6 | | Asked | Ada`;
  const rows = KEY_RESULTS.replace('38 ', '35 ').replace('| 7 ', '| 6 ').replace("'=1+1 yes", 'Asked');
  const { question, log: lines } = press(book({ 'Check-ins': log, 'Key Results': rows }));
  assert.match(question, /Check in 1 key result .*KR1: Check-ins has a newer value, 41 of 2026-02-05/s);
  assert.equal(lines.filter((line) => /KR1/.test(line)).length, 2);
});

test('a newer value that was logged by hand is not overridden either when something else is new', () => {
  const log = `${CHECK_INS}\n  2026-02-05 | MKT-O1-KR1 | 41 | 6 | | Asked | Ada`;
  const rows = KEY_RESULTS.replace('38 ', '35 ').replace('| 7 ', '| 6 ').replace("'=1+1 yes", 'Quite new');
  const { result, log: lines } = press(book({ 'Check-ins': log, 'Key Results': rows }));
  const told = result.items.find(({ tone }) => tone === 'bad');
  assert.match(told.text, /^Check-ins has a newer value, 41 of 2026-02-05; Current still says 35\. /);
  assert.equal(lines.filter((line) => /KR1/.test(line)).length, 2);
});

test('rows without an id go by their text; two of one text are not taken', () => {
  const one = KEY_RESULTS.replace('MKT-O1-KR2', '          ');
  assert.match(press(book({ 'Key Results': one })).log[2], /\| Churn \|/);
  const two = KEY_RESULTS.replace(/MKT-O1-KR\d/g, '          ').replace('NPS  ', 'Churn');
  assert.match(press(book({ 'Key Results': two })).result.items[0].text, /stands twice/);
});

test('words and ticks are kept as they were typed', () => {
  const rows = `${KEY_RESULTS}
    MKT-O1-KR3 | MKT-O1 | Campaign | Kim | Yes/No | | | TRUE | | | |
    MKT-O1-KR4 | MKT-O1 | Site | Kim | Milestone | | | Design | | | |`;
  const given = book({ 'Key Results': rows.replace(/\| Last check-in/, '| Last check-in | Milestones').replace('| Design | | | |', '| Design | | | | | Design; Build') });
  const { log } = press(given);
  assert.match(log[3], /KR3 \| true/);
  assert.match(log[4], /KR4 \| Design/);
});

test('columns in another order and under other names, below rows of their own, and a column of their own', () => {
  const log = `
    Our log  |      |       |        |      |
    Who | Theirs | New value | KR | When | Comment
    Ada | x      | 35        | MKT-O1-KR1 | 2026-01-05 | Asked
    |   | | | |
    Zoe | x | 1 | MKT-O1-KR2 | 2026-01-06 |`;
  const { log: lines } = press(book({ 'Check-ins': log }));
  assert.deepEqual(lines.slice(-2), [
    `Kim |  | 38 | MKT-O1-KR1 | ${TODAY} | =1+1 yes`, `Ada |  | 4.1% | MKT-O1-KR2 | ${TODAY} |`,
  ]);
});

test('a percent format that a plain number would fall under is changed, and rows are added when the tab is full', () => {
  const given = book();
  const log = given.getSheetByName('Check-ins');
  log.at(3, 3).format = '0%';
  log.most = 2;
  press(given);
  assert.equal(log.at(3, 3).format, 'General');
  assert.equal(log.at(4, 3).format, '0.0%');
  assert.equal(log.most, 4);
});

test('a check-in of 20 rows takes few calls', () => {
  const lines = Array.from({ length: 20 }, (_, at) => `MKT-${at} | MKT-O1 | Result ${at} | Kim | Increase | 0 | 10 | ${at} | 5 | | fine |`);
  const given = book({ 'Key Results': `${KEY_RESULTS.split('\n').slice(0, 2).join('\n')}\n${lines.join('\n')}` });
  press(given);
  assert.equal(given.getSheetByName('Check-ins').getLastRow(), 22);
  assert.ok(given.calls <= 80, String(given.calls));
});
