"""Each rule refuses what it is for, and lets its cure pass."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.tidy import rules
from tests.tidy.rules import Source

OWNED: Final = {"customers": ["merchant_id", "livemode"]}
NOUN: Final = "src/sluice/business/gifts/"
LONG_FUNCTION: Final = "def f() -> None:\n" + "    g()\n" * 50


def forgotten_merchants(source: Source) -> Iterator[str]:
    return rules.forgotten_merchants(source, OWNED)


def dead_links(source: Source) -> Iterator[str]:
    """Apply the rule where there is one other document."""
    return rules.dead_links(source, {PurePosixPath("docs/../README.md")}.__contains__)


Case = tuple[Callable[[Source], Iterator[str]], str, str, str]
CASES: Final[list[Case]] = [
    (
        rules.foreign_stores,
        NOUN + "give.py",
        "from sluice.business.cards import store",
        "from sluice.business.gifts import store",
    ),
    (
        rules.foreign_stores,
        NOUN + "give.py",
        "from sluice.business.cards.store import get",
        "from sluice.business.cards.find import find_card",
    ),
    (rules.code_on_title_pages, NOUN + "__init__.py", '"""Gifts."""\nx = 1', '"""Gifts."""'),
    (rules.code_on_title_pages, NOUN + "__init__.py", "", '"""Gifts."""'),
    (rules.long_files, NOUN + "give.py", "\n" * 301, "\n" * 300),
    (rules.long_functions, NOUN + "give.py", LONG_FUNCTION, LONG_FUNCTION[: -len("    g()\n")]),
    (rules.missing_first_sentences, NOUN + "give.py", "x = 1", '"""Give one away."""'),
    (rules.missing_first_sentences, NOUN + "give.py", '"""give"""', '"""Give one away."""'),
    (rules.commits, NOUN + "give.py", "await connection.commit()", "await work.flush()"),
    (rules.commits, NOUN + "give.py", "run('COMMIT')", "run('COMMITTED')"),
    (rules.floats, NOUN + "model.py", "fee = 1.5", "fee = 15"),
    (rules.floats, NOUN + "model.py", "fee = price / 2", "fee = price // 2"),
    (rules.floats, NOUN + "model.py", "fee = float(price)", "fee = int(price)"),
    (rules.notes_to_self, NOUN + "give.py", "# TODO: later", "# Later ones win."),
    (rules.machine_paths, "docs/a.md", "see /home/ada/notes", "see ~/notes"),
    (dead_links, "docs/a.md", "[b](b.md) ![c](../README.md)", "[b](../README.md#b), [c](#c)"),
    (rules.environment_reads, NOUN + "give.py", "os.environ['A']", "settings.a"),
    (rules.environment_reads, NOUN + "give.py", "a = os.getenv('A')", "os.environ['A'] = 'b'"),
    (rules.environment_reads, NOUN + "give.py", "Option(envvar='A')", "Option(help='A')"),
    (
        rules.loose_tasks,
        NOUN + "give.py",
        "async def f():\n    asyncio.create_task(g())",
        "async def f():\n    async with asyncio.TaskGroup() as t:\n        t.create_task(g())",
    ),
    (
        rules.loose_tasks,
        NOUN + "give.py",
        "def f(t):\n    t.create_task(g())",
        "def f(t):\n    t.run(g())",
    ),
    (
        rules.sql_outside_stores,
        NOUN + "give.py",
        "rows('SELECT id FROM customers')",
        "rows('Select a customer from the list')",
    ),
    (
        forgotten_merchants,
        NOUN + "store.py",
        "GET = 'SELECT id, merchant_id, livemode FROM customers WHERE id = $3'",
        "GET = 'SELECT id FROM customers WHERE merchant_id = $1 AND livemode = $2 AND id = $3'",
    ),
    (
        forgotten_merchants,
        NOUN + "store.py",
        "GET = 'DELETE FROM customers WHERE merchant_id = $1'",
        "GET = 'DELETE FROM customers WHERE at < $1 -- every merchant'",
    ),
    (
        forgotten_merchants,
        NOUN + "store.py",
        "A = 'SELECT id FROM customers'\nGET = A + ' WHERE id = $3'",
        "A = 'SELECT id FROM customers'\nGET = A + ' WHERE (merchant_id, livemode) = ($1, $2)'",
    ),
    (
        forgotten_merchants,
        NOUN + "store.py",
        "GET = 'SELECT id FROM customers'",
        "# -- every merchant\nGET = 'SELECT id FROM customers'",
    ),
    (
        forgotten_merchants,
        NOUN + "store.py",
        "ADD = 'INSERT INTO customers (id) VALUES ($1)'",
        "ADD = 'INSERT INTO customers (merchant_id, livemode, id) VALUES ($1, $2, $3)'",
    ),
]


@pytest.mark.parametrize(("rule", "path", "refused", "cured"), CASES)
def test_a_rule_refuses_what_it_is_for_and_lets_the_cure_pass(
    rule: Callable[[Source], Iterator[str]], path: str, refused: str, cured: str
) -> None:
    assert len(list(rule(Source(PurePosixPath(path), refused)))) == 1
    assert list(rule(Source(PurePosixPath(path), cured))) == []


@pytest.mark.parametrize(
    "path", ["src/sluice/business/gifts/utils.py", "src/sluice/helpers/gifts.py"]
)
def test_a_name_that_says_nothing_is_refused(path: str) -> None:
    assert len(list(rules.junk_drawers(Source(PurePosixPath(path), "")))) == 1


def test_the_owned_tables_are_read_from_the_schema() -> None:
    schema = (
        "CREATE TABLE public.chains (\n    network text NOT NULL\n);\n\n"
        "CREATE TABLE public.cards (\n    merchant_id public.ident,\n    livemode boolean\n);\n"
    )

    assert rules.owned_tables(schema) == {"cards": ["merchant_id", "livemode"]}
