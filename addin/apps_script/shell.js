/**
 * The thin shell around the other rooms: the only one that knows Google's services.
 *
 * Texts are written as rich text values, because a text that begins with = + - or @ would become a formula or a
 * number otherwise. Two people who press at once wait for each other: the sheet is read again under the lock, and
 * nothing is written when the plan is no longer the one that was agreed to.
 */

/** Google calls this when the sheet is opened. */
function onOpen() {
  const menu = SpreadsheetApp.getUi().createMenu('OKR');
  OKR.menu.forEach(({ name, label }) => menu.addItem(label, `okr_${name}`));
  menu.addSeparator().addItem('Show sidebar', 'okrSidebar').addToUi();
}

function onInstall() {
  onOpen();
}

function okrSidebar() {
  const page = HtmlService.createTemplateFromFile('Sidebar').evaluate().setTitle('OKR');
  SpreadsheetApp.getUi().showSidebar(page);
}

// A menu calls functions by name; there is one for each command.
function okr_check_in() { okrFromMenu_('check_in'); }
function okr_score_preview() { okrFromMenu_('score_preview'); }
function okr_validate() { okrFromMenu_('validate'); }
function okr_team_review() { okrFromMenu_('team_review'); }
function okr_one_on_one() { okrFromMenu_('one_on_one'); }
function okr_help() { okrFromMenu_('help'); }

function okrFromMenu_(name) {
  const found = okrRun(name, '');
  if (found.asked && !found.failed) {
    SpreadsheetApp.getActiveSpreadsheet().toast(found.text, found.title);
    return;
  }
  const ui = SpreadsheetApp.getUi();
  ui.alert(found.title, found.asked ? found.text : Commands.asText(found), ui.ButtonSet.OK);
}

/** Runs a command; the sidebar calls it, too. `by` is the name that goes into By. */
function okrRun(name, by) {
  return okrGuarded_(() => {
    const found = okrLook_(name, by);
    if (found.question) return okrCheckedIn_(name, by, found);
    if (found.page) found.text = okrNewTab_(found.page);
    return { title: found.title, text: found.text, items: found.items };
  });
}

/** What the sidebar's form shows of the selected row. */
function okrSelected() {
  return okrGuarded_(() => {
    const { book, tab, row } = okrForm_();
    const form = book.team && CheckIn.form(book, tab, row);
    if (!form) return { title: 'Key result', text: 'Select a row of Key Results to change it here.', items: [] };
    return { title: 'Key result', text: '', items: [], form, statuses: Headers.namesOf('key_results').byField.status.choices };
  });
}

/** Writes what was changed in the form into the row that it was read from. */
function okrSave(before, after) {
  return okrGuarded_(() => okrLocked_(() => {
    const { book } = okrForm_();
    const found = book.team ? CheckIn.edit(book, before, after) : { problem: 'This is no longer a sheet of okrsync.' };
    if (found.problem) return { title: 'Not saved', text: found.problem, items: [], failed: true };
    if (!found.writes.length) return { title: 'Saved', text: 'Nothing was changed.', items: [] };
    okrWrite_(found.writes);
    return { title: 'Saved', text: 'Saved. Press Check in when you are done with all rows.', items: [] };
  }));
}

/** Shows a cell that a finding or a score belongs to. */
function okrGoTo(tab, cell) {
  return okrGuarded_(() => {
    const sheet = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(tab);
    if (sheet && cell) sheet.setActiveRange(sheet.getRange(cell));
    return { title: '', text: '', items: [] };
  });
}

// --- reading ------------------------------------------------------------------------------------------

function okrLook_(name, by) {
  const { grid, at } = okrRead_();
  return Commands.run(name, grid, { ...at, by: Text.strip(String(by || '')) });
}

function okrForm_() {
  const { grid, at } = okrRead_();
  const today = Dates.number(at.today);
  const book = Book.read(grid, today);
  if (book.team) Scoring.score(book, today);
  return { book, ...at };
}

function okrRead_() {
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  const zone = spreadsheet.getSpreadsheetTimeZone();
  const active = spreadsheet.getActiveSheet();
  const range = active.getActiveRange();
  const tables = spreadsheet.getSheets().filter(
    (sheet) => sheet.getType() === SpreadsheetApp.SheetType.GRID && !Headers.isOurs(sheet.getName())
  );
  const grid = { sheets: tables.map((sheet) => okrSheet_(sheet, zone)) };
  const today = Utilities.formatDate(new Date(), zone, 'yyyy-MM-dd');
  return { grid, at: { today, tab: active.getName(), row: range ? range.getRow() : 0 } };
}

/** A tab as the other rooms know it; what is empty is left out. */
function okrSheet_(sheet, zone) {
  const name = sheet.getName();
  if (!sheet.getLastRow()) return { name, rows: {}, merged: [] };
  const range = sheet.getDataRange();
  const [values, formulas, formats] = [range.getValues(), range.getFormulas(), range.getNumberFormats()];
  const rows = {};
  values.forEach((line, r) => line.forEach((value, c) => {
    const cell = okrCell_(value, formulas[r][c], formats[r][c], zone);
    if (cell) (rows[r + 1] = rows[r + 1] || {})[c + 1] = cell;
  }));
  return { name, rows, merged: range.getMergedRanges().map((area) => area.getA1Notation()) };
}

