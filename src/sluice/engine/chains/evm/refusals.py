"""Why a call would fail, asked of the token itself: paused, black list, too little."""

from typing import Final

from sluice.base.errors import SluiceError
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.writer import Order, OrderHeld, OrderRefused

_PAUSED: Final = "0x5c975abb"  # paused()
# isBlacklisted(address) of Circle's, isBlackListed(address) of Tether's.
_LISTED: Final = ("0xfe575a87", "0xe47d6060")
_BALANCE_OF: Final = "0x70a08231"


async def explain(
    node: Node, trouble: NodeTrouble, order: Order, sender: str, contract: str
) -> SluiceError:
    """Return what a failed rehearsal means: refused for ever, held for now, or a node's trouble."""
    if trouble.fault is Fault.INSUFFICIENT_GAS_FUNDS:
        return OrderHeld("The wallet cannot pay for gas.", code="wallet_short")
    if trouble.fault is not Fault.FATAL and "revert" not in str(trouble).lower():
        return trouble
    if order.call is not None:
        return OrderRefused("The contract refuses this call.", code="order_refused")
    return await _token(node, order, sender, contract)


async def _token(node: Node, order: Order, sender: str, contract: str) -> SluiceError:
    if await _says(node, contract, _PAUSED):
        return OrderHeld("The token is paused.", code="token_paused")
    if await _is_blocked(node, contract, order.recipient):
        return OrderRefused(
            "The token's issuer has blocked the recipient.", code="recipient_blocked"
        )
    if await _is_blocked(node, contract, sender):
        return OrderHeld("The token's issuer has blocked the wallet.", code="wallet_blocked")
    if await _number(node, contract, _BALANCE_OF + _word(sender)) < order.units:
        return OrderHeld("The wallet holds too little of it.", code="wallet_short")
    return OrderRefused("The token refuses this transfer.", code="order_refused")


async def _is_blocked(node: Node, contract: str, address: str) -> bool:
    return any([await _says(node, contract, listed + _word(address)) for listed in _LISTED])


async def _says(node: Node, contract: str, data: str) -> bool:
    """Say whether a contract answers yes; one without such a question answers no."""
    return await _number(node, contract, data) == 1


async def _number(node: Node, contract: str, data: str) -> int:
    try:
        answer = await node.call(contract, data)
    except NodeTrouble:
        return 0
    return int.from_bytes(answer[:32], "big") if answer else 0


def _word(address: str) -> str:
    return address[2:].rjust(64, "0")
