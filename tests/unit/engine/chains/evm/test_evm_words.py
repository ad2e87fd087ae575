"""What a wallet is shown is what the token checks: eth-account's digest of it, and ours."""

from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from sluice.engine.chains.authorization import Authorization, TokenDomain
from sluice.engine.chains.evm.authorizations import authorization_digest
from sluice.engine.chains.evm.messages import message_digest
from sluice.engine.chains.evm.words import ask_to_sign

TOKEN = "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"
WORD = Authorization("0x" + "a1" * 20, "0x" + "b2" * 20, 2**200 + 1, 0, 1_900_000_000, bytes(32))


@pytest.mark.parametrize(
    "domain",
    [
        TokenDomain(8453, TOKEN, "USD Coin", "2"),
        TokenDomain(137, TOKEN, "USD Coin (PoS)", "1", is_salted=True),
        TokenDomain(42161, TOKEN, "USD\u20ae0", "1"),
    ],
)
def test_typed_data_has_the_digest_that_contracts_check(domain: TokenDomain) -> None:
    asked = ask_to_sign(domain, WORD)

    typed: dict[str, Any] = dict(asked.params["typedData"])
    typed["message"] = {
        name: int(text) if text.isdigit() else text for name, text in typed["message"].items()
    }
    signable = encode_typed_data(full_message=typed)
    assert bytes(_hash_eip191_message(signable)) == authorization_digest(domain, WORD)
    assert asked.params["chainId"] == hex(domain.chain_id)
    assert asked.units == WORD.units


def test_a_text_is_hashed_as_wallets_do() -> None:
    # EIP-191's own form, of the text `hello`: what every personal_sign signs.
    assert message_digest("hello").hex() == (
        "50b2c43fd39106bafbba0da34fc430e1f91e3c96ea2acee2bc34119f92b37750"
    )
