"""The command line: the only room that prints or exits; `cli_addin` and `cli_words` belong to it.

Data goes to stdout, progress and messages to stderr. Each command imports what it needs when it runs,
so that `okrsync --help` stays quick and no command loads pandas before it must.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sync import cli_addin
from sync.cli_words import out as _out
from sync.cli_words import print_parts as _print
from sync.cli_words import say as _say
from sync.core.errors import HistoryUnusable, OkrsyncError, PublishError, UsageError
from sync.outcome import FINDINGS, FINE, NOTHING, PARTIAL, USAGE

if TYPE_CHECKING:
    from sync.config import Settings
    from sync.core.problems import Problem
    from sync.looking import Seen


app = typer.Typer(
    name="okrsync",
    help="Reads every team's OKR workbook, checks it cell by cell, and merges all into one master workbook.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(cli_addin.app, name="addin")


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


Sources = Annotated[
    list[str] | None,
    typer.Argument(help="Workbooks, folders, addresses of Google sheets; without any, the configured ones."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="OKRSYNC_CONFIG", help="The settings file (default: ./config.toml)."),
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Take this for now, e.g. 2026-11-21 or 2026-11-21T09:00."),
]
Output = Annotated[Format, typer.Option("--format", help="text, json or csv.")]


# --- what all commands share --------------------------------------------------------------------


def main() -> None:
    """Runs the command line; every error a user can meet ends in a sentence and an exit code."""
    with _stoppable():
        try:
            app()
        except UsageError as error:
            _stop(USAGE, *error.problems)
        except (HistoryUnusable, PublishError) as error:
            _stop(NOTHING, str(error))
        except OkrsyncError as error:
            _stop(PARTIAL, str(error))
        except BrokenPipeError:
            sys.stderr.close()
            raise SystemExit(FINE) from None
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _stop(NOTHING, f"{place}{error.strerror or error}. Nothing half-done was left.")
        except Exception as error:  # the last door: a fault of ours becomes a sentence, never a traceback
            if os.environ.get("OKRSYNC_DEBUG"):
                raise
            _stop(NOTHING, _FAULT.format(kind=type(error).__name__, text=error))


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM and Ctrl-C roll back the step under way and end with a sentence (TRUST 21)."""

    def stop(number: int, _frame: object) -> NoReturn:
        _stop(
            FINE if number == signal.SIGTERM else 130,
            "Stopped. What was committed is safe; the next run goes on from there.",
        )

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_FAULT = (
    "This is a fault of okrsync itself ({kind}: {text}); nothing half-done was published. "
    "Run the command again with OKRSYNC_DEBUG=1 in the environment and report what it prints."
)


def _stop(code: int, *sentences: str) -> NoReturn:
    for sentence in sentences:
        _say(sentence)
    raise SystemExit(code)


def _settings(config: Path | None) -> Settings:
    """The settings of that file, or of ./config.toml where there is one, or the defaults."""
    from sync.config import load

    return load(_config_file(config), os.environ)


def _config_file(config: Path | None) -> Path | None:
    default = Path("config.toml")
    return config or (default if default.exists() else None)


