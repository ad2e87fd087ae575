"""Addresses in bulk from public keys: one keychain of an account, one address per index."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

from coincurve import PublicKey

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import write_address
from sluice.engine.chains.bitcoin.descriptors import Descriptor
from sluice.engine.chains.bitcoin.extended_keys import HARDENED, Scheme
from sluice.engine.chains.bitcoin.hashing import hash160, tagged_hash
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of

# How many a merchant compares with his own wallet before any is shown to a payer.
PREVIEW: Final = 3


class Keychain:
    """The keys, scripts and addresses below one path of an account's key."""

    def __init__(self, descriptor: Descriptor, path: tuple[int, ...], net: Net) -> None:
        self.path = path
        self.scheme = descriptor.scheme
        self._net = net
        public, code = PublicKey(descriptor.key.public), descriptor.key.chain_code
        for step in path:
            public, code = _child(public, public.format(), code, step)
        self._public, self._serialized, self._code = public, public.format(), code

    def key(self, index: int) -> bytes:
        """Return the public key at this index, 33 bytes. Raises Invalid above 2³¹ - 1."""
        return _child(self._public, self._serialized, self._code, index)[0].format()

    def script(self, index: int) -> bytes:
        """Return the output script at this index."""
        return script_for(self.scheme, self.key(index))

    def address(self, index: int) -> str:
        """Return the address at this index."""
        return write_address(self.script(index), self._net)

    def addresses(self, first: int, count: int) -> Iterator[str]:
        """Yield `count` addresses from index `first` on."""
        for index in range(first, first + count):
            yield self.address(index)


def receiving(descriptor: Descriptor, net: Net) -> Keychain:
    """Return the keychain whose addresses are shown to payers."""
    return Keychain(descriptor, descriptor.receive, net)


def changing(descriptor: Descriptor, net: Net) -> Keychain:
    """Return the keychain that change goes to. Raises Invalid where the descriptor names none."""
    if descriptor.change is None:
        raise Invalid(
            "This descriptor has no keychain for change; give one that ends in /<0;1>/*.",
            code="descriptor_without_change",
        )
    return Keychain(descriptor, descriptor.change, net)


def preview_addresses(descriptor: Descriptor, net: Net) -> list[str]:
    """Return the first addresses, for a merchant to compare with his wallet before use."""
    return list(receiving(descriptor, net).addresses(0, PREVIEW))


def script_for(scheme: Scheme, public: bytes) -> bytes:
    """Return the output script of a compressed public key."""
    if scheme is Scheme.TR:
        return script_of(ScriptType.P2TR, taproot_output(public))
    if scheme is Scheme.SH_WPKH:
        return script_of(ScriptType.P2SH, hash160(redeem_script(public)))
    kind = ScriptType.P2WPKH if scheme is Scheme.WPKH else ScriptType.P2PKH
    return script_of(kind, hash160(public))


def redeem_script(public: bytes) -> bytes:
    """Return the witness program that a BIP-49 address hides behind its hash."""
    return script_of(ScriptType.P2WPKH, hash160(public))


def taproot_output(public: bytes) -> bytes:
    """Return the x-only key that BIP-86 makes of a key: spendable by it alone, without scripts."""
    inner = public[1:]
    tweak = tagged_hash("TapTweak", inner)
    return PublicKey(b"\x02" + inner).add(tweak).format()[1:]


def _child(
    public: PublicKey, serialized: bytes, code: bytes, index: int
) -> tuple[PublicKey, bytes]:
    """Return a public key's child (BIP-32, CKDpub) and its chain code."""
    if not 0 <= index < HARDENED:
        raise Invalid("A public key has children 0 to 2147483647.", code="index_invalid")
    digest = hmac.digest(code, serialized + index.to_bytes(4, "big"), hashlib.sha512)
    return public.add(digest[:32]), digest[32:]
