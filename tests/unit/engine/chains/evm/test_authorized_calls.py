"""A payer's word that somebody hands in: the transfer is known by payer and nonce."""

import pytest

from sluice.engine.chains.authorization import Authorization, TokenDomain
from sluice.engine.chains.evm.authorizations import authorized_by_bytes, authorized_call
from sluice.engine.chains.evm.calldata import read_call
from sluice.engine.chains.evm.signatures import sign_digest

PAYER, PAYEE = "0x" + "1a" * 20, "0x" + "2b" * 20
WORD = Authorization(PAYER, PAYEE, 10_000, 1, 2**255, bytes(range(32)))
DOMAIN = TokenDomain(1, "0x" + "3c" * 20, "USD Coin", "2")
SIGNED = sign_digest(b"\1" * 32, b"\2" * 32)

CALLS = {
    "in parts": authorized_call(DOMAIN, WORD, SIGNED).data,
    "whole": authorized_by_bytes(DOMAIN, WORD, bytes(SIGNED)).data,
}


@pytest.mark.parametrize("form", CALLS)
def test_a_word_handed_in_is_known_by_payer_and_nonce(form: str) -> None:
    read = read_call(CALLS[form])

    assert read is not None
    assert (read.sender, read.recipient, read.units) == (PAYER, PAYEE, 10_000)
    assert read.reference == WORD.reference == PAYER[2:] + bytes(range(32)).hex()


@pytest.mark.parametrize("length", [0, 4, 68, 4 + 6 * 32 - 1])
def test_a_call_that_is_cut_off_is_no_transfer(length: int) -> None:
    assert read_call(CALLS["whole"][: 2 + 2 * length]) is None


def test_dirty_addresses_are_not_cut_to_fit() -> None:
    data = CALLS["in parts"]

    assert read_call(data[:10] + "ff" + data[12:]) is None


def test_a_mark_behind_a_word_does_not_change_whose_it_is() -> None:
    marked = CALLS["whole"] + b"SLU1".hex() + "00" * 16

    read = read_call(marked)

    assert read is not None
    assert read.reference == WORD.reference


def test_the_signature_of_any_length_is_written_in_whole_words() -> None:
    for length in (1, 31, 32, 65, 200):
        data = bytes.fromhex(authorized_by_bytes(DOMAIN, WORD, b"\7" * length).data[2:])
        assert (len(data) - 4) % 32 == 0
        assert data[4 + 8 * 32 :].rstrip(b"\0") == b"\7" * length
