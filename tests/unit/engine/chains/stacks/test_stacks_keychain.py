"""Addresses of a merchant's account, without any key that could spend."""

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keychain import StacksKeychain
from sluice.engine.chains.stacks.keys import derive_account_key
from tests.unit.engine.chains.stacks.vectors import vectors

WALLETS = vectors("hd_accounts")["wallets"]
MAINNET = StacksKeychain(chain_id=1)
TESTNET = StacksKeychain(chain_id=0x80000000)

# The root of BIP-32's first vector, and the account of BIP-84's.
XPRV = (
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGt"
    "RBeJgk33yuGBxrMPHi"
)
ZPUB = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGD"
    "tKsAYz2oz2AGutZYs"
)


@pytest.mark.parametrize("path", ["m/44'/5757'/0'", "m/44'/5757'/0'/0"])
@pytest.mark.parametrize("wallet", WALLETS, ids=range(len(WALLETS)))
def test_an_account_has_the_addresses_that_its_wallet_shows(
    wallet: dict[str, object], path: str
) -> None:
    text = str(derive_account_key(bytes.fromhex(str(wallet["seed_hex"])), path))
    accounts = wallet["accounts"]
    assert isinstance(accounts, list)

    for index, account in enumerate(accounts):
        kept = MAINNET.read(text)
        assert MAINNET.address(kept, index) == account["address_mainnet"]
        assert TESTNET.address(TESTNET.read(text), index) == account["address_testnet"]


def test_an_address_beyond_those_a_wallet_shows_is_the_vectors() -> None:
    for wallet in WALLETS:
        child = wallet["child_7"]
        assert MAINNET.address(MAINNET.read(wallet["xpub"]), 7) == child["address_mainnet"]


def test_both_ways_of_giving_an_account_are_kept_alike() -> None:
    seed = bytes.fromhex(str(WALLETS[0]["seed_hex"]))
    account = str(derive_account_key(seed, "m/44'/5757'/0'"))
    below = str(derive_account_key(seed, "m/44'/5757'/0'/0"))

    assert MAINNET.read(f" {account}\n") == MAINNET.read(below) == below
    assert MAINNET.read(MAINNET.read(account)) == below


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (str(WALLETS[0]["mnemonic"]), "private_key_refused"),
        ("47382d0211f3bbb11812b5e60b696a93d7ad0a91cdeb2162f7d69d4adef48b5d", "private_key_refused"),
        ("11" * 32 + "01", "private_key_refused"),
        (XPRV, "private_key_refused"),
        (ZPUB, "account_unsupported"),
        ("SPC5KHM41H6WHAST7MWWDD807YSPRQKJ69FSH54J", "account_unsupported"),
        ("", "account_unsupported"),
        ("xpub" + "1" * 300, "account_invalid"),
    ],
)  # fmt: skip
def test_what_is_no_public_account_is_refused_and_not_repeated(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        MAINNET.read(text)

    assert refused.value.code == code
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("path", ["m/44'/5757'", "m/44'/5757'/0'/0/0", "m/44'/5757'/0'/1"])
def test_a_key_from_another_place_is_refused(path: str) -> None:
    text = str(derive_account_key(bytes.fromhex(str(WALLETS[0]["seed_hex"])), path))

    with pytest.raises(Invalid):
        MAINNET.read(text)


def test_a_mistyped_key_is_refused() -> None:
    text = str(derive_account_key(bytes.fromhex(str(WALLETS[0]["seed_hex"])), "m/44'/5757'/0'"))

    with pytest.raises(Invalid):
        MAINNET.read(text[:-1] + ("2" if text[-1] != "2" else "3"))
