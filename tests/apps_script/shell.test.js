// The thin shell: the menu, the sidebar's form, agendas, and what may go wrong; each gives a sentence.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { load } = require('./load.js');
const { Book, google } = require('./fake_google.js');

const TABLES = {
  Team: 'Unit | Marketing\nLevel | Team\nCycle | 2026-Q4\nNumber format | 1.234,5',
  Objectives: 'ID | Objective | Owner\nO1 | Customers tell us | Kim Larsen; Ada',
  'Key Results': `
    ID | Objective ID | Key result | Owner | Measure | Start | Target | Current | Confidence | Status | Comment
    K1 | O1 | Scores | Kim Larsen | Increase | 0 | 10 | 2.5 | 7 | | '=HYPERLINK("x")
    K2 | O1 | Calls | Ada | Increase | 0 | 10 | =A1 → 9 | 3 | |
    K3 | O1 | Share | | Increase | 0% | 50% | 10% | | |`,
  'Check-ins': 'Date | KR ID | Value',
};

function shell(tables = TABLES, options = {}) {
  const book = new Book(tables);
  const { services, said, menu } = google(book, options);
  return { book, said, menu, script: load(services) };
}

test('the menu has every command that works here, each with its function', () => {
  const { script, menu } = shell();
  script.onOpen();
  assert.deepEqual(menu.items.slice(0, -1), script.OKR.menu.map(({ name, label }) => [label, `okr_${name}`]));
  menu.items.forEach(([, name]) => assert.equal(typeof script[name], 'function', name));
});

test('the sidebar opens', () => {
  const { script, said } = shell();
  script.okrSidebar();
  assert.deepEqual(said, ['Sidebar OKR']);
});

test('every command of the menu says something', () => {
  for (const name of ['score_preview', 'validate', 'help', 'team_review', 'one_on_one']) {
    const { script, said, book } = shell();
    book.active = book.getSheetByName('Key Results');
    script[`okr_${name}`]();
    assert.equal(said.length, 1);
    assert.equal(said[0].buttons, 'ok');
    assert.ok(said[0].text.length > 20, said[0].text);
  }
});

test('after a check-in the menu only shows a short note', () => {
  const { script, said, book } = shell();
  script.okr_check_in();
  assert.deepEqual(said.map((one) => one.buttons || one), ['yes/no', 'released']);
  assert.match(book.toasts[0], /3 key results checked in|2 key results checked in/);
});

test('the score preview tells each score and writes nothing', () => {
  const { script, book } = shell();
  const before = JSON.stringify(book.sheets.map((sheet) => sheet.shown()));
  const { items, text } = script.okrRun('score_preview', '');
  assert.match(text, /^Marketing on .*: 45 %\. Nothing was changed\. 3 key results changed since the last check-in: check in first to see/);
  assert.deepEqual(items.map((one) => one.head), ['O1 · Customers tell us', 'K1 · Scores', 'K2 · Calls', 'K3 · Share']);
  assert.deepEqual(items.map((one) => one.text.split(' ·')[0]), ['45 %', '25 %', '90 %', '20 %']);
  assert.equal(JSON.stringify(book.sheets.map((sheet) => sheet.shown())), before);
});

test('validate lists findings with their cells, and a click goes there', () => {
  const broken = { ...TABLES, 'Key Results': TABLES['Key Results'].replace('2.5', 'about 7') };
  const { script, book } = shell(broken);
  const { items } = script.okrRun('validate', '');
  assert.equal(items[0].head, 'S104 Current in Key Results!H2 says "about 7", which is not a number in the format 1.234,5.');
  script.okrGoTo(items[0].tab, items[0].cell);
  assert.deepEqual(book.selected, [2, 8]);
});

test('a team review goes into a new tab, the least certain first, its texts as texts', () => {
  const { script, book } = shell();
  const { text } = script.okrRun('team_review', '');
  const sheet = book.sheets[book.sheets.length - 1];
  assert.match(text, new RegExp(sheet.name));
  assert.match(sheet.name, /^Team review \d{4}-\d\d-\d\d$/);
  const lines = sheet.shown();
  const at = lines.indexOf('Key results, the least certain first |  |  |  |  |  |');
  assert.deepEqual(lines.slice(at + 2, at + 5).map((line) => line.split(' | ')[0]), ['K3 · Share', 'K2 · Calls', 'K1 · Scores']);
  assert.match(lines[at + 4], /=HYPERLINK/);
  assert.ok(Object.values(sheet.cells).every(({ formula }) => !formula));
  script.okrRun('team_review', '');
  assert.equal(book.sheets[book.sheets.length - 1].name, `${sheet.name} (2)`);
});

