"""Addresses with their checksum, and what a wallet scans."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.tokens import ETHEREUM, KNOWN, POLYGON, EvmChain, evm_network

VECTORS: Final = Path(__file__).parents[5] / "spec" / "vectors" / "evm"
CHECKSUMS: Final = json.loads((VECTORS / "eip55.json").read_text())
URIS: Final = json.loads((VECTORS / "eip681.json").read_text())["build"]
ADDRESSES: Final = EvmAddresses(evm_network(ETHEREUM), chain_id=1)


@pytest.mark.parametrize("text", CHECKSUMS["valid"])
def test_an_address_is_stored_lower_and_shown_with_its_checksum(text: str) -> None:
    stored = ADDRESSES.parse(text)

    assert stored == text.lower()
    assert ADDRESSES.show(stored) == text
    assert ADDRESSES.parse(text.lower()) == stored
    assert ADDRESSES.parse("0x" + text[2:].upper()) == stored
    assert ADDRESSES.parse(f" {text}\n") == stored


@pytest.mark.parametrize("text", CHECKSUMS["invalid_checksum"])
def test_a_wrong_checksum_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="mistyped") as refused:
        ADDRESSES.parse(text)

    assert refused.value.code == "address_invalid"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "0x" + "1" * 39,
        "0x" + "1" * 41,
        "0X" + "1" * 40,
        "1" * 42,
        "0x" + "g" * 40,
        "0x" + "\u0661" * 40,
        "0x" + "0" * 40,
        ETHEREUM.tokens["usdc"],
        "vitalik.eth",
        "0x11111111111111111111 11111111111111111111",
    ],
)
def test_what_would_lose_money_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ADDRESSES.parse(text)

    assert refused.value.code == "address_invalid"


@given(st.binary(min_size=20, max_size=20))
def test_checksums_are_those_of_the_ethereum_foundations_library(raw: bytes) -> None:
    assert checksummed(f"0x{raw.hex()}") == to_checksum_address(raw)


@pytest.mark.parametrize(
    "row", URIS, ids=lambda row: f"{row['chain_id']}-{row['symbol']}-{row['base_units']}"
)
def test_a_payment_uri_is_written_to_the_letter(row: dict[str, Any]) -> None:
    asset = "usdt" if row["symbol"].startswith("USDT") else "usdc"
    chain = EvmChain(row["chain_id"], "any", "Any", 2.0, 1, 1, None, {asset: row["token"]})
    addresses = EvmAddresses(evm_network(chain), chain_id=row["chain_id"])

    uri = addresses.payment_uri(row["to"].lower(), money(int(row["base_units"]), asset), "memo")

    assert uri == row["uri"]


def test_an_asset_the_network_does_not_carry_has_no_uri() -> None:
    with pytest.raises(Invalid) as refused:
        ADDRESSES.payment_uri("0x" + "22" * 20, money(5, "btc"), None)

    assert refused.value.code == "asset_not_on_network"


def test_both_networks_write_their_own_number() -> None:
    for chain in KNOWN.values():
        addresses = EvmAddresses(evm_network(chain), chain_id=chain.chain_id)

        uri = addresses.payment_uri("0x" + "22" * 20, money(5, "usdc"), None)

        assert f"@{chain.chain_id}/transfer?" in uri
    assert POLYGON.chain_id == 137