def _moment(as_of: str | None, settings: Settings) -> datetime:
    """Now, or the moment given, in the organisation's time zone; the only place where the clock is read."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(settings.organisation.time_zone)
    if as_of is None:
        return datetime.now(UTC).astimezone(zone)
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise UsageError(
            f'--as-of "{as_of}" is not a date; write it like 2026-11-21 or 2026-11-21T09:00.'
        ) from None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _progress(total: int, what: str) -> Callable[[], None]:
    """A function to call after each step: a bar on a terminal, one plain line otherwise."""
    if not total:
        return lambda: None
    if not sys.stderr.isatty():
        _say(f"{what}: {total}")
        return lambda: None
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)
    bar.start()
    atexit.register(bar.stop)  # also when a step fails: it gives the terminal its cursor back
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        bar.advance(task)
        if done >= total:
            bar.stop()

    return step


def _look(sources: list[str] | None, settings: Settings, as_of: str | None) -> Seen:
    """What stands in those workbooks (none: the configured ones); says so when there are none."""
    from sync import intake, report
    from sync.looking import look

    seen = look(sources or [], settings, _moment(as_of, settings).date(), progress=_progress)
    if not seen.intakes:
        places = sources or intake.place_names(settings)
        _say(f"There is no workbook in {', '.join(map(str, places))}.")
    for line in report.edited_lines(seen.being_edited):
        _say(line)
    return seen


def _exit_code(problems: Iterable[Problem], *, partial: bool = False, nothing: bool = False) -> int:
    errors = any(problem.severity == "error" for problem in problems)
    return NOTHING if nothing else PARTIAL if partial else FINDINGS if errors else FINE


# --- looking, without writing --------------------------------------------------------------------


@app.command(epilog="Example: okrsync check teams/ --format json")
def check(
    sources: Sources = None, config: Config = None, as_of: AsOf = None, output: Output = Format.TEXT
) -> None:
    """Validate workbooks cell by cell; writes nothing."""
    from sync import report

    seen = _look(sources, _settings(config), as_of)
    if output is Format.JSON:
        _out(report.dumps(report.check_json(seen.intakes, seen.assessment.problems)))
    elif output is Format.CSV:
        _out(report.csv_text([report.problem_json(p, with_source=True) for p in seen.assessment.problems]))
    else:
        for line in report.problem_lines(seen.assessment.problems):
            _out(line)
        books = "1 workbook" if len(seen.intakes) == 1 else f"{len(seen.intakes)} workbooks"
        _out(f"{books} checked: {report.tally(seen.assessment.problems)}.")
    raise typer.Exit(_exit_code(seen.assessment.problems, partial=seen.partial, nothing=seen.nothing))


@app.command(epilog="Example: okrsync score teams/ --as-of 2026-11-21")
def score(
    sources: Sources = None, config: Config = None, as_of: AsOf = None, output: Output = Format.TEXT
) -> None:
    """Compute scores and roll-ups; writes nothing."""
    from sync import report

    seen = _look(sources, _settings(config), as_of)
    if output is Format.JSON:
        _out(report.dumps(report.score_json(seen.assessment)))
    elif output is Format.CSV:
        _out(report.csv_text(report.key_result_records(seen.assessment)))
    else:
        from sync.show import score_tables

        _print(score_tables(seen.assessment))
    raise typer.Exit(_exit_code(seen.assessment.problems, partial=seen.partial, nothing=seen.nothing))


@app.command(epilog="Example: okrsync rules --format json")
def rules(
    output: Output = Format.TEXT,
    docs: Annotated[Path | None, typer.Option(help="Write the rules' pages into this folder.")] = None,
) -> None:
    """List every rule that okrsync checks."""
    from sync import report
    from sync.core.checks.pages import pages
    from sync.core.problems import RULES

    known = [RULES[code] for code in sorted(RULES)]
    if docs:
        docs.mkdir(parents=True, exist_ok=True)
        for name, text in pages().items():
            (docs / name).write_text(text, encoding="utf-8")
        _say(f"{len(known)} rules written to {docs}.")
    elif output is Format.TEXT:
        for rule in known:
            _out(f"{rule.code}  {rule.severity:<7}  {rule.title}")
    else:
        records = [
            {"code": r.code, "severity": str(r.severity), "title": r.title, "hint": r.hint} for r in known
        ]
        _out(report.csv_text(records) if output is Format.CSV else report.dumps({"rules": records}))


@app.command(epilog="Examples: okrsync explain S107; okrsync explain MKT-O1-KR2")
def explain(
    what: Annotated[
        str, typer.Argument(metavar="CODE|ID|UNIT", help="A rule's code, an id, or a unit's name.")
    ],
    sources: Sources = None,
    config: Config = None,
    as_of: AsOf = None,
) -> None:
    """Explain a rule, or where a number comes from: every input, its cell, the formula, the way up."""
    from sync.core.checks.pages import render_page
    from sync.core.problems import RULES

    if what.upper() in RULES:
        _out(render_page(RULES[what.upper()]).rstrip())
        return
    from sync.explain import explain as explained

    seen = _look(sources, _settings(config), as_of)
    lines = explained(what, seen.assessment)
    if not lines:
        raise UsageError(
            f'Nothing is called "{what}": it is no rule, no id and no unit in the sheets that were read.'
        )
    for line in lines:
        _out(line)


# --- the run --------------------------------------------------------------------------------------


@app.command(epilog="Example: okrsync sync --dry-run")
def sync(
    config: Config = None,
    as_of: AsOf = None,
    output: Output = Format.TEXT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
    ] = False,
    force: Annotated[
        list[str] | None, typer.Option(help="Read this source although it looks unchanged.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Read every source, and renew what the drop-downs offer.")
    ] = False,
) -> None:
    """Read, check, score, and publish the master workbook: one whole run."""
    from sync import report
    from sync.pipeline import run

    settings = _settings(config)
    done = run(
        settings,
        _moment(as_of, settings),
        dry_run=dry_run,
        force=force or [],
        sweep=sweep,
        progress=_progress,
    )
    if output is Format.JSON:
        _out(report.dumps(done.json()))
    else:
        for line in done.lines():
            _out(line)
    raise typer.Exit(done.exit_code)


@app.command("run", epilog="Examples: okrsync run; okrsync run --once")
def run_service(
    config: Config = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end; for cron.")] = False,
) -> None:
    """Be the service: do everything in the [schedule] at its time."""
    from sync.daemon import service
    from sync.history.desk import Desk

    settings = _settings(config)
    with Desk.open(settings.history.url, settings.state_folder()) as desk:
        working = service(settings, _config_file(config), desk, _say)
        raise typer.Exit(working.once() if once else working.serve())


@app.command(epilog="Example: okrsync accept 'Retail Partners.xlsx'")
def accept(
    source: Annotated[str, typer.Argument(help="The source's name, as `okrsync status` shows it.")],
    config: Config = None,
) -> None:
    """Believe a held source at its next sync, once."""
    from sync.health import accept_source

    _out(accept_source(source, _settings(config)))


@app.command("fill-ids", epilog="Example: okrsync fill-ids Marketing --dry-run")
def fill_ids(
    sheet: Annotated[str, typer.Argument(help="The name or the id of a sheet in Google.")],
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the ids; write nothing.")] = False,
) -> None:
    """Give ids to the rows of a Google sheet that have none."""
    from sync.filling import fill_ids as filled

    for line in filled(sheet, _settings(config), dry_run=dry_run):
        _out(line)


@app.command(epilog="Example: okrsync status --format json")
def status(config: Config = None, output: Output = Format.TEXT) -> None:
    """Say whether all is well, and since when not, from the history alone."""
    from sync import report
    from sync.health import health

    settings = _settings(config)
    found = health(settings, _moment(None, settings))
    if output is Format.JSON:
        _out(report.dumps(found.json()))
    else:
        for line in found.lines():
            _out(line)
    raise typer.Exit(FINE if found.healthy else PARTIAL)


@app.command(epilog="Example: okrsync doctor --quick")
def doctor(
    config: Config = None,
    output: Output = Format.TEXT,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not look into each sheet in Google (one read each).")
    ] = False,
) -> None:
    """Check settings, folders, rights, credentials and sheets, and say how to mend each."""
    import time

    from sync import report
    from sync.doctor.examine import examine
    from sync.doctor.telling import as_json, exit_code, table, verdict

    found = examine(_settings(config), quick=quick, now=time.time, progress=_progress)
    if output is Format.JSON:
        _out(report.dumps(as_json(found)))
    else:
        _print([table(found), verdict(found)])
    raise typer.Exit(exit_code(found))


@app.command(epilog="Example: okrsync history Marketing")
def history(
    what: Annotated[
        str | None, typer.Argument(metavar="[UNIT|ID]", help="A unit's name or a row's id.")
    ] = None,
    config: Config = None,
    output: Output = Format.TEXT,
) -> None:
    """Show the runs, a unit's weekly scores, or every recorded value of an id."""
    from sync import report
    from sync.health import past, past_lines

    records = past(what, _settings(config))
    if output is Format.JSON:
        _out(report.dumps({"history": records}))
    elif output is Format.CSV:
        _out(report.csv_text(records))
    else:
        for line in past_lines(records):
            _out(line)


