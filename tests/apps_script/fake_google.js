// As much of Google's services as the shell uses, over literal tables. `calls` counts what goes over the line.
'use strict';

class RichText {
  constructor(text) { this.text = text; }
}

class Range {
  constructor(sheet, row, column, rows = 1, columns = 1) {
    Object.assign(this, { sheet, row, column, rows, columns });
  }

  each(act) {
    this.sheet.book.calls += 1;
    return Array.from({ length: this.rows }, (_, r) =>
      Array.from({ length: this.columns }, (__, c) => act(this.sheet.at(this.row + r, this.column + c), r, c)));
  }

  getRow() { return this.row; }
  getValues() { return this.each((cell) => cell.value); }
  getFormulas() { return this.each((cell) => cell.formula); }
  getNumberFormats() { return this.each((cell) => cell.format); }
  getMergedRanges() { return this.sheet.merged.map((name) => ({ getA1Notation: () => name })); }
  getA1Notation() { return String.fromCharCode(64 + this.column) + this.row; }
  canEdit() { return !this.sheet.closed.some((column) => column >= this.column && column < this.column + this.columns); }
  setNumberFormats(formats) { this.each((cell, r, c) => { cell.format = formats[r][c]; }); }
  setRichTextValues(values) { this.each((cell, r, c) => Object.assign(cell, { value: values[r][c].text, formula: '' })); }
  setWrap() { return this; }
  setVerticalAlignment() { return this; }
  setFontWeight() { return this; }

  /** As in Google, a text that begins with = becomes a formula, and an apostrophe before a text goes. */
  setValues(values) {
    this.each((cell, r, c) => {
      const value = values[r][c];
      const formula = typeof value === 'string' && value.startsWith('=') ? value : '';
      Object.assign(cell, { value: formula ? 0 : value, formula });
      if (value instanceof Date && cell.format === 'General') cell.format = 'yyyy-mm-dd';
    });
  }
}

class Sheet {
  constructor(book, name, text) {
    Object.assign(this, { book, name, cells: {}, merged: [], closed: [], most: 1000, type: 'GRID' });
    (text || '').split('\n').filter((line) => line.trim()).forEach((line, r) =>
      line.split('|').forEach((said, c) => Object.assign(this.at(r + 1, c + 1), cellOf(said.trim()))));
  }

  at(row, column) {
    const key = `${row},${column}`;
    return (this.cells[key] = this.cells[key] || { value: '', formula: '', format: 'General' });
  }

  lasting() { return Object.entries(this.cells).filter(([, { value, formula }]) => value !== '' || formula).map(([key]) => key.split(',').map(Number)); }
  getName() { return this.name; }
  getType() { return this.type; }
  getLastRow() {
    if (this.type !== 'GRID') throw new Error('A chart has no rows.');
    return Math.max(0, ...this.lasting().map(([row]) => row));
  }
  getLastColumn() { return Math.max(0, ...this.lasting().map(([, column]) => column)); }
  getMaxRows() { return this.most; }
  insertRowsAfter(_, more) { this.most += more; }
  getDataRange() { return new Range(this, 1, 1, this.getLastRow(), this.getLastColumn()); }
  getActiveRange() { return this.book.selected ? new Range(this, ...this.book.selected) : null; }
  setActiveRange(range) { this.book.selected = [range.row, range.column]; }
  setColumnWidth() {}

  getRange(row, column, rows, columns) {
    if (typeof row === 'string') return new Range(this, Number(row.slice(1)), row.charCodeAt(0) - 64);
    if (row + (rows || 1) - 1 > this.most) throw new Error('The coordinates of the range are outside the dimensions of the sheet.');
    return new Range(this, row, column, rows, columns);
  }

  /** The values of the sheet as text, a line for each row from `from`. */
  shown(from = 1) {
    const lines = [];
    for (let row = from; row <= this.getLastRow(); row += 1) {
      const line = [];
      for (let column = 1; column <= this.getLastColumn(); column += 1) line.push(shownOf(this.at(row, column)));
      lines.push(line.join(' | ').trimEnd());
    }
    return lines;
  }
}

function shownOf({ value, formula, format }) {
  if (formula) return formula;
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === 'number' && format.includes('%') ? `${value * 100}%` : String(value);
}

/** What a place of a literal table stands for: a number, 45%, a day, TRUE, =formula → value, 'text. */
function cellOf(said) {
  if (/^=.*→/.test(said)) return { ...cellOf(said.split('→')[1].trim()), formula: said.split('→')[0].trim() };
  if (/^-?\d+(\.\d+)?%$/.test(said)) return { value: Number(said.slice(0, -1)) / 100, format: '0.0%' };
  if (/^-?\d+(\.\d+)?$/.test(said)) return { value: Number(said) };
  if (/^\d{4}-\d\d-\d\d$/.test(said)) return { value: new Date(`${said}T00:00:00Z`), format: 'yyyy-mm-dd' };
  if (said === 'TRUE' || said === 'FALSE') return { value: said === 'TRUE' };
  return { value: said.replace(/^'/, '') };
}

class Book {
  constructor(tables) {
    Object.assign(this, { calls: 0, selected: [2, 1], toasts: [] });
    this.sheets = Object.entries(tables).map(([name, text]) => new Sheet(this, name, text));
    this.active = this.sheets[0];
  }

  getSpreadsheetTimeZone() { return 'Etc/UTC'; }
  getSheets() { return this.sheets; }
  getNumSheets() { return this.sheets.length; }
  getActiveSheet() { return this.active; }
  getSheetByName(name) { return this.sheets.find((sheet) => sheet.name === name) || null; }
  toast(text) { this.toasts.push(text); }

  insertSheet(name) {
    const sheet = new Sheet(this, name);
    this.sheets.push(sheet);
    return sheet;
  }
}

/** The services for a book; `says` answers yes/no questions, `meanwhile` runs while a question is open. */
function google(book, { says = true, meanwhile = () => {}, locked = false } = {}) {
  const said = [];
  const menu = { items: [], addItem(label, name) { this.items.push([label, name]); return this; }, addSeparator() { return this; }, addToUi() {} };
  const ui = {
    ButtonSet: { OK: 'ok', YES_NO: 'yes/no' }, Button: { YES: 'yes', NO: 'no' },
    createMenu: () => menu, showSidebar: (page) => said.push(page),
    alert(title, text, buttons) {
      said.push({ title, text, buttons });
      if (buttons === 'yes/no') meanwhile();
      return says ? 'yes' : 'no';
    },
  };
  const services = {
    SpreadsheetApp: {
      getUi: () => ui, getActiveSpreadsheet: () => book, flush() {}, SheetType: { GRID: 'GRID' },
      newRichTextValue: () => ({ setText(text) { this.text = text; return this; }, build() { return new RichText(this.text); } }),
    },
    HtmlService: { createTemplateFromFile: (name) => ({ evaluate: () => ({ setTitle: (title) => `${name} ${title}` }) }) },
    LockService: { getDocumentLock: () => ({ tryLock: () => !locked, releaseLock() { said.push('released'); } }) },
    Utilities: {
      formatDate: (date, _, pattern) => date.toISOString().replace('T', ' ').slice(0, pattern.length),
      parseDate: (text) => new Date(`${text}T00:00:00Z`),
    },
  };
  return { services, said, menu };
}

module.exports = { Book, google };
