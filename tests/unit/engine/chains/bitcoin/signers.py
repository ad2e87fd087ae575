"""Signers for tests: another library's keys over another library's idea of what is signed."""

import base64
from typing import Any, Final

from coincurve import PrivateKey
from embit import script as other_script
from embit.ec import PrivateKey as OtherKey
from embit.transaction import SIGHASH
from embit.transaction import Transaction as OtherTransaction

from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.derive import script_for
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.hashing import hash160
from sluice.engine.chains.bitcoin.messages import legacy_message_hash, response
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.reading import write_sized
from sluice.engine.chains.bitcoin.scripts import ScriptType, type_of
from sluice.engine.chains.bitcoin.transactions.model import Input, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_stripped, encode_witness

SCHEMES: Final = list(Scheme)


def script_of_secret(scheme: Scheme, secret: bytes) -> bytes:
    """Return the output script that this private key can spend."""
    return script_for(scheme, PrivateKey(secret).public_key.format())


def sign(
    unsigned: Transaction, spent: list[Output], secrets: list[bytes], schemes: list[Scheme]
) -> Transaction:
    """Return the transaction with every input signed by the other library."""
    other = OtherTransaction.parse(encode_stripped(unsigned))
    inputs = [
        _signed(other, place, one, spent, secrets[place], schemes[place])
        for place, one in enumerate(unsigned.inputs)
    ]
    return Transaction(tuple(inputs), unsigned.outputs, unsigned.version, unsigned.lock_time)


def sign_message(address: str, message: str, secret: bytes, scheme: Scheme, net: Net) -> str:
    """Return a BIP-322 simple signature, made by the other library."""
    script = read_address(address, net)
    signed = sign(response(script, message), [Output(0, script)], [secret], [scheme])
    return base64.b64encode(encode_witness(signed.inputs[0].witness)).decode()


def sign_legacy(message: str, secret: bytes, *, is_compressed: bool = True) -> str:
    """Return what Bitcoin Core's signmessage returns."""
    made = PrivateKey(secret).sign_recoverable(legacy_message_hash(message), hasher=None)
    head = 27 + made[64] + 4 * is_compressed
    return base64.b64encode(bytes([head]) + made[:64]).decode()


def _signed(  # noqa: PLR0917 - one input among the others
    other: Any,  # noqa: ANN401 - untyped
    place: int,
    bare: Input,
    spent: list[Output],
    secret: bytes,
    scheme: Scheme,
) -> Input:
    key, output = OtherKey(secret), spent[place]
    public = PrivateKey(secret).public_key.format()
    code = other_script.p2pkh(key.get_public_key())
    if scheme is Scheme.TR:
        scripts = [other_script.Script(one.script) for one in spent]
        digest = other.sighash_taproot(
            place, scripts, [one.sats for one in spent], sighash=SIGHASH.DEFAULT
        )
        signature = key.taproot_tweak(b"").schnorr_sign(digest).serialize()
        return Input(bare.outpoint, b"", bare.sequence, (signature,))
    if scheme is Scheme.PKH:
        digest = other.sighash_legacy(place, code)
        signature = key.sign(digest).serialize() + b"\x01"
        return Input(bare.outpoint, write_sized(signature) + write_sized(public), bare.sequence)
    digest = other.sighash_segwit(place, code, output.sats)
    signature = key.sign(digest).serialize() + b"\x01"
    is_wrapped = type_of(output.script) is ScriptType.P2SH
    script_sig = b"\x16\x00\x14" + hash160(public) if is_wrapped else b""
    return Input(bare.outpoint, script_sig, bare.sequence, (signature, public))
