"""An order and the coins of its slot -> bytes to sign -> bytes to send. Pure."""

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.hashing import hash160
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.psbt.select import (
    INPUT_WEIGHT,
    Holding,
    select_holdings,
    vsize_for,
)
from sluice.engine.chains.bitcoin.scripts import ScriptType, dust_limit, key_script, script_of
from sluice.engine.chains.bitcoin.sending.fees import RATE
from sluice.engine.chains.bitcoin.signatures import is_ecdsa
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    Input,
    Outpoint,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import decode_unsigned
from sluice.engine.chains.bitcoin.transactions.sighash import segwit_hash
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_stripped,
    encode_transaction,
    tx_id_of,
)
from sluice.engine.chains.writer import (
    Account,
    Coin,
    Order,
    OrderHeld,
    Price,
    Sealed,
    Signature,
    Slot,
    Standing,
    Unsigned,
)

_AMOUNT_BYTES: Final = 8
_PER_KVB: Final = 1_000
# What comes back is locked like this, whatever the key: its size is all that counts here.
_CHANGE: Final = script_of(ScriptType.P2WPKH, bytes(20))
_WEIGHT_PER_VBYTE: Final = 4


def choose_coins(
    order: Order,
    standing: Standing,
    price: Price,
    *,
    net: Net,
    taken: Sequence[Slot],
) -> Slot:
    """Return coins that pay the order and its fee, and that no other slot holds."""
    used = {(coin.tx_id, coin.index) for slot in taken for coin in slot.coins}
    free = [coin for coin in standing.coins if (coin.tx_id, coin.index) not in used]
    if order.units == 0:
        raise Invalid("What moves nothing takes no new coins.", code="slot_invalid")
    try:
        chosen = select_holdings(
            [Holding(Outpoint(one.tx_id, one.index), one.units, (), 0) for one in free],
            [Output(order.units, read_address(order.recipient, net))],
            _CHANGE,
            scheme=Scheme.WPKH,
            fee_rate_sat_kvb=price[RATE],
        )
    except Invalid as refused:
        if refused.code != "funds_insufficient":
            raise
        waiting = f"; {len(used)} coins are in use by sends under way" if used else ""
        raise OrderHeld(
            f"{refused.message} Fill the wallet up{waiting}.", code="wallet_short"
        ) from refused
    return Slot(
        coins=tuple(
            Coin(one.outpoint.tx_id, one.outpoint.index, one.sats) for one in chosen.holdings
        )
    )


def build_unsigned(
    order: Order, account: Account, slot: Slot, price: Price, *, net: Net
) -> Unsigned:
    """Spend the slot's coins: the order's output, and what is left comes back to the wallet.

    Raises OrderHeld when these coins do not pay for such a fee.
    """
    own = read_address(account.address, net)
    outputs = [Output(order.units, read_address(order.recipient, net))] if order.units else []
    total = sum(coin.units for coin in slot.coins)
    outputs = _with_change(outputs, total, own, len(slot.coins), price[RATE])
    transaction = Transaction(
        tuple(Input(Outpoint(coin.tx_id, coin.index)) for coin in slot.coins), tuple(outputs)
    )
    amounts = b"".join(coin.units.to_bytes(_AMOUNT_BYTES, "little") for coin in slot.coins)
    digests = _digests(transaction, [coin.units for coin in slot.coins], account)
    fee = total - sum(one.sats for one in outputs)
    return Unsigned(encode_stripped(transaction) + amounts, digests, fee)


def seal_signed(unsigned: Unsigned, account: Account, signatures: Sequence[Signature]) -> Sealed:
    """Put the signatures in, after checking that the account's key signed every input."""
    count = len(unsigned.digests)
    if len(signatures) != count:
        raise Invalid(f"This transaction needs {count} signatures.", code="signature_invalid")
    transaction, amounts = read_unsigned(unsigned)
    if _digests(transaction, amounts, account) != unsigned.digests:
        raise Invalid("The digests are of another transaction.", code="signature_invalid")
    inputs = []
    for spent, digest, signature in zip(
        transaction.inputs, unsigned.digests, signatures, strict=True
    ):
        der = encode_dss_signature(signature.r, signature.s)
        if not is_ecdsa(account.public_key, der, digest):
            raise Invalid("Another key signed than the wallet's.", code="signature_invalid")
        witness = (der + bytes([SIGHASH_ALL]), account.public_key)
        inputs.append(Input(spent.outpoint, sequence=spent.sequence, witness=witness))
    signed = Transaction(
        tuple(inputs), transaction.outputs, transaction.version, transaction.lock_time
    )
    return Sealed(tx_id_of(signed), encode_transaction(signed))


def read_unsigned(unsigned: Unsigned) -> tuple[Transaction, list[int]]:
    """Return the transaction, and what each of its inputs holds."""
    cut = len(unsigned.payload) - len(unsigned.digests) * _AMOUNT_BYTES
    tail = unsigned.payload[cut:]
    amounts = [
        int.from_bytes(tail[at : at + _AMOUNT_BYTES], "little")
        for at in range(0, len(tail), _AMOUNT_BYTES)
    ]
    return decode_unsigned(unsigned.payload[:cut]), amounts


def _with_change(
    outputs: list[Output], total: int, own: bytes, inputs: int, rate: int
) -> list[Output]:
    paid = sum(one.sats for one in outputs)
    returning = [*outputs, Output(0, own)]
    left = total - paid - _fee(vsize_for(Scheme.WPKH, inputs, returning), rate)
    spend_fee = _fee(-(-INPUT_WEIGHT[Scheme.WPKH] // _WEIGHT_PER_VBYTE), rate)
    if left >= dust_limit(own) and (left > spend_fee or not outputs):
        return [*outputs, Output(left, own)]
    if not outputs or total - paid < _fee(vsize_for(Scheme.WPKH, inputs, outputs), rate):
        raise OrderHeld(
            "The coins of this send do not pay for a higher fee; wait for a block.",
            code="fee_guard",
        )
    return outputs


def _digests(
    transaction: Transaction, amounts: Sequence[int], account: Account
) -> tuple[bytes, ...]:
    script = key_script(hash160(account.public_key))
    return tuple(
        segwit_hash(transaction, index, script, sats) for index, sats in enumerate(amounts)
    )


def _fee(vsize: int, rate: int) -> int:
    return -(-vsize * rate // _PER_KVB)
