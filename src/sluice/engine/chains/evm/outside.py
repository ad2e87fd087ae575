"""EvmOutside: a send as the request that wallets take, signed in another wallet.

Such a wallet may choose what gas costs. Whom it pays, how much, and its number are ours.
"""

import json
from collections.abc import Sequence
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.node import Call, Node
from sluice.engine.chains.evm.shapes import Address, Hex, Quantity
from sluice.engine.chains.evm.signatures import Signature
from sluice.engine.chains.evm.transactions import (
    FlatFee,
    MarketFee,
    SignedTransaction,
    Transaction,
    read_transaction,
    sign_transaction,
)
from sluice.engine.chains.outside import Returned
from sluice.engine.chains.writer import Account, Price, Sealed, Unsigned

_HASH_BYTES: Final = 32
_V_BASE: Final = 35  # EIP-155
_ORDER: Final = ("nonce", "to", "data", "wei")


class _Sent(msgspec.Struct, frozen=True, rename="camel"):
    """A transaction as a node tells it, whole enough to be written again."""

    nonce: Quantity
    gas: Quantity
    input: Hex
    value: Quantity
    v: Quantity
    r: Quantity
    s: Quantity
    to: Address | None = None
    chain_id: Quantity | None = None
    gas_price: Quantity | None = None
    max_fee_per_gas: Quantity | None = None
    max_priority_fee_per_gas: Quantity | None = None
    type: Quantity = "0x0"


_SENT: Final[msgspec.json.Decoder[_Sent | None]] = msgspec.json.Decoder(_Sent | None)


class EvmOutside:
    """Gives requests out; `nodes` are asked for a transaction that is only named by its hash."""

    def __init__(self, nodes: Sequence[Node], *, chain_id: int) -> None:
        self._nodes = nodes
        self._chain_id = chain_id

    def show(self, unsigned: Unsigned, account: Account) -> str:
        """Return what eth_sendTransaction and eth_signTransaction take, as JSON."""
        said = json.loads(unsigned.payload)
        request = {"chainId": hex(self._chain_id), "from": checksummed(account.address)}
        request |= {"to": checksummed(said["to"]), "data": said["data"]}
        request |= {"value": hex(said["wei"]), "nonce": hex(said["nonce"])}
        request["gas"] = hex(said["gas"])
        if "price_wei" in said:
            request |= {"type": "0x0", "gasPrice": hex(said["price_wei"])}
        else:
            request |= {"type": "0x2", "maxFeePerGas": hex(said["max_wei"])}
            request["maxPriorityFeePerGas"] = hex(said["tip_wei"])
        return json.dumps(request, indent=2)

    async def read(self, text: str, unsigned: Unsigned, account: Account) -> Returned:
        """Read the signed bytes in hex, or the hash of what the wallet has sent already."""
        try:
            given = bytes.fromhex(text.strip().removeprefix("0x"))
        except ValueError:
            raise _wrong("It is the signed transaction in hex, or its hash.") from None
        signed = (
            await self._fetch(f"0x{given.hex()}", account)
            if len(given) == _HASH_BYTES
            else read_transaction(given)
        )
        said = json.loads(unsigned.payload)
        call = signed.transaction
        theirs = (call.nonce, call.to, f"0x{call.data.hex()}", call.wei)
        if signed.sender != account.address:
            raise _wrong("Another key signed it than the wallet's.")
        if call.chain_id != self._chain_id or theirs != tuple(said[name] for name in _ORDER):
            raise _wrong("It is not what was given to sign.")
        price = _price(call)
        is_ours = price == {name: units for name, units in said.items() if name not in _ORDER}
        sealed = Sealed(signed.hash, signed.raw)
        return Returned(sealed, (call.digest,), None if is_ours else price)

    async def find(self, unsigned: Unsigned, account: Account) -> Returned | None:  # noqa: ARG002
        """Return nothing: what it is called is known once it is signed."""
        return None

    async def _fetch(self, tx_id: str, account: Account) -> SignedTransaction:
        """Write a transaction that a node has again, byte for byte: its hash says so."""
        trouble: ProviderTrouble | None = None
        for node in self._nodes:
            try:
                [sent] = await node.every([Call("eth_getTransactionByHash", (tx_id,))], _SENT)
            except ProviderTrouble as error:
                trouble = error
                continue
            if sent is not None:
                signed = _written(sent, self._chain_id, account)
                if signed.hash == tx_id:
                    return signed
                raise _wrong("It is of another kind than what was given to sign.")
        if trouble is not None:
            raise trouble
        raise _wrong("No node knows a transaction of this hash yet.")


def _written(sent: _Sent, chain_id: int, account: Account) -> SignedTransaction:
    v = int(sent.v, 16)
    fee: MarketFee | FlatFee
    if int(sent.type, 16):
        fee = MarketFee(
            int(sent.max_fee_per_gas or "0x0", 16), int(sent.max_priority_fee_per_gas or "0x0", 16)
        )
        parity = v
    else:
        fee = FlatFee(int(sent.gas_price or "0x0", 16))
        parity = (v - _V_BASE) % 2
    call = Transaction(
        chain_id,
        int(sent.nonce, 16),
        (sent.to or "").lower(),
        bytes.fromhex(sent.input[2:]),
        int(sent.gas, 16),
        fee,
        int(sent.value, 16),
    )
    signature = Signature(int(sent.r, 16), int(sent.s, 16), parity)
    return sign_transaction(call, account.address, lambda _digest: signature)


def _price(call: Transaction) -> Price:
    if isinstance(call.fee, FlatFee):
        return {"gas": call.gas, "price_wei": call.fee.price_wei}
    return {"gas": call.gas, "max_wei": call.fee.max_wei, "tip_wei": call.fee.tip_wei}


def _wrong(why: str) -> Invalid:
    return Invalid(f"This cannot be taken. {why}", code="signed_invalid")
