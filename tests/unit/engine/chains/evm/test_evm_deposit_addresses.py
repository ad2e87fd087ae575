"""Addresses of one's own for each payment: below an account's key, and of contracts to come."""

from typing import Final

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.clones import (
    CloneFactory,
    clone_code,
    create2_address,
    salt_of,
)
from sluice.engine.chains.evm.keychain import Keychain, parse_account_key
from tests.unit.engine.chains.evm.vectors import Case, named, raw, vectors

HD: Final = vectors("hd_addresses")
CREATE2: Final = vectors("create2")
CLONE: Final = CREATE2["clone"]
FORWARDER: Final = CREATE2["full_forwarder"]
FACTORY: Final = CloneFactory(CLONE["example_factory"].lower(), CLONE["example_impl"].lower())


def test_an_accounts_key_gives_its_addresses_in_order() -> None:
    keychain = Keychain(parse_account_key(f" {HD['xpub']}\n"))
    rest = iter([checksummed(address) for address in keychain.addresses(0, 250)])

    assert all(address in rest for address in HD["addresses"])


@pytest.mark.parametrize("index", [0, 1, 249])
def test_a_wallet_with_the_seed_words_has_the_same_addresses(index: int) -> None:
    Account.enable_unaudited_hdwallet_features()
    theirs = Account.from_mnemonic(HD["mnemonic"], account_path=f"m/44'/60'/0'/0/{index}")

    ours = Keychain(parse_account_key(HD["xpub"])).address(index)

    assert checksummed(ours) == theirs.address


def test_other_paths_have_other_addresses() -> None:
    key = parse_account_key(HD["xpub"])

    assert Keychain(key, (1,)).address(0) != Keychain(key).address(0)
    for index in (-1, 1 << 31):
        with pytest.raises(Invalid) as refused:
            Keychain(key).address(index)
        assert refused.value.code == "index_invalid"


@given(at=st.integers(0, 110), letter=st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabc"))
def test_a_mistyped_key_is_refused(at: int, letter: str) -> None:
    text = HD["xpub"]
    changed = text[:at] + letter + text[at + 1 :]

    if changed == text:
        assert parse_account_key(changed) == parse_account_key(text)
    else:
        with pytest.raises(Invalid):
            parse_account_key(changed)


@pytest.mark.parametrize(
    "secret",
    [
        "xprv9yPnE8yR9Rep",
        "5d48bacde52987fe8e082ce119635256347372748f7d002886d720861fec143e",
        " 0x5d48bacde52987fe8e082ce119635256347372748f7d002886d720861fec143e\n",
        HD["mnemonic"],
    ],
)
def test_what_can_spend_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_account_key(secret)

    assert refused.value.code == "private_key_refused"
    assert secret.strip() not in refused.value.message


@pytest.mark.parametrize("text", ["", "xpub", "xpub" * 1000, "zpub" + HD["xpub"][4:]])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_account_key(text)

    assert refused.value.code == "extended_key_invalid"


@pytest.mark.parametrize("case", CREATE2["eip1014"], ids=lambda case: case["address"])
def test_create2_makes_the_examples_of_the_standard(case: Case) -> None:
    made = create2_address(case["deployer"].lower(), raw(case["salt"]), raw(case["init_code"]))

    assert checksummed(made) == case["address"]


@pytest.mark.parametrize("case", CLONE["cases"], ids=named)
def test_a_payments_clone_has_its_address(case: Case) -> None:
    destination = case["destination"].lower()

    assert salt_of(case["payment_id"]) == raw(case["salt"])
    assert clone_code(FACTORY.implementation, destination) == raw(case["init_code"])
    assert checksummed(FACTORY.address_for(case["payment_id"], destination)) == case["address"]


@pytest.mark.parametrize("case", FORWARDER["cases"], ids=named)
def test_any_code_has_its_address(case: Case) -> None:
    code = raw(FORWARDER["creation_bytecode"]) + bytes(12) + raw(case["destination"])

    made = create2_address(FORWARDER["deployer"].lower(), salt_of(case["payment_id"]), code)

    assert checksummed(made) == case["address"]


def test_f01_each_part_changes_the_address() -> None:
    one, other = "0x" + "11" * 20, "0x" + "22" * 20
    address = FACTORY.address_for("pi_1", one)

    assert len({
        address,
        FACTORY.address_for("pi_2", one),
        FACTORY.address_for("pi_1", other),
        CloneFactory(other, FACTORY.implementation).address_for("pi_1", one),
        CloneFactory(FACTORY.address, other).address_for("pi_1", one),
    }) == 5  # fmt: skip


@pytest.mark.parametrize("payment_id", ["", "pi 1", "pi_1\n", "p" * 65, "pi_é"])
def test_an_odd_payment_has_no_address(payment_id: str) -> None:
    with pytest.raises(Invalid) as refused:
        salt_of(payment_id)

    assert refused.value.code == "id_invalid"


@pytest.mark.parametrize("address", ["0x" + "A" * 40, "0x12", "11" * 20])
def test_only_stored_addresses_are_taken(address: str) -> None:
    with pytest.raises(Invalid):
        FACTORY.address_for("pi_1", address)
    with pytest.raises(Invalid):
        create2_address("0x" + "11" * 20, b"short", b"")
