/**
 * One tab's rows: which rows there are, and what each of their cells says.
 * The twin of sync/core/tables.py and sync/core/findings.py.
 */
const Tables = (function () {
  const FILLED_DOWN = ['weight', 'priority'];
  const IDENTIFIED = ['objectives', 'key_results'];
  const SCORED_BY = ['measure', 'start', 'target', 'current'];
  const VALUED = ['start', 'target', 'current', 'value'];
  const NEAR = 0.8;

  /** A finding of a rule at an address; `params` fill the rule's words. */
  function finding(code, tab, cell, value, params, rowId) {
    const rule = OKR.rules[code];
    const filling = { value: Text.shorten(value || ''), tab, cell, row_id: rowId || '', unit: '' };
    for (const [name, param] of Object.entries(params)) {
      filling[name] = typeof param === 'string' ? Text.shorten(param, 200) : param;
    }
    return {
      code, severity: rule.severity, tab, cell, row_id: rowId || '', value: value || '',
      message: Text.fill(rule.message, filling), hint: Text.fill(rule.hint, filling),
    };
  }

  /** The findings in their order, loudest first, then by place; exact repeats are left out. */
  function inOrder(findings) {
    const seen = new Map(findings.map((one) => [JSON.stringify(one), one]));
    return [...seen.values()].sort((a, b) => compare(sortKey(a), sortKey(b)));
  }

  function sortKey({ code, severity, tab, cell, message }) {
    const letters = cell.replace(/[^A-Z]/g, '');
    const row = Number(cell.replace(/[^0-9]/g, '') || 0);
    return [['error', 'warning', 'note'].indexOf(severity), tab, row, letters.length, letters, code, message];
  }

  function compare(one, other) {
    for (let at = 0; at < one.length; at += 1) {
      if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
    }
    return 0;
  }

  /** The table of a tab {sheet, names, header, format, entries, findings}, null when it cannot be read. */
  function open(sheet, names, format, findings) {
    const header = Headers.bind(sheet, names);
    const required = names.tab.columns.filter((column) => column.required);
    if (!header) {
      noteMissing(sheet, { row: 0, columns: {}, missing: required, free: {} }, findings);
      return null;
    }
    noteTwice(sheet, header, names, findings);
    noteMissing(sheet, header, findings);
    const slips = noteSlips(sheet, header, names, findings);
    if (required.some((column) => !(column.field in header.columns))) return null;
    const table = { sheet, names, header, format, findings, entries: [] };
    table.entries = entriesOf(table);
    noteRenamed(table, slips);
    return table;
  }

  /** The address of a field in a row of a table; the row's first bound cell when the field has no column. */
  function place(table, row, field) {
    const { columns } = table.header;
    return Text.a1(row, columns[field] || Math.min(...Object.values(columns)));
  }

  // --- which rows there are ---------------------------------------------------------------------

  function entriesOf(table) {
    const { sheet, names, header, findings } = table;
    const read = Object.entries(header.columns).filter(([field]) => names.byField[field].type !== 'owned');
    const spread = mergedDown(table, read);
    const titles = new Set(
      Headers.mergedAreas(sheet).filter(([, left, , right]) => right > left).map(([top, left]) => `${top},${left}`)
    );
    const entries = [];
    for (const row of Headers.numbers(sheet.rows).filter((at) => at > header.row)) {
      const cells = sheet.rows[row];
      const said = Headers.named(cells, names);
      if (Object.keys(said).length && Headers.isRepeated(said, cells, header, names)) continue;
      if (Object.keys(said).length && Headers.isAnother(row, said, cells, header, names)) {
        noteSecondHeader(sheet, header, row, findings);
        break;
      }
      const there = Object.fromEntries(read.filter(([, at]) => at in cells).map(([field, at]) => [field, cells[at]]));
      const entry = Object.fromEntries(Object.entries(there).filter(([, cell]) => !Cells.isBlank(cell)));
      const own = ownCells(names, entry);
      const fields = Object.keys(own);
      const isTitle = fields.length === 1 && !(names.tab.text in own) &&
        titles.has(`${row},${header.columns[fields[0]]}`);
      if (!fields.length || isTitle) continue;
      if (isEntry(table, row, entry, own)) entries.push({ row, cells: { ...there, ...spread[row], ...entry } });
    }
    return entries;
  }

  /** What makes a row a row: choices, weights and formulas that are filled down do not. */
  function ownCells(names, entry) {
    const own = Object.entries(entry).filter(([field, cell]) => {
      const filledDown = names.byField[field].choices.length || FILLED_DOWN.includes(field);
      return !filledDown && (!cell.formula || field === names.tab.text);
    });
    return Object.fromEntries(own);
  }

  /** Whether a filled row is an entry of its tab; what it lacks is noted. */
  function isEntry(table, row, entry, own) {
    const { names, sheet } = table;
    const { key, text } = names.tab;
    let where = `row ${row} of tab ${sheet.name}`;
    if (IDENTIFIED.includes(key) && sumsUp(names, own)) {
      where += ', which only sums up';
      noteEntry(table, row, entry, text, where, 'The row is not read. Move it out of the table, or give it an ID and an owner.');
      return false;
    }
    if (IDENTIFIED.includes(key) && !(text in entry)) {
      const kept = 'id' in own && own.id.kind !== 'error';
      noteEntry(table, row, entry, text, where, kept ? 'Fill it in.' : 'Fill it in, or clear the row; it is not read.');
      return kept;
    }
    if (key === 'check_ins' && !('date' in entry)) {
      noteEntry(table, row, entry, 'date', where, 'Fill it in; a check-in without a day does not count.');
    }
    return true;
  }

  function noteEntry(table, row, entry, field, where, suggestion) {
    const { names, sheet, header, findings } = table;
    const params = { what: 'entry', name: names.byField[field].name, where, suggestion };
    const cell = Text.a1(row, header.columns[field]);
    const value = Cells.shown(entry[field] || Cells.BLANK);
    findings.push(finding('S101', sheet.name, cell, value, params, rowId(names, entry)));
  }

  function sumsUp(names, own) {
    const labels = Object.entries(own).filter(([field]) => ['text', 'id'].includes(names.byField[field].type));
    if (!labels.length || labels.some(([field]) => field !== 'id' && field !== names.tab.text)) return false;
    return labels.every(([, cell]) => OKR.summing.includes(Text.fold(Cells.shown(cell))));
  }

  /** By row: the texts that a merge over several rows gives it. */
  function mergedDown(table, read) {
    const { sheet, names, header } = table;
    const spread = {};
    const last = Math.max(...Headers.numbers(sheet.rows));
    const fieldAt = Object.fromEntries(
      read
        .filter(([field]) => ['text', 'id'].includes(names.byField[field].type) && field !== 'id' && field !== names.tab.text)
        .map(([field, at]) => [at, field])
    );
    for (const [top, left, bottom, right] of Headers.mergedAreas(sheet)) {
      if (left !== right || !(left in fieldAt) || top <= header.row) continue;
      const cell = (sheet.rows[top] || {})[left] || Cells.BLANK;
      for (let row = top + 1; row <= Math.min(bottom, last); row += 1) {
        spread[row] = { ...spread[row], [fieldAt[left]]: cell };
      }
    }
    return spread;
  }

  // --- what a cell says -------------------------------------------------------------------------

  /** The rows of a table as objects of values by field; every unreadable cell is noted. */
  function rows(table, words) {
    if (!table) return [];
    return table.entries.map(({ row, cells }) => readRow(table, row, cells, words));
  }

  function readRow(table, row, cells, words) {
    const { names, sheet, format, findings } = table;
    const id = rowId(names, cells);
    const allowed = words ? (id in words ? words[id] : Cells.STAGES) : wordsOf(cells);
    const values = { row, ...blankRow(names) };
    for (const [field, cell] of Object.entries(cells)) {
      const column = names.byField[field];
      const [value, trouble] = settled(field, ...valueOf(column, cell, format, allowed));
      values[field] = value;
      if (trouble) {
        const at = Text.a1(row, table.header.columns[field]);
        findings.push(finding(trouble.code, sheet.name, at, trouble.value, { ...trouble, column: column.name, value: Text.shorten(trouble.value) }, id));
      }
    }
    return values;
  }

  function blankRow(names) {
    const blank = { amount: Cells.NOTHING, date: null };
    const read = names.tab.columns.filter((column) => column.type !== 'owned');
    return Object.fromEntries(read.map(({ field, type }) => [field, type in blank ? blank[type] : '']));
  }

  /** What a person calls the row: its id, else its text. */
  function rowId(names, cells) {
    for (const field of ['id', 'kr_id', names.tab.text]) {
      const cell = cells[field];
      const name = cell && cell.kind !== 'error' ? Cells.text(cell)[0] : '';
      if (name) return field === 'kr_id' ? Text.splitId(name) : name;
    }
    return '';
  }

  /** Which words may stand in a key result's value cells; a blank measure is inferred. */
  function wordsOf(cells) {
    const measure = Cells.choice(cells.measure || Cells.BLANK, OKR.measures)[0];
    if (measure) return OKR.words[measure] || Cells.STAGES;
    if (['start', 'target'].some((field) => field in cells && !Cells.isBlank(cells[field]))) return Cells.NUMBER_WORDS;
    return 'milestones' in cells ? Cells.STAGES : Cells.YES_NO;
  }

  /** Which words the values of each key result may hold, by its id and by its text. */
  function wordsByName(table) {
    const found = {};
    for (const { cells } of table ? table.entries : []) {
      for (const field of ['key_result', 'id']) found[Cells.identifier(cells[field] || Cells.BLANK)[0]] = wordsOf(cells);
    }
    return found;
  }

  function valueOf(column, cell, format, words) {
    if (column.type === 'amount') return Cells.amount(cell, format, VALUED.includes(column.field) ? words : Cells.NUMBER_WORDS);
    if (column.type === 'date') return Cells.day(cell);
    if (column.type === 'id') return Cells.identifier(cell);
    return column.choices.length ? Cells.choice(cell, column.choices) : Cells.text(cell);
  }

  /** The value as the field keeps it: what an unreadable or unknown one counts as. */
  function settled(field, value, trouble) {
    if (trouble && trouble.code === 'S109') {
      const blank = field === 'status' || field === 'ambition';
      const kept = field === 'measure' ? 'no score is computed' : 'the word is kept';
      return [blank ? '' : value, { ...trouble, outcome: blank ? 'it counts as blank' : kept }];
    }
    if (field === 'id' && trouble && trouble.code !== 'S105') return ['', trouble];
    if (field === 'kr_id') return [Text.splitId(value), trouble];
    return field === 'confidence' && !trouble ? confidence(value) : [value, trouble];
  }

  function confidence(amount) {
    if (amount.value === null || (amount.was === 'number' && amount.value >= 0 && amount.value <= 10)) return [amount, null];
    const found = Cells.trouble('S104', amount.raw, 'which is not a number from 0 to 10', 'Write 0 to 10.');
    return [{ ...amount, value: null, was: 'error' }, found];
  }

  // --- what is wrong with the header --------------------------------------------------------------

  function noteMissing(sheet, header, findings) {
    for (const column of header.missing) {
      const close = Text.nearest(column.name, Object.values(header.free));
      const suggestion = close
        ? `Did you mean the column "${close}"? Rename it to "${column.name}".`
        : `Write "${column.name}" into the header row, above what it is.`;
      const columns = Object.values(header.columns);
      const cell = header.row ? Text.a1(header.row, columns.length ? Math.min(...columns) : 1) : '';
      const params = { what: 'column', name: column.name, where: `tab ${sheet.name}`, suggestion };
      findings.push(finding('S101', sheet.name, cell, '', params));
    }
  }

  function noteTwice(sheet, header, names, findings) {
    for (const [field, [first, second]] of Object.entries(header.twice)) {
      const column = names.byField[field];
      if (column.type === 'owned') continue;
      const params = {
        name: `The column "${column.name}"`, other: Text.a1(header.row, first), outcome: 'neither is read',
        suggestion: 'Delete one of the two, or give it another header.',
      };
      findings.push(finding('S102', sheet.name, Text.a1(header.row, second), column.name, params));
    }
  }

  function noteSecondHeader(sheet, header, row, findings) {
    const params = {
      name: 'A header row', other: Text.a1(header.row, 1), outcome: 'the rows below the second are not read',
      suggestion: 'Keep one table in this tab, or give both the same columns in the same order.',
    };
    findings.push(finding('S102', sheet.name, Text.a1(row, 1), '', params));
  }

  /** Headers that nearly say the name of a column which was not found; returns the names of those columns. */
  function noteSlips(sheet, header, names, findings) {
    const noted = new Set();
    const lost = {};
    for (const column of names.tab.columns) {
      const told = column.field in header.columns || column.field in header.twice;
      if (told || column.required || column.type === 'owned') continue;
      for (const name of [column.name, ...column.aliases]) lost[name] = column;
    }
    for (const at of Headers.numbers(header.free)) {
      const close = Text.nearest(header.free[at], Object.keys(lost), NEAR);
      if (!close) continue;
      const { name } = lost[close];
      noted.add(name);
      const suggestion = `Did you mean the column "${header.free[at]}"? Rename it to "${name}".`;
      const params = { what: 'column', name, where: `tab ${sheet.name}`, suggestion };
      findings.push(finding('S101', sheet.name, Text.a1(header.row, at), header.free[at], params));
    }
    return noted;
  }

  /** Missing columns of which a nameless or unknown one may be the renamed rest. */
  function noteRenamed(table, slips) {
    const { header, names, sheet, findings } = table;
    if (names.tab.key !== 'key_results') return;
    const strays = straysOf(table);
    for (const column of names.tab.columns) {
      const told = column.field in header.columns || column.field in header.twice || slips.has(column.name);
      if (told || !SCORED_BY.includes(column.field)) continue;
      const here = Headers.numbers(strays).filter((at) => strays[at].some((cell) => fits(table, column, cell)));
      if (!here.length) continue;
      const places = here.map((at) => `${Text.a1(header.row, at)} (${header.free[at] || 'no header'})`).join(' or ');
      const suggestion = `If it is the one below ${places}, call that "${column.name}", or give its header in ` +
        '`mapping` in config.toml; if you keep none, add an empty column of that name, or put S101 into `[checks] ignore`.';
      const params = { what: 'column', name: column.name, where: `tab ${sheet.name}`, suggestion };
      findings.push(finding('S101', sheet.name, Text.a1(header.row, here[0]), header.free[here[0]] || '', params));
    }
  }

  function straysOf(table) {
    const { header, sheet } = table;
    const ours = new Set([...Object.values(header.columns), ...Object.values(header.twice).flat()]);
    const found = {};
    for (const { row } of table.entries) {
      for (const at of Headers.numbers(sheet.rows[row])) {
        const cell = sheet.rows[row][at];
        if (!ours.has(at) && !Cells.isBlank(cell)) (found[at] = found[at] || []).push(cell);
      }
    }
    return found;
  }

  function fits(table, column, cell) {
    const [value, trouble] = valueOf(column, cell, table.format, Cells.YES_NO);
    return !trouble && (column.type !== 'amount' || value.value !== null);
  }

  return { finding, inOrder, open, place, rows, wordsOf, wordsByName };
})();
