"""What money on its way out writes in the ledger; pure.

Asked for, it moves from what may be spent to what is reserved on its network; taken back, that is
reversed; gone for good, it leaves the network's custody, and what the network took goes with it.
"""

from sluice.base.money.money import Money
from sluice.engine.ledger import chart
from sluice.engine.ledger.model import Entry, credit, debit

REFUND = "refund"
PAYOUT = "payout"
NETWORK_FEE = "network_fee"


def reservation(
    owner: tuple[str, bool],
    kind: str,
    source: str,
    *,
    network: str,
    whole: Money,
    fee: Money | None = None,
) -> Entry:
    """Return the entry that sets money aside for a refund or a payout.

    `fee` is the part of it that the platform gives back: what was taken of the payment.
    """
    taken = [(chart.AVAILABLE, whole if fee is None else whole - fee), (chart.FEES, fee)]
    return Entry(
        *owner,
        kind=kind,
        source=source,
        seq=1,
        description=f"{kind.capitalize()} {source}",
        postings=[
            *(debit(account, part) for account, part in taken if part is not None and part.units),
            credit(chart.reserved(network), whole),
        ],
    )


def withdrawal_end(
    owner: tuple[str, bool], source: str, *, network: str, whole: Money, gone: Money
) -> Entry:
    """Return the entry of a payout that left through a peg, which took less than was set aside."""
    back = whole - gone
    postings = [debit(chart.reserved(network), whole), credit(chart.custody(network), gone)]
    if back.units:
        postings.append(credit(chart.AVAILABLE, back))
    return Entry(
        *owner,
        kind=f"{PAYOUT}_withdrawn",
        source=source,
        seq=1,
        description=f"Payout {source} left",
        postings=postings,
    )


def departure(
    owner: tuple[str, bool], kind: str, source: str, *, network: str, whole: Money
) -> Entry:
    """Return the entry of money that has left."""
    return Entry(
        *owner,
        kind=f"{kind}_sent",
        source=source,
        seq=1,
        description=f"{kind.capitalize()} {source} left",
        postings=[debit(chart.reserved(network), whole), credit(chart.custody(network), whole)],
    )


def network_fee(
    owner: tuple[str, bool], send_id: str, *, network: str, cost: Money, known: Money
) -> Entry:
    """Return the entry of what a network took for carrying an order.

    `known` is the part that the books know to lie there; the rest is money that the merchant put
    into its wallet and that they never saw arrive.
    """
    paid = [(chart.custody(network), known), (chart.PAID_IN, cost - known)]
    return Entry(
        *owner,
        kind=NETWORK_FEE,
        source=send_id,
        seq=1,
        description=f"Fee of {network} for {send_id}",
        postings=[
            debit(chart.NETWORK_FEES, cost),
            *(credit(account, part) for account, part in paid if part.units),
        ],
    )
