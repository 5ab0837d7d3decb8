/**
 * A whole sheet of a team as values: its Team tab, its tables' rows, and what is wrong with them.
 * The twin of sync/core/parse.py, sync/core/team_tab.py and sync/core/identity.py (without a history).
 * A grid is {sheets: [{name, rows, merged}]}.
 */
const Book = (function () {
  const TABLES = ['objectives', 'key_results', 'check_ins', 'initiatives', 'retrospective'];
  const CYCLES = 'Write it as 2026-Q4, 2026-H2 or 2026, or give any name with Starts and Ends.';

  /** {team, tables, rows, cycle, findings} of a grid; `team` is null when nobody can tell whose sheet it is. */
  function read(grid, today) {
    const findings = [];
    const sheets = Headers.findTabs(grid, ['team', ...TABLES]);
    const taken = Object.values(sheets);
    const teamSheet = sheets.team || findByLabels(grid, taken);
    if (!teamSheet) {
      noteMissingTab(grid, 'team', taken, findings);
      return { team: null, tables: {}, rows: {}, findings };
    }
    const team = readTeam(teamSheet, findings);
    if (!team.unit) return { team: null, tables: {}, rows: {}, findings };
    const tables = {};
    for (const key of TABLES) tables[key] = openTab(grid, sheets, key, team.format, [teamSheet, ...taken], findings);
    const words = Tables.wordsByName(tables.key_results);
    const rows = Object.fromEntries(TABLES.map((key) => [key, Tables.rows(tables[key], key === 'check_ins' ? words : null)]));
    const cycle = Dates.cycle(team.cycle, team.starts, team.ends) || { ...Dates.quarterOf(today), name: team.cycle };
    const book = { team, tables, rows, cycle, findings };
    identify(book, 'objectives', 'objective');
    identify(book, 'key_results', 'key_result');
    return book;
  }

  function openTab(grid, sheets, key, format, taken, findings) {
    const names = Headers.namesOf(key);
    if (sheets[key]) return Tables.open(sheets[key], names, format, findings);
    if (names.tab.required) noteMissingTab(grid, key, taken, findings);
    return null;
  }

  function noteMissingTab(grid, key, taken, findings) {
    const { title } = Headers.namesOf(key).tab;
    const used = new Set(taken.map((sheet) => sheet.name));
    const close = Text.nearest(title, grid.sheets.map((sheet) => sheet.name).filter((name) => !used.has(name)));
    const suggestion = close
      ? `Did you mean the tab "${close}"? Rename it to "${title}".`
      : `Add a tab "${title}"; \`okrsync template\` makes a workbook that has it.`;
    findings.push(Tables.finding('S101', title, '', '', { what: 'tab', name: title, where: 'this workbook', suggestion }));
  }

  // --- the Team tab -------------------------------------------------------------------------------

  /** The only other sheet in which every required label has a value: a renamed Team tab. */
  function findByLabels(grid, taken) {
    const names = Headers.namesOf('team');
    const required = names.tab.columns.filter((column) => column.required).map((column) => column.field);
    const hits = grid.sheets.filter((sheet) => {
      if (taken.includes(sheet)) return false;
      const found = labels(sheet, names);
      return required.every((field) => (found[field] || []).some(({ cell }) => !Cells.isBlank(cell)));
    });
    return hits.length === 1 ? hits[0] : null;
  }

  /** The values beside each field's labels, in reading order. */
  function labels(sheet, names) {
    const fieldOf = new Map();
    for (const [known, exact] of [[names.aliases, false], [names.exact, true]]) {
      for (const [field, words] of Object.entries(known)) words.forEach((word) => fieldOf.set(word, { field, exact }));
    }
    const ends = Object.fromEntries(Headers.mergedAreas(sheet).map(([top, left, , right]) => [`${top},${left}`, right]));
    const found = {};
    for (const row of Headers.numbers(sheet.rows)) {
      let valueColumn = 0;
      for (const column of Headers.numbers(sheet.rows[row])) {
        const cell = sheet.rows[row][column];
        const label = cell.kind === 'text' && column !== valueColumn ? fieldOf.get(Text.fold(cell.value)) : undefined;
        if (!label) continue;
        valueColumn = (ends[`${row},${column}`] || column) + 1;
        const value = sheet.rows[row][valueColumn] || Cells.BLANK;
        (found[label.field] = found[label.field] || []).push({ row, column: valueColumn, cell: value, exact: label.exact });
      }
    }
    return found;
  }

  function readTeam(sheet, findings) {
    const names = Headers.namesOf('team');
    const reader = { sheet, names, findings, fields: {}, twice: new Set() };
    const found = labels(sheet, names);
    for (const column of names.tab.columns) choose(reader, column, found[column.field] || []);
    const format = formatOf(reader);
    const team = { format, level: levelOf(reader), sheet };
    for (const field of ['unit', 'parent', 'cycle', 'champion', 'manager', 'time_zone', 'number_format', 'template_version']) {
      team[field] = textOf(reader, field);
    }
    for (const field of ['starts', 'ends']) team[field] = noted(reader, field, Cells.day(cellOf(reader, field)));
    team.weight = noted(reader, 'weight', Cells.amount(cellOf(reader, 'weight'), format));
    team.cycle = Dates.cycleName(team.cycle);
    checkCycle(reader, team);
    checkVersion(reader, team);
    return { ...team, fields: reader.fields };
  }

  /** The one field of that name to read; of several filled ones none, which is noted. */
  function choose(reader, column, found) {
    const ours = found.filter((field) => field.exact);
    const exact = ours.length ? ours : found;
    const filled = exact.filter((field) => !Cells.isBlank(field.cell));
    if (filled.length > 1) {
      const places = filled.map((field) => Text.a1(field.row, field.column));
      reader.twice.add(column.field);
      const params = {
        column: column.name, reason: `stands twice, at ${places.join(' and ')}`,
        suggestion: 'Keep one of the two; until then neither is used.',
      };
      reader.findings.push(Tables.finding('S120', reader.sheet.name, places[1], '', params));
    } else if (filled.length || exact.length) {
      [reader.fields[column.field]] = filled.length ? filled : exact;
    }
  }

  function cellOf(reader, field) {
    return reader.fields[field] ? reader.fields[field].cell : Cells.BLANK;
  }

  /** The value of a reader's pair, its trouble noted. */
  function noted(reader, field, [value, trouble]) {
    if (trouble) {
      const { row, column } = reader.fields[field];
      const params = { ...trouble, column: reader.names.byField[field].name, value: Text.shorten(trouble.value) };
      reader.findings.push(Tables.finding(trouble.code, reader.sheet.name, Text.a1(row, column), trouble.value, params));
    }
    return value;
  }

  function textOf(reader, field) {
    const [value, trouble] = Cells.text(cellOf(reader, field));
    noted(reader, field, [value, trouble]);
    if (!value && !trouble && reader.names.byField[field].required) noteBlank(reader, field);
    return !trouble || trouble.code === 'S113' ? value : '';
  }

  function levelOf(reader) {
    const [value, trouble] = Cells.choice(cellOf(reader, 'level'), reader.names.byField.level.choices);
    if (!trouble) {
      if (!value) noteBlank(reader, 'level');
      return value;
    }
    if (trouble.code === 'S109') impossible(reader, 'level', `says "${value}", which is no level`, trouble.suggestion);
    else noted(reader, 'level', [value, trouble]);
    return '';
  }

  /** The declared format; an unknown one declares none, so that ambiguous text stays a problem. */
  function formatOf(reader) {
    const cell = cellOf(reader, 'number_format');
    const known = cell.kind === 'number' ? null : Numerals.knownFormat(Cells.text(cell)[0]);
    if (known === null) {
      const suggestion = `Format the cell as text and choose one of: ${Object.keys(OKR.numberFormats).join('  ')}`;
      impossible(reader, 'number_format', `says "${Cells.shown(cell)}", which is no known format`, suggestion);
    }
    return known || '';
  }

  function checkCycle(reader, team) {
    if (team.starts && team.ends && team.starts > team.ends) {
      impossible(reader, 'ends', `is before Starts (${team.starts})`, 'Mend one of the two.');
    } else if (team.cycle && !Dates.cycle(team.cycle, team.starts, team.ends)) {
      impossible(reader, 'cycle', `says "${team.cycle}", which with Starts and Ends gives no period`, CYCLES);
    }
  }

  function checkVersion(reader, team) {
    const version = team.template_version;
    if (!/^\d+$/.test(version) || Number(version) >= Number(OKR.templateVersion)) return;
    const { row, column } = reader.fields.template_version;
    const params = { current: OKR.templateVersion };
    reader.findings.push(Tables.finding('S116', reader.sheet.name, Text.a1(row, column), version, params));
  }

  function noteBlank(reader, field) {
    if (reader.twice.has(field)) return;
    const label = reader.names.byField[field].name;
    const reason = reader.fields[field] ? 'is blank' : 'is missing';
    impossible(reader, field, reason, `Write it in the cell to the right of the label "${label}".`);
  }

  function impossible(reader, field, reason, suggestion) {
    const at = reader.fields[field];
    const params = { column: reader.names.byField[field].name, reason, suggestion };
    const cell = at ? Text.a1(at.row, at.column) : '';
    reader.findings.push(Tables.finding('S120', reader.sheet.name, cell, Cells.shown(cellOf(reader, field)), params));
  }

  // --- who is who ---------------------------------------------------------------------------------

  /** Gives every row `key`, `text` and `told` (whether it can be told apart); S107 where it cannot. */
  function identify(book, key, field) {
    const rows = book.rows[key];
    rows.forEach((row, at) => Object.assign(row, { key: at, text: row[field], told: true }));
    for (const same of groups(rows.filter((row) => row.id), (row) => row.id)) refuse(book, key, same, true);
    const plain = (row) => Text.oneLine(row.text.normalize('NFC'));
    for (const same of groups(rows.filter((row) => !row.id), plain)) refuse(book, key, same, false);
  }

  function groups(rows, nameOf) {
    const byName = new Map();
    for (const row of rows) byName.set(nameOf(row), [...(byName.get(nameOf(row)) || []), row]);
    return [...byName.values()].filter((same) => same.length > 1);
  }

  function refuse(book, key, same, byId) {
    const table = book.tables[key];
    const cellOfRow = (row) => Tables.place(table, row.row, 'id');
    for (const row of same) {
      row.told = false;
      const other = same.filter((one) => one !== row).map(cellOfRow).join(', ');
      const outcome = 'None of these rows is scored, because okrsync cannot tell which one the id belongs to.';
      const found = Tables.finding('S107', table.sheet.name, cellOfRow(row), row.id || row.text, { other, outcome }, row.id);
      book.findings.push(byId ? found : { ...found, ...twin(found, other) });
    }
  }

  function twin({ tab, cell }, other) {
    return {
      message: `The row at ${tab}!${cell} and the one at ${other} have the same text and no id of their own, so they ` +
        'cannot be told apart. None of them is scored.',
      hint: 'Give each of them an id of its own, or delete the one that is too many.',
    };
  }

  /** What people call a row: its id, or the quoted beginning of its text. */
  function nameOf(row) {
    return row.id || `"${Text.shorten(row.text)}"`;
  }

  return { read, nameOf };
})();