test('a one-on-one is about the owner in the selected row, a key result without one about its objective\'s', () => {
  for (const [row, name, krs] of [[4, 'Kim Larsen', ['K3 · Share', 'K1 · Scores']], [3, 'Ada', ['K3 · Share', 'K2 · Calls']]]) {
    const { script, book } = shell();
    book.active = book.getSheetByName('Key Results');
    book.selected = [row, 1];
    script.okrRun('one_on_one', '');
    const lines = book.sheets[book.sheets.length - 1].shown();
    assert.match(lines[0], new RegExp(`One-on-one: ${name}`));
    const at = lines.findIndex((line) => line.startsWith('Key results, the least'));
    assert.deepEqual(lines.slice(at + 2, at + 4).map((line) => line.split(' | ')[0]), krs);
  }
  const { script } = shell();
  assert.match(script.okrRun('one_on_one', '').text, /^Select a row/);
});

// --- the form -------------------------------------------------------------------------------------------

/** The form of a row of Key Results, with some fields changed and saved. */
function save(changes, row = 2, options = {}) {
  const made = shell(options.tables, options);
  made.book.active = made.book.getSheetByName('Key Results');
  made.book.selected = [row, 3];
  const { form } = made.script.okrSelected();
  (options.meanwhile || (() => {}))(made.book);
  const { current, confidence, status, comment } = form;
  const answer = made.script.okrSave(form, { current, confidence, status, comment, ...changes });
  const cells = made.book.active;
  return { form, answer, at: (column) => cells.at(row, column) };
}

test('the form shows numbers as they are typed in this sheet, and says which cells are locked', () => {
  assert.deepEqual([save({}).form.current, save({}).form.target], ['2,5', '10']);
  assert.equal(save({}, 4).form.current, '10%');
  assert.deepEqual(save({}, 3).form.locked, ['current']);
  assert.match(save({}).answer.text, /Nothing was changed/);
});

test('what is saved is a number where it is one, and a text that begins like a formula stays text', () => {
  const { at, answer } = save({ current: '3,75', confidence: '8', comment: '=1+1', status: 'at risk' });
  assert.match(answer.text, /^Saved/);
  assert.deepEqual([at(8).value, at(9).value, at(10).value, at(11).value, at(11).formula], [3.75, 8, 'At risk', '=1+1', '']);
  assert.equal(save({ current: '45%' }, 4).at(8).value, 0.45);
  assert.equal(save({ current: '' }).at(8).value, '');
});

for (const [changes, row, sentence] of [
  [{ current: '3.75' }, 2, /Current "3\.75": which is not a number in the format 1\.234,5/],
  [{ current: 'soon' }, 2, /Write the number alone/],
  [{ current: '45' }, 4, /If 45 percent is meant, type 45%/],
  [{ current: '9%' }, 2, /without the percent sign/],
  [{ confidence: '70' }, 2, /not a number from 0 to 10/],
  [{ status: 'Fine' }, 2, /none of its choices/],
  [{ current: '1' }, 3, /holds a formula/],
]) {
  test(`${JSON.stringify(changes)} in row ${row} is not saved and says why`, () => {
    const { answer, at } = save(changes, row);
    assert.match(answer.text, sentence);
    assert.ok(answer.failed);
    assert.notEqual(at(8).value, 1);
  });
}

test('nothing is saved over what somebody else has typed or moved', () => {
  const typed = save({ comment: 'Mine' }, 2, { meanwhile: (book) => { book.getSheetByName('Key Results').at(2, 11).value = 'Theirs'; } });
  assert.match(typed.answer.text, /Somebody changed this row/);
  const moved = save({ comment: 'Mine' }, 2, { meanwhile: (book) => { book.getSheetByName('Key Results').at(2, 3).value = 'Other'; } });
  assert.match(moved.answer.text, /rows were moved/);
});

