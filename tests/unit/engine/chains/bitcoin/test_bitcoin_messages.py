"""Proofs of an address: BIP-322 in its simple form, and signmessage for P2PKH."""

import base64
from typing import Any, Final

import pytest
from embit.ec import PrivateKey as OtherKey
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address, write_address
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.hashing import hash160
from sluice.engine.chains.bitcoin.messages import (
    Proof,
    challenge,
    check_proof,
    message_hash,
    response,
)
from sluice.engine.chains.bitcoin.nets import MAINNET, REGTEST
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.bitcoin.transactions.write import tx_id_of
from tests.unit.engine.chains.bitcoin.signers import script_of_secret, sign_legacy, sign_message
from tests.unit.engine.chains.bitcoin.vectors import named, vectors

ALL: Final = vectors("bip322")
SECRET: Final = b"\x07" * 32
SIMPLE: Final = [Scheme.WPKH, Scheme.SH_WPKH, Scheme.TR]


@pytest.mark.parametrize("case", ALL["tx_hashes"], ids=lambda case: case["message_hash"][:8])
def test_a_message_is_hashed_and_wrapped_as_bip_322_does(case: dict[str, Any]) -> None:
    script = read_address(case["address"], MAINNET)

    assert message_hash(case["message"]).hex() == case["message_hash"]
    assert tx_id_of(challenge(script, case["message"])) == case["to_spend"]
    assert tx_id_of(response(script, case["message"])) == case["to_sign"]


@pytest.mark.parametrize("case", ALL["valid"], ids=named)
def test_a_proof_holds(case: dict[str, Any]) -> None:
    assert check_proof(case["address"], case["message"], case["signature"], MAINNET) is Proof.VALID


@pytest.mark.parametrize("case", ALL["invalid"], ids=named)
def test_what_proves_nothing_is_invalid(case: dict[str, Any]) -> None:
    proof = check_proof(case["address"], case["message"], case["signature"], MAINNET)

    assert proof is Proof.INVALID


@pytest.mark.parametrize("case", ALL["not_judged"], ids=named)
def test_what_we_cannot_judge_is_never_valid(case: dict[str, Any]) -> None:
    proof = check_proof(case["address"], case["message"], case["signature"], MAINNET)

    assert proof is Proof.INCONCLUSIVE


@pytest.mark.parametrize("case", ALL["valid"], ids=named)
def test_every_letter_of_a_proof_matters(case: dict[str, Any]) -> None:
    raw = base64.b64decode(case["signature"].removeprefix("smp"))

    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        text = base64.b64encode(changed).decode()
        assert check_proof(case["address"], case["message"], text, MAINNET) is Proof.INVALID
    for wrong in (raw[:-1], raw + b"\0"):
        encoded = base64.b64encode(wrong).decode()
        assert check_proof(case["address"], case["message"], encoded, MAINNET) is Proof.INVALID


@pytest.mark.parametrize("scheme", SIMPLE)
@settings(max_examples=10)
@given(message=st.text(max_size=50), other=st.text(max_size=50))
def test_a_proof_is_of_one_message_by_one_address(scheme: Scheme, message: str, other: str) -> None:
    address = write_address(script_of_secret(scheme, SECRET), REGTEST)
    stranger = write_address(script_of_secret(scheme, b"\x08" * 32), REGTEST)

    signature = sign_message(address, message, SECRET, scheme, REGTEST)

    assert check_proof(address, message, signature, REGTEST) is Proof.VALID
    assert check_proof(address, message, "smp" + signature, REGTEST) is Proof.VALID
    assert check_proof(stranger, message, signature, REGTEST) is Proof.INVALID
    if other != message:
        assert check_proof(address, other, signature, REGTEST) is Proof.INVALID


@pytest.mark.parametrize("is_compressed", [True, False])
def test_an_old_address_proves_as_signmessage_does(is_compressed: bool) -> None:  # noqa: FBT001
    public = OtherKey(SECRET, compressed=is_compressed).sec()
    address = write_address(script_of(ScriptType.P2PKH, hash160(public)), MAINNET)

    signature = sign_legacy("Sluice login 42", SECRET, is_compressed=is_compressed)

    assert check_proof(address, "Sluice login 42", signature, MAINNET) is Proof.VALID
    assert check_proof(address, "Sluice login 43", signature, MAINNET) is Proof.INVALID
    other = sign_legacy("Sluice login 42", SECRET, is_compressed=not is_compressed)
    assert check_proof(address, "Sluice login 42", other, MAINNET) is Proof.INVALID


@pytest.mark.parametrize("head", [0, 26, 35, 39, 42, 255])
def test_the_older_form_is_for_old_addresses_only(head: int) -> None:
    raw = base64.b64decode(sign_legacy("m", SECRET))
    segwit = write_address(script_of_secret(Scheme.WPKH, SECRET), MAINNET)
    old = write_address(script_of_secret(Scheme.PKH, SECRET), MAINNET)
    text = base64.b64encode(bytes([head]) + raw[1:]).decode()

    assert check_proof(segwit, "m", text, MAINNET) is Proof.INVALID
    assert check_proof(old, "m", text, MAINNET) is Proof.INVALID
    nothing = base64.b64encode(raw[:1] + bytes(64)).decode()
    assert check_proof(old, "m", nothing, MAINNET) is Proof.INVALID


def test_another_networks_address_and_half_a_letter_are_refused() -> None:
    case = ALL["valid"][0]

    with pytest.raises(Invalid):
        check_proof(case["address"], case["message"], case["signature"], REGTEST)
    with pytest.raises(Invalid, match="text"):
        check_proof(case["address"], "\ud800", case["signature"], MAINNET)


def test_an_endless_signature_is_not_decoded() -> None:
    case = ALL["valid"][0]

    assert check_proof(case["address"], "", "A" * 10_000_000, MAINNET) is Proof.INVALID
