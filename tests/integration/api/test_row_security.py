"""The second wall: even a query that forgets whose rows it wants gets only its merchant's."""

from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.house import House
from tests.integration.api.estate import Estate

OWNED: Final = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
  EXISTS (SELECT FROM pg_attribute l WHERE l.attrelid = c.oid AND l.attname = 'livemode')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'merchant_id'
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname"""
POLICIES: Final = """
SELECT tablename, qual, with_check FROM pg_policies WHERE 'sluice_tenant' = ANY (roles)"""
FOREIGN_KEYS: Final = """
SELECT k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
  (SELECT array_agg(a.attname::text ORDER BY x.n) FROM unnest(k.conkey) WITH ORDINALITY x (num, n)
     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num) AS columns
FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"""
PRIMARY_KEYS: Final = """
SELECT k.conrelid::regclass::text,
  (SELECT array_agg(a.attname::text ORDER BY x.n) FROM unnest(k.conkey) WITH ORDINALITY x (num, n)
     JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num)
FROM pg_constraint k WHERE k.contype = 'p' AND k.connamespace = 'public'::regnamespace"""

# What only the chain, or the order of writing, makes one of a kind.
GLOBAL_KEYS: Final = {
    "audit_log": ["seq"],
    "conversions": ["network", "tx_id", "index"],
    "credits": ["network", "tx_id", "index", "seq"],
    "event_counters": ["merchant_id", "livemode"],
    "facts": ["id"],
    "ledger_accounts": ["id"],
    "transfers": ["network", "tx_id", "index"],
}
# References across the wall, and what keeps them honest instead.
GLOBAL_REFERENCES: Final = {
    ("credits", "transfers"): "a transfer is the chain's; the credit's own key names its merchant",
}


@pytest.fixture
def wall(house: House) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection whose transaction is thrown away."""
    with psycopg.connect(house.settings.database_url) as connection:
        yield connection
        connection.rollback()


def narrow(wall: psycopg.Connection[Any], merchant_id: str, *, livemode: bool = False) -> None:
    """Become a merchant as a Work does."""
    wall.execute(
        "SELECT set_config('role', 'sluice_tenant', true), "
        "set_config('sluice.merchant', %s, true), set_config('sluice.livemode', %s, true)",
        [merchant_id, "on" if livemode else "off"],
    )


def tables(house: House) -> list[tuple[str, bool]]:
    """Return every table that has a merchant, and whether it has a mode."""
    return [(name, has_mode) for name, _, _, has_mode in house.sql(OWNED)]


def test_every_table_with_a_merchant_is_walled(house: House) -> None:
    found = house.sql(OWNED)
    policies = {name: (qual, check) for name, qual, check in house.sql(POLICIES)}

    assert len(found) >= 20
    assert [name for name, enabled, forced, _ in found if not (enabled and forced)] == []
    for name, _, _, has_mode in found:
        qual, check = policies[name]
        assert "sluice.merchant" in qual, name
        assert ("sluice.livemode" in qual) is has_mode, name
        assert check is None or check == qual, name


def test_every_key_begins_with_its_merchant_and_mode(house: House) -> None:
    keys = dict(house.sql(PRIMARY_KEYS))
    owned = {name for name, _ in tables(house)}

    global_keys = {
        name: columns
        for name, columns in keys.items()
        if name in owned and columns[:2] != ["merchant_id", "livemode"]
    }

    expected = {k: v for k, v in GLOBAL_KEYS.items() if v[:2] != ["merchant_id", "livemode"]}
    assert global_keys == expected


def test_every_reference_carries_its_merchant_and_mode(house: House) -> None:
    owned = {name for name, _ in tables(house)}

    loose = {
        (child, parent)
        for child, parent, columns in house.sql(FOREIGN_KEYS)
        if child in owned and parent in owned and columns[:2] != ["merchant_id", "livemode"]
    }

    assert loose == set(GLOBAL_REFERENCES)


def test_a_merchant_sees_its_own_rows_in_every_table_and_no_others(
    house: House, wall: psycopg.Connection[Any], estates: tuple[Estate, Estate]
) -> None:
    mine, theirs = (estate.merchant.id for estate in estates)
    names = [name for name, _ in tables(house)]
    whole = {
        name: {row[0] for row in wall.execute(f"SELECT DISTINCT merchant_id FROM {name}")}
        for name in names
    }

    narrow(wall, mine)
    seen = {
        name: {row[0] for row in wall.execute(f"SELECT DISTINCT merchant_id FROM {name}")}
        for name in names
    }

    assert [name for name in names if not {mine, theirs} <= whole[name]] == []
    assert seen == {name: {mine} for name in names}


def test_a_merchant_sees_the_rows_of_one_mode(
    house: House, wall: psycopg.Connection[Any], estates: tuple[Estate, Estate]
) -> None:
    names = [name for name, has_mode in tables(house) if has_mode and name != "api_keys"]

    narrow(wall, estates[0].merchant.id, livemode=True)

    seen = {name: wall.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names}
    assert seen == dict.fromkeys(names, (0,))


def test_nobody_in_particular_sees_nothing(
    house: House, wall: psycopg.Connection[Any], estates: tuple[Estate, Estate]
) -> None:
    assert estates
    wall.execute("SET LOCAL ROLE sluice_tenant")

    for name, _ in tables(house):
        assert wall.execute(f"SELECT count(*) FROM {name}").fetchone() == (0,), name


def test_a_merchant_can_write_no_row_of_anothers(
    house: House, wall: psycopg.Connection[Any], estates: tuple[Estate, Estate]
) -> None:
    mine, theirs = (estate.merchant.id for estate in estates)
    allowed = "SELECT has_table_privilege('sluice_tenant', %s, 'INSERT')"
    names = [name for name, _ in tables(house) if house.sql(allowed, name) == [(True,)]]
    find = "SELECT to_jsonb(t) FROM {} t WHERE merchant_id = %s LIMIT 1"
    rows = {name: house.sql(find.format(name), theirs)[0][0] for name in names}

    narrow(wall, mine)
    for name, row in rows.items():
        copy = f"SELECT * FROM jsonb_populate_record(NULL::{name}, %s)"
        write = f"INSERT INTO {name} OVERRIDING SYSTEM VALUE {copy}"
        assert refused(wall, write, Jsonb(row)), name

    assert len(names) >= 15


def test_a_merchant_can_change_no_row_of_anothers(
    wall: psycopg.Connection[Any], estates: tuple[Estate, Estate]
) -> None:
    mine, theirs = (estate.ids["payment_intent"] for estate in estates)
    narrow(wall, estates[0].merchant.id)
    change = "UPDATE payment_intents SET amount = amount + 1 WHERE id = %s"

    changed = [wall.execute(change, [object_id]).rowcount for object_id in (theirs, mine)]

    assert changed == [0, 1]


@pytest.mark.parametrize("name", ["ledger_entries", "ledger_postings", "audit_log"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "UPDATE {} SET merchant_id = merchant_id", "TRUNCATE {} CASCADE"]
)
def test_a_merchant_can_take_nothing_out_of_the_books(
    wall: psycopg.Connection[Any], estates: tuple[Estate, Estate], name: str, change: str
) -> None:
    narrow(wall, estates[0].merchant.id)

    assert refused(wall, change.format(name))


def refused(wall: psycopg.Connection[Any], statement: str, *args: object) -> bool:
    """Try a statement and say whether it was refused as not allowed."""
    try:
        with wall.transaction():
            wall.execute(statement.encode(), args or None)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False
