"""What a node is asked so that something can be sent through it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Call, Node
from sluice.engine.chains.evm.shapes import Hex, Quantity, RawFeeHistory, RawTransaction, Word
from sluice.engine.chains.writer import Fate, State

_BALANCE_OF: Final = "0x70a08231"  # balanceOf(address)
# Blocks that a price is made of, and the percentile of what their makers got.
_FEE_BLOCKS: Final = 10
_PERCENTILE: Final = 50


class _Receipt(msgspec.Struct, frozen=True, rename="camel"):
    block_hash: Word
    block_number: Quantity
    status: Quantity | None = None
    gas_used: Quantity | None = None
    effective_gas_price: Quantity | None = None
    l1_fee: Quantity | None = None  # what an OP chain takes for the network below it

    @property
    def cost(self) -> int | None:
        """Return the wei that it took, None where the node does not say."""
        if self.gas_used is None or self.effective_gas_price is None:
            return None
        gas, price = int(self.gas_used, 16), int(self.effective_gas_price, 16)
        return gas * price + int(self.l1_fee or "0x0", 16)


class _Height(msgspec.Struct, frozen=True):
    number: Quantity


_QUANTITY: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(Quantity)
_HEX: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(Hex)
_HISTORY: Final = msgspec.json.Decoder(RawFeeHistory)
_RECEIPT: Final[msgspec.json.Decoder[_Receipt | None]] = msgspec.json.Decoder(_Receipt | None)
_KNOWN: Final[msgspec.json.Decoder[RawTransaction | None]] = msgspec.json.Decoder(
    RawTransaction | None
)
_BLOCK: Final[msgspec.json.Decoder[_Height | None]] = msgspec.json.Decoder(_Height | None)


@dataclass(frozen=True, slots=True)
class Look:
    """A transaction and its account as one node sees them, all at once."""

    receipt: _Receipt | None
    is_known: bool
    next_mined: int
    head: int
    final: int | None


async def numbers(node: Node, address: str) -> tuple[int, int]:
    """Return the first number no block used, and the first that nothing that waits used either."""
    calls = [Call("eth_getTransactionCount", (address, tag)) for tag in ("latest", "pending")]
    mined, pending = await node.every(calls, _QUANTITY)
    return int(mined, 16), int(pending, 16)


async def balances(
    node: Node, address: str, tokens: Mapping[str, str], fee_asset: str
) -> dict[str, int]:
    """Return what an address holds of the network's coin and of some tokens, by asset."""
    [coin] = await node.every([Call("eth_getBalance", (address, "latest"))], _QUANTITY)
    data = _BALANCE_OF + address[2:].rjust(64, "0")
    calls = [Call("eth_call", ({"to": token, "data": data}, "latest")) for token in tokens.values()]
    held = await node.every(calls, _HEX)
    return {fee_asset: int(coin, 16)} | {
        asset: int(word, 16) if len(word) > 2 else 0  # noqa: PLR2004 - nothing stands there
        for asset, word in zip(tokens, held, strict=True)
    }


async def fee_history(node: Node) -> RawFeeHistory:
    """Return what blocks cost of late."""
    asked = Call("eth_feeHistory", (hex(_FEE_BLOCKS), "latest", [_PERCENTILE]))
    return (await node.every([asked], _HISTORY))[0]


async def gas_price(node: Node) -> int:
    """Return what gas costs where there is no market for it."""
    return int((await node.every([Call("eth_gasPrice", ())], _QUANTITY))[0], 16)


async def play(node: Node, sender: str, call: WalletCall, wei: int) -> tuple[str, int]:
    """Carry a call out without sending it; return what it answers and the gas it needs."""
    what = {"from": sender, "to": call.to, "data": call.data, "value": hex(wei)}
    [answer] = await node.every([Call("eth_call", (what, "latest"))], _HEX)
    [gas] = await node.every([Call("eth_estimateGas", (what,))], _QUANTITY)
    return answer, int(gas, 16)


async def send_raw(node: Node, raw: bytes) -> Fault | None:
    """Send signed bytes; None when the node took them, otherwise what it meant by its error."""
    try:
        await node.every([Call("eth_sendRawTransaction", (f"0x{raw.hex()}",))], _HEX)
    except NodeTrouble as trouble:
        return trouble.fault
    return None


async def look(node: Node, tx_id: str, address: str) -> Look:
    """Return how a node sees a transaction; the receipt is asked for after the number."""
    [count] = await node.every([Call("eth_getTransactionCount", (address, "latest"))], _QUANTITY)
    [known] = await node.every([Call("eth_getTransactionByHash", (tx_id,))], _KNOWN)
    [receipt] = await node.every([Call("eth_getTransactionReceipt", (tx_id,))], _RECEIPT)
    head, final = await node.heads()
    if head is None:
        raise NodeTrouble(f"{node.name} has no newest block.", Fault.NONSENSE)
    return Look(
        receipt,
        known is not None,
        int(count, 16),
        int(head.number, 16),
        None if final is None else int(final.number, 16),
    )


def settle(looks: list[Look], nonce: int, *, agree: int, reorg_max: int) -> Fate:
    """Say what became of a transaction from what every node that answers sees.

    A receipt counts when `agree` nodes have it in the same block. Its slot counts as another's only
    when every node that answers says so, and none has ever heard of ours.
    """
    by_block: dict[str, list[Look]] = {}
    for one in looks:
        if one.receipt is not None:
            by_block.setdefault(one.receipt.block_hash, []).append(one)
    if by_block:
        held = max(by_block.values(), key=len)
        return _included(held, reorg_max) if len(held) >= agree else Fate(State.PENDING)
    if any(one.is_known for one in looks):
        return Fate(State.PENDING)
    if len(looks) >= agree and all(one.next_mined > nonce for one in looks):
        return Fate(State.REPLACED)
    return Fate(State.UNKNOWN)


def _included(held: list[Look], reorg_max: int) -> Fate:
    receipt = held[0].receipt
    if receipt is None:
        return Fate(State.UNKNOWN)
    height = int(receipt.block_number, 16)
    depth = min(one.head for one in held) - height + 1
    finals = [one.final for one in held if one.final is not None]
    is_final = depth > reorg_max or (len(finals) == len(held) and min(finals) >= height)
    state = (
        State.INCLUDED if receipt.status is not None and int(receipt.status, 16) else State.FAILED
    )
    costs = Counter(one.receipt.cost for one in held if one.receipt is not None)
    cost, _ = costs.most_common(1)[0]
    return Fate(state, height, receipt.block_hash, depth, is_final=is_final, cost=cost)
