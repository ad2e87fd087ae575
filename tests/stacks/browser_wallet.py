"""BrowserWallet: what Leather and Xverse do when a page asks them, with a key of its own.

It signs what it was asked with our codec and sends it as it is: method, arguments, conditions.
"""

from dataclasses import dataclass, field
from typing import Any

from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.keys import parse_secret_key
from sluice.engine.chains.stacks.principals import parse_contract, parse_principal
from sluice.engine.chains.stacks.reading import Reader
from sluice.engine.chains.stacks.transactions.accounts import single_account
from sluice.engine.chains.stacks.transactions.authorization import SENTINEL
from sluice.engine.chains.stacks.transactions.model import (
    TESTNET_CHAIN,
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import ContractCall, TokenTransfer, memo_of
from sluice.engine.chains.stacks.transactions.post_conditions import read_post_condition
from sluice.engine.chains.stacks.transactions.sign import sign_origin
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from tests.stacks.wallets import FEE_USTX, Wallet

_MODES = {"deny": PostConditionMode.DENY, "allow": PostConditionMode.ALLOW}


@dataclass
class BrowserWallet:
    """Answers the requests of a page as the wallet of one payer."""

    payer: Wallet
    asked: list[tuple[str, Any]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    refuses: bool = False

    async def request(self, method: str, params: Any = None) -> dict[str, Any]:  # noqa: ANN401
        """Answer as JSON-RPC does: a result, or an error."""
        self.asked.append((method, params))
        if method in {"stx_getAddresses", "getAddresses"}:
            person = {"symbol": "STX", "address": self.payer.address, "purpose": "stacks"}
            return {"result": {"addresses": [{"symbol": "BTC", "address": "tb1q"}, person]}}
        if self.refuses:
            return {"error": {"code": -32000, "message": "User rejected request"}}
        raw = await self.signed(method, params)
        if params.get("sponsored"):
            return {"result": {"transaction": raw.hex()}}
        tx_id = await self.payer.chain.send(raw)
        self.sent.append(tx_id)
        return {"result": {"txid": tx_id}}

    async def signed(self, method: str, params: Any) -> bytes:  # noqa: ANN401
        """Sign exactly what was asked."""
        assert params["network"] == "testnet"
        key = parse_secret_key(self.payer.key)
        sponsor = SENTINEL if params.get("sponsored") else None
        fee = FEE_USTX if sponsor is None else 0
        origin = single_account(key.public, nonce=await self.payer.nonce(), fee=fee)
        if method == "stx_transferStx":
            payload: Any = TokenTransfer(
                parse_principal(params["recipient"]),
                int(params["amount"]),
                memo_of(params.get("memo", "")),
            )
            transaction = Transaction(Version.TESTNET, TESTNET_CHAIN, origin, payload, sponsor)
        else:
            assert method == "stx_callContract", method
            payload = ContractCall(
                parse_contract(params["contract"]),
                params["functionName"],
                tuple(decode_value(_bytes(one)) for one in params["functionArgs"]),
            )
            transaction = Transaction(
                Version.TESTNET,
                TESTNET_CHAIN,
                origin,
                payload,
                sponsor,
                post_condition_mode=_MODES[params["postConditionMode"]],
                post_conditions=tuple(
                    read_post_condition(Reader(_bytes(one))) for one in params["postConditions"]
                ),
            )
        return encode_transaction(sign_origin(transaction, [key]))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
