"""The repository checks itself: names, sizes, and the rules no other tool can say."""

import functools
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from tests.tidy import rules
from tests.tidy.rules import Source

ROOT: Final = Path(__file__).parents[2]
# The rules themselves, the linters of contracts, and vectors as others wrote them.
MAY_NAME_WHAT_IS_BANNED: Final = ("tests/tidy/", "contracts/stacks/tools/", "spec/vectors/")
LARGE: Final = 1_000_000
WRITTEN: Final = ("src", "tests", "tools", "benchmarks")

MAY_COMMIT: Final = frozenset({"src/sluice/base/database.py", "src/sluice/base/migrate.py"})
MAY_READ_THE_ENVIRONMENT: Final = frozenset({"src/sluice/app/settings.py"})
# The life of a process: what these start they also stop.
MAY_START_TASKS: Final = frozenset(
    {
        "src/sluice/doors/worker/loops.py",
        "src/sluice/doors/cli/process.py",
        "src/sluice/doors/cli/serve.py",
    }
)
MAY_HOLD_SQL: Final = frozenset(
    {
        "src/sluice/base/migrate.py",
        "src/sluice/base/embedded.py",
        # Wraps the queries of promises.sql, which is a file of SQL beside it.
        "src/sluice/business/trust/promises/check.py",
    }
)
WHOLE_UNITS: Final = (
    "src/sluice/base/money/",
    "src/sluice/engine/ledger/",
    "src/sluice/business/payments/",
)

Rule = Callable[[Source], Iterator[str]]


def named(value: object) -> str:
    """Return how a rule is called in a test's name; its arguments stay unnamed."""
    return getattr(value, "__name__", "on")


def forgotten_merchants(source: Source) -> Iterator[str]:
    """Apply the rule to the tables the schema has today."""
    owned = rules.owned_tables((ROOT / "migrations" / "head.sql").read_text())
    return rules.forgotten_merchants(source, owned)


# Which rule holds for which files, and the few that are its reason to exist.
RULES: Final[list[tuple[Rule, tuple[str, ...], frozenset[str]]]] = [
    (rules.foreign_stores, ("src",), frozenset()),
    (rules.code_on_title_pages, WRITTEN, frozenset()),
    (rules.junk_drawers, WRITTEN, frozenset()),
    (rules.long_files, WRITTEN, frozenset()),
    (rules.long_functions, WRITTEN, frozenset()),
    (rules.missing_first_sentences, WRITTEN, frozenset()),
    (rules.commits, ("src",), MAY_COMMIT),
    (rules.floats, WHOLE_UNITS, frozenset()),
    (rules.environment_reads, ("src",), MAY_READ_THE_ENVIRONMENT),
    (rules.loose_tasks, ("src",), MAY_START_TASKS),
    (rules.sql_outside_stores, ("src",), MAY_HOLD_SQL),
    (forgotten_merchants, ("src",), frozenset()),
]


@pytest.mark.parametrize(("rule", "folders", "exempt"), RULES, ids=named)
def test_the_python_is_tidy(rule: Rule, folders: tuple[str, ...], exempt: frozenset[str]) -> None:
    found = [
        offence
        for source in sources(*folders)
        if source.path.suffix == ".py" and str(source) not in exempt
        for offence in rule(source)
    ]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", [rules.notes_to_self, rules.machine_paths], ids=named)
def test_every_text_is_tidy(rule: Rule) -> None:
    found = [
        offence
        for source in sources(".")
        if not str(source).startswith(MAY_NAME_WHAT_IS_BANNED)
        for offence in rule(source)
    ]

    assert not found, "\n" + "\n".join(found)


def test_every_link_of_a_document_leads_somewhere() -> None:
    found = [
        offence
        for source in sources(".")
        if source.path.suffix == ".md"
        for offence in rules.dead_links(source, lambda path: (ROOT / path).exists())
    ]

    assert not found, "\n" + "\n".join(found)


def git() -> str:
    """Return the path of git, which knows which files are ours."""
    found = shutil.which("git")
    assert found, "git is needed to list the project's files"
    return found


def sources(*folders: str) -> list[Source]:
    """Return the texts of these folders that git has or would add."""
    return [each for each in everything() if "." in folders or each.path.parts[0] in folders]


@functools.cache
def everything() -> list[Source]:
    """Read every text once: each rule then looks at the same tree of it."""
    listed = subprocess.run(
        [git(), "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    found = []
    for name in sorted(set(listed)):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < LARGE and not path.is_symlink():
            content = path.read_bytes()
            if b"\0" not in content:
                found.append(Source(PurePosixPath(name), content.decode(errors="replace")))
    return found
