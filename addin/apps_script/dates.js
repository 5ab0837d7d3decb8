/**
 * Days as ISO texts (`2026-10-09`) and as whole numbers, dates typed as text, and the days of a cycle.
 * The twin of sync/core/dates.py and sync/core/cycle.py; a test compares both.
 */
const Dates = (function () {
  const MONTHS = [
    'january', 'february', 'march', 'april', 'may', 'june',
    'july', 'august', 'september', 'october', 'november', 'december',
  ];
  const MONTH = '(?<month>[A-Za-z]{3,9})\\.?';
  const DAY = '(?<day>[0-9]{1,2})';
  const YEAR = '(?<year>[0-9]{2}|[0-9]{4})';
  const TIME = '(?:[T ]\\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?';
  const whole = (pattern) => new RegExp(`^${pattern}$`);
  const YEAR_FIRST = whole(`(?<year>[0-9]{4})([-/.])(?<month>[0-9]{1,2})\\2(?<day>[0-9]{1,2})${TIME}`);
  const DOTTED = whole(`${DAY}\\.\\s?(?<month>[0-9]{1,2})\\.\\s?${YEAR}${TIME}`);
  const NAMED = [
    whole(`${DAY}(?:st|nd|rd|th|\\.)?[\\s-]*${MONTH},?[\\s-]*${YEAR}`),
    whole(`${MONTH}\\s*${DAY}(?:st|nd|rd|th)?,?\\s+${YEAR}`),
  ];
  const EITHER = whole(`(?<one>[0-9]{1,2})([-/])(?<two>[0-9]{1,2})\\2${YEAR}${TIME}`);
  const PARTS = { Q: 4, H: 2 };
  const CYCLE_YEAR_FIRST = /^(?:FY\s*)?(?<year>\d{4})(?:[\s/_-]*(?<part>[QH][1-4]))?$/i;
  const CYCLE_PART_FIRST = /^(?<part>[QH][1-4])[\s/_-]*(?:FY\s*)?(?<year>\d{4})$/i;
  const A_DAY = 86400000;

  /** The whole number of an ISO day: days since 1970. */
  function number(iso) {
    return Math.round(Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) / A_DAY);
  }

  function iso(day) {
    return new Date(day * A_DAY).toISOString().slice(0, 10);
  }

  /** The ISO days that a text can mean, earliest first: none, one, or two when the order is ambiguous. */
  function possible(text) {
    const plain = Text.strip(text);
    for (const pattern of [YEAR_FIRST, DOTTED]) {
      const match = pattern.exec(plain);
      if (match) return days([match.groups.year, match.groups.month, match.groups.day]);
    }
    for (const pattern of NAMED) {
      const match = pattern.exec(plain);
      if (match) return days([match.groups.year, monthNumber(match.groups.month), match.groups.day]);
    }
    const match = EITHER.exec(plain);
    if (!match) return [];
    const { one, two, year } = match.groups;
    return days([year, one, two], [year, two, one]);
  }

  function looksLikeDate(text) {
    const plain = Text.strip(text);
    return [YEAR_FIRST, DOTTED, ...NAMED, EITHER].some((pattern) => pattern.test(plain));
  }

  /** Whether the year is written with four digits. */
  function wholeYear(text) {
    return /(^|[^0-9])[0-9]{4}(?![0-9])/.test(text);
  }

  function inRange(day) {
    const year = Number(day.slice(0, 4));
    return OKR.firstYear <= year && year <= OKR.lastYear;
  }

  /** The ISO day of a spreadsheet's serial number, null where it has none. */
  function fromSerial(serial) {
    return serial >= 61 && serial < 2958466 ? iso(number('1899-12-30') + Math.floor(serial)) : null;
  }

  function monthNumber(name) {
    const plain = name.toLowerCase();
    if (plain === 'sept') return '9';
    return String(MONTHS.findIndex((month) => plain === month || plain === month.slice(0, 3)) + 1);
  }

  function days(...parts) {
    const found = new Set();
    for (const [year, month, day] of parts) {
      const full = Number(year) + (year.length === 2 ? 2000 : 0);
      const text = `${String(full).padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
      const moment = Date.parse(`${text}T00:00:00Z`);
      if (full > 0 && !Number.isNaN(moment) && new Date(moment).toISOString().slice(0, 10) === text) found.add(text);
    }
    return [...found].sort();
  }

  /** {name, starts, ends} of a cycle with days as numbers, null when they cannot be known. */
  function cycle(name, starts, ends) {
    const plain = plainCycle(name);
    const first = starts ? number(starts) : plain && plain.starts;
    const last = ends ? number(ends) : plain && plain.ends;
    if (first === null || last === null || last < first) return null;
    return { name: cycleName(name), starts: first, ends: last };
  }

  /** The cycle's name however it is spelled: `2026-Q4` for `Q4 2026`. */
  function cycleName(name) {
    const plain = plainCycle(name);
    return plain ? plain.name : Text.oneLine(name);
  }

  /** The calendar quarter that holds a day. */
  function quarterOf(day) {
    const [year, month] = iso(day).split('-').map(Number);
    const index = Math.floor((month - 1) / 3);
    return span(year, `Q${index + 1}`, index, 3);
  }

  function plainCycle(name) {
    const match = CYCLE_YEAR_FIRST.exec(Text.strip(name)) || CYCLE_PART_FIRST.exec(Text.strip(name));
    if (!match || Number(match.groups.year) < 1 || Number(match.groups.year) >= 9999) return null;
    const part = (match.groups.part || '').toUpperCase();
    const parts = part ? PARTS[part[0]] : 1;
    const at = part ? Number(part[1]) : 1;
    return at > parts ? null : span(Number(match.groups.year), part, at - 1, 12 / parts);
  }

  function span(year, part, index, months) {
    const first = index * months;
    const padded = String(year).padStart(4, '0');
    const monthStart = (month) => number(`${String(year + Math.floor(month / 12)).padStart(4, '0')}-` +
      `${String((month % 12) + 1).padStart(2, '0')}-01`);
    return {
      name: part ? `${padded}-${part}` : padded,
      starts: monthStart(first),
      ends: monthStart(first + months) - 1,
    };
  }

  return { number, iso, possible, looksLikeDate, wholeYear, inRange, fromSerial, cycle, cycleName, quarterOf };
})();
