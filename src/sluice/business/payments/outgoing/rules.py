"""Where money may go, and when a second person must agree."""

from collections.abc import Mapping

from sluice.base.errors import Forbidden, Invalid
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.peg import Peg
from sluice.engine.chains.writer import Order
from sluice.engine.watcher.targets import is_watched


async def check_recipient(work: Work, chain: Chain, text: str, *, param: str) -> str:
    """Return the address in its stored form, or refuse one that money must never go to.

    What only the network knows (a black list, a paused token) is found by rehearsal, before
    anything is signed.
    """
    try:
        address = chain.addresses.parse(text)
    except Invalid as error:
        raise Invalid(error.message, code=error.code, param=param) from error
    if address in set(chain.network.tokens.values()):
        raise _refused("This is a token's contract; money sent to it is lost.", param)
    await _check_unwatched(work, chain.network.name, address, param)
    return address


async def check_coin_recipient(work: Work, peg: Peg, text: str, *, param: str) -> str:
    """Return the address of the coin's network in its stored form, or refuse as above."""
    try:
        address = peg.read_address(text)
    except Invalid as error:
        raise Invalid(error.message, code=error.code, param=param) from error
    await _check_unwatched(work, peg.source, address, param)
    return address


def check_order(chain: Chain, order: Order, *, param: str) -> None:
    """Refuse what the network would never carry: dust, nobody's address."""
    if chain.writer is None:
        return
    try:
        chain.writer.check(order)
    except Invalid as error:
        raise Invalid(error.message, code=error.code, param=param) from error


def needs_approval(amount: int, today: int, currency: str, above: Mapping[str, int]) -> bool:
    """Say whether a second person must agree: this and what went before it today are too much."""
    most = above.get(currency)
    return most is not None and today + amount > most


def check_approver(work: Work, requested_by: str) -> str:
    """Return who approves, or refuse whoever asked for it: two people, two keys."""
    approver = requester_of(work)
    if approver == requested_by:
        raise Forbidden(
            "Whoever asked for it cannot approve it; use another key.", code="approver_is_requester"
        )
    return approver


def requester_of(work: Work) -> str:
    """Return who is asking, as it is kept: the key's id."""
    return work.actor.key_id or "operator"


async def _check_unwatched(work: Work, network: str, address: str, param: str) -> None:
    if await is_watched(work, network, address):
        raise _refused("Payments to a merchant of this installation arrive here.", param)


def _refused(why: str, param: str) -> Invalid:
    return Invalid(why, code="address_not_allowed", param=param)
