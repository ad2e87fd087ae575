"""Messages that wallets sign: every vector both ways."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import TRUE, Ascii, UInt, tuple_of
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.show import show_source
from sluice.engine.chains.stacks.hashing import sha256
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey, parse_secret_key
from sluice.engine.chains.stacks.messages import (
    domain_of,
    hash_plain,
    hash_structured,
    is_signed_by,
    recover_message_key,
    sign_message,
)
from sluice.engine.chains.stacks.principals import parse_address
from sluice.engine.chains.stacks.signatures import rsv_to_vrs
from tests.unit.engine.chains.stacks.vectors import named, vectors

ALL = vectors("messages")


def message_of(case: dict[str, Any]) -> bytes:
    """Return the message of a case, which may say how often to repeat a letter."""
    letter, count = case.get("message_repeat", ("", 0))
    return str(case.get("message", letter * count)).encode()


@pytest.mark.parametrize("case", ALL["plain"], ids=named)
def test_a_text_is_signed_as_wallets_sign_it(case: dict[str, Any]) -> None:
    digest = hash_plain(message_of(case))
    key = parse_secret_key(case["private_key"])

    signature = sign_message(digest, key)

    assert digest.hex() == case["sha256"]
    assert signature == case["signature_rsv"]
    assert rsv_to_vrs(bytes.fromhex(signature)).hex() == case["signature_vrs"]
    assert recover_message_key(digest, signature).hex() == case["public_key"]
    assert is_signed_by(digest, signature, parse_address(case["address_mainnet"]))


@pytest.mark.parametrize("case", ALL["structured"], ids=named)
def test_a_value_is_signed_within_a_domain(case: dict[str, Any]) -> None:
    domain = decode_value(bytes.fromhex(case["domain_hex"][2:]))
    message = decode_value(bytes.fromhex(case["message_hex"][2:]))

    digest = hash_structured(domain, message)

    assert show_source(domain) == case["domain_repr"]
    assert show_source(message) == case["message_repr"]
    assert sha256(bytes.fromhex(case["domain_hex"][2:])).hex() == case["domain_hash"]
    assert digest.hex() == case["message_hash"]
    signature = sign_message(digest, parse_secret_key(case["private_key"]))
    assert signature == case["signature_rsv"]
    assert recover_message_key(digest, signature).hex() == case["public_key"]


def test_a_domain_is_complete() -> None:
    assert hash_structured(domain_of("Sluice", "1", 1), TRUE)
    incomplete = tuple_of({"name": Ascii("a"), "version": Ascii("1")})
    wrong = tuple_of({"name": Ascii("a"), "version": UInt(1), "chain-id": UInt(1)})
    for domain in (TRUE, incomplete, wrong):
        with pytest.raises(Invalid, match="domain"):
            hash_structured(domain, TRUE)


def test_another_message_has_another_signer() -> None:
    case = ALL["plain"][1]
    address = parse_address(case["address_mainnet"])

    assert not is_signed_by(hash_plain(b"hello world"), case["signature_rsv"], address)


def test_an_uncompressed_key_signs_for_its_own_address() -> None:
    key = SecretKey(bytes(31) + b"\1", KeyEncoding.UNCOMPRESSED)
    digest = hash_plain(b"hello")
    address = parse_address("SP28V4JZSYMM8ACMP1B38FAXG6M97P798MMKY9DW1")

    assert is_signed_by(digest, sign_message(digest, key), address)


@pytest.mark.parametrize(
    "signature",
    ["", "zz", "00" * 64, "00" * 65, "ff" * 64 + "00", "11" * 64 + "04", "11" * 66],
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(Invalid):
        recover_message_key(bytes(32), signature)
    assert not is_signed_by(bytes(32), signature, parse_address("SP000000000000000000002Q6VF78"))