function okrCell_(value, formula, format, zone) {
  const of = (kind, said, style) => ({ kind, value: said, style: style || 'plain', formula: Boolean(formula) });
  if (value === '' && !formula) return null;
  if (Object.prototype.toString.call(value) === '[object Date]') return okrDate_(value, zone, of);
  if (typeof value === 'number') return of('number', value, Commands.isPercent(format) ? 'percent' : 'plain');
  if (typeof value === 'boolean') return of('bool', value);
  if (/^#(REF!|N\/A|DIV\/0!|VALUE!|NAME\?|NULL!|NUM!|ERROR!)$/.test(value)) return of('error', value);
  return formula && value === 'Loading...' ? of('uncalculated', null) : of('text', String(value));
}

/** A day, with its time where it has one; what lies before 1900 is a time of the day. */
function okrDate_(value, zone, of) {
  const said = Utilities.formatDate(value, zone, 'yyyy-MM-dd HH:mm:ss');
  if (said < '1900') return of('time', said.slice(11), 'date');
  return of('date', said.endsWith(' 00:00:00') ? said.slice(0, 10) : said, 'date');
}

// --- writing ------------------------------------------------------------------------------------------

function okrCheckedIn_(name, by, found) {
  const ui = SpreadsheetApp.getUi();
  const answer = ui.alert(found.title, Commands.asText(found, found.question), ui.ButtonSet.YES_NO);
  const done = { title: found.title, items: found.items, asked: true };
  if (answer !== ui.Button.YES) return { ...done, text: 'Nothing was written.' };
  return okrLocked_(() => {
    const now = okrLook_(name, by);
    if (JSON.stringify(now.writes) !== JSON.stringify(found.writes)) {
      return { ...done, text: 'The sheet was changed meanwhile, so nothing was written. Press Check in again.', failed: true };
    }
    okrWrite_(now.writes);
    return { ...done, text: now.text };
  });
}

/** Writes single cells, those below each other in one call; nothing when one of them may not be written. */
function okrWrite_(writes) {
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  const zone = spreadsheet.getSpreadsheetTimeZone();
  const runs = Commands.runs(writes);
  for (const { tab, row, writes: part } of runs) okrGrow_(spreadsheet.getSheetByName(tab), row + part.length - 1);
  const ranges = runs.map(({ tab, row, column, writes: part }) => spreadsheet.getSheetByName(tab).getRange(row, column, part.length, 1));
  const closed = ranges.findIndex((range) => !range.canEdit());
  if (closed >= 0) throw new Error(`OKR: ${runs[closed].tab}!${ranges[closed].getA1Notation()} is protected. Nothing was written; ask the sheet's owner.`);
  runs.forEach((run, at) => okrWriteRun_(ranges[at], run, zone));
  SpreadsheetApp.flush();
}

function okrGrow_(sheet, row) {
  const more = row - sheet.getMaxRows();
  if (more > 0) sheet.insertRowsAfter(sheet.getMaxRows(), more);
}

function okrWriteRun_(range, { text, writes }, zone) {
  if (text) {
    range.setRichTextValues(writes.map(({ value }) => [SpreadsheetApp.newRichTextValue().setText(value).build()]));
    return;
  }
  const own = range.getNumberFormats();
  const formats = writes.map(({ type }, at) => [Commands.formatFor(type, own[at][0]) || own[at][0]]);
  if (formats.some(([format], at) => format !== own[at][0])) range.setNumberFormats(formats);
  range.setValues(writes.map(({ type, value }) => [type === 'date' ? Utilities.parseDate(value, zone, 'yyyy-MM-dd') : value]));
}

/** Makes a tab of an agenda and says where it is. */
function okrNewTab_({ title, rows, bold }) {
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  let name = title;
  for (let at = 2; spreadsheet.getSheetByName(name); at += 1) name = `${title} (${at})`;
  const sheet = spreadsheet.insertSheet(name, spreadsheet.getNumSheets());
  const range = sheet.getRange(1, 1, rows.length, rows[0].length);
  range.setRichTextValues(rows.map((row) => row.map((text) => SpreadsheetApp.newRichTextValue().setText(text).build())));
  range.setWrap(true).setVerticalAlignment('top');
  bold.forEach((row) => sheet.getRange(row, 1, 1, rows[0].length).setFontWeight('bold').setWrap(false));
  [300, 110, 80, 110, 90, 220, 220].forEach((width, at) => sheet.setColumnWidth(at + 1, width));
  return `The agenda is in the new tab “${name}”.`;
}

// --- what may go wrong ----------------------------------------------------------------------------------

function okrLocked_(act) {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(10000)) return { title: 'Busy', text: 'Somebody else is checking in just now. Try again in a moment.', items: [], failed: true };
  try {
    return act();
  } finally {
    lock.releaseLock();
  }
}

/** The result of an action; of one that fails, a sentence. */
function okrGuarded_(act) {
  try {
    return act();
  } catch (error) {
    const said = String((error && error.message) || error);
    const own = said.startsWith('OKR: ');
    const text = own ? said.slice(5) : `Google could not do this: ${said} Undo (Ctrl+Z) takes back what was written.`;
    return { title: 'Something is in the way', text, items: [], failed: true };
  }
}
