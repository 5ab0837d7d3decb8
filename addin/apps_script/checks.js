/**
 * What is wrong with a sheet, by those rules of okrsync that need nothing but the sheet.
 * The words come from Python's table of rules; the finders are twins of sync/core/checks, compared by a test.
 */
const Checks = (function () {
  const NEEDS = {
    Increase: ['start', 'target'], Decrease: ['start', 'target'], 'At least': ['target'], 'At most': ['target'],
    Between: ['start', 'target'], Milestone: ['milestones'],
  };
  const FIELDS = { start: 'a Start', target: 'a Target', milestones: 'its stages in Milestones' };
  const BANDS = ['Between', 'KPI'];

  /** All findings of a book that was read and scored, in their order. */
  function run(book) {
    if (!book.team) return Tables.inOrder(book.findings);
    const finders = [
      withoutObjective, withoutKeyResult, notFitting, mixed, withoutKeyResults, lacking, startIsTarget, tooMany,
      oddNumber, withoutOwner, datesAstray, contradicted, unweighable,
    ];
    return Tables.inOrder([...book.findings, ...finders.flatMap((find) => find(book))]);
  }

  const name = (row) => Book.nameOf(row);

  /** A finding at a field of a row. */
  function hit(book, code, key, row, field, value, params) {
    const table = book.tables[key];
    const id = row.kr_id || row.id || row[table.names.tab.text];
    return Tables.finding(code, table.sheet.name, Tables.place(table, row.row, field), value, params, id);
  }

  function atWork(book, key) {
    return book.rows[key].filter((row) => row.active);
  }

  // --- S118, S119: rows that name something their sheet does not have -----------------------------

  function namesOf(rows) {
    return rows.map((row) => row.id || row.text);
  }

  function withoutObjective(book) {
    if (!book.tables.objectives) return [];
    const known = namesOf(book.rows.objectives);
    return book.rows.key_results.filter((kr) => kr.objectiveState !== 'ok').map((kr) => {
      const raw = kr.objective_id;
      const [reason, suggestion] = whyNoObjective(raw, known);
      return hit(book, 'S118', 'key_results', kr, 'objective_id', raw, { reason, suggestion });
    });
  }

  function whyNoObjective(raw, known) {
    if (known.includes(raw) || known.includes(Text.splitId(raw))) {
      return [
        `says "${Text.shorten(raw)}", which several objectives of this sheet are called`,
        'Give each of those objectives an ID of its own, and write the one that is meant.',
      ];
    }
    const reason = raw ? `says "${Text.shorten(raw)}", which is no objective of this sheet` : 'is blank';
    if (!known.length) return [reason, 'Write the objective on the Objectives tab, with that id.'];
    if (!raw) return [reason, 'Write the ID of the objective that it measures; blank is enough only for a single one.'];
    const otherwise = 'Write the ID, or the exact text, of one of the objectives.';
    return [reason, Text.didYouMeanAsAWhole(raw, known, otherwise)];
  }

  /** One finding for each unknown id of a tab, at its first row. */
  function withoutKeyResult(book) {
    return ['check_ins', 'initiatives'].flatMap((key) => {
      const table = book.tables[key];
      if (!table || !('kr_id' in table.header.columns) || !book.tables.key_results) return [];
      const lost = new Map();
      for (const row of book.rows[key]) {
        if (!known(book, row.kr_id)) lost.set(row.kr_id, [...(lost.get(row.kr_id) || []), row]);
      }
      return [...lost].map(([raw, rows]) => hit(book, 'S119', key, rows[0], 'kr_id', raw, whyUnknown(book, raw, rows.length)));
    });
  }

  function known(book, raw) {
    const rows = book.rows.key_results;
    return raw !== '' && (rows.some((kr) => kr.told && kr.id === raw) || rows.filter((kr) => kr.text === raw).length === 1);
  }

  function whyUnknown(book, raw, count) {
    const more = count > 1 ? ` (and in ${Text.counted(count - 1, 'more row')})` : '';
    const alike = book.rows.key_results.filter((kr) => kr.text === raw).length;
    const otherwise = 'Write the ID of the key result that it belongs to.';
    if (!raw) return { column: 'KR ID', reason: `is blank${more}`, suggestion: otherwise };
    if (alike > 1) {
      const reason = `says "${Text.shorten(raw)}"${more}, which is the text of ${alike} key results of this sheet`;
      return { column: 'KR ID', reason, suggestion: otherwise };
    }
    const reason = `says "${Text.shorten(raw)}"${more}, which is no key result of this sheet`;
    const suggestion = Text.didYouMeanAsAWhole(raw, namesOf(book.rows.key_results), otherwise);
    return { column: 'KR ID', reason, suggestion };
  }

  // --- S104, S114: values that do not fit their measure or each other -----------------------------

  function unscored(book, why) {
    return atWork(book, 'key_results').filter((kr) => kr.why === OKR.why[why]);
  }

  /** The cells that a key result's progress is computed from: the values that count, newest first, then the bounds. */
  function cellsOf(book, kr) {
    const own = (field) => ({ key: 'key_results', row: kr, field, amount: kr[field] });
    const logged = (row) => ({ key: 'check_ins', row, field: 'value', amount: row.value });
    const all = book.rows.check_ins.filter((row) => row.kr === kr).reverse().map(logged);
    const one = kr.countedFrom ? [logged(kr.countedFrom.row)] : [own('current')];
    return { values: kr.measureUsed === 'Between' ? [...all, own('current')] : one, start: own('start'), target: own('target') };
  }

  function columnName({ key, field }) {
    return Headers.namesOf(key).byField[field].name;
  }

  function notFitting(book) {
    const found = (cell, reason, suggestion) =>
      hit(book, 'S104', cell.key, cell.row, cell.field, cell.amount.raw, { column: columnName(cell), reason, suggestion });
    const words = unscored(book, 'NOT_A_NUMBER').flatMap((kr) => {
      const { values, start, target } = cellsOf(book, kr);
      return [...values, start, target].filter(({ amount }) => amount.was === 'bool' || amount.was === 'text');
    });
    const first = (why) => unscored(book, why).map((kr) => cellsOf(book, kr).values[0]);
    return [
      ...words.map((cell) => found(cell, 'which is not a number', 'Type the number alone.')),
      ...first('NOT_YES_NO').map((cell) =>
        found(cell, 'which is neither yes nor no', 'Type yes or no, or choose another Measure.')),
      ...first('NOT_FINITE').map((cell) =>
        found(cell, 'with which there is no progress to compute', 'Correct it, or count in thousands or millions.')),
    ];
  }

  function mixed(book) {
    const mixtures = unscored(book, 'MIXED').map((kr) => {
      const [odd, other] = oddOne(cellsOf(book, kr));
      return hit(book, 'S114', odd.key, odd.row, odd.field, odd.amount.raw, mixture(odd.amount, other));
    });
    const stages = unscored(book, 'NOT_A_STAGE').map((kr) => {
      const cell = cellsOf(book, kr).values[0];
      const names = Text.together(Text.splitSeveral(kr.milestones).map((stage) => `"${stage}"`));
      const params = {
        reason: 'is no stage of its milestones',
        suggestion: `Write the last stage done (${names}), the number of stages done, or a percentage.`,
      };
      return hit(book, 'S114', cell.key, cell.row, cell.field, cell.amount.raw, params);
    });
    return [...mixtures, ...stages];
  }

  /** [the cell to mend, the one that it does not go with]: the target is believed, then the start. */
  function oddOne({ values, start, target }) {
    const kind = ({ amount }) =>
      amount.was === 'percent' || (amount.was === 'number' && amount.value !== 0) ? amount.was : '';
    const believed = [target, start, ...values].find(kind);
    const odd = [...values, start].find((cell) => kind(cell) && kind(cell) !== kind(believed));
    return [odd, believed];
  }

  function mixture(odd, other) {
    const column = columnName(other);
    if (odd.was === 'percent') {
      return {
        reason: `is a percentage, but ${column} is the plain number ${other.amount.raw}`,
        suggestion: `Type it without the percent sign, or ${column} as a percentage.`,
      };
    }
    return {
      reason: `is a plain number, but ${column} is the percentage ${other.amount.raw}`,
      suggestion: `If ${odd.raw} percent is meant, type ${odd.raw}%; if not, type ${column} as a plain number.`,
    };
  }

  // --- Q201 to Q203, Q212: what a measure needs ---------------------------------------------------

  function withoutKeyResults(book) {
    if (!book.tables.key_results) return [];
    const helped = new Set(
      Scoring.alignmentsOf(book)
        .filter(({ child, state }) => child.active && (state === 'ok' || state === 'loop'))
        .map(({ parent }) => parent)
    );
    return atWork(book, 'objectives')
      .filter((row) => !helped.has(row) && !book.rows.key_results.some((kr) => kr.objective === row))
      .map((row) => hit(book, 'Q201', 'objectives', row, 'id', row.text, { name: name(row) }));
  }

  function isBlank(kr, field) {
    return field === 'milestones' ? kr.milestones === '' : kr[field].was === '';
  }

  function lacking(book) {
    const found = (kr, field, lack, mend) => hit(book, 'Q202', 'key_results', kr, field, '', { name: name(kr), lack, mend });
    const wanted = (fields) => Text.together(fields.map((field) => FIELDS[field]));
    return atWork(book, 'key_results').flatMap((kr) => {
      const kind = kr.measureUsed;
      const missing = (kind ? NEEDS[kind] || [] : ['start', 'target']).filter((field) => isBlank(kr, field));
      if (!kind && !kr.measure && missing.length) {
        const lack = `cannot be scored: its Measure is blank and cannot be inferred without ${wanted(missing)}`;
        return [found(kr, missing[0], lack, `Choose a Measure, or fill in ${wanted(missing)}.`)];
      }
      if (kind && missing.length) {
        const mend = `Fill in ${wanted(missing)}, or choose another Measure.`;
        return [found(kr, missing[0], `cannot be scored: ${kind} needs ${wanted(missing)}`, mend)];
      }
      if (!kr.giveStart || !isBlank(kr, 'start')) return [];
      const lack = `scores 0 until its target of ${kr.target.raw} is met, because it has no Start`;
      return [found(kr, 'start', lack, 'Fill in a Start, so that the way from there to the target is counted.')];
    });
  }

  function startIsTarget(book) {
    return unscored(book, 'START_IS_TARGET').map((kr) =>
      hit(book, 'Q203', 'key_results', kr, 'target', kr.target.raw, { name: name(kr) }));
  }

  function contradicted(book) {
    const mixedOnes = unscored(book, 'MIXED');
    return atWork(book, 'key_results')
      .filter((kr) => isContradicted(kr) && !mixedOnes.includes(kr))
      .map((kr) => hit(book, 'Q212', 'key_results', kr, 'measure', kr.measure, {
        name: name(kr), measure: kr.measure, ...contradiction(kr.measure, kr.start.raw, kr.target.raw),
      }));
  }

  function isContradicted({ measure, start, target }) {
    if (start.value === null || target.value === null) return false;
    const falling = measure === 'Increase' || BANDS.includes(measure);
    return (falling && start.value > target.value) || (measure === 'Decrease' && start.value < target.value);
  }

  function contradiction(measure, start, target) {
    if (BANDS.includes(measure)) {
      return {
        contradiction: `its lower bound ${start} lies above its upper bound ${target}`,
        mend: 'Put the lower bound into Start and the upper bound into Target.',
      };
    }
    const other = measure === 'Increase' ? 'Decrease' : 'Increase';
    return {
      contradiction: `goes from ${start} to ${target}`,
      mend: `Choose ${other} as its Measure, or correct Start and Target.`,
    };
  }

  // --- Q207 to Q209, Q211: how many, whose, when --------------------------------------------------

  function tooMany(book) {
    const { team } = book;
    const count = atWork(book, 'objectives').length;
    const limit = team.level === 'Company' ? OKR.maxObjectivesCompany : OKR.maxObjectives;
    if (count <= limit) return [];
    const at = team.fields.unit;
    return [Tables.finding('Q207', team.sheet.name, Text.a1(at.row, at.column), team.unit, { name: team.unit, count, limit })];
  }

  function oddNumber(book) {
    const [low, high] = [OKR.minKeyResults, OKR.maxKeyResults];
    return atWork(book, 'objectives').flatMap((row) => {
      const written = book.rows.key_results.filter((kr) => kr.objective === row);
      const counting = written.filter((kr) => kr.active && kr.measureUsed !== 'KPI');
      const few = written.length > 0 && counting.length < low && !counting.some((kr) => kr.measureUsed === 'Contributors');
      if (!few && counting.length <= high) return [];
      const mend = few
        ? 'Add a key result that would prove it from another side.'
        : 'Keep those that would prove it; the others may be KPIs or initiatives.';
      const params = { name: name(row), count: Text.counted(counting.length, 'key result'), low, high, mend };
      return [hit(book, 'Q208', 'objectives', row, 'id', row.text, params)];
    });
  }

  function withoutOwner(book) {
    const nobody = (key, rows, prefix) => rows
      .filter((row) => row.owner === '')
      .map((row) => hit(book, 'Q209', key, row, 'owner', '', { name: prefix + name(row) }));
    const working = atWork(book, 'key_results').filter((kr) => kr.measureUsed !== 'KPI');
    const someNamed = working.some((kr) => kr.owner !== '');
    return [
      ...nobody('objectives', atWork(book, 'objectives'), 'Objective '),
      ...(someNamed ? nobody('key_results', working, '') : []),
    ];
  }

  function datesAstray(book) {
    const { starts, ends } = book.cycle;
    return atWork(book, 'key_results').flatMap((kr) => {
      const from = kr.starts ? Dates.number(kr.starts) : NaN;
      const due = kr.due ? Dates.number(kr.due) : NaN;
      const astray = (field, day, reason) => hit(book, 'Q211', 'key_results', kr, field, day, {
        name: name(kr), field: field === 'due' ? 'Due' : 'Starts', reason,
      });
      const outside = [['starts', from], ['due', due]].flatMap(([field, day]) => [
        ...(day < starts ? [astray(field, Dates.iso(day), `before the cycle starts (${Dates.iso(starts)})`)] : []),
        ...(day > ends ? [astray(field, Dates.iso(day), `after the cycle ends (${Dates.iso(ends)})`)] : []),
      ]);
      const wrongOrder = from >= starts && from <= ends && from > due;
      return wrongOrder ? [...outside, astray('starts', kr.starts, `after its Due (${kr.due})`)] : outside;
    });
  }

  // --- Q213: weights that cannot be weighed -------------------------------------------------------

  function unweighable(book) {
    const { team } = book;
    const byObjective = book.rows.objectives.map((row) => [
      'key_results', `objective ${name(row)}`, book.rows.key_results.filter((kr) => kr.objective === row),
    ]);
    const groups = [['objectives', team.unit, book.rows.objectives], ...byObjective];
    const found = groups.flatMap(([key, owner, rows]) =>
      groupHits(book, key, owner, rows.filter((row) => Number.isNaN(row.weightUsed))));
    return [...unitWeight(book), ...found, ...stageWeights(book)];
  }

  function readable({ was, value }) {
    return was === '' || ((was === 'number' || was === 'percent') && value >= 0);
  }

  function unreadableWords(whole, { value, raw }) {
    const [kind, more] = value !== null && value < 0 ? ['negative weight', ''] : ['weight', ', which is no number'];
    return { what: `${whole} has the ${kind} ${raw}${more}`, mend: 'Give it a weight of 0 or more, or clear the cell.' };
  }

  function unitWeight({ team }) {
    if (readable(team.weight)) return [];
    const at = team.fields.weight;
    const params = unreadableWords(team.unit, team.weight);
    return [Tables.finding('Q213', team.sheet.name, Text.a1(at.row, at.column), team.weight.raw, params)];
  }

  function groupHits(book, key, owner, rows) {
    if (!rows.length) return [];
    const at = (row, params) => hit(book, 'Q213', key, row, 'weight', row.weight.raw, params);
    const broken = rows.filter(({ weight }) => !readable(weight));
    if (broken.length) {
      return broken.map((row) => at(row, unreadableWords(`${key === 'objectives' ? 'Objective ' : ''}${name(row)}`, row.weight)));
    }
    const [odd, params] = unfitting(key, owner, rows);
    return [at(odd, params)];
  }

  function unfitting(key, owner, rows) {
    const given = rows.filter(({ weight }) => weight.was !== '');
    const blank = rows.filter(({ weight }) => weight.was === '');
    const plain = given.filter(({ weight }) => weight.was === 'number' && weight.value);
    const members = `${Text.counted(rows.length, key === 'objectives' ? 'objective' : 'key result')} of ${owner}`;
    if (blank.length) {
      return [blank[0], {
        what: `${blank.length} of the ${members} ${blank.length === 1 ? 'has' : 'have'} no weight`,
        mend: 'Fill in all weights of the group (0 leaves a row out), or clear all of them.',
      }];
    }
    if (plain.length) {
      return [plain[0], {
        what: `The weights of the ${members} mix percents and plain numbers`,
        mend: 'Write all weights of the group as percents, or all as plain numbers.',
      }];
    }
    return [given[0], {
      what: `All weights of the ${members} are 0`,
      mend: 'Give those that count a weight above 0, or clear all of them: then they count alike.',
    }];
  }

  function stageWeights(book) {
    const mend = 'Give every stage a weight, 100 % in sum, as in `Design 20%; Build 60%; Launch 20%`, or none.';
    return unscored(book, 'STAGE_WEIGHTS').map((kr) => hit(book, 'Q213', 'key_results', kr, 'milestones', kr.milestones, {
      what: `The weights of the milestones of ${name(kr)} are not 100 % in sum`, mend,
    }));
  }

  return { run };
})();
