/**
 * Agendas of the team review and of a one-on-one, as the rows of a new tab. Pure.
 *
 * The heads of the columns are no names of the template's columns, so that nobody, and no sync, takes an agenda for
 * one of the tables.
 */
const Agenda = (function () {
  const HEAD = ['What', 'Who', 'How sure', 'How far', 'Standing', 'Last word', 'What we agree'];
  const QUESTIONS = ['How sure are you, and why?', 'What did you learn?', 'What is next?', 'What is in the way?'];
  const SILENT = 7;

  /** {title, rows, bold} of a team review. */
  function teamReview(book, unit, today) {
    const keyResults = book.rows.key_results.filter((kr) => kr.active);
    const objectives = book.rows.objectives.filter((row) => row.active);
    return page(`Team review ${Dates.iso(today)}`, [
      [`Team review: ${book.team.unit}`],
      [`${Dates.iso(today)}, ${book.cycle.name}. ${progressWords(unit.score)}`],
      ...section('Objectives', ['What', 'Who', 'How far'], objectives.map((row) => [called(row), row.owner, share(row.score)])),
      ...parts(keyResults, today),
    ]);
  }

  /** The same for one owner's key results and objectives. */
  function oneOnOne(book, owner, today) {
    const mine = (row) => Text.splitSeveral(row.owner).some((name) => sameName(name, owner));
    const keyResults = book.rows.key_results.filter((kr) => kr.active && (mine(kr) || (!kr.owner && mine(kr.objective))));
    return page(`One-on-one ${owner} ${Dates.iso(today)}`, [
      [`One-on-one: ${owner}`],
      [`${Dates.iso(today)}, ${book.cycle.name}`],
      ...parts(keyResults, today),
    ]);
  }

  function parts(keyResults, today) {
    const silent = keyResults.filter((kr) => isSilent(kr, today));
    const sorted = [...keyResults].sort(leastCertainFirst);
    return [
      ...section('Check-ins that are missing', HEAD, silent.map(line)),
      ...section('Key results, the least certain first', HEAD, sorted.map(line)),
      ...section('Wins', HEAD, keyResults.filter((kr) => kr.statusNow === 'Done').map(line)),
      ...section('To ask', [], QUESTIONS.map((question) => [question])),
    ];
  }

  function section(heading, head, rows) {
    return rows.length ? [[''], [heading], ...(head.length ? [head] : []), ...rows] : [];
  }

  /** Headings stand after an empty row; they and the first row are bold. */
  function page(title, rows) {
    const bold = rows.map((row, at) => (at === 0 || (at > 0 && rows[at - 1][0] === '') || row[0] === 'What' ? at + 1 : 0));
    return {
      title: Text.shorten(title.replace(/[*?:/\\[\]]/g, ' '), 90),
      rows: rows.map((row) => HEAD.map((_, at) => row[at] || '')),
      bold: bold.filter(Boolean),
    };
  }

  /** Without a confidence comes before a low one: nobody has said anything. */
  function leastCertainFirst(one, other) {
    const rank = (kr) => [Number.isNaN(kr.sure) ? -1 : kr.sure, Number.isNaN(kr.score) ? -1 : kr.score, called(kr)];
    const [a, b] = [rank(one), rank(other)];
    const at = a.findIndex((value, place) => value !== b[place]);
    return at < 0 ? 0 : a[at] < b[at] ? -1 : 1;
  }

  function isSilent(kr, today) {
    const owes = !['Contributors', 'KPI'].includes(kr.measureUsed) && kr.statusNow !== 'Done';
    return owes && kr.from <= today && today <= kr.end && today - kr.checkedOn >= SILENT;
  }

  function line(kr) {
    const sure = Number.isNaN(kr.sure) ? '–' : Text.numberText(kr.sure);
    const far = kr.why ? `– (${kr.why})` : share(kr.score);
    return [called(kr), kr.owner, sure, far, kr.statusNow, kr.comment, ''];
  }

  function called(row) {
    return row.id && row.text ? `${row.id} · ${row.text}` : row.id || row.text;
  }

  function share(score) {
    return Number.isNaN(score) ? '–' : `${Math.round(score * 100)} %`;
  }

  function progressWords(score) {
    return Number.isNaN(score) ? 'No score yet.' : `${share(score)} of the way.`;
  }

  function sameName(one, other) {
    return Text.caseless(Text.oneLine(one)) === Text.caseless(Text.oneLine(other));
  }

  return { teamReview, oneOnOne, share, called };
})();