@app.command(epilog="Example: okrsync forget kim@example.org")
def forget(
    who: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address or name.")],
    config: Config = None,
) -> None:
    """Replace a person by a pseudonym everywhere in the history."""
    from sync.health import forget_person

    _out(forget_person(who, _settings(config)))


# --- messages -------------------------------------------------------------------------------------

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")]
OutFolder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Write the messages there, as .eml and .html.")
]
Force = Annotated[bool, typer.Option("--force", help="With --dry-run: what is not due yet, too.")]


@app.command(epilog="Example: okrsync remind --dry-run --out mails --force")
def remind(
    config: Config = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: OutFolder = None,
    force: Force = False,
    news: Annotated[
        bool, typer.Option("--news", help="Wins, new dependencies and a cycle's beginning instead.")
    ] = False,
) -> None:
    """Remind those whose check-ins are missing, and after some days those above them."""
    _tell("news" if news else "reminders", config, as_of, dry_run=dry_run, out=out, force=force)


@app.command(epilog="Example: okrsync digest --dry-run --out mails")
def digest(
    config: Config = None,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    out: OutFolder = None,
    force: Force = False,
    findings: Annotated[
        bool, typer.Option("--findings", help="The champions' findings instead of the managers' digest.")
    ] = False,
) -> None:
    """Tell managers how their units stand this week, or champions what to mend."""
    _tell("findings" if findings else "digest", config, as_of, dry_run=dry_run, out=out, force=force)


