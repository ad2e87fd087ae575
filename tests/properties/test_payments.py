"""Whatever order news come in, the books end the same, and every unit has an owner."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sluice.business.accounts.merchants.model import FeePlan
from sluice.business.payments.intents.book import Credit, deposit, finalization, plan_books
from sluice.business.payments.intents.model import Payment, PaymentIntent, Status
from sluice.business.payments.intents.resolve import Purpose, resolve, stand
from sluice.engine.ledger.model import Entry, Posting
from tests.builders import NOON, a_payment, an_intent, an_offer, minutes

STATES = st.sampled_from(["mempool", "included", "confirmed", "final", "orphaned"])
PAYMENTS = st.lists(
    st.builds(
        lambda units, state, late, asset: a_payment(
            units, state, paid_at=NOON + minutes(300 if late else 1), asset=asset
        ),
        st.integers(1, 30_000_000),
        STATES,
        st.booleans(),
        st.sampled_from(["usdc", "usdc", "usdt", "stx"]),
    ),
    max_size=6,
).map(lambda payments: [dataclasses.replace(p, tx_id=f"tx{n}") for n, p in enumerate(payments)])
PLANS = st.builds(FeePlan, bps=st.integers(0, 1000), fixed=st.integers(0, 50))


class Books:
    """A ledger as plain sums, moved by the plans for one intent."""

    def __init__(self, intent: PaymentIntent) -> None:
        self.intent = intent
        self.live: list[Credit] = []
        self.seqs: dict[tuple[str, str, int], int] = {}
        self.sums: Counter[tuple[str, str]] = Counter()
        self.entries: dict[str, list[tuple[str, str, int]]] = {}
        self.settled: Sequence[Posting] = ()

    def take(self, payments: list[Payment]) -> None:
        """Fold payments as they stand now into the intent and the sums."""
        order = {
            one.key: turn for turn, one in enumerate(self.live) if one.purpose is Purpose.PAYMENT
        }
        standing = stand(self.intent, payments, order)
        moved, _ = resolve(self.intent, standing, NOON + minutes(2))
        plan = plan_books(self.intent, moved, standing, self.live, self.seqs)
        for entry_id in [*(one.entry_id for one in plan.undo), *filter(None, [plan.unsettle])]:
            self._move(self.entries.pop(entry_id), -1)
        for credit in plan.add:
            entry_id = f"{credit.key}:{credit.seq}"
            self._write(entry_id, deposit(credit, ""))
            self.live.append(dataclasses.replace(credit, entry_id=entry_id))
            self.seqs[credit.key] = credit.seq
        self.live = [one for one in self.live if one not in plan.undo]
        if plan.unsettle:
            moved = msgspec.structs.replace(moved, settlement_id=None)
        if plan.settle:
            seq = plan.settle.seq
            self._write(f"settle{seq}", plan.settle)
            self.settled = plan.settle.postings
            moved = msgspec.structs.replace(moved, settlement_id=f"settle{seq}", settle_seq=seq)
        if plan.finalize:
            freed = finalization(moved, self.settled)
            if freed is not None:
                self._write(f"final{freed.seq}", freed)
            moved = msgspec.structs.replace(moved, finalized_at=NOON)
        self.intent = moved

    def _write(self, entry_id: str, entry: Entry) -> None:
        postings = [
            (p.account, p.money.asset.code, p.money.units if p.side == "D" else -p.money.units)
            for p in entry.postings
        ]
        self.entries[entry_id] = postings
        self._move(postings, 1)

    def _move(self, postings: list[tuple[str, str, int]], sign: int) -> None:
        for account, asset, units in postings:
            self.sums[account, asset] += sign * units


def intent_with(plan: FeePlan) -> PaymentIntent:
    """An intent payable in USDC and USDT."""
    return an_intent(an_offer("usdc"), an_offer("usdt"), fee=plan)


@given(PAYMENTS, PLANS, st.data())
def test_any_order_of_news_ends_in_the_same_books(
    payments: list[Payment], plan: FeePlan, data: st.DataObject
) -> None:
    """Before the end anything may happen but finality; another branch may move other amounts."""
    books = Books(intent_with(plan))
    for _ in range(data.draw(st.integers(0, 5))):
        passing = [
            dataclasses.replace(
                p,
                state=data.draw(STATES.filter(lambda s: s != "final")),
                units=data.draw(st.sampled_from([p.units, p.units + 1, 20_000_000])),
            )
            for p in payments
        ]
        books.take(passing)
    books.take(payments)
    books.take(payments)

    custody: Counter[str] = Counter()
    owned: Counter[str] = Counter()
    for (account, asset), units in books.sums.items():
        (custody if account.startswith("custody") else owned)[asset] += units
    sent = Counter[str]()
    for payment in payments:
        if payment.is_credited:
            sent[payment.asset] += payment.units
    assert +custody == +sent
    assert +custody == Counter({asset: -units for asset, units in owned.items() if units})


@given(PAYMENTS, PLANS)
def test_no_account_of_the_merchant_is_ever_below_zero(
    payments: list[Payment], plan: FeePlan
) -> None:
    books = Books(intent_with(plan))

    books.take(payments)

    for (account, _), units in books.sums.items():
        assert units >= 0 if account.startswith("custody") else units <= 0


@given(PAYMENTS, PLANS)
def test_taking_the_same_news_twice_changes_nothing(payments: list[Payment], plan: FeePlan) -> None:
    books = Books(intent_with(plan))
    books.take(payments)
    before = (books.intent, dict(books.sums))

    books.take(payments)

    assert (books.intent, dict(books.sums)) == before


@given(PAYMENTS, PLANS)
def test_success_means_covered_and_covered_means_success(
    payments: list[Payment], plan: FeePlan
) -> None:
    books = Books(intent_with(plan))

    books.take(payments)

    standing = stand(books.intent, payments, {one.key: n for n, one in enumerate(books.live)})
    if books.intent.finalized_at is not None:
        assert not any(units for (account, _), units in books.sums.items() if account == "pending")
    assert (books.intent.status is Status.SUCCEEDED) == books.intent.covers(standing.credited)
