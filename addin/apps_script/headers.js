/**
 * Where a tab and its columns are: by name or alias, in any order, below any number of rows.
 * The twin of sync/core/headers.py, which says why. A sheet is {name, rows: {row: {column: cell}}, merged}.
 */
const Headers = (function () {
  const made = {};

  /** The names of a tab of the schema as they are compared. */
  function namesOf(key) {
    if (!made[key]) {
      const tab = OKR.tabs.find((one) => one.key === key);
      const folded = (names) => new Set(names.map(Text.fold));
      const exact = {};
      const aliases = {};
      for (const column of tab.columns) {
        exact[column.field] = folded([column.name]);
        aliases[column.field] = folded(column.aliases);
      }
      const all = new Set([...Object.values(exact), ...Object.values(aliases)].flatMap((set) => [...set]));
      const byField = Object.fromEntries(tab.columns.map((column) => [column.field, column]));
      made[key] = { tab, byField, titles: [folded([tab.title]), folded(tab.aliases)], exact, aliases, all };
    }
    return made[key];
  }

  /** Row or column numbers of an object, in order. */
  function numbers(object) {
    return Object.keys(object).map(Number).sort((a, b) => a - b);
  }

  function isOurs(title) {
    return OKR.ours.some((own) => Text.fold(own) === Text.fold(title));
  }

  /** The sheet of each tab that can be told, by the tab's key. */
  function findTabs(grid, keys) {
    const names = keys.map(namesOf);
    const found = {};
    for (const one of names) {
      const sheet = byTitle(grid, one);
      if (sheet) found[one.tab.key] = sheet;
    }
    const taken = new Set(Object.values(found).map((sheet) => sheet.name));
    const spare = grid.sheets.filter((sheet) => !taken.has(sheet.name) && !isOurs(sheet.name));
    const open = names.filter((one) => !found[one.tab.key] && one.tab.key !== 'team');
    return { ...found, ...byColumns(spare, open) };
  }

  function byTitle(grid, names) {
    for (const titles of names.titles) {
      const hits = grid.sheets.filter((sheet) => titles.has(Text.fold(sheet.name)));
      if (hits.length === 1) return hits[0];
      const complete = hits.filter((sheet) => isComplete(bind(sheet, names)));
      if (complete.length === 1) return complete[0];
      if (hits.length) return null;
    }
    return null;
  }

  function isComplete(header) {
    return Boolean(header) && !header.missing.length;
  }

  function byColumns(spare, wanted) {
    if (!spare.length || !wanted.length) return {};
    const every = OKR.tabs.filter((tab) => tab.text).map((tab) => namesOf(tab.key));
    const fitting = {};
    for (const sheet of spare) {
      const counts = every.map((names) => [names.tab.key, fit(sheet, names)]);
      const best = Math.max(...counts.map(([, count]) => count));
      const winners = counts.filter(([, count]) => count === best);
      if (best >= OKR.minBound && winners.length === 1) (fitting[winners[0][0]] = fitting[winners[0][0]] || []).push(sheet);
    }
    const keys = wanted.map((names) => names.tab.key).filter((key) => fitting[key] && fitting[key].length === 1);
    return Object.fromEntries(keys.map((key) => [key, fitting[key][0]]));
  }

  function fit(sheet, names) {
    const header = bind(sheet, names);
    return isComplete(header) ? Object.keys(header.columns).length : 0;
  }

  /** The best header row {row, columns, twice, missing, free}, null when no row holds any of the names. */
  function bind(sheet, names) {
    let best = null;
    for (const row of numbers(sheet.rows)) {
      const cells = sheet.rows[row];
      const cannotBeat = best && !best.missing.length && Object.keys(cells).length <= bound(best);
      if (cannotBeat || !Object.keys(named(cells, names)).length) continue;
      const header = bindRow(row, texts(cells), names);
      if (!best || isBetter(header, best)) best = header;
    }
    return best && withRowBelow(sheet, best, names);
  }

  function bound(header) {
    return Object.keys(header.columns).length + Object.keys(header.twice).length;
  }

  function isBetter(one, other) {
    if (!one.missing.length !== !other.missing.length) return !one.missing.length;
    return bound(one) > bound(other);
  }

  /** The texts of a row that are short enough for a header, by column. */
  function texts(cells) {
    const short = ({ kind, value }) => kind === 'text' && value.length > 0 && Array.from(value).length <= OKR.longestHeader;
    return Object.fromEntries(numbers(cells).filter((at) => short(cells[at])).map((at) => [at, cells[at].value]));
  }

  /** The cells of a row that say one of the tab's names, as folded names by column. */
  function named(cells, names) {
    const said = Object.entries(texts(cells)).map(([at, text]) => [at, Text.fold(text)]);
    return Object.fromEntries(said.filter(([, word]) => names.all.has(word)));
  }

  function bindRow(row, said, names) {
    const places = {};
    for (const at of numbers(said)) (places[Text.fold(said[at])] = places[Text.fold(said[at])] || []).push(at);
    const columns = {};
    const twice = {};
    const taken = new Set();
    for (const known of [names.exact, names.aliases]) {
      for (const { field } of names.tab.columns) {
        if (field in columns || field in twice) continue;
        const hits = [...known[field]].flatMap((word) => places[word] || []).filter((at) => !taken.has(at));
        hits.forEach((at) => taken.add(at));
        if (hits.length === 1) columns[field] = hits[0];
        else if (hits.length) twice[field] = hits.sort((a, b) => a - b);
      }
    }
    const missing = names.tab.columns.filter(({ field, required }) => required && !(field in columns) && !(field in twice));
    const free = Object.fromEntries(Object.entries(said).filter(([at]) => !taken.has(Number(at))));
    return { row, columns, twice, missing, free };
  }

  /** The header joined with the row below, if that holds only names and binds further columns. */
  function withRowBelow(sheet, header, names) {
    const below = sheet.rows[header.row + 1] || {};
    const said = texts(below);
    const filled = Object.values(below).filter((cell) => cell.kind !== 'blank');
    const words = Object.values(said);
    if (!words.length || words.length < filled.length) return header;
    if (!words.every((word) => names.all.has(Text.fold(word)))) return header;
    const joined = bindRow(header.row + 1, { ...texts(sheet.rows[header.row]), ...said }, names);
    const more = Object.keys(joined.columns).length > Object.keys(header.columns).length;
    return more && !joined.missing.length ? joined : header;
  }

  /** Whether a row below the header says the same names again, and nothing else, in its columns. */
  function isRepeated(said, cells, header, names) {
    const fieldOf = Object.fromEntries(Object.entries(header.columns).map(([field, at]) => [at, field]));
    if (Object.keys(said).length < Math.min(2, Object.keys(fieldOf).length)) return false;
    if (Object.keys(texts(cells)).some((at) => at in fieldOf && !(at in said))) return false;
    return Object.entries(said).every(
      ([at, word]) => !(at in fieldOf) || names.exact[fieldOf[at]].has(word) || names.aliases[fieldOf[at]].has(word)
    );
  }

  /** Whether a row below the header is a header of its own, with columns in other places. */
  function isAnother(row, said, cells, header, names) {
    const least = Math.max(OKR.minBound, Math.floor(Object.keys(header.columns).length / 2));
    if (Object.keys(said).length < least) return false;
    const other = bindRow(row, texts(cells), names);
    return !other.missing.length && !sameColumns(other.columns, header.columns);
  }

  function sameColumns(one, other) {
    const fields = Object.keys(one);
    return fields.length === Object.keys(other).length && fields.every((field) => one[field] === other[field]);
  }

  /** [top, left, bottom, right] of each merged area. */
  function mergedAreas(sheet) {
    const areas = [];
    for (const reference of sheet.merged || []) {
      const match = /^([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)$/.exec(reference.replace(/\$/g, ''));
      if (match) areas.push([Number(match[2]), columnNumber(match[1]), Number(match[4]), columnNumber(match[3])]);
    }
    return areas;
  }

  function columnNumber(letters) {
    return [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);
  }

  return { namesOf, numbers, findTabs, isOurs, bind, named, isRepeated, isAnother, mergedAreas };
})();
