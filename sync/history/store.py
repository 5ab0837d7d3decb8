"""History: what was read, what was computed, and every run, in one SQL database.

Store.open(url, folder) -> Store      `url` is an SQLAlchemy URL or ""; "" is `folder`/history.db. The file is made 0600
                                      in a 0700 folder; a corrupt, foreign or newer one raises HistoryUnusable. Use `with`.

Before a run (nothing is written except by the methods marked *):
  latest_run() -> Run | None          the newest run of any kind; compare as_of, settings, code_version, inputs with today's
  load_sources(rows=True) -> dict[key, SourceRecord]   every listed source in one query; rows=False leaves `sheet`, `held`
                                      and `problems` out (the idle path: tokens, state, waiting, allowed are there)
  people() -> tuple[Person, ...]      the last recorded people list
  known(scopes) -> dict[(unit, cycle), tuple[Known, ...]]   for identity.resolve. Ask for `scope_of(record, sheet)`: the OLD
                                      unit's name when a unit was renamed inside the same source and cycle
  seen(as_of, updates=()) -> dict[(unit, cycle, identity), Seen]   for portfolio.gather. `updates` are this run's accepted
                                      readings, so that a value first seen now is dated now, and renames are followed
  notes() -> list[Note]               managers' notes
  begin_run(started, as_of) *         leaves a mark beside the database until the run's record is written; the next open
                                      after a killed run checks the whole file

One of these ends a run, and gives the run's id:
  commit_run(RunResult) *             everything in ONE transaction
  record_run(Run) *                   only the run itself: an idle or a failed one (adds one row)
After the commit (all re-doable, so each is recorded when it is done):
  published(run_id, master_digest) *
  record_feedback(key, digest, token, content_hash) *   our own write into a workbook: becomes its token, so it is no change

To show: runs(n), trend(units=None, weeks=13), changes(since), findings() (problem, first seen), history_of(word), status(),
         rebuild(run_id) (sources, people, seen and settings of a past run)
Ways out: accept(name_or_key, at) * -> list of keys, forget(word) * -> Forgotten, prune(before) * -> runs removed

Decisions. Row history (`point`) is changes-only and append-only. Dates never go backwards: a run whose as-of date lies
before what a row already has records its change under the row's newest date, and `seen` never tells a date after as_of.
An error in `Current` or `Confidence` is recorded but never compared: when it is mended, the value counts as the one from
before, not as a check-in. First sight of a row dates its value and is no check-in; any change after it is one.
SQLite runs with a rollback journal (one file to back up, nothing left behind in a write-ahead log), synchronous=FULL,
secure_delete, foreign keys on. Ids are given by us inside the write transaction, so inserts go in batches.
"""
