/**
 * Texts as the Python side treats them: stripped, folded, shortened, compared, and put into messages.
 * Every function here is pure.
 */
const Text = (function () {
  // What Python's str.strip() takes off; trim() knows other signs.
  const BLANKS = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
  const OUTER = new RegExp(`^[${BLANKS}]+|[${BLANKS}]+$`, 'g');
  const RUNS = new RegExp(`[${BLANKS}]+`, 'g');
  const UNWRITABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu;
  const SIGNS = /[^\p{L}\p{N}]/gu;
  const NEAR = 75;
  const LONGEST = 300;

  function strip(text) {
    return text.replace(OUTER, '');
  }

  /** The text on one line, its white space folded. */
  function oneLine(text) {
    return strip(text.replace(RUNS, ' '));
  }

  function caseless(text) {
    return text.toLowerCase().replace(/ß/g, 'ss').replace(/ς/g, 'σ');
  }

  /** A name as it is compared: letters and digits only, without regard to case. */
  function fold(name) {
    const plain = caseless(name.normalize('NFKC'));
    return plain.replace(SIGNS, '') || strip(plain);
  }

  /** The text with a substitute for what no cell can hold. */
  function writable(text) {
    return text.replace(UNWRITABLE, '\ufffd');
  }

  /** The text on one line, cut with an ellipsis so that a message stays readable. */
  function shorten(text, limit) {
    const most = limit || 60;
    const signs = Array.from(oneLine(text));
    return signs.length <= most ? signs.join('') : signs.slice(0, most - 1).join('') + '…';
  }

  /** The shortest text that names the number to 15 digits: `7`, `0.59`, `1E+20`. */
  function numberText(value) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
    if (value === 0) return Object.is(value, -0) ? '-0' : '0';
    const [digits, exponent] = value.toExponential(14).split('e');
    const power = Number(exponent);
    if (power >= -4 && power < 15) return withoutZeros(value.toFixed(Math.max(0, 14 - power)));
    const sign = power < 0 ? '-' : '+';
    return `${withoutZeros(digits)}E${sign}${String(Math.abs(power)).padStart(2, '0')}`;
  }

  function withoutZeros(digits) {
    return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  }

  function columnLetters(column) {
    let letters = '';
    for (let left = column; left > 0; left = Math.floor((left - 1) / 26)) {
      letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
    }
    return letters;
  }

  /** The A1 address of a place: (12, 9) is I12. */
  function a1(row, column) {
    return columnLetters(column) + row;
  }

  /** The id of `ID · text`, or the text itself. */
  function splitId(text) {
    const at = text.indexOf(' · ');
    return strip(at < 0 ? text : text.slice(0, at));
  }

  /** The values of a cell that may hold several, split at ; or a line break. */
  function splitSeveral(text) {
    return text.split(/[;\n\r]/).map(strip).filter(Boolean);
  }

  /** The template with its {names} filled; what is filled in is never looked at again. */
  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** `1 key result`, `3 key results`, `no key results`. */
  function counted(count, noun) {
    return `${count || 'no'} ${noun}${count === 1 ? '' : 's'}`;
  }

  /** `a`, `a and b`, `a, b and c`. */
  function together(words) {
    return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}` : words.join('');
  }

  /** The known name that a misspelled one comes closest to, '' if none is as near as the cutoff (0 to 1). */
  function nearest(name, known, cutoff) {
    const least = cutoff === undefined ? 0.7 : cutoff;
    const word = fold(name);
    const byFold = new Map(known.map((option) => [fold(option), option]));
    let best = ['', -1];
    for (const option of byFold.keys()) {
      const ratio = alike(option, word);
      if (ratio >= least && (ratio > best[1] || (ratio === best[1] && option > best[0]))) best = [option, ratio];
    }
    return best[1] < 0 ? '' : byFold.get(best[0]);
  }

  function didYouMean(name, known) {
    const close = nearest(name, known);
    return close ? `Did you mean "${close}"? ` : '';
  }

  /** The name that is most like the text as a whole, as a question; else the other sentence. */
  function didYouMeanAsAWhole(text, names, otherwise) {
    // A long text is compared by its beginning: the time grows with the product of both lengths.
    const plain = (word) => strip(caseless(word.slice(0, LONGEST)).replace(/[^\p{L}\p{N}_]/gu, ' '));
    let best = ['', NEAR];
    for (const name of names) {
      const score = plain(name) ? 100 * common(plain(text), plain(name)) : 0;
      if (score > best[1] || (score === best[1] && !best[0])) best = [name, score];
    }
    return best[0] ? `Did you mean "${best[0]}"?` : otherwise;
  }

  /** Ratcliff and Obershelp's likeness, 0 to 1, as Python's difflib counts it. */
  function alike(one, other) {
    const total = one.length + other.length;
    return total ? (2 * blocks(one, other)) / total : 1;
  }

  function blocks(one, other) {
    const found = longest(one, other);
    if (!found.size) return 0;
    const before = blocks(one.slice(0, found.one), other.slice(0, found.other));
    return before + found.size + blocks(one.slice(found.one + found.size), other.slice(found.other + found.size));
  }

  function longest(one, other) {
    let best = { one: 0, other: 0, size: 0 };
    let above = new Array(other.length + 1).fill(0);
    for (let i = 0; i < one.length; i += 1) {
      const here = new Array(other.length + 1).fill(0);
      for (let j = 0; j < other.length; j += 1) {
        if (one[i] === other[j]) here[j + 1] = above[j] + 1;
        if (here[j + 1] > best.size) best = { one: i - here[j + 1] + 1, other: j - here[j + 1] + 1, size: here[j + 1] };
      }
      above = here;
    }
    return best;
  }

  /** The share of both texts that their longest common subsequence is, 0 to 1. */
  function common(one, other) {
    let above = new Array(other.length + 1).fill(0);
    for (const sign of one) {
      const here = [0];
      for (let j = 0; j < other.length; j += 1) {
        here.push(sign === other[j] ? above[j] + 1 : Math.max(above[j + 1], here[j]));
      }
      above = here;
    }
    return one.length + other.length ? (2 * above[other.length]) / (one.length + other.length) : 1;
  }

  return {
    strip, oneLine, caseless, fold, writable, shorten, numberText, columnLetters, a1, splitId, splitSeveral, fill,
    counted, together, nearest, didYouMean, didYouMeanAsAWhole,
  };
})();
