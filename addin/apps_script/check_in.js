/**
 * What was changed in the rows of Key Results, as check-ins: a plan of single cells to write. Pure.
 *
 * A field was changed when it says something else than the newest row of Check-ins that says anything about it.
 * It was not when it still says what the log said on the day in Last check-in: then somebody has logged a newer
 * value by hand, and the older one in the row must not come back as today's: a row with such a Current is told and
 * left. A blank field changes nothing, and a formula in Current is no check-in by itself (OKR.md, section 6). A row
 * that was never checked in is new once it has a Current.
 */
const CheckIn = (function () {
  const JUDGED = ['current', 'confidence', 'status'];
  const COLUMN_OF = { value: 'value', confidence: 'confidence', status: 'status', comment: 'what_changed' };

  /** {taken, refused, writes} for a book that was read and scored; `by` is who presses; where nobody says, it is the row's owner. */
  function plan(book, findings, today, by) {
    const taken = [];
    const refused = [];
    for (const kr of book.rows.key_results) {
      const log = entriesOf(book, kr, today);
      const changes = changesOf(kr, log);
      const older = behind(kr, log);
      if (!changes.length && !older) continue;
      const reason = refusal(book, findings, kr) || older;
      if (reason) refused.push({ name: Book.nameOf(kr), reason });
      else taken.push({ kr, name: Book.nameOf(kr), changes, sameDay: log.filter(({ day }) => day === today).pop() });
    }
    return { taken, refused, writes: writesOf(book, taken, today, by) };
  }

  /** A key result's rows in Check-ins up to a day, oldest first. */
  function entriesOf(book, kr, today) {
    return book.rows.check_ins
      .filter((row) => row.kr === kr && row.date)
      .map((row) => ({ row, day: Dates.number(row.date) }))
      .filter(({ day }) => day <= today)
      .sort((a, b) => a.day - b.day || a.row.row - b.row.row);
  }

  // --- what was changed -----------------------------------------------------------------------------

  /** {field, now, before} of each field that was changed, as texts to show. */
  function changesOf(kr, log) {
    if (!log.length && kr.current.was === '') return [];
    return [
      ...(log.length && kr.current.formula ? [] : amountChange('value', kr.current, kr, log)),
      ...amountChange('confidence', kr.confidence, kr, log),
      ...textChange('status', kr.status, kr, log),
      ...textChange('comment', kr.comment, kr, log),
    ];
  }

  /** Why a Current is older than what the log says, '' if it is not. */
  function behind(kr, log) {
    if (kr.current.was === '' || kr.current.formula) return '';
    const said = log.filter(({ row }) => row.value.was !== '');
    const newest = said[said.length - 1];
    const then = said.filter(({ day }) => day <= kr.checkedDay).pop();
    if (!then || sameAmount(newest.row.value, kr.current) || !sameAmount(then.row.value, kr.current)) return '';
    return `Check-ins has a newer value, ${Text.shorten(newest.row.value.raw)} of ${Dates.iso(newest.day)}; Current still ` +
      `says ${Text.shorten(kr.current.raw)}. Type the newer one into Current. If the one there is right, type today's ` +
      'date into Last check-in, then check in again.';
  }

  function amountChange(field, amount, kr, log) {
    if (amount.was === '') return [];
    const [newest, known] = saidBefore(log, kr, (row) => (row[field].was === '' ? null : row[field]));
    if (known.some((before) => sameAmount(before, amount))) return [];
    return [{ field, now: amount.raw, before: newest ? newest.raw : '' }];
  }

  function textChange(field, text, kr, log) {
    if (text === '') return [];
    const [newest, known] = saidBefore(log, kr, (row) => row[COLUMN_OF[field]] || null);
    return known.includes(text) ? [] : [{ field, now: text, before: newest || '' }];
  }

  /** [what the newest row says, [that, and what the log said on the day in Last check-in]]. */
  function saidBefore(log, kr, fieldOf) {
    const said = log.map(({ row, day }) => ({ day, value: fieldOf(row) })).filter(({ value }) => value !== null);
    const newest = said[said.length - 1];
    const then = said.filter(({ day }) => day <= kr.checkedDay).pop();
    const known = [newest, then].filter(Boolean).map(({ value }) => value);
    return [newest ? newest.value : null, known];
  }

  function sameAmount(one, other) {
    if (one.value !== null && other.value !== null) {
      return one.value === other.value && (one.was === 'percent') === (other.was === 'percent');
    }
    return one.value === other.value && Text.strip(one.raw) === Text.strip(other.raw);
  }

  // --- what cannot be taken ---------------------------------------------------------------------------

  /** Why a row is not taken, as sentences; '' if it is. */
  function refusal(book, findings, kr) {
    const table = book.tables.key_results;
    const cells = JUDGED.map((field) => Tables.place(table, kr.row, field));
    const bad = findings.find(({ code, severity, tab, cell }) =>
      tab === table.sheet.name && cells.includes(cell) && (severity === 'error' || code === 'S109'));
    if (bad) return `${bad.message} ${bad.hint}`;
    const name = kr.id || kr.text;
    const alike = book.rows.key_results.filter((one) => one.text === name);
    if (!kr.told || (!kr.id && alike.length > 1)) return 'Its id or its text stands twice. Give it an id of its own.';
    return Text.splitId(name) === name ? '' : 'Its name cannot be told from `ID · text`. Give it a short id.';
  }

  // --- what is written ----------------------------------------------------------------------------------

  function writesOf(book, taken, today, by) {
    const table = book.tables.check_ins;
    let next = lastRow(table) + 1;
    return taken.flatMap((one) => {
      const row = one.sameDay ? one.sameDay.row.row : next;
      if (!one.sameDay) next += 1;
      return [...rowWrites(table, row, one, today, by), ...stamp(book, one.kr, today)];
    });
  }

  /** The last row in which one of the table's columns holds anything. */
  function lastRow({ sheet, header }) {
    const ours = Object.values(header.columns);
    const used = Headers.numbers(sheet.rows).filter((row) => ours.some((at) => at in sheet.rows[row]));
    return Math.max(header.row, ...used);
  }

  function rowWrites(table, row, { kr, sameDay }, today, by) {
    const values = {
      date: sameDay ? null : { type: 'date', value: Dates.iso(today) },
      kr_id: sameDay ? null : text(kr.id || kr.text),
      value: written(kr.current),
      confidence: written(kr.confidence),
      status: text(kr.status),
      what_changed: text(kr.comment),
      by: text(by || kr.owner),
    };
    return Object.entries(values).flatMap(([field, value]) => (value ? write(table, row, field, value) : []));
  }

  function stamp(book, kr, today) {
    return write(book.tables.key_results, kr.row, 'last_check_in', { type: 'date', value: Dates.iso(today) });
  }

  /** The write of a field's cell; none where the column is missing or the cell holds a formula. */
  function write(table, row, field, value) {
    const column = table.header.columns[field];
    const cell = (table.sheet.rows[row] || {})[column];
    return column && !(cell && cell.formula) ? [{ tab: table.sheet.name, row, column, ...value }] : [];
  }

  function text(words) {
    return words ? { type: 'text', value: words } : null;
  }

  function written({ was, value, raw }) {
    if (was === 'number' || was === 'percent') return { type: was, value };
    if (was === 'bool' && (raw === 'TRUE' || raw === 'FALSE')) return { type: 'bool', value: raw === 'TRUE' };
    return was === 'bool' || was === 'text' ? text(raw) : null;
  }

  // --- the form in the sidebar ----------------------------------------------------------------------------

  /** What the form shows of the key result in a row of its tab; null where there is none. */
  function form(book, tab, row) {
    const table = book.tables.key_results;
    const kr = table && table.sheet.name === tab ? book.rows.key_results.find((one) => one.row === row) : null;
    if (!kr) return null;
    const shown = (amount) => typedAs(amount, book.team.format);
    return {
      tab, row, name: Book.nameOf(kr), text: kr.text, target: shown(kr.target), progress: Number.isNaN(kr.progress) ? null : kr.progress,
      current: shown(kr.current), confidence: shown(kr.confidence), status: kr.status, comment: kr.comment,
      locked: ['current', 'confidence', 'status', 'comment'].filter((field) => !write(table, row, field, {}).length),
    };
  }

  /** An amount as one would type it in this sheet. */
  function typedAs({ was, value, raw }, format) {
    return was === 'number' || was === 'percent' ? Numerals.written({ value, percent: was === 'percent' }, format) : raw;
  }

  /** {writes} of what was changed in the form, or {problem}: a sentence. `before` is the form as it was shown. */
  function edit(book, before, after) {
    const now = form(book, before.tab, before.row);
    if (!now || now.text !== before.text) return { problem: 'The rows were moved meanwhile. Select the key result again.' };
    const writes = [];
    for (const field of ['current', 'confidence', 'status', 'comment']) {
      if (Text.strip(String(after[field])) === before[field]) continue;
      if (now.locked.includes(field)) return { problem: `${nameOfField(field)} cannot be changed here: it holds a formula or has no column.` };
      if (now[field] !== before[field]) return { problem: 'Somebody changed this row meanwhile. Select it again to see what it says now.' };
      const [value, problem] = valueOf(book, before.row, field, Text.strip(String(after[field])));
      if (problem) return { problem };
      writes.push(...write(book.tables.key_results, before.row, field, value));
    }
    return { writes };
  }

  function nameOfField(field) {
    return Headers.namesOf('key_results').byField[field].name;
  }

  /** [what is written, '' or a sentence] for a text typed into the form. */
  function valueOf(book, row, field, typed) {
    const cell = { ...Cells.BLANK, kind: typed ? 'text' : 'blank', value: typed || null };
    if (!typed) return [{ type: 'blank', value: '' }, ''];
    if (field === 'comment') return [{ type: 'text', value: typed }, ''];
    if (field === 'status') {
      const [word, trouble] = Cells.choice(cell, Headers.namesOf('key_results').byField.status.choices);
      return [{ type: 'text', value: word }, trouble ? `Status "${typed}" is none of its choices. ${trouble.suggestion}` : ''];
    }
    return field === 'confidence' ? sureness(book, cell, typed) : current(book, row, cell, typed);
  }

  function sureness(book, cell, typed) {
    const [amount] = Cells.amount(cell, book.team.format);
    const fits = amount.was === 'number' && amount.value >= 0 && amount.value <= 10;
    return [written(amount), fits ? '' : `Confidence "${typed}" is not a number from 0 to 10.`];
  }

  function current(book, row, cell, typed) {
    const kr = book.rows.key_results.find((one) => one.row === row);
    const entry = book.tables.key_results.entries.find((one) => one.row === row);
    const [amount, trouble] = Cells.amount(cell, book.team.format, Tables.wordsOf(entry.cells));
    if (trouble) return [null, `Current "${typed}": ${trouble.reason}. ${trouble.suggestion}`];
    if (kr.measureUsed !== 'Milestone' && Scoring.mixes(kr.start, kr.target, amount)) {
      const instead = amount.was === 'percent' ? 'Type it without the percent sign' : `If ${typed} percent is meant, type ${typed}%`;
      return [null, `Current and Target must both be percentages or both be plain numbers. ${instead}.`];
    }
    return [written(amount), ''];
  }

  return { plan, form, edit };
})();
