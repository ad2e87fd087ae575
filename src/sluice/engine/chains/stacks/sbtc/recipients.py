"""Where a withdrawal goes: a Bitcoin address <-> the tuple that the contract takes."""

from enum import IntEnum
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address, write_address
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.scripts import ScriptType, payload_of, script_of, type_of
from sluice.engine.chains.stacks.clarity.model import Buffer, TupleOf, Value, tuple_of
from sluice.engine.chains.stacks.sbtc.scripts import check_key


class AddressVersion(IntEnum):
    """Kinds of addresses as PoX numbers them, which the sBTC contracts follow."""

    P2PKH = 0
    P2SH = 1
    P2SH_P2WPKH = 2
    P2SH_P2WSH = 3
    P2WPKH = 4
    P2WSH = 5
    P2TR = 6


# On Bitcoin the three kinds behind a script's hash look the same.
_TYPES: Final = {
    AddressVersion.P2PKH: ScriptType.P2PKH,
    AddressVersion.P2SH: ScriptType.P2SH,
    AddressVersion.P2SH_P2WPKH: ScriptType.P2SH,
    AddressVersion.P2SH_P2WSH: ScriptType.P2SH,
    AddressVersion.P2WPKH: ScriptType.P2WPKH,
    AddressVersion.P2WSH: ScriptType.P2WSH,
    AddressVersion.P2TR: ScriptType.P2TR,
}
_VERSIONS: Final = {
    ScriptType.P2PKH: AddressVersion.P2PKH,
    ScriptType.P2SH: AddressVersion.P2SH,
    ScriptType.P2WPKH: AddressVersion.P2WPKH,
    ScriptType.P2WSH: AddressVersion.P2WSH,
    ScriptType.P2TR: AddressVersion.P2TR,
}


class Recipient(msgspec.Struct, frozen=True):
    """A kind of address, and the hash or key in it: 20 bytes, or 32 for P2WSH and P2TR."""

    version: AddressVersion
    hash_bytes: bytes


def parse_recipient(address: str, net: Net) -> Recipient:
    """Read a Bitcoin address of this network. Raises Invalid: `address_invalid`."""
    return recipient_of(read_address(address, net))


def show_recipient(recipient: Recipient, net: Net) -> str:
    """Return the Bitcoin address. Raises Invalid."""
    return write_address(script_for(recipient), net)


def script_for(recipient: Recipient) -> bytes:
    """Return the output script. Raises Invalid where the bytes do not fit the kind."""
    if recipient.version is AddressVersion.P2TR:
        check_key(recipient.hash_bytes)
    return script_of(_TYPES[recipient.version], recipient.hash_bytes)


def recipient_of(script: bytes) -> Recipient:
    """Return the recipient that an output script is. Raises Invalid for a kind without address."""
    kind = type_of(script)
    if kind is None:
        raise _refused("no usual output script")
    return Recipient(_VERSIONS[kind], payload_of(script))


def write_recipient(recipient: Recipient) -> TupleOf:
    """Return `{version, hashbytes}`. Raises Invalid."""
    script_for(recipient)
    version = Buffer(bytes([recipient.version]))
    return tuple_of({"version": version, "hashbytes": Buffer(recipient.hash_bytes)})


def read_recipient(value: Value | None) -> Recipient:
    """Read `{version, hashbytes}`, as strictly as the contract does. Raises Invalid."""
    if not isinstance(value, TupleOf) or len(value.fields) != len(Recipient.__struct_fields__):
        raise _refused("no tuple of a version and a hash")
    version, payload = value.get("version"), value.get("hashbytes")
    if not isinstance(version, Buffer) or not isinstance(payload, Buffer):
        raise _refused("no tuple of a version and a hash")
    if len(version.value) != 1 or version.value[0] not in _TYPES:
        raise _refused("of an unknown version")
    recipient = Recipient(AddressVersion(version.value[0]), payload.value)
    script_for(recipient)
    return recipient


def _refused(why: str) -> Invalid:
    return Invalid(f"This recipient of a withdrawal is {why}.", code="recipient_invalid")
