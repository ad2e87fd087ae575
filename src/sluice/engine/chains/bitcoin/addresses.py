"""Addresses <-> output scripts, each network's own; BitcoinAddresses is what the rest asks."""

from typing import Final

from coincurve import PublicKeyXOnly

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.engine.chains.bitcoin.base58 import decode_base58check, encode_base58check
from sluice.engine.chains.bitcoin.bech32 import decode_segwit, encode_segwit
from sluice.engine.chains.bitcoin.nets import NETS, Net
from sluice.engine.chains.bitcoin.scripts import (
    WITNESS_TYPES,
    ScriptType,
    payload_of,
    script_of,
    type_of,
)
from sluice.engine.chains.bitcoin.uris import PaymentUri, write_uri

_HASH_BYTES: Final = 20
_TAPROOT: Final = 1
_KEY_BYTES: Final = 32
_CURRENCY: Final = "btc"


class BitcoinAddresses:
    """Addresses of one network: bech32 stored in lower case, base58 as it is."""

    def __init__(self, net: Net) -> None:
        self._net = net

    def parse(self, text: str) -> str:
        """Return the address in its one stored form, or raise Invalid: `address_invalid`."""
        return write_address(read_address(text, self._net), self._net)

    def show(self, address: str) -> str:
        """Return the stored form as people expect to read it."""
        return address

    def payment_uri(self, address: str, money: Money, memo: str | None) -> str:  # noqa: ARG002
        """Return the BIP-321 request; a payment of bitcoin has no place for a memo."""
        if money.asset.code != _CURRENCY:
            raise Invalid(
                f"Bitcoin carries no {money.asset.code.upper()}.", code="asset_not_on_network"
            )
        return write_uri(PaymentUri(address=address, amount_sats=money.units))


def read_address(text: str, net: Net) -> bytes:
    """Return the output script that an address of this network stands for.

    Refused as `address_invalid`: another network's, mixed case, a wrong checksum or the other
    checksum, blanks around it, and witness versions that nobody can spend safely yet.
    """
    if text != text.strip():
        raise _refused("Remove the blanks around it.")
    if _prefix(text) in {other.prefix for other in NETS}:
        return _read_segwit(text, net)
    try:
        raw = decode_base58check(text)
    except Invalid:
        raise _refused("A character is mistyped or missing.") from None
    kind = {net.key_hash: ScriptType.P2PKH, net.script_hash: ScriptType.P2SH}.get(raw[0])
    if len(raw) != _HASH_BYTES + 1:
        raise _refused("It is too short or too long.")
    if kind is None:
        raise _refused(f"It is not an address of {net.name}.")
    return script_of(kind, raw[1:])


def write_address(script: bytes, net: Net) -> str:
    """Return the address of an output script. Raises Invalid for one that has none."""
    kind = type_of(script)
    if kind is None:
        raise _refused("This script has none.")
    payload = payload_of(script)
    if kind in WITNESS_TYPES:
        return encode_segwit(net.prefix, int(kind is ScriptType.P2TR), payload)
    version = net.key_hash if kind is ScriptType.P2PKH else net.script_hash
    return encode_base58check(bytes([version]) + payload)


def _read_segwit(text: str, net: Net) -> bytes:
    if _prefix(text) != net.prefix:
        raise _refused(f"It is not an address of {net.name}.")
    version, program = decode_segwit(net.prefix, text)
    if version == 0:
        is_key = len(program) == _HASH_BYTES
        return script_of(ScriptType.P2WPKH if is_key else ScriptType.P2WSH, program)
    if version != _TAPROOT or len(program) != _KEY_BYTES:
        raise _refused("Its witness version is not in use: anyone might take what is sent there.")
    try:
        PublicKeyXOnly(program)
    except ValueError:
        raise _refused("No key belongs to it: what is sent there is lost.") from None
    return script_of(ScriptType.P2TR, program)


def _prefix(text: str) -> str:
    return text.lower().rpartition("1")[0]


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no Bitcoin address here. {why}", code="address_invalid")
