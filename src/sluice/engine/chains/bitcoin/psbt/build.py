"""Refunds and payouts as PSBTs: built from public keys and known outputs, for others to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.derive import (
    Keychain,
    changing,
    redeem_script,
    script_for,
)
from sluice.engine.chains.bitcoin.descriptors import Descriptor
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.psbt.model import Fields, Global, In, Out, Psbt, key_of
from sluice.engine.chains.bitcoin.psbt.select import Holding, Selection, select_holdings
from sluice.engine.chains.bitcoin.scripts import dust_limit
from sluice.engine.chains.bitcoin.transactions.model import (
    SEQUENCE_REPLACEABLE,
    Input,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_output,
    encode_stripped,
    tx_id_of,
)

_NOTHING: Final[Fields] = MappingProxyType({})
_RATE_MIN_SAT_KVB: Final = 100  # the least that nodes relay since Bitcoin Core 30.0


@dataclass(frozen=True, slots=True)
class Payout:
    """What to pay from an account's outputs, and at most at what price.

    `change_index` is a fresh index of the account's keychain for change. Fee rates are satoshis
    per 1,000 virtual bytes, so that a tenth of a satoshi per byte can be said.
    """

    outputs: Sequence[Output]
    change_index: int
    fee_rate_sat_kvb: int
    fee_max_sats: int
    lock_time: int = 0


@dataclass(frozen=True, slots=True)
class Built:
    """A payout ready to be signed; `change_sats` is 0 where nothing comes back."""

    psbt: Psbt
    fee_sats: int
    change_sats: int
    vsize: int


def build_payout(
    account: Descriptor, net: Net, holdings: Sequence[Holding], payout: Payout
) -> Built:
    """Choose what pays and build the transaction: replaceable, in BIP-69's order, change to us.

    Raises Invalid: `amount_too_small` (dust), `fee_rate_too_low`, `fee_too_high`,
    `funds_insufficient`, `transaction_too_large`, `holding_unknown`, `descriptor_without_change`.
    """
    _check(payout)
    back = changing(account, net)
    change_script = back.script(payout.change_index)
    chosen = select_holdings(
        holdings,
        payout.outputs,
        change_script,
        scheme=account.scheme,
        fee_rate_sat_kvb=payout.fee_rate_sat_kvb,
    )
    if chosen.fee_sats > payout.fee_max_sats:
        raise Invalid(
            f"The fee would be {chosen.fee_sats} satoshis, above the limit of "
            f"{payout.fee_max_sats}; wait for lower fees, or raise the limit.",
            code="fee_too_high",
        )
    psbt = _psbt(account, net, chosen, payout, back)
    return Built(psbt, chosen.fee_sats, chosen.change_sats, chosen.vsize)


def _check(payout: Payout) -> None:
    if not payout.outputs:
        raise Invalid("A payout pays somebody.", code="payout_empty")
    if payout.fee_rate_sat_kvb < _RATE_MIN_SAT_KVB:
        raise Invalid("Nodes do not relay so low a fee.", code="fee_rate_too_low")
    for one in payout.outputs:
        least = dust_limit(one.script)
        if one.sats < least:
            raise Invalid(
                f"Nodes relay nothing below {least} satoshis to this kind of address.",
                code="amount_too_small",
            )


def _psbt(account: Descriptor, net: Net, chosen: Selection, payout: Payout, back: Keychain) -> Psbt:
    holdings = sorted(chosen.holdings, key=lambda holding: holding.outpoint)
    outputs = [(one, _NOTHING) for one in payout.outputs]
    if chosen.change_sats:
        index = payout.change_index
        change = Output(chosen.change_sats, back.script(index))
        outputs.append((change, _output_fields(account, (*back.path, index), back.key(index))))
    outputs.sort(key=lambda pair: (pair[0].sats, pair[0].script))
    unsigned = Transaction(
        tuple(Input(holding.outpoint, sequence=SEQUENCE_REPLACEABLE) for holding in holdings),
        tuple(output for output, _ in outputs),
        lock_time=payout.lock_time,
    )
    keychains = {
        path: Keychain(account, path, net) for path in {holding.keychain for holding in holdings}
    }
    return Psbt(
        unsigned=unsigned,
        whole={key_of(Global.UNSIGNED): encode_stripped(unsigned)},
        inputs=tuple(
            _input_fields(account, holding, keychains[holding.keychain].key(holding.index))
            for holding in holdings
        ),
        outputs=tuple(fields for _, fields in outputs),
    )


def _input_fields(account: Descriptor, holding: Holding, public: bytes) -> Fields:
    spent = Output(holding.sats, script_for(account.scheme, public))
    fields: dict[bytes, bytes] = {}
    if holding.previous is not None:
        _check_previous(holding.previous, holding, spent)
        fields[key_of(In.PREVIOUS)] = holding.previous
    if account.scheme is not Scheme.PKH:
        fields[key_of(In.SPENT)] = encode_output(spent)
    elif holding.previous is None:
        raise Invalid(
            "To spend from a BIP-44 account, signers need the transaction that paid it.",
            code="holding_unknown",
        )
    path = (*holding.keychain, holding.index)
    if account.scheme is Scheme.SH_WPKH:
        fields[key_of(In.REDEEM_SCRIPT)] = redeem_script(public)
    if account.scheme is Scheme.TR:
        fields[key_of(In.TAP_DERIVATION, public[1:])] = b"\0" + _source(account, path)
        fields[key_of(In.TAP_KEY)] = public[1:]
    else:
        fields[key_of(In.DERIVATION, public)] = _source(account, path)
    return fields


def _output_fields(account: Descriptor, path: tuple[int, ...], public: bytes) -> Fields:
    fields: dict[bytes, bytes] = {}
    if account.scheme is Scheme.SH_WPKH:
        fields[key_of(Out.REDEEM_SCRIPT)] = redeem_script(public)
    if account.scheme is Scheme.TR:
        fields[key_of(Out.TAP_KEY)] = public[1:]
        fields[key_of(Out.TAP_DERIVATION, public[1:])] = b"\0" + _source(account, path)
    else:
        fields[key_of(Out.DERIVATION, public)] = _source(account, path)
    return fields


def _source(account: Descriptor, path: tuple[int, ...]) -> bytes:
    """Return where a signer finds the key: a fingerprint, and the whole path from there."""
    source = account.source()
    steps = (*source.path, *path)
    return source.fingerprint + b"".join(step.to_bytes(4, "little") for step in steps)


def _check_previous(raw: bytes, holding: Holding, spent: Output) -> None:
    previous = decode_transaction(raw)
    place = holding.outpoint.index
    if (
        tx_id_of(previous) != holding.outpoint.tx_id
        or place >= len(previous.outputs)
        or previous.outputs[place] != spent
    ):
        raise Invalid(
            "The transaction that should have paid this output did not.", code="holding_unknown"
        )
