"""Book what networks took for carrying what was sent, once it is final."""

from collections.abc import Sequence
from itertools import product

from sluice.base.money.catalogue import CATALOGUE, money
from sluice.base.work import Work
from sluice.business.payments.outgoing.book import network_fee
from sluice.engine.ledger import chart
from sluice.engine.ledger.balance import lock_keys
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.sender.facts import SendEnded


async def on_sends_ended(work: Work, facts: Sequence[SendEnded]) -> None:
    """Sends ended: book what each cost, out of what lies on its network and is promised to nobody.

    What gas costs is no asset of the books: the order alone keeps it.
    """
    costly = [fact for fact in facts if fact.cost and fact.fee_asset in CATALOGUE]
    if not costly:
        return
    kinds = (chart.custody, chart.reserved, _fees, _paid_in)
    keys = [(*_owner(fact), kind(fact.network), fact.fee_asset)
            for fact, kind in product(costly, kinds)]  # fmt: skip
    held = await lock_keys(work, sorted(set(keys)))
    entries = []
    for fact in costly:
        owner = _owner(fact)
        here, promised = ((*owner, kind(fact.network), fact.fee_asset) for kind in kinds[:2])
        booked = max(0, min(fact.cost, held[here] - held[promised]))
        held[here] -= booked
        cost = money(fact.cost, fact.fee_asset)
        known = money(booked, fact.fee_asset)
        entries.append(
            network_fee(owner, fact.send_id, network=fact.network, cost=cost, known=known)
        )
    await post_entries(work, name_entries(work, entries))


def _owner(fact: SendEnded) -> tuple[str, bool]:
    return fact.merchant_id or "", fact.livemode


def _fees(_network: str) -> str:
    return chart.NETWORK_FEES


def _paid_in(_network: str) -> str:
    return chart.PAID_IN
