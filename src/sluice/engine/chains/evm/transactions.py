"""Transactions: written, signed with a key that is handed in, read back, and named by their hash.

Two forms are enough: type 2 (EIP-1559), and the old one with its network in v (EIP-155) for
networks without a fee market.
"""

import re
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from eth_hash.auto import keccak

from sluice.base.errors import Invalid
from sluice.engine.chains.evm import rlp
from sluice.engine.chains.evm.signatures import Signature, recover_address

_TYPE_2: Final = b"\x02"
_FIELDS_2: Final = 9
_FIELDS_OLD: Final = 6
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_ADDRESS_BYTES: Final = 20
_WORD_MAX: Final = 2**256 - 1
_NONCE_MAX: Final = 2**64 - 2  # EIP-2681
_V_BASE: Final = 35  # EIP-155: v = 35 + 2 · network + parity


@dataclass(frozen=True, slots=True)
class MarketFee:
    """What a unit of gas may cost in all, and what of it the block's maker gets, in wei."""

    max_wei: int
    tip_wei: int


@dataclass(frozen=True, slots=True)
class FlatFee:
    """What a unit of gas costs, in wei."""

    price_wei: int


Fee: TypeAlias = MarketFee | FlatFee


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is asked of a network, before it is signed; `to` in lower case. Makes no contracts."""

    chain_id: int
    nonce: int
    to: str
    data: bytes
    gas: int
    fee: Fee
    wei: int = 0

    def __post_init__(self) -> None:
        numbers = (self.gas, self.wei, *_prices(self.fee))
        if not all(0 <= number <= _WORD_MAX for number in numbers):
            raise _refused("A number is out of range.")
        if self.chain_id < 1 or not 0 <= self.nonce <= _NONCE_MAX:
            raise _refused("Its network or its nonce is out of range.")
        if not _ADDRESS.fullmatch(self.to):
            raise _refused("Its recipient is not in its stored form.")
        if isinstance(self.fee, MarketFee) and self.fee.tip_wei > self.fee.max_wei:
            raise _refused("Its tip is above all it may cost.")

    @property
    def digest(self) -> bytes:
        """Return the 32 bytes that are signed."""
        if isinstance(self.fee, MarketFee):
            return keccak(_TYPE_2 + rlp.encode(_body(self)))
        return keccak(rlp.encode([*_body(self), rlp.number(self.chain_id), b"", b""]))


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction with its signature: the bytes to send, and the hash it is known by."""

    transaction: Transaction
    signature: Signature
    sender: str
    raw: bytes
    hash: str


class DigestSigner(Protocol):
    """Signs 32 bytes with a key that stays where it is."""

    def __call__(self, digest: bytes) -> Signature:
        """Return the signature."""


def sign_transaction(
    transaction: Transaction, sender: str, signer: DigestSigner
) -> SignedTransaction:
    """Sign, and make sure that it was this sender who did. Raises Invalid for another's key."""
    signed = _signed(transaction, signer(transaction.digest))
    if signed.sender != sender:
        raise _refused("It was signed by another key than the sender's.")
    return signed


def read_transaction(raw: bytes) -> SignedTransaction:
    """Read the bytes that are sent. Raises Invalid for other types, and for any second form."""
    is_market = raw[:1] == _TYPE_2
    fields = rlp.decode(raw[1:] if is_market else raw)
    count = _FIELDS_2 if is_market else _FIELDS_OLD
    if isinstance(fields, bytes) or len(fields) != count + 3:
        raise _refused("It is of another type, or in parts.")
    last = [rlp.to_number(item) for item in fields[count:]]
    signed = (_read_market if is_market else _read_flat)(list(fields[:count]), last)
    if signed.raw != raw:
        raise _refused("It has a second form.")
    return signed


def _read_market(fields: list[rlp.Item], last: list[int]) -> SignedTransaction:
    chain_id, nonce, tip, most, gas = (rlp.to_number(item) for item in fields[:5])
    to, wei, data, access = fields[5:]
    if access:
        raise _refused("It has an access list, which ours never have.")
    fee = MarketFee(most, tip)
    call = Transaction(chain_id, nonce, _address(to), _data(data), gas, fee, rlp.to_number(wei))
    return _signed(call, Signature(last[1], last[2], last[0]))


def _read_flat(fields: list[rlp.Item], last: list[int]) -> SignedTransaction:
    nonce, price, gas = (rlp.to_number(item) for item in fields[:3])
    to, wei, data = fields[3:]
    chain_id, parity = divmod(last[0] - _V_BASE, 2)
    if chain_id < 1:
        raise _refused("It names no network, so any could take it.")
    fee = FlatFee(price)
    call = Transaction(chain_id, nonce, _address(to), _data(data), gas, fee, rlp.to_number(wei))
    return _signed(call, Signature(last[1], last[2], parity))


def _signed(transaction: Transaction, signature: Signature) -> SignedTransaction:
    sender = recover_address(transaction.digest, signature)
    if sender is None:
        raise _refused("Its signature is nobody's.")
    v = signature.parity
    if isinstance(transaction.fee, FlatFee):
        v += _V_BASE + 2 * transaction.chain_id
    numbers = [rlp.number(part) for part in (v, signature.r, signature.s)]
    raw = rlp.encode([*_body(transaction), *numbers])
    if isinstance(transaction.fee, MarketFee):
        raw = _TYPE_2 + raw
    return SignedTransaction(transaction, signature, sender, raw, f"0x{keccak(raw).hex()}")


def _body(transaction: Transaction) -> list[rlp.Item]:
    to = bytes.fromhex(transaction.to[2:])
    head = [transaction.nonce, *_prices(transaction.fee), transaction.gas]
    tail: list[rlp.Item] = [to, rlp.number(transaction.wei), transaction.data]
    if isinstance(transaction.fee, FlatFee):
        return [*map(rlp.number, head), *tail]
    return [*map(rlp.number, [transaction.chain_id, *head]), *tail, []]


def _prices(fee: Fee) -> tuple[int, ...]:
    return (fee.tip_wei, fee.max_wei) if isinstance(fee, MarketFee) else (fee.price_wei,)


def _address(item: rlp.Item) -> str:
    if not isinstance(item, bytes) or len(item) != _ADDRESS_BYTES:
        raise _refused("It has no recipient.")
    return f"0x{item.hex()}"


def _data(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise _refused("Its data is a list.")
    return item


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no transaction of ours. {why}", code="transaction_invalid")
