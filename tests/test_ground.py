"""The ground the project stands on: locks, licences, the Makefile, and what a commit must not hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
OURS = ("sync", "sheet_templates", "addin")
NOT_IMPORTED = {"tzdata"}  # it is data
EXTRAS = ("chat", "google", "keyring")  # what the code imports where it is installed
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|HPND|Unlicense|CC0|Zlib)", re.IGNORECASE
)
UNCHANGED = {"certifi"}  # the list of certificate authorities, MPL 2.0: used as it comes, through requests
COPYLEFT = re.compile(r"\b[AL]?GPL|GNU ", re.IGNORECASE)


def locked(lock: Path) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes."""
    for entry in lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        yield Requirement(requirement), hashes


def declared() -> list[Requirement]:
    """What the project says it needs to run."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [
        Requirement(text)
        for text in (*project["dependencies"], *extras["google"], *extras["keyring"], *extras["chat"])
    ]


def licence_of(found: Distribution) -> str:
    """The licence in a distribution's metadata: the expression, else classifiers and a free text's start."""
    expression, classifiers, texts = (
        [str(value) for value in found.metadata.get_all(name) or []]
        for name in ("License-Expression", "Classifier", "License")
    )
    named = [classifier for classifier in classifiers if classifier.startswith("License ::")]
    return " ".join(expression or [*named, *(text.strip().partition("\n")[0] for text in texts)])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_hashes(lock: Path) -> None:
    for requirement, hashes in locked(lock):
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_record_no_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "//" not in text
    assert not re.search(r"^\s*(-i|--(?!hash)[a-z-]+)|@", text, re.MULTILINE)


def test_both_locks_agree() -> None:
    runtime, everything = ({str(requirement) for requirement, _ in locked(lock)} for lock in LOCKS)
    assert runtime - everything == set()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    versions = {requirement.name: requirement.specifier for requirement, _ in locked(LOCKS[0])}
    for wanted in declared():
        version = str(versions[wanted.name]).removeprefix("==")
        assert wanted.specifier.contains(version), wanted


def test_what_the_code_imports_is_what_the_project_declares() -> None:
    trees = [
        ast.parse(file.read_text(encoding="utf-8")) for room in OURS for file in (ROOT / room).rglob("*.py")
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - set(OURS) - sys.stdlib_module_names
    wanted = {canonicalize_name(one.name) for one in declared()}
    owners = {**packages_distributions(), "google": ["google-auth"]}  # several packages share that name
    imported = {canonicalize_name(owners[name][0]) for name in foreign} - {
        "pydantic-core"
    }  # comes with pydantic
    assert imported == wanted - NOT_IMPORTED


def test_licences_of_what_runs_are_permissive() -> None:
    for requirement, _ in locked(LOCKS[0]):
        if requirement.marker and not requirement.marker.evaluate():
            continue  # for another system or Python
        licence = licence_of(distribution(requirement.name))
        assert PERMISSIVE.search(licence) or requirement.name in UNCHANGED, f"{requirement.name}: {licence}"
        assert not COPYLEFT.search(licence), f"{requirement.name}: {licence}"


def test_the_driver_of_postgresql_which_is_lgpl_is_locked_for_tests_only() -> None:
    runtime, everything = ({requirement.name for requirement, _ in locked(lock)} for lock in LOCKS)
    assert {"psycopg", "psycopg-binary"} <= everything - runtime
    assert COPYLEFT.search(licence_of(distribution("psycopg")))


def test_a_caption_stands_above_each_makefile_target() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    targets = [i for i, line in enumerate(lines) if re.match(r"[^\s#.:=][^:=]*:(?!=)", line)]
    assert {"demo", "test", "check", "bench", "template", "lock"} <= {lines[i].split(":")[0] for i in targets}
    assert [lines[i] for i in targets if not lines[i - 1].startswith("# ")] == []


def test_nothing_committed_names_a_package_host_or_this_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    # Written so that the pattern does not find itself.
    hosts = r"py[p]i\.org|pythonhost[e]d\.org|npm[j]s\.(org|com)|deb\.debi[a]n\.org|/w[o]rk/|/f[a]rm/"
    found = subprocess.run(
        ["git", "grep", "-nIE", hosts], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
