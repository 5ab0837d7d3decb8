// Reads cases as JSON and prints what the script makes of them; tests/test_apps_script.py compares it with Python.
'use strict';
const { load } = require('./load.js');

const { Numerals, Cells, Dates, Text, Book, Scoring, Checks, Agenda } = load();
const plain = (number) => (Number.isNaN(number) ? null : number);

const ANSWERS = {
  numbers: ({ text, format, words }) => Cells.amount({ kind: 'text', value: text, style: 'plain', formula: false }, format, words),
  readings: ({ text }) => Numerals.readings(text).map(({ value, percent }) => [value, percent]),
  formats: ({ text }) => Numerals.knownFormat(text),
  shown: ({ value }) => Text.numberText(value),
  days: ({ text }) => Cells.day({ kind: 'text', value: text, style: 'plain', formula: false }),
  cycles: ({ text }) => {
    const found = Dates.cycle(text, null, null);
    return found && [found.name, Dates.iso(found.starts), Dates.iso(found.ends)];
  },
  folded: ({ text }) => Text.fold(text),
  nearest: ({ text, names, cutoff }) => Text.nearest(text, names, cutoff),
  agendas: ({ grid, today, owner }) => agendas(grid, Dates.number(today), owner),
  books: ({ grid, today }) => book(grid, Dates.number(today)),
};

function book(grid, today) {
  const read = Book.read(grid, today);
  if (!read.team) return { findings: Checks.run(read), keyResults: [], objectives: [], unit: null };
  const { keyResults, objectives, unit } = Scoring.score(read, today);
  return {
    findings: Checks.run(read),
    keyResults: keyResults.map((kr) => ({
      row: kr.row, measure: kr.measureUsed, progress: plain(kr.progress), score: plain(kr.score), why: kr.why,
      value: kr.counted.value, sure: plain(kr.sure), expected: plain(kr.expected), gap: plain(kr.gap), status: kr.statusNow,
    })),
    objectives: objectives.map((one) => plain(one.score)),
    unit: plain(unit.score),
  };
}

function agendas(grid, today, owner) {
  const read = Book.read(grid, today);
  const { unit } = Scoring.score(read, today);
  return [Agenda.teamReview(read, unit, today), Agenda.oneOnOne(read, owner, today)];
}

let input = '';
process.stdin.on('data', (part) => { input += part; });
process.stdin.on('end', () => {
  const { kind, cases } = JSON.parse(input);
  process.stdout.write(JSON.stringify(cases.map(ANSWERS[kind])));
});
