"""Which outputs of ours pay, what it costs, and what comes back. Pure, and always the same.

1. An output that costs more to spend than it holds is left where it is.
2. The smallest output that pays everything alone, if there is one.
3. Else the largest, one after another, until they pay everything.
4. What is left comes back, unless it is dust or would cost as much to spend: then it is fee.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.reading import write_size
from sluice.engine.chains.bitcoin.scripts import dust_limit
from sluice.engine.chains.bitcoin.transactions.model import Outpoint, Output
from sluice.engine.chains.bitcoin.transactions.write import WITNESS_DISCOUNT, encode_output

# Weight of an input with the longest signature each kind can carry: 72 bytes of ECDSA, 64 of
# Schnorr. Outpoint, sequence and the script's count are 41 bytes of four units each.
INPUT_WEIGHT: Final = {
    Scheme.PKH: 4 * (41 + 107),
    Scheme.SH_WPKH: 4 * (41 + 23) + 108,
    Scheme.WPKH: 4 * 41 + 108,
    Scheme.TR: 4 * 41 + 66,
}
# Nodes relay nothing heavier (Bitcoin Core, MAX_STANDARD_TX_WEIGHT).
WEIGHT_MAX: Final = 400_000
_FRAME_WEIGHT: Final = 4 * 8 + 2  # version and lock time; the marks of a witness
_PER_KVB: Final = 1_000


@dataclass(frozen=True, slots=True)
class Holding:
    """An output of ours that was not spent yet, at this index of one of the account's keychains.

    `previous` are the bytes of the transaction that made it: needed for BIP-44, and by signers
    that trust nobody about amounts.
    """

    outpoint: Outpoint
    sats: int
    keychain: tuple[int, ...]
    index: int
    previous: bytes | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The holdings that pay, what comes back (0: nothing), the fee, and the size it is for."""

    holdings: tuple[Holding, ...]
    change_sats: int
    fee_sats: int
    vsize: int


def select_holdings(
    holdings: Sequence[Holding],
    outputs: Sequence[Output],
    change_script: bytes,
    *,
    scheme: Scheme,
    fee_rate_sat_kvb: int,
) -> Selection:
    """Choose by the rule above. Raises Invalid: `funds_insufficient`, `transaction_too_large`."""
    spend_fee = _fee(_vsize(INPUT_WEIGHT[scheme]), fee_rate_sat_kvb)
    useful = sorted(
        (holding for holding in holdings if holding.sats > spend_fee),
        key=lambda holding: (holding.sats, holding.outpoint),
    )
    paid = sum(one.sats for one in outputs)

    def fee_of(count: int) -> int:
        return _fee(vsize_for(scheme, count, outputs), fee_rate_sat_kvb)

    alone = next((holding for holding in useful if holding.sats >= paid + fee_of(1)), None)
    chosen = [alone] if alone else _largest(useful, paid, fee_of)
    total = sum(holding.sats for holding in chosen)
    vsize = vsize_for(scheme, len(chosen), outputs)
    returning = [*outputs, Output(0, change_script)]
    wide = vsize_for(scheme, len(chosen), returning)
    change = total - paid - _fee(wide, fee_rate_sat_kvb)
    if change >= dust_limit(change_script) and change > spend_fee:
        return Selection(tuple(chosen), change, total - paid - change, wide)
    return Selection(tuple(chosen), 0, total - paid, vsize)


def vsize_for(scheme: Scheme, inputs: int, outputs: Sequence[Output]) -> int:
    """Return the virtual bytes of a signed transaction at most, with so many inputs of a kind."""
    weight = _FRAME_WEIGHT + inputs * INPUT_WEIGHT[scheme]
    weight += 4 * (len(write_size(inputs)) + len(write_size(len(outputs))))
    weight += 4 * sum(len(encode_output(one)) for one in outputs)
    if weight > WEIGHT_MAX:
        raise Invalid(
            "This would be too large for the network; pay it in parts.",
            code="transaction_too_large",
        )
    return _vsize(weight)


def _largest(useful: Sequence[Holding], paid: int, fee_of: Callable[[int], int]) -> list[Holding]:
    chosen: list[Holding] = []
    total = 0
    for holding in reversed(useful):
        chosen.append(holding)
        total += holding.sats
        if total >= paid + fee_of(len(chosen)):
            return chosen
    missing = paid + fee_of(max(1, len(chosen))) - total
    raise Invalid(
        f"There are {missing} satoshis too few to pay this and its fee.",
        code="funds_insufficient",
    )


def _vsize(weight: int) -> int:
    return -(-weight // WITNESS_DISCOUNT)


def _fee(vsize: int, rate_sat_kvb: int) -> int:
    return -(-vsize * rate_sat_kvb // _PER_KVB)
