/**
 * Numbers typed as text: read under a declared number format, or only when they can mean one number.
 * The twin of sync/core/numerals.py, which says why; a test compares both.
 */
const Numerals = (function () {
  const BLANKS = ' \u00a0\u202f';
  const MINUS = '\u2212';
  const GROUPED_BY_BLANK = new RegExp(`[0-9][${BLANKS}][0-9]`);
  const INSIDE = new RegExp(
    `[+\\-${MINUS}]?[0-9](?:[0-9.,'’${BLANKS}]*[0-9])?[${BLANKS}]?(?:%|[A-Za-z]*)`, 'g'
  );
  const MULTIPLES = { k: 1e3, m: 1e6, mio: 1e6, mn: 1e6, bn: 1e9, mrd: 1e9 };
  const patterns = {};

  /** The number format that a text names, '' for a blank one, null if unknown. */
  function knownFormat(text) {
    const plain = Text.strip(text);
    if (!plain) return '';
    const example = /^1(\D)234(\D)[0-9]+$/u.exec(plain);
    if (!example) return null;
    const hit = Object.entries(OKR.numberFormats).find(
      ([, [groups, decimal]]) => groups.includes(example[1]) && decimal === example[2]
    );
    return hit ? hit[0] : null;
  }

  /** {value, percent} of a text under a format ('' = none declared), null when it is none or ambiguous. */
  function read(text, format) {
    const plain = Text.strip(text);
    if (format) return under(plain, format);
    const found = readings(plain);
    return found.length === 1 && !GROUPED_BY_BLANK.test(plain) ? found[0] : null;
  }

  /** Every number that the text is under any of the formats, smallest first. */
  function readings(text) {
    const plain = Text.strip(text);
    const found = new Map();
    for (const format of Object.keys(OKR.numberFormats)) {
      const numeral = under(plain, format);
      if (numeral) found.set(`${numeral.value} ${numeral.percent}`, numeral);
    }
    return [...found.values()].sort((a, b) => a.value - b.value || a.percent - b.percent);
  }

  /** What somebody may have meant by a text that is no number; only ever used to suggest. */
  function meant(text, format) {
    const found = readings(text);
    const told = found.length ? found : fraction(text);
    if (told.length) return told;
    const inside = text.match(INSIDE) || [];
    return inside.length === 1 ? withMultiple(inside[0], format) : [];
  }

  /** The number as text under a format, without grouping. */
  function written(numeral, format) {
    const shown = Text.numberText(numeral.percent ? numeral.value * 100 : numeral.value);
    const decimal = format ? OKR.numberFormats[format][1] : '.';
    return shown.replace('.', decimal) + (numeral.percent ? '%' : '');
  }

  function pattern(format) {
    if (!patterns[format]) {
      const [groups, decimal] = OKR.numberFormats[format];
      const grouped = `[1-9][0-9]{0,2}(?<group>[${groups}])[0-9]{3}(?:\\k<group>[0-9]{3})*`;
      patterns[format] = new RegExp(
        `^(?<sign>[+\\-${MINUS}]?)(?<whole>${grouped}|[0-9]*)(?:\\${decimal}(?<fraction>[0-9]+))?` +
          `(?:[eE](?<exponent>[+-]?[0-9]{1,4}))?(?<percent>[${BLANKS}]?%)?$`
      );
    }
    return patterns[format];
  }

  function under(text, format) {
    const match = pattern(format).exec(text);
    if (!match || !(match.groups.whole || match.groups.fraction)) return null;
    const part = match.groups;
    if (part.group && part.exponent) return null;
    const percent = part.percent !== undefined;
    const sign = part.sign === '-' || part.sign === MINUS ? '-' : '';
    const digits = part.whole.replace(/\D/g, '');
    const decimals = part.fraction || '';
    // The shift by two places happens in the text, so that 5.9 % is the very double of 0.059.
    const exponent = Number(part.exponent || 0) - (percent ? 2 : 0);
    const value = Number(`${sign}${digits || '0'}.${decimals || '0'}e${exponent}`);
    if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(digits + decimals))) return null;
    return { value: value + 0, percent };
  }

  function fraction(text) {
    const plain = Text.strip(text);
    if (plain in OKR.fractions) return [{ value: OKR.fractions[plain], percent: false }];
    const match = /^([0-9]{1,9})\s*[/\u2044]\s*([0-9]{1,9})$/.exec(plain);
    return match && Number(match[2]) ? [{ value: Number(match[1]) / Number(match[2]), percent: false }] : [];
  }

  function withMultiple(inside, format) {
    const letters = inside.replace(/[^A-Za-z]/g, '');
    const digits = Text.strip(inside.slice(0, inside.length - letters.length));
    const multiple = MULTIPLES[letters.toLowerCase()] || 1;
    const own = read(digits, format);
    return (own ? [own] : readings(digits)).map(({ value, percent }) => ({ value: value * multiple, percent }));
  }

  return { knownFormat, read, readings, meant, written };
})();
