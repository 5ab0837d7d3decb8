/**
 * One cell as the value a column wants. A cell is {kind, value, style, formula}, a day its ISO text.
 * Each reader returns [value, trouble]; the twin of sync/core/cells.py, compared by a test.
 */
const Cells = (function () {
  const BLANK = { kind: 'blank', value: null, style: 'plain', formula: false };
  const NOTHING = { value: null, was: '', raw: '', formula: false };
  const AS_NUMBER = 'Format the cell as a number and type the value again.';
  const AS_DAY = 'Write it as year-month-day, for example 2026-10-09.';
  const NUMBER_WORDS = 'none';
  const YES_NO = 'yes or no';
  const STAGES = 'stages';

  /** The cell's content as a person would quote it, unrounded. */
  function shown(cell) {
    if (cell.value === null) return '';
    if (cell.kind === 'bool') return cell.value ? 'TRUE' : 'FALSE';
    if (typeof cell.value === 'number') {
      return cell.style === 'percent' ? `${Text.numberText(cell.value * 100)}%` : Text.numberText(cell.value);
    }
    return cell.value;
  }

  function isBlank(cell) {
    return cell.kind === 'blank' || (cell.kind === 'text' && !Text.strip(cell.value));
  }

  function trouble(code, value, reason, suggestion, more) {
    return { code, value: value || '', reason: reason || '', suggestion: suggestion || '', ...more };
  }

  function noValue(cell) {
    if (cell.kind === 'error') return trouble('S103', cell.value);
    return cell.kind === 'uncalculated' ? trouble('S106') : null;
  }

  function text(cell) {
    const none = noValue(cell);
    if (none) return [none.value, none];
    const words = Text.strip(Text.writable(shown(cell)));
    if (words.length > OKR.longestText) {
      const signs = Array.from(words);
      if (signs.length > OKR.longestText) {
        return [signs.slice(0, OKR.longestText).join(''), trouble('S113', words, '', '', { length: signs.length })];
      }
    }
    return [words, null];
  }

  /** An id: a number cell 7 is the id `7`; a date is an id that the spreadsheet took for one. */
  function identifier(cell) {
    if (!['date', 'time', 'duration'].includes(cell.kind)) return text(cell);
    const again = 'Format the column as text, then type the ID again; it was turned into a date.';
    return [shown(cell), trouble('S105', shown(cell), 'which is a date where an ID is expected', again)];
  }

  /** An amount {value, was, raw, formula} under a number format; `words` may stand there besides. */
  function amount(cell, format, words) {
    if (cell.kind === 'blank') return [NOTHING, null];
    const none = noValue(cell);
    if (none) return [unreadable(cell, none.value), none];
    if (cell.kind === 'bool') return [{ ...of(cell), value: cell.value ? 1 : 0, was: 'bool' }, null];
    if (typeof cell.value === 'number' && cell.style !== 'date') return number(cell);
    if (cell.kind === 'text') return typed(cell, Text.writable(cell.value), format, words || NUMBER_WORDS);
    const found = trouble('S104', shown(cell), 'which is a date or a time, not a number', AS_NUMBER);
    return [unreadable(cell, shown(cell)), found];
  }

  function of(cell) {
    return { value: null, was: '', raw: shown(cell), formula: cell.formula };
  }

  function unreadable(cell, raw) {
    return { value: null, was: 'error', raw, formula: cell.formula };
  }

  function number(cell) {
    if (!Number.isFinite(cell.value)) {
      return [unreadable(cell, shown(cell)), trouble('S104', shown(cell), 'which is not a number', AS_NUMBER)];
    }
    const was = cell.style === 'percent' ? 'percent' : 'number';
    return [{ ...of(cell), value: cell.value + 0, was }, null];
  }

  function typed(cell, said, format, words) {
    const raw = { value: null, was: '', raw: said, formula: cell.formula };
    if (!Text.strip(said)) return [raw, null];
    const numeral = Numerals.read(said, format);
    if (numeral) return [{ ...raw, value: numeral.value, was: numeral.percent ? 'percent' : 'number' }, null];
    const yes = answer(said);
    if (words === YES_NO && yes !== null) return [{ ...raw, value: yes, was: 'bool' }, null];
    if (words === STAGES) return [{ ...raw, was: 'text' }, null];
    const [reason, suggestion] = notANumber(said, format, words);
    return [unreadable(cell, said), trouble('S104', said, reason, suggestion)];
  }

  function answer(said) {
    const word = Text.caseless(Text.oneLine(said));
    if (OKR.yes.includes(word)) return 1;
    return OKR.no.includes(word) ? 0 : null;
  }

  function notANumber(said, format, words) {
    if (words === YES_NO && !/\p{Nd}/u.test(said)) {
      return ['which is neither a number nor yes or no', 'Write yes or no, or the number alone.'];
    }
    const open = format ? [] : Numerals.readings(said);
    if (open.length) {
      const choose = 'Type it into a cell formatted as a number, or choose the "Number format" on the Team tab.';
      return [couldBe(open), choose];
    }
    const reason = `which is not a number${format ? ` in the format ${format}` : ''}`;
    const meant = Numerals.meant(said, format).map((numeral) => Numerals.written(numeral, format));
    if (meant.length) {
      return [reason, `Did you mean ${meant.join(' or ')}? Write the number alone, without signs or units.`];
    }
    const example = Numerals.written({ value: 12.5, percent: false }, format);
    return [reason, `Write the number alone, for example 12 or ${example}.`];
  }

  function couldBe(readings) {
    const could = readings.map((numeral) => Numerals.written(numeral, '')).join(' or ');
    return readings.length > 1 ? `which could be ${could}` : `which is ${could} only if a blank groups digits`;
  }

  /** The ISO day of a cell: a date cell's, or that of a text that can mean one day only. */
  function day(cell) {
    const none = noValue(cell);
    if (none) return [null, none];
    if (cell.kind === 'date') return inRange(cell.value.slice(0, 10), shown(cell));
    if (cell.kind === 'text') return typedDay(Text.strip(Text.writable(cell.value)));
    if (cell.value === null) return [null, null];
    return [null, trouble('S105', shown(cell), 'which is not a date', dateSuggestion(cell))];
  }

  function inRange(found, raw) {
    if (Dates.inRange(found)) return [found, null];
    const span = `which is not between ${OKR.firstYear} and ${OKR.lastYear}`;
    return [null, trouble('S105', raw, span, 'Write the day that is meant, for example 2026-10-09.')];
  }

  function typedDay(said) {
    if (!said) return [null, null];
    const found = Dates.possible(said);
    if (found.length === 1 && Dates.wholeYear(said)) return inRange(found[0], said);
    if (found.length) {
      const either = found.join(' or ');
      return [null, trouble('S105', said, `which could be ${either}`, `Write ${either}, whichever is meant.`)];
    }
    const reason = Dates.looksLikeDate(said) ? 'which is no day of the calendar' : 'which is not a date';
    return [null, trouble('S105', said, reason, AS_DAY)];
  }

  function dateSuggestion(cell) {
    const found = cell.kind === 'number' ? Dates.fromSerial(cell.value) : null;
    if (!found || !Dates.inRange(found)) return AS_DAY;
    return `Format the cell as a date; it then shows ${found}, if that is the day you mean.`;
  }

  /** One of the choices, without regard to case, blanks and hyphens; an unknown word is kept. */
  function choice(cell, choices) {
    const [word, found] = text(cell);
    if (found || !word || choices.includes(word)) return [word, found];
    const known = choices.find((option) => Text.fold(option) === Text.fold(word));
    if (known !== undefined) return [known, null];
    const suggestion = `${Text.didYouMean(word, choices)}Its choices are: ${choices.join(', ')}.`;
    return [word, trouble('S109', word, '', suggestion)];
  }

  return { BLANK, NOTHING, NUMBER_WORDS, YES_NO, STAGES, shown, isBlank, trouble, text, identifier, amount, day, choice };
})();
