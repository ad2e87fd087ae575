"""Signatures: made, read, brought into form, and refused where contracts refuse them."""

from typing import Final

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.signatures import (
    ORDER,
    Signature,
    address_of_secret,
    read_der,
    read_signature,
    recover_address,
    sign_digest,
)
from tests.unit.engine.chains.evm.vectors import Case, named, raw, vectors

KMS: Final = vectors("kms_der")
DIGESTS: Final = st.binary(min_size=32, max_size=32)
KEYS: Final = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


@pytest.mark.parametrize("case", KMS["cases"], ids=lambda case: case["digest"][:10])
def test_r11_a_key_services_answer_is_brought_into_form(case: Case) -> None:
    signature = read_der(raw(case["der"]), raw(case["digest"]), case["address"].lower())

    assert signature == Signature(int(case["r"], 16), int(case["s"], 16), case["y_parity"])
    assert bytes(signature)[-1] == case["v27"]


def test_every_other_answer_has_a_high_s() -> None:
    assert sum(case["s_was_high"] for case in KMS["cases"]) == 11


@pytest.mark.parametrize("case", KMS["negative"], ids=named)
def test_what_is_no_answer_is_refused(case: Case) -> None:
    known = KMS["cases"][0]

    with pytest.raises(Invalid) as refused:
        read_der(raw(case["der"]), raw(known["digest"]), known["address"].lower())

    assert refused.value.code == "signature_invalid"


def test_r11_an_answer_of_another_key_or_digest_is_refused() -> None:
    one, other = KMS["cases"][:2]

    with pytest.raises(Invalid, match="another"):
        read_der(raw(one["der"]), raw(one["digest"]), other["address"].lower())
    with pytest.raises(Invalid, match="another"):
        read_der(raw(one["der"]), raw(other["digest"]), one["address"].lower())


@given(key=KEYS, digest=DIGESTS)
def test_a_signature_names_its_key_and_is_what_others_make(key: bytes, digest: bytes) -> None:
    account = Account.from_key(key)

    signature = sign_digest(digest, key)

    assert checksummed(address_of_secret(key)) == account.address
    assert recover_address(digest, signature) == account.address.lower()
    assert bytes(signature) == bytes(account.unsafe_sign_hash(digest).signature)


@given(key=KEYS, digest=DIGESTS)
def test_both_lengths_and_both_habits_are_read(key: bytes, digest: bytes) -> None:
    signature = sign_digest(digest, key)
    whole = bytes(signature)
    compact = whole[:32] + (signature.s | signature.parity << 255).to_bytes(32, "big")

    assert read_signature(whole) == signature
    assert read_signature(whole[:64] + bytes([signature.parity])) == signature
    assert read_signature(compact) == signature


@given(key=KEYS, digest=DIGESTS)
def test_a_mirrored_signature_is_refused(key: bytes, digest: bytes) -> None:
    one = sign_digest(digest, key)
    mirrored = bytes(one)[:32] + (ORDER - one.s).to_bytes(32, "big") + bytes([28 - one.parity])

    with pytest.raises(Invalid):
        read_signature(mirrored)


@pytest.mark.parametrize("size", [0, 63, 66, 130])
def test_other_lengths_are_refused(size: int) -> None:
    with pytest.raises(Invalid):
        read_signature(b"\x01" * size)


@pytest.mark.parametrize("last", [2, 26, 29, 37, 255])
def test_other_endings_are_refused(last: int) -> None:
    with pytest.raises(Invalid):
        read_signature(b"\x01" * 64 + bytes([last]))


def test_numbers_of_no_key_recover_nobody() -> None:
    digest = bytes(32)

    assert recover_address(digest, Signature(5, 1, 0)) is None
