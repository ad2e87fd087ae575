"""An entry that does not balance cannot exist."""

import pytest

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.engine.ledger.model import Entry, Posting, credit, debit


def entry(*postings: Posting) -> Entry:
    """An entry with these postings."""
    return Entry(
        merchant_id="acct_1",
        livemode=False,
        kind="test",
        source="source",
        seq=1,
        description="",
        postings=postings,
    )


def test_an_entry_in_two_assets_balances_in_each() -> None:
    made = entry(
        debit("custody:x", money(5, "btc")),
        credit("pending", money(5, "btc")),
        debit("custody:x", money(7, "usdc")),
        credit("pending", money(7, "usdc")),
    )

    assert len(made.postings) == 4


@pytest.mark.parametrize(
    "postings",
    [
        (debit("custody:x", money(5, "btc")), credit("pending", money(4, "btc"))),
        (debit("custody:x", money(5, "btc")), credit("pending", money(5, "usdc"))),
        (debit("custody:x", money(0, "btc")), credit("pending", money(0, "btc"))),
        (debit("custody:x", money(-5, "btc")), credit("pending", money(-5, "btc"))),
        (debit("custody:x", money(5, "btc")),),
        (),
        (debit("gold", money(5, "btc")), credit("pending", money(5, "btc"))),
    ],
    ids=["unequal", "mixed", "nothing", "negative", "one side", "empty", "unknown account"],
)
def test_an_entry_that_does_not_balance_cannot_exist(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(Invalid):
        entry(*postings)