def _tell(
    job: str, config: Path | None, as_of: str | None, *, dry_run: bool, out: Path | None, force: bool
) -> None:
    """One job of messages by hand: shown, or sent."""
    from sync import post

    settings = _settings(config)
    if force and not dry_run:
        raise UsageError("--force is for looking: give --dry-run, too.")
    told = post.tell(job, settings, _moment(as_of, settings), dry_run=dry_run, out=out, force=force)
    for line in told.lines():
        _out(line)
    raise typer.Exit(told.exit_code)


class Meeting(StrEnum):
    """The meetings of a cycle."""

    WEEKLY = "weekly"
    ONE_ON_ONE = "one-on-one"
    TEAM_REVIEW = "team-review"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    RETROSPECTIVE = "retrospective"


@app.command(epilog="Example: okrsync agenda --unit Marketing --kind team-review")
def agenda(
    unit: Annotated[str, typer.Option(help="The unit that meets.")] = "",
    person: Annotated[str, typer.Option(metavar="EMAIL", help="The person to talk with.")] = "",
    kind: Annotated[
        Meeting | None, typer.Option(help="The meeting; default: weekly, for a person one-on-one.")
    ] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Mail it to those who meet instead of printing it.")
    ] = False,
    dry_run: DryRun = False,
    config: Config = None,
    as_of: AsOf = None,
) -> None:
    """Print a meeting's agenda as Markdown, the least certain key results first, or mail it."""
    from sync import meetings
    from sync.core.agenda import Kind

    if bool(unit) == bool(person):
        raise UsageError("Give --unit NAME or --person EMAIL.")
    settings = _settings(config)
    moment = _moment(as_of, settings)
    meeting = meetings.Meeting(unit, person, Kind(kind) if kind else None)
    if not mail:
        _out(meetings.agenda_of(settings, moment, meeting).rstrip())
        return
    told = meetings.mail_agenda(settings, moment, meeting, dry_run=dry_run)
    for line in told.lines():
        _out(line)
    raise typer.Exit(told.exit_code)


@app.command(epilog="Example: okrsync calendar -o okr.ics --link https://meet.example.org/okr")
def calendar(
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")] = Path(
        "okr.ics"
    ),
    link: Annotated[str, typer.Option(metavar="URL", help="Where people meet.")] = "",
    config: Config = None,
    as_of: AsOf = None,
) -> None:
    """Write the cadence of the cycle as a calendar file."""
    from sync.meetings import calendar_of

    settings = _settings(config)
    out.write_text(calendar_of(settings, _moment(as_of, settings), link), encoding="utf-8", newline="")
    _out(f"Written: {out}")


class OutboxAction(StrEnum):
    """What can be done with the outbox."""

    LIST = "list"
    RESEND = "resend"
    RELEASE = "release"