// --- what may go wrong ------------------------------------------------------------------------------------

const { Team, Objectives, 'Check-ins': log, 'Key Results': keyResults } = TABLES;
for (const [name, tables, command, sentence] of [
  ['an empty sheet', { Sheet1: '' }, 'check_in', /cannot tell whose sheet this is. The tab "Team" is missing/],
  ['not from the template', { Sheet1: 'Shopping\nMilk | 2\nBread | 1' }, 'validate', /cannot tell whose sheet/],
  ['a Team tab without a unit', { ...TABLES, Team: 'Unit |\nLevel | Team' }, 'check_in', /cannot tell whose sheet/],
  ['no Key Results', { Team, Objectives }, 'check_in', /The tab "Key Results" is missing/],
  ['Key Results without rows', { ...TABLES, 'Key Results': 'Key result | Objective ID' }, 'score_preview', /no key results in this sheet yet/],
  ['Key Results without its column', { ...TABLES, 'Key Results': 'ID | Current\nK1 | 4' }, 'check_in', /The column "Key result" is missing/],
  ['no Check-ins', { Team, Objectives, 'Key Results': keyResults }, 'check_in', /The tab Check-ins is missing.*Nothing was written/],
  ['Check-ins without a date', { ...TABLES, 'Check-ins': 'KR ID | Value' }, 'check_in', /"Date" is missing.*Nothing was written/],
  ['renamed tabs', { Us: Team, Aims: Objectives, Results: keyResults, Diary: log }, 'check_in', /checked in for/],
]) {
  test(`${name}: ${command} gives a sentence`, () => {
    const { script } = shell(tables);
    assert.match(script.okrRun(command, '').text, sentence);
  });
}

test('a protected range stops a check-in before the first cell', () => {
  const { script, book } = shell();
  book.getSheetByName('Key Results').closed = [11];
  book.getSheetByName('Check-ins').closed = [3];
  const { text, failed } = script.okrRun('check_in', '');
  assert.match(text, /^Check-ins!C2 is protected\. Nothing was written/);
  assert.ok(failed);
  assert.deepEqual(book.getSheetByName('Check-ins').shown(2), []);
});

test('a merged cell that gives its text to several rows is read', () => {
  const merged = TABLES['Key Results'].replace('K2 | O1', 'K2 |   ');
  const { script, book } = shell({ ...TABLES, Objectives: `${Objectives}\nO2 | Another | Ada`, 'Key Results': merged });
  book.getSheetByName('Key Results').merged = ['B2:B3'];
  assert.equal(script.okrRun('score_preview', '').items[2].head, 'K2 · Calls');
});

test('charts, errors and times are no stumbling blocks', () => {
  const { script, book } = shell({ ...TABLES, 'Key Results': keyResults.replace('2.5', '#REF!') });
  book.insertSheet('Chart').type = 'OBJECT';
  book.getSheetByName('Key Results').at(3, 9).value = new Date('1899-12-30T10:00:00Z');
  const heads = script.okrRun('validate', '').items.map((one) => one.head);
  assert.match(heads[0], /^S103 Current in Key Results!H2 holds the error #REF!/);
  assert.match(heads[1], /^S104 Confidence in Key Results!I3 says "10:00:00", which is a date or a time/);
});

test('two people at once: the second waits, and what was changed meanwhile is not written over', () => {
  assert.match(shell(TABLES, { locked: true }).script.okrRun('check_in', '').text, /Somebody else is checking in/);
  const book = new Book(TABLES);
  const { services } = google(book, { meanwhile: () => { book.getSheetByName('Check-ins').at(2, 1).value = 'taken'; } });
  const { text } = load(services).okrRun('check_in', '');
  assert.match(text, /changed meanwhile, so nothing was written/);
  assert.deepEqual(book.getSheetByName('Check-ins').shown(2), ['taken |  |']);
});

test('what Google refuses becomes a sentence', () => {
  const { script, book } = shell();
  book.getSheets = () => { throw new Error('Service Spreadsheets failed.'); };
  const { text, failed } = script.okrRun('validate', '');
  assert.match(text, /^Google could not do this: Service Spreadsheets failed\./);
  assert.ok(failed);
});
