/**
 * Progress, score and status of every key result on a day, and the scores of objectives and of the unit.
 * The twin of sync/core/measures.py, values.py, between.py, scoring.py and contributors.py for one sheet
 * without a history; a test compares thousands of rows. Days are whole numbers, a missing number is NaN.
 */
const Scoring = (function () {
  const OUT = ['Dropped', 'Paused'];
  const HELD = ['At least', 'At most', 'Between'];
  const EDGE = 1e-9;
  const none = (why) => ({ progress: NaN, why });
  const isNumber = (amount) => amount.was === 'number' || amount.was === 'percent';
  const valueOf = (amount) => (amount.value === null ? NaN : amount.value);

  /** Fills in all rows of a book for a day; returns {keyResults, objectives, unit}. */
  function score(book, today) {
    link(book);
    const log = logOf(book, today);
    book.rows.key_results.forEach((kr) => measure(kr, log.get(kr) || [], today));
    const unit = climb(book, today);
    book.rows.key_results.forEach((kr) => judge(kr, log.get(kr) || [], today));
    return { keyResults: book.rows.key_results, objectives: book.rows.objectives, unit };
  }

  // --- who belongs to whom ------------------------------------------------------------------------

  function link(book) {
    const { objectives, key_results: keyResults } = book.rows;
    const find = finder(objectives);
    for (const objective of objectives) objective.active = objective.told && !OUT.includes(objective.status);
    for (const kr of keyResults) {
      const hit = kr.objective_id ? find(kr.objective_id) : objectives.length === 1 ? objectives[0] : null;
      const measure = inferred(kr);
      const valid = kr.told && Boolean(hit) && hit.told;
      Object.assign(kr, {
        objective: hit, measureUsed: measure, valid,
        objectiveState: hit ? 'ok' : kr.objective_id ? 'unknown' : 'blank',
        active: valid && hit.active && !OUT.includes(kr.status),
        from: kr.starts ? Dates.number(kr.starts) : book.cycle.starts,
        until: kr.due ? Dates.number(kr.due) : book.cycle.ends,
        checkedDay: kr.last_check_in ? Dates.number(kr.last_check_in) : NaN,
      });
      kr.end = Math.min(kr.until, book.cycle.ends);
    }
  }

  /** Ids and exact texts of objectives; an id wins, and what several share finds nothing. */
  function finder(objectives) {
    const known = new Map();
    for (const row of objectives) if (row.text) known.set(row.text, known.has(row.text) ? null : row);
    for (const row of objectives) if (row.id) known.set(row.id, null);
    for (const row of objectives) if (row.id && row.told) known.set(row.id, row);
    return (raw) => (known.has(raw) ? known.get(raw) : known.get(Text.splitId(raw))) || null;
  }

  function inferred(kr) {
    if (kr.measure) return OKR.measures.includes(kr.measure) ? kr.measure : '';
    const [start, target] = [valueOf(kr.start), valueOf(kr.target)];
    if (target >= start) return 'Increase';
    if (target < start) return 'Decrease';
    if (!Number.isNaN(start) || !Number.isNaN(target)) return '';
    if (Text.strip(kr.milestones)) return 'Milestone';
    return kr.current.was === 'bool' ? 'Yes/No' : '';
  }

  /** Which key result a row of Check-ins names, by its id or by its exact text. */
  function named(keyResults) {
    const byName = new Map();
    for (const kr of keyResults) byName.set(kr.text, byName.has(kr.text) ? null : kr);
    for (const kr of keyResults) if (kr.id && kr.told) byName.set(kr.id, kr);
    return (name) => (name && byName.get(name)) || null;
  }

  /** Each key result's check-ins that count on a day, oldest first: {day, row}. */
  function logOf(book, today) {
    const find = named(book.rows.key_results);
    const log = new Map();
    for (const row of book.rows.check_ins) {
      const kr = find(row.kr_id);
      const day = row.date ? Dates.number(row.date) : NaN;
      row.kr = kr;
      if (kr && day <= today) log.set(kr, [...(log.get(kr) || []), { day, row }]);
    }
    for (const entries of log.values()) entries.sort((a, b) => a.day - b.day || a.row.row - b.row.row);
    return log;
  }

  // --- the value that counts ----------------------------------------------------------------------

  /** The check-in that counts for a field instead of the key result's own cell, null where none does. */
  function winner(entries, given, ownDay, isGiven) {
    const last = entries.filter(({ row }) => isGiven(row)).pop();
    return last && (!given || Number.isNaN(ownDay) || last.day > ownDay) ? last : null;
  }

  function measure(kr, entries, today) {
    const late = kr.checkedDay > today;
    const ownDay = late ? NaN : kr.checkedDay;
    const own = kr.current.was !== '' && !late;
    const hit = winner(entries, own, ownDay, (row) => row.value.was !== '');
    const counted = hit ? hit.row.value : own ? kr.current : Cells.NOTHING;
    kr.counted = kr.measureUsed === 'Contributors' ? Cells.NOTHING : counted;
    kr.countedFrom = kr.measureUsed === 'Contributors' ? null : hit;
    kr.future = kr.current.was !== '' && late;
    kr.sure = sureness(kr, entries, ownDay);
    const said = winner(entries, kr.status !== '', ownDay, (row) => row.status !== '');
    kr.said = said ? said.row.status : kr.status;
    const found = kr.measureUsed === 'Between' ? between(kr, entries, today) : progressOf(kr.measureUsed, kr);
    kr.progress = kr.active ? found.progress : NaN;
    kr.giveStart = Boolean(found.giveStart);
    kr.score = kr.measureUsed === 'KPI' ? NaN : Math.min(Math.max(kr.progress, 0), 1);
    kr.why = whyNot(kr, found.why);
  }

  function sureness(kr, entries, ownDay) {
    const hit = winner(entries, kr.confidence.was !== '', ownDay, (row) => row.confidence.was !== '');
    const amount = hit ? hit.row.confidence : kr.confidence;
    return amount.was === 'number' && amount.value >= 0 && amount.value <= 10 ? amount.value : NaN;
  }

  /** The reason for no score, those outside the key result's own cells first. */
  function whyNot(kr, why) {
    const typed = [kr.status, kr.objective ? kr.objective.status : ''];
    if (!kr.objective) return OKR.why.NO_OBJECTIVE;
    if (!kr.valid) return OKR.why.DUPLICATE;
    if (typed.includes('Dropped')) return OKR.why.DROPPED;
    if (typed.includes('Paused')) return OKR.why.PAUSED;
    return why === 'NO_VALUE' && kr.future ? OKR.why.FUTURE : OKR.why[why];
  }

  // --- progress by measure ------------------------------------------------------------------------

  function progressOf(name, kr) {
    const cells = { start: kr.start, target: kr.target, value: kr.counted };
    switch (name) {
      case 'Increase': case 'Decrease': return linear(cells);
      case 'At least': return level(cells, 1);
      case 'At most': return level(cells, -1);
      case 'Yes/No': return yesNo(cells);
      case 'KPI': return kpi(cells);
      case 'Contributors': return none('NO_CONTRIBUTORS');
      case 'Milestone': return milestone(kr);
      default: return none([kr.start, kr.target].some(({ was }) => was === 'error') ? 'CELL_ERROR' : 'NEEDS_MEASURE');
    }
  }

  /** Whether percents stand beside plain numbers other than 0. */
  function mixes(...amounts) {
    const plain = amounts.some(({ was, value }) => was === 'number' && value !== 0);
    return plain && amounts.some(({ was }) => was === 'percent');
  }

  function unreadable(amount, needs) {
    if (amount.was === 'error') return 'CELL_ERROR';
    if (amount.was === 'bool' || amount.was === 'text') return 'NOT_A_NUMBER';
    return amount.was === '' ? needs : '';
  }

  function linear({ start, target, value }) {
    const broken = unreadable(target, 'NEEDS_TARGET') || unreadable(start, 'NEEDS_START');
    if (broken) return none(broken);
    if (mixes(start, target)) return none('MIXED');
    const done = valueOf(value) - start.value;
    const whole = target.value - start.value;
    if (whole === 0) return none('START_IS_TARGET');
    const lacking = unreadable(value, 'NO_VALUE');
    if (lacking) return none(lacking);
    if (mixes(start, target, value)) return none('MIXED');
    return [done, whole, done / whole].every(Number.isFinite) ? { progress: done / whole, why: 'SCORED' } : none('NOT_FINITE');
  }

  /** A level to hold: a floor (side 1) or a ceiling (side -1). */
  function level({ start, target, value }, side) {
    const broken = unreadable(target, 'NEEDS_TARGET') || unreadable(value, 'NO_VALUE');
    if (broken) return none(broken);
    if (mixes(target, value)) return none('MIXED');
    const share = value.value / target.value;
    const met = side > 0 ? value.value >= target.value : value.value <= target.value;
    if (target.value > 0) return finite(side > 0 ? share : 2 - share);
    if (met) return finite(1);
    if (start.was === 'error') return none('CELL_ERROR');
    if (mixes(start, target, value)) return none('MIXED');
    const from = valueOf(start);
    const unmet = side > 0 ? from < target.value : from > target.value;
    return unmet ? finite((value.value - from) / (target.value - from)) : { progress: 0, why: 'SCORED', giveStart: true };
  }

  function finite(progress) {
    return Number.isFinite(progress) ? { progress, why: 'SCORED' } : none('NOT_FINITE');
  }

  function yesNo({ value }) {
    if (value.was === '') return none('NO_VALUE');
    if (value.was === 'error') return none('CELL_ERROR');
    return value.value === 0 || value.value === 1 ? { progress: value.value, why: 'SCORED' } : none('NOT_YES_NO');
  }

  function bandReason({ start, target }) {
    const broken = unreadable(start, 'NEEDS_BAND') || unreadable(target, 'NEEDS_BAND');
    if (broken) return broken;
    if (mixes(start, target)) return 'MIXED';
    return start.value > target.value ? 'BAND_REVERSED' : '';
  }

  /** In band or out of it, for people to see; never a score. */
  function kpi(cells) {
    const { start, target, value } = cells;
    const broken = bandReason(cells) || unreadable(value, 'NO_VALUE') || (mixes(start, target, value) ? 'MIXED' : '');
    if (broken) return none('KPI');
    return { progress: start.value <= value.value && value.value <= target.value ? 1 : 0, why: 'KPI' };
  }

  function between(kr, entries, today) {
    const broken = bandReason(kr);
    if (broken) return none(broken);
    const values = bandValues(kr, entries, today);
    if (!values.length) return none('NO_VALUE');
    if (values.some(({ was }) => was === 'error')) return none('CELL_ERROR');
    if (!values.every(isNumber)) return none('NOT_A_NUMBER');
    if (values.some((value) => mixes(kr.start, kr.target, value))) return none('MIXED');
    const inside = values.filter(({ value }) => kr.start.value <= value && value <= kr.target.value);
    return { progress: inside.length / values.length, why: 'SCORED' };
  }

  /** The last value of each day in the period, and Current where it is newer than all of them or alone. */
  function bandValues(kr, entries, today) {
    const byDay = new Map();
    for (const { day, row } of entries) {
      if (row.value.was !== '' && kr.from <= day && day <= kr.until) byDay.set(day, row.value);
    }
    const newest = Math.max(-Infinity, ...byDay.keys());
    const typed = kr.checkedDay;
    const dated = kr.from <= typed && typed <= Math.min(kr.until, today) && typed > newest;
    const alone = Number.isNaN(typed) && !byDay.size;
    const values = [...byDay.values()];
    return kr.current.was !== '' && (dated || alone) ? [...values, kr.current] : values;
  }

  // --- milestones ---------------------------------------------------------------------------------

  function milestone(kr) {
    const stages = stagesOf(kr.milestones);
    const value = kr.counted;
    if (!stages) return none('STAGE_WEIGHTS');
    if (!stages.names.length) return none('NEEDS_MILESTONES');
    if (value.was === '' || value.was === 'error') return none(value.was === '' ? 'NO_VALUE' : 'CELL_ERROR');
    const progress = stageProgress(stages, value);
    return progress === null ? none('NOT_A_STAGE') : { progress, why: 'SCORED' };
  }

  /** {names, done} of a Milestones cell: done[k] is the progress after k stages; null when weights do not fit. */
  function stagesOf(text) {
    const entries = Text.splitSeveral(text).map(stageEntry);
    const names = entries.map(([name]) => name);
    const weights = entries.map(([, weight]) => weight).filter((weight) => weight !== null);
    const upTo = (count) => Array.from({ length: count + 1 }, (_, k) => k);
    if (!weights.length) return { names, done: upTo(names.length).map((k) => k / Math.max(names.length, 1)) };
    if (weights.length < entries.length) return null;
    const sums = exactSums(weights);
    if (sums.total !== 100n * sums.scale) return null;
    return { names, done: sums.partial.map((sum) => Number(`${sum}e-${sums.places + 2}`)) };
  }

  /** The sums of decimal texts in whole units of their last place: 0.1 + 0.2 is 0.3 here. */
  function exactSums(weights) {
    const places = Math.max(...weights.map((weight) => (weight.split('.')[1] || '').length));
    const units = weights.map((weight) => {
      const [whole, decimals] = weight.split('.');
      return BigInt(whole + (decimals || '').padEnd(places, '0'));
    });
    const partial = units.reduce((sums, unit) => [...sums, sums[sums.length - 1] + unit], [0n]);
    return { places, scale: 10n ** BigInt(places), partial, total: partial[partial.length - 1] };
  }

  /** A stage's name as it is compared, and its weight as a decimal text, null without one. */
  function stageEntry(part) {
    let text = Text.strip(part);
    if (text.endsWith(')')) text = Text.strip(text.slice(0, -1));
    if (!text.endsWith('%')) return [stageName(part), null];
    const body = Text.strip(text.slice(0, -1));
    const name = body.replace(/[0-9.,]+$/, '');
    const weight = body.slice(name.length);
    if (!/^[0-9]+([.,][0-9]+)?$/.test(weight)) return [stageName(part), null];
    return [stageName(name.replace(/[ \t\u00a0:=(–—-]+$/, '')), weight.replace(',', '.')];
  }

  function stageName(text) {
    return Text.caseless(Text.oneLine(text));
  }

  function stageProgress(stages, { was, value, raw }) {
    if (was === 'percent') return value;
    if (was === 'number') return Number.isInteger(value) && value >= 0 && value < stages.done.length ? stages.done[value] : null;
    const spelled = [stageName(raw), stageEntry(raw)[0]];
    const hits = stages.names.map((name, at) => (spelled.includes(name) ? at : -1)).filter((at) => at >= 0);
    return hits.length === 1 ? stages.done[hits[0] + 1] : null;
  }

  // --- objectives and the unit --------------------------------------------------------------------

  /** Fills in the scores of objectives and of Contributors; returns the unit's own score. */
  function climb(book, today) {
    const { objectives, key_results: keyResults } = book.rows;
    const edges = edgesOf(book);
    for (const kr of keyResults) kr.done = isDone(kr, today);
    for (const objective of objectives) {
      objective.members = keyResults.filter((kr) => kr.objective === objective && kr.active);
      const counting = objective.members.filter((kr) => kr.measureUsed !== 'KPI');
      objective.members.forEach((kr) => { kr.weightUsed = 0; });
      shareWeights(counting);
      objective.score = undefined;
    }
    objectives.forEach((objective) => objectiveScore(objective, edges));
    const active = objectives.filter((objective) => objective.active);
    shareWeights(active);
    const scored = objectives.map((objective) => [objective.score, objective.active ? objective.weightUsed : 0]);
    return { score: mean(scored) };
  }

  function objectiveScore(objective, edges) {
    if (objective.score !== undefined) return objective.score;
    objective.score = NaN;
    if (!objective.active) return NaN;
    const above = (kr) => edges.filter((edge) => edge.parent === objective && edge.kr === kr).map((edge) => edge.child);
    const contributed = (rows) => mean(rows.map((child) => [objectiveScore(child, edges), singleWeight(child.weight)]));
    for (const kr of objective.members.filter((one) => one.measureUsed === 'Contributors')) {
      const from = contributed(above(kr));
      const done = from >= 1 && above(kr).every((child) => isSettled(child, singleWeight(child.weight)));
      if (!Number.isNaN(from)) Object.assign(kr, { progress: from, score: from, why: '', done });
    }
    const ownScored = objective.members.some((kr) => !Number.isNaN(kr.score) && kr.weightUsed !== 0);
    const aligned = above(null);
    const borrowed = aligned.length && !ownScored;
    objective.score = borrowed ? contributed(aligned) : mean(objective.members.map((kr) => [kr.score, kr.weightUsed]));
    objective.done = borrowed
      ? aligned.every((child) => isSettled(child, singleWeight(child.weight)))
      : objective.members.every((kr) => isSettled(kr, kr.weightUsed));
    return objective.score;
  }

  /** Whether nothing of a member that counts is undone. */
  function isSettled(member, weight) {
    return Number.isNaN(member.score) || !(weight > 0) || member.done;
  }

  /** The alignments between objectives at work of this sheet, loops broken: {child, parent, kr}. */
  function edgesOf(book) {
    const links = alignmentsOf(book).filter((one) => one.state === 'ok');
    return links.filter(({ child, parent, kr }) => child.active && parent && parent.active && (!kr || kr.active));
  }

  /** Every entry of Aligned to that names a row of this sheet: {child, parent, kr, state}. */
  function alignmentsOf(book) {
    const { objectives, key_results: keyResults } = book.rows;
    const nodes = [
      ...objectives.filter((row) => row.told).map((row) => ({ names: [row.id, row.text], parent: row, kr: null })),
      ...keyResults.filter((row) => row.valid).map((row) => ({ names: [row.id, row.text], parent: row.objective, kr: row })),
    ];
    const links = [];
    for (const child of objectives) {
      for (const raw of Text.splitSeveral(child.aligned_to)) {
        const node = findNode(nodes, raw);
        if (!node || links.some((one) => one.child === child && one.parent === node.parent && one.kr === node.kr)) continue;
        const wrong = node.kr && node.kr.measureUsed !== 'Contributors';
        const state = node.parent === child ? 'self' : wrong ? 'not_contributors' : 'ok';
        links.push({ child, parent: node.parent, kr: node.kr, state });
      }
    }
    return breakLoops(links);
  }

  function findNode(nodes, raw) {
    const called = (name) => nodes.filter((node) => name && node.names.includes(name));
    const hits = called(raw).length ? called(raw) : called(Text.splitId(raw));
    if (hits.length < 2) return hits[0] || null;
    const text = Text.strip(raw.split(' · ').slice(1).join(' · '));
    const exact = hits.filter((node) => node.names[1] === text);
    return exact.length === 1 ? exact[0] : null;
  }

  /** One link of each loop marked `loop`: that of the child with the largest id. */
  function breakLoops(links) {
    for (;;) {
      const open = links.filter((one) => one.state === 'ok');
      const looping = open.filter((one) => reaches(open, one.parent, one.child));
      if (!looping.length) return links;
      const worst = looping.reduce((a, b) => (b.child.id >= a.child.id ? b : a));
      worst.state = 'loop';
    }
  }

  function reaches(links, from, to) {
    const seen = new Set();
    const waiting = [from];
    while (waiting.length) {
      const at = waiting.pop();
      if (at === to) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      links.filter((one) => one.child === at).forEach((one) => waiting.push(one.parent));
    }
    return false;
  }

  function usable({ was, value }) {
    return (was === 'number' || was === 'percent') && value >= 0 && Number.isFinite(value);
  }

  function singleWeight(weight) {
    if (weight.was === '') return 1;
    return usable(weight) ? weight.value : NaN;
  }

  /** Sets each member's weightUsed: blank everywhere is 1; NaN where the group cannot be weighted (Q213). */
  function shareWeights(members) {
    const blank = members.filter(({ weight }) => weight.was === '');
    const given = members.filter(({ weight }) => usable(weight)).map(({ weight }) => weight);
    const bad = blank.length + given.length < members.length ||
      (blank.length > 0 && given.length > 0) || mixes(...given) || (given.length > 0 && given.every(({ value }) => !value));
    for (const member of members) member.weightUsed = bad ? NaN : blank.length ? 1 : member.weight.value;
  }

  /** The weighted mean of [value, weight] pairs that count, between the smallest and the largest of them. */
  function mean(pairs) {
    const counted = pairs.filter(([value, weight]) => weight > 0 && !Number.isNaN(value));
    if (!counted.length) return NaN;
    counted.sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    const scale = 2 ** (Math.floor(Math.log2(Math.max(...counted.map(([, weight]) => weight)))) + 1);
    const total = counted.reduce((sum, [, weight]) => sum + weight / scale, 0);
    const weighted = counted.reduce((sum, [value, weight]) => sum + (weight / scale) * value, 0);
    const values = counted.map(([value]) => value);
    return Math.min(Math.max(weighted / total, Math.min(...values)), Math.max(...values));
  }

  // --- standing -----------------------------------------------------------------------------------

  function judge(kr, entries, today) {
    kr.expected = kr.active && kr.measureUsed !== 'KPI' ? expected(kr, today) : NaN;
    kr.gap = gapOf(kr, today);
    const heard = entries.map(({ day }) => day);
    kr.checkedOn = Math.max(kr.checkedDay <= today ? kr.checkedDay : -Infinity, ...heard);
    kr.statusNow = statusOf(kr, today);
  }

  /** What a linear pace would have reached: 0 on the first day, 1 on the last. */
  function expected(kr, today) {
    const length = kr.until - kr.from;
    if (length <= 0) return today >= kr.until ? 1 : 0;
    return Math.min(Math.max((today - kr.from) / length, 0), 1);
  }

  function gapOf(kr, today) {
    const beforeEnd = kr.end > today;
    if (beforeEnd && kr.measureUsed === 'Yes/No') return NaN;
    const unmet = beforeEnd && HELD.includes(kr.measureUsed) && kr.score < 1;
    return unmet ? 1 - kr.score : kr.expected - kr.score;
  }

  function isDone(kr, today) {
    return kr.score >= 1 && (kr.end <= today || !HELD.includes(kr.measureUsed));
  }

  /** The first status that applies. */
  function statusOf(kr, today) {
    const typed = [kr.status, kr.objective ? kr.objective.status : ''];
    const out = OUT.find((word) => typed.includes(word));
    if (out) return out;
    if (!kr.active) return 'No data';
    const contributors = kr.measureUsed === 'Contributors';
    if (kr.done) return 'Done';
    if (kr.measureUsed !== 'KPI' && today > kr.end) return 'Missed';
    if (contributors ? Number.isNaN(kr.score) : kr.counted.was === '') {
      return today - kr.from < OKR.notStartedDays ? 'Not started' : 'No data';
    }
    const silent = today - Math.max(kr.checkedOn, kr.from) > OKR.outdatedDays;
    if (!contributors && today <= kr.end && silent) return 'Outdated';
    if (['On track', 'At risk', 'Off track'].includes(kr.said)) return kr.said;
    return byData(kr, today);
  }

  function byData(kr, today) {
    if (kr.measureUsed === 'KPI') return { 1: 'On track', 0: 'Off track' }[kr.progress] || 'No data';
    if (kr.measureUsed === 'Yes/No' && kr.end > today) {
      if (Number.isNaN(kr.sure)) return 'No data';
      return kr.sure < OKR.low ? 'Off track' : kr.sure < OKR.high ? 'At risk' : 'On track';
    }
    if (Number.isNaN(kr.gap)) return 'No data';
    if (kr.gap <= OKR.onTrackGap + EDGE) return 'On track';
    return kr.gap <= OKR.atRiskGap + EDGE ? 'At risk' : 'Off track';
  }

  return { score, alignmentsOf, mixes };
})();
