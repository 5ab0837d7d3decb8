/**
 * What each command of the menu does, without Google: a grid and a day in, a result out. Pure.
 *
 * A result is {title, text, items} to show, and where cells are to be written {question, writes} or {page}. An item
 * is {head, text, tone, tab, cell}; `tab` and `cell` say where to go.
 */
const Commands = (function () {
  const MOST = 12;
  const TONES = { error: 'bad', warning: 'odd', note: 'plain' };

  /** The result of a command. `at` is {today, by, tab, row}: the day as ISO text, who presses, what is selected. */
  function run(name, grid, at) {
    if (name === 'help') return help();
    const today = Dates.number(at.today);
    const book = Book.read(grid, today);
    if (!book.team) return notOurs(book);
    const scored = Scoring.score(book, today);
    return ACTIONS[name]({ book, today, unit: scored.unit, findings: Checks.run(book) }, at);
  }

  const ACTIONS = {
    check_in: checkIn,
    score_preview: preview,
    validate,
    team_review: ({ book, today, unit }) => withRows(book, () => agenda(Agenda.teamReview(book, unit, today))),
    one_on_one: oneOnOne,
  };

  function result(title, text, more) {
    return { title, text, items: [], ...more };
  }

  function notOurs(book) {
    const [first] = Tables.inOrder(book.findings);
    const why = first ? ` ${first.message} ${first.hint}` : '';
    return result('Not a sheet of okrsync', `okrsync cannot tell whose sheet this is.${why}`);
  }

  /** The result of an action for a sheet that has key results; else what is missing. */
  function withRows(book, act) {
    if (book.rows.key_results.length) return act();
    const missing = Tables.inOrder(book.findings).find(({ code }) => code === 'S101');
    return result('No key results', missing ? `${missing.message} ${missing.hint}` : 'There are no key results in this sheet yet.');
  }

  // --- check in ---------------------------------------------------------------------------------------

  function checkIn({ book, today, findings }, at) {
    return withRows(book, () => {
      if (!book.tables.check_ins) return noLog(book);
      const plan = CheckIn.plan(book, findings, today, at.by || '');
      const refused = plan.refused.map(({ name, reason }) => ({ head: name, text: reason, tone: 'bad' }));
      if (!plan.taken.length) return nothingTaken(refused);
      const count = Text.counted(plan.taken.length, 'key result');
      const items = plan.taken.map(({ name, changes }) => ({ head: name, text: changes.map(change).join(', '), tone: 'good' }));
      return result('Check in', `${count} checked in for ${at.today}.${notTaken(refused)}`, {
        question: `Check in ${count} for ${at.today}?`, items: [...items, ...refused], writes: plan.writes,
      });
    });
  }

  function noLog(book) {
    const found = book.findings.find(({ tab }) => Headers.namesOf('check_ins').titles.some((set) => set.has(Text.fold(tab))));
    const why = found ? `${found.message} ${found.hint}` : 'The tab Check-ins is missing. Add a tab of that name with the columns Date, KR ID and Value.';
    return result('Check in', `${why} Nothing was written.`);
  }

  function nothingTaken(refused) {
    const text = refused.length ? 'Nothing was checked in.' : 'Nothing has changed since the last check-in. Change Current, Confidence, Status or Comment first.';
    return result('Check in', text, { items: refused });
  }

  function notTaken(refused) {
    return refused.length ? ` Not taken: ${refused.map(({ head }) => head).join(', ')}.` : '';
  }

  function change({ field, now, before }) {
    const label = { value: '', confidence: 'confidence ', status: 'status ', comment: '' }[field];
    const shown = field === 'comment' ? `“${Text.shorten(now)}”` : Text.shorten(now);
    return before && field !== 'comment' ? `${label}${shown} (was ${Text.shorten(before)})` : label + shown;
  }

  // --- preview and validate -----------------------------------------------------------------------------

  function preview({ book, unit, today, findings }) {
    return withRows(book, () => {
      const place = (key, row, field) => ({ tab: book.tables[key].sheet.name, cell: Tables.place(book.tables[key], row.row, field) });
      const items = book.rows.objectives.flatMap((objective) => [
        { head: Agenda.called(objective), text: Agenda.share(objective.score), tone: 'head', ...place('objectives', objective, 'objective') },
        ...book.rows.key_results
          .filter((kr) => kr.objective === objective)
          .map((kr) => ({ ...scoreLine(kr), ...place('key_results', kr, 'current') })),
      ]);
      const lost = book.rows.key_results.filter((kr) => !kr.objective);
      items.push(...lost.map((kr) => ({ ...scoreLine(kr), ...place('key_results', kr, 'objective_id') })));
      const { taken } = CheckIn.plan(book, findings, today, '');
      const open = taken.length ? ` ${Text.counted(taken.length, 'key result')} changed since the last check-in: check in first to see the new value count.` : '';
      const text = `${book.team.unit} on ${Dates.iso(today)}: ${Agenda.share(unit.score)}. Nothing was changed.${open}`;
      return result('Score preview', text, { items });
    });
  }

  function scoreLine(kr) {
    const tones = { Done: 'good', 'On track': 'good', 'At risk': 'odd', Outdated: 'odd', 'Off track': 'bad', Missed: 'bad' };
    const said = kr.why ? `${Agenda.share(kr.score)}, ${kr.why}` : Agenda.share(kr.score);
    return { head: Agenda.called(kr), text: `${said} · ${kr.statusNow}`, tone: tones[kr.statusNow] || 'plain' };
  }

  function validate({ findings }) {
    const count = (severity) => findings.filter((one) => one.severity === severity).length;
    const tally = ['error', 'warning', 'note'].map((word) => Text.counted(count(word), word)).join(', ');
    const items = findings.map(({ code, severity, tab, cell, message, hint }) => ({
      head: `${code} ${message}`, text: hint, tone: TONES[severity], tab, cell,
    }));
    const text = findings.length ? `${tally}.` : 'Nothing is wrong by the rules that need this sheet only.';
    return result('Validate', text, { items });
  }

  // --- agendas and help -----------------------------------------------------------------------------------

  function agenda(page) {
    return result('Agenda', `The agenda is in the new tab “${page.title}”.`, { page });
  }

  function oneOnOne({ book, today }, at) {
    return withRows(book, () => {
      const owner = ownerAt(book, at);
      if (!owner) return result('One-on-one', 'Select a row of Key Results or Objectives that has an owner, then try again.');
      return agenda(Agenda.oneOnOne(book, owner, today));
    });
  }

  /** The first owner of the selected row; of a key result without one, its objective's. */
  function ownerAt(book, { tab, row }) {
    for (const key of ['key_results', 'objectives']) {
      if (!book.tables[key] || book.tables[key].sheet.name !== tab) continue;
      const hit = book.rows[key].find((one) => one.row === row);
      const owner = hit && (hit.owner || (hit.objective && hit.objective.owner));
      if (owner) return Text.splitSeveral(owner)[0];
    }
    return '';
  }

  function help() {
    const items = OKR.menu.map(({ label, tip }) => ({ head: label, text: tip, tone: 'plain' }));
    const text = 'This menu works on this sheet only. It writes Current, Confidence, Status, Comment and Last check-in in ' +
      'Key Results, rows in Check-ins, and agendas into new tabs. Scores with parents and other units come with the next sync.';
    return result('Help', text, { items });
  }

  // --- for the shell ----------------------------------------------------------------------------------------

  /** A result as one text for a message box. */
  function asText(found, lead) {
    const lines = found.items.slice(0, MOST).map(({ head, text, tone }) => `${tone === 'head' ? '' : '• '}${head}${text ? `: ${text}` : ''}`);
    const rest = found.items.length - MOST;
    if (rest > 0) lines.push(`… and ${rest} more; the sidebar shows all of them.`);
    return [lead || found.text, ...(lines.length ? ['', ...lines] : [])].join('\n');
  }

  /** The number format that a cell needs for what is written into it, '' if its own will do. */
  function formatFor(type, format) {
    const percent = isPercent(format);
    if (type === 'percent') return percent ? '' : '0.0%';
    if (type === 'number') return percent || format === '@' ? 'General' : '';
    return type === 'date' && !/y/i.test(format) ? 'yyyy-mm-dd' : '';
  }

  /** Whether a number format shows percents: a % outside quotes. */
  function isPercent(format) {
    return format.replace(/"[^"]*"|\\./g, '').includes('%');
  }

  /** Writes side by side in one column that can go in one call: {tab, row, column, text, writes}. */
  function runs(writes) {
    const sorted = [...writes].sort((a, b) => (a.tab < b.tab ? -1 : a.tab > b.tab ? 1 : a.column - b.column || a.row - b.row));
    const found = [];
    for (const write of sorted) {
      const last = found[found.length - 1];
      const isText = write.type === 'text';
      const next = last && last.tab === write.tab && last.column === write.column && last.text === isText;
      if (next && last.row + last.writes.length === write.row) last.writes.push(write);
      else found.push({ tab: write.tab, row: write.row, column: write.column, text: isText, writes: [write] });
    }
    return found;
  }

  return { run, asText, formatFor, isPercent, runs };
})();