@app.command(epilog="Examples: okrsync outbox list; okrsync outbox resend 12")
def outbox(
    action: Annotated[
        OutboxAction, typer.Argument(metavar="[ACTION]", help="list, resend ID, or release what is held.")
    ] = OutboxAction.LIST,
    number: Annotated[int | None, typer.Argument(metavar="[ID]", help="The message's number.")] = None,
    config: Config = None,
    as_of: AsOf = None,
) -> None:
    """Show what was sent, send one again whose result is unknown, or let held messages go."""
    from sync import outbox as by_hand

    settings = _settings(config)
    moment = _moment(as_of, settings)
    if (action is OutboxAction.RESEND) != (number is not None):
        raise UsageError("`resend` takes the number of a message, the others none: okrsync outbox resend 12.")
    if number is not None:
        _out(by_hand.resend(number, settings, moment))
    elif action is OutboxAction.RELEASE:
        _out(by_hand.release(settings, moment))
    else:
        for line in by_hand.listed(settings):
            _out(line)


# --- making things --------------------------------------------------------------------------------


@app.command(epilog="Example: okrsync login --client client_secret.json")
def login(
    client: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="This OAuth client; default: those of [google] credentials."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to come back to; 0: any.")] = 0,
    write: Annotated[
        bool, typer.Option("--write", help="Ask for writing too, for `fill-ids` and `template --google`.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Ask for creating sheets too, for `template --google --folder`.")
    ] = False,
    config: Config = None,
) -> None:
    """Let okrsync use a person's own account at Google: asks once, in the browser."""
    from sync.consent import ask

    for line in ask(_settings(config), client, port=port, write=write, create=create, say=_say):
        _out(line)


@app.command(epilog="Example: okrsync init okrs")
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to begin.")] = Path(),
    name: Annotated[str, typer.Option(help="The organisation's name.")] = "My company",
    as_of: AsOf = None,
) -> None:
    """Make config.toml, the folders, the company's sheet and a first team's sheet."""
    from sync.starting import start

    for line in start(folder, name, _date(as_of)):
        _out(line)


@app.command(epilog="Example: okrsync template --unit Marketing --level Team --parent Growth --cycle 2026-Q4")
def template(
    unit: Annotated[str | None, typer.Option(help="The unit's name.")] = None,
    level: Annotated[str, typer.Option(help="Company, Department, Team or Individual.")] = "Team",
    parent: Annotated[str, typer.Option(help="The unit above.")] = "",
    cycle: Annotated[str, typer.Option(help="For example 2026-Q4; default: the quarter of today.")] = "",
    units: Annotated[
        Path | None,
        typer.Option("--from", metavar="UNITS.CSV", help="One workbook for each line of this list."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file, or with --from the folder.")
    ] = None,
    google: Annotated[bool, typer.Option("--google", help="In Google Sheets instead.")] = False,
    into: Annotated[
        str | None, typer.Option(metavar="SHEET", help="With --google: an empty sheet, by address or id.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="With --google: where to make it in Drive.")
    ] = None,
    config: Config = None,
    as_of: AsOf = None,
) -> None:
    """Make one team's workbook, or all of them at once from a list of units."""
    from sync.starting import Asked, templates

    settings = _settings(config)
    today = _moment(as_of, settings).date()
    asked = Asked(unit, level, parent, cycle, units)
    if google and out is None:
        from sync.starting_google import templates_in_google

        lines = templates_in_google(settings, today, asked, into=into, folder=folder)
    elif google or into is not None or folder is not None:
        raise UsageError(
            "-o makes workbooks; --google with --into SHEET or --folder FOLDER makes Google Sheets."
        )
    else:
        lines = templates(settings, today, asked, out)
    for line in lines:
        _out(line)


@app.command(epilog="Example: okrsync demo demo")
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to make it.")] = Path("demo"),
    as_of: AsOf = None,
    google_endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Make the sheets on a Google test server on this machine."),
    ] = None,
) -> None:
    """Make a sample company and run the whole job on it."""
    from sync.demo.build import build
    from sync.show import demo_summary

    if google_endpoint is None:
        _print(demo_summary(build(folder, _date(as_of), progress=_progress)))
        return
    from sync.demo.google import GoogleShelf

    with GoogleShelf(folder, google_endpoint) as shelf:
        _print(demo_summary(build(folder, _date(as_of), progress=_progress, shelf=shelf)))


def _date(as_of: str | None) -> date:
    from sync.config import load

    return _moment(as_of, load(None, {})).date()


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True)
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        _out(f"okrsync {installed('okrsync')}")
        raise typer.Exit


if __name__ == "__main__":
    main()
