"""What Leather and Xverse are asked: the call or transfer, and the only money that it may move.

Conditions name whoever signs (the origin), the exact amount, and deny everything else, so a wallet
refuses, or the network undoes, whatever a contract would do beyond it. Values and conditions go as
hex: a page needs no library to pass them on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import NONE, Buffer, Some, UInt, Value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import Contract, parse_asset, parse_principal
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.stacks.transactions.model import MAINNET_CHAIN
from sluice.engine.chains.stacks.transactions.payloads import memo_of
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    PostCondition,
    StxCondition,
    write_post_condition,
)
from sluice.engine.chains.wallets import WalletOrder, WalletRequest

CALL: Final = "stx_callContract"
TRANSFER: Final = "stx_transferStx"


class StacksWallets:
    """Requests for one network."""

    def __init__(self, tokens: Mapping[str, str], *, chain_id: int) -> None:
        self._tokens = tokens
        self._network = network_of(chain_id)

    def ask_wallet(self, order: WalletOrder) -> WalletRequest:
        """Return a transfer of STX, or a token's own `transfer` with our memo."""
        memo = order.memo or ""
        if order.asset == STX:
            memo_of(memo)
            params: dict[str, Any] = {"recipient": order.address, "amount": str(order.units)}
            if memo:
                params["memo"] = memo
            return WalletRequest(TRANSFER, params | {"network": self._network}, order.units)
        asset = self._tokens.get(order.asset)
        if asset is None:
            raise Invalid("No wallet is asked for this asset.", code="asset_not_on_network")
        arguments: tuple[Value, ...] = (
            UInt(order.units),
            parse_principal(order.payer),
            parse_principal(order.address),
            Some(Buffer(memo.encode())) if memo else NONE,
        )
        contract = parse_asset(asset).contract
        params = call_params(contract, "transfer", arguments, asset, order.units)
        return WalletRequest(CALL, params | {"network": self._network}, order.units)


def network_of(chain_id: int) -> str:
    """Return how wallets call a network."""
    return "mainnet" if chain_id == MAINNET_CHAIN else "testnet"


def call_params(
    contract: Contract, function: str, arguments: Sequence[Value], asset: str | None, units: int
) -> dict[str, Any]:
    """Return a contract call that may move so much of an asset (None: of STX) and nothing else."""
    condition: PostCondition = StxCondition(ORIGIN, Amount.EQUAL, units)
    if asset is not None:
        condition = FungibleCondition(ORIGIN, parse_asset(asset), Amount.EQUAL, units)
    written = bytearray()
    write_post_condition(written, condition)
    return {
        "contract": str(contract),
        "functionName": function,
        "functionArgs": [f"0x{encode_value(one).hex()}" for one in arguments],
        "postConditions": [f"0x{written.hex()}"],
        "postConditionMode": "deny",
    }
