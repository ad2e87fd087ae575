"""Keys of Stacks: accounts of a seed, and addresses of a public key alone."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keys import (
    AccountKey,
    SecretKey,
    checked_public,
    derive_account_key,
    derive_secret,
    parse_secret_key,
    seed_of,
    single_address,
)
from tests.unit.engine.chains.stacks.vectors import vectors

WALLETS = vectors("hd_accounts")["wallets"]


@pytest.mark.parametrize("wallet", WALLETS, ids=lambda wallet: wallet["mnemonic"][:20])
def test_a_mnemonic_has_its_accounts(wallet: dict[str, Any]) -> None:
    seed = seed_of(wallet["mnemonic"])

    assert seed.hex() == wallet["seed_hex"]
    for account in wallet["accounts"]:
        key = derive_secret(seed, account["path"])
        assert key.secret.hex() == account["private_key"]
        assert key.public.hex() == account["public_key"]
        assert str(single_address(key.public, is_mainnet=True)) == account["address_mainnet"]
        assert str(single_address(key.public, is_mainnet=False)) == account["address_testnet"]


@pytest.mark.parametrize("wallet", WALLETS, ids=lambda wallet: wallet["mnemonic"][:20])
def test_a_public_key_gives_an_address_for_each_payment(wallet: dict[str, Any]) -> None:
    account = AccountKey.parse(wallet["xpub"])
    seventh = account.child(7)

    assert derive_account_key(seed_of(wallet["mnemonic"]), wallet["xpub_path"]) == account
    assert str(account) == wallet["xpub"]
    assert seventh.public.hex() == wallet["child_7"]["public_key"]
    address = single_address(seventh.public, is_mainnet=True)
    assert str(address) == wallet["child_7"]["address_mainnet"]


def test_a_secret_is_not_shown() -> None:
    key = SecretKey(bytes(31) + b"\x2a")

    assert "2a" not in repr(key)


@pytest.mark.parametrize(
    "text",
    ["", "zz" * 32, "00" * 32, "ff" * 32, "01" * 31, "01" * 32 + "02", "01" * 34],
)
def test_what_is_no_private_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_secret_key(text)


def test_a_trailing_01_says_that_the_key_is_compressed() -> None:
    assert parse_secret_key("07" * 32 + "01") == parse_secret_key("07" * 32)


@pytest.mark.parametrize("raw", [b"", b"\x02" * 32, b"\x05" + bytes(32), b"\x02" + b"\xff" * 32])
def test_what_is_no_public_key_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        checked_public(raw)


@pytest.mark.parametrize("path", ["44'/0", "m/x", "m/-1", "m//0"])
def test_a_path_starts_at_m(path: str) -> None:
    with pytest.raises(Invalid):
        derive_secret(bytes(64), path)


def test_an_extended_key_has_a_checksum() -> None:
    xpub = WALLETS[0]["xpub"]

    for wrong in (xpub[:-1] + "1", xpub[:-1], "", "xpub", xpub.replace("x", "0")):
        with pytest.raises(Invalid):
            AccountKey.parse(wrong)
    with pytest.raises(Invalid):
        AccountKey.parse(xpub).child(1 << 31)
