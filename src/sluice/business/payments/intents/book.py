"""What each change of a payment writes in the ledger; the only file that says so; pure.

A confirmed transfer is a deposit: towards its intent (`received`), or unapplied. A covered intent
is settled: what was received becomes the merchant's pending money, less the fee, and a surplus
becomes unapplied. Once no fork can reach the payments, pending becomes available.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluice.base.money import rounding
from sluice.base.money.catalogue import money
from sluice.base.money.money import Money
from sluice.business.payments.fees.quote import fee_share
from sluice.business.payments.intents.model import Payment, PaymentIntent, Status
from sluice.business.payments.intents.resolve import Purpose, Standing, Use
from sluice.engine.ledger import chart
from sluice.engine.ledger.model import Entry, Posting, credit, debit


@dataclass(frozen=True, slots=True)
class Credit:
    """A deposit in the books for one transfer; a transfer has at most one that is not reversed."""

    merchant_id: str
    livemode: bool
    network: str
    tx_id: str
    index: int
    seq: int
    intent_id: str | None
    purpose: Purpose
    reason: str
    asset: str
    units: int
    entry_id: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """Return the transfer's key."""
        return self.network, self.tx_id, self.index


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write for one intent: what to undo, what to add, and whether no fork can undo it."""

    undo: Sequence[Credit] = ()
    add: Sequence[Credit] = ()
    unsettle: str | None = None
    settle: Entry | None = None
    finalize: bool = False


def plan_books(
    before: PaymentIntent,
    after: PaymentIntent,
    standing: Standing,
    live: Sequence[Credit],
    seqs: dict[tuple[str, str, int], int],
) -> Plan:
    """Compare the books with where the intent stands now.

    `live` are its credits that stand; `seqs` maps each transfer ever credited to its newest number.
    """
    wanted = {use.payment.key: use for use in standing.uses if use.payment.is_credited}
    undo = [held for held in live if _differs(held, wanted.get(held.key))]
    kept = {held.key for held in live} - {held.key for held in undo}
    add = [
        _credit(after, use, seqs.get(key, 0) + 1)
        for key, use in sorted(wanted.items())
        if key not in kept
    ]
    paying = [use.payment for use in wanted.values() if use.purpose is Purpose.PAYMENT]
    moved = any(one.purpose is Purpose.PAYMENT for one in (*undo, *add))
    was_settled = before.settlement_id is not None
    is_settled = after.status is Status.SUCCEEDED
    renew = is_settled and (not was_settled or moved)
    return Plan(
        undo=undo,
        add=add,
        unsettle=before.settlement_id if was_settled and (moved or not is_settled) else None,
        settle=settlement(after, paying, before.settle_seq + 1) if renew else None,
        finalize=is_settled
        and before.finalized_at is None
        and all(payment.state == "final" for payment in paying),
    )


def deposit(held: Credit, description: str) -> Entry:
    """Return the entry of a confirmed transfer."""
    whole = money(held.units, held.asset)
    account = chart.RECEIVED if held.purpose is Purpose.PAYMENT else chart.UNAPPLIED
    return Entry(
        merchant_id=held.merchant_id,
        livemode=held.livemode,
        kind="deposit",
        source=f"{held.network}:{held.tx_id}:{held.index}",
        seq=held.seq,
        description=description,
        postings=[debit(chart.custody(held.network), whole), credit(account, whole)],
    )


def settlement(intent: PaymentIntent, paying: Sequence[Payment], seq: int) -> Entry:
    """Return the entry that makes an intent's money the merchant's, less fee and surplus."""
    postings: list[Posting] = []
    for whole, surplus in _sums(intent, paying):
        fee = fee_share(whole - surplus, intent.amount, intent.terms.fee)
        postings.append(debit(chart.RECEIVED, whole))
        postings += _credits(
            (chart.PENDING, whole - surplus - fee), (chart.FEES, fee), (chart.UNAPPLIED, surplus)
        )
    return _entry(intent, "settlement", seq, f"Payment {intent.id}", postings)


def finalization(intent: PaymentIntent, settled: Sequence[Posting]) -> Entry | None:
    """Return the entry that frees what a settlement left pending; None when it was all fee.

    It repeats the settlement's own figures: how it was divided then is what is freed now.
    """
    pending = [posting.money for posting in settled if posting.account == chart.PENDING]
    if not pending:
        return None
    postings = [debit(chart.PENDING, net) for net in pending]
    postings += [credit(chart.AVAILABLE, net) for net in pending]
    return _entry(
        intent, "finalization", intent.settle_seq, f"Payment {intent.id} is final", postings
    )


def _sums(intent: PaymentIntent, paying: Sequence[Payment]) -> list[tuple[Money, Money]]:
    """Return per asset what was received and how much of it is more than was asked."""
    sums: Counter[str] = Counter()
    covered = Fraction(0)
    surplus: Counter[str] = Counter()
    for payment in paying:
        offer = intent.offer_for(payment)
        sums[payment.asset] += payment.units
        covered += intent.share_paid(payment)
        if covered > 1 and offer is not None:
            surplus[payment.asset] += min(payment.units, rounding.down((covered - 1) * offer.due))
            covered = Fraction(1)
    return [
        (money(units, asset), money(surplus[asset], asset)) for asset, units in sorted(sums.items())
    ]


def _differs(held: Credit, use: Use | None) -> bool:
    """Say whether a credit is not what the payment is used for now, or not what it moved."""
    if use is None:
        return True
    now = (use.purpose, use.payment.asset, use.payment.units)
    return now != (held.purpose, held.asset, held.units)


def _credit(intent: PaymentIntent, use: Use, seq: int) -> Credit:
    payment = use.payment
    return Credit(
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        network=payment.network,
        tx_id=payment.tx_id,
        index=payment.index,
        seq=seq,
        intent_id=intent.id,
        purpose=use.purpose,
        reason=use.reason,
        asset=payment.asset,
        units=payment.units,
    )


def _credits(*parts: tuple[str, Money]) -> Iterable[Posting]:
    return (credit(account, part) for account, part in parts if part.units)


def _entry(
    intent: PaymentIntent, kind: str, seq: int, description: str, postings: Sequence[Posting]
) -> Entry:
    return Entry(intent.merchant_id, intent.livemode, kind, intent.id, seq, description, postings)
