"""Addresses of Stacks: every vector both ways, and what must not be read."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.c32 import decode_c32, encode_address, encode_c32
from sluice.engine.chains.stacks.keys import expand_public, script_address, single_address
from sluice.engine.chains.stacks.principals import (
    Address,
    Contract,
    parse_address,
    parse_asset,
    parse_contract,
    parse_principal,
)
from tests.unit.engine.chains.stacks.vectors import named, vectors

ALL = vectors("c32_addresses")
DEPLOYER = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4"


@pytest.mark.parametrize("case", ALL["addresses"], ids=lambda case: case["principal"])
def test_an_address_is_read_and_written(case: dict[str, Any]) -> None:
    address = Address(case["version"], bytes.fromhex(case["hash160"]))

    assert str(address) == case["address"]
    assert parse_address(case["address"]) == address
    assert address.bitcoin == case.get("bitcoin_base58", address.bitcoin)
    assert str(parse_principal(case["principal"])) == case["principal"]


@pytest.mark.parametrize("version", range(32))
def test_every_version_has_addresses(version: int) -> None:
    for hash160 in (bytes(20), bytes(19) + b"\1", b"\xff" * 20):
        address = Address(version, hash160)

        assert parse_address(str(address)) == address


def test_there_are_thirty_two_versions_and_twenty_bytes() -> None:
    for version, hash160 in ((32, bytes(20)), (-1, bytes(20)), (22, bytes(19))):
        with pytest.raises(Invalid, match="not a Stacks address"):
            encode_address(version, hash160)


@pytest.mark.parametrize("case", ALL["must_reject"], ids=named)
def test_what_is_no_address_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        parse_address(case["address"])


@pytest.mark.parametrize("case", ALL["leniency"], ids=lambda case: case["note"])
def test_only_the_canonical_form_is_read(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        parse_address(case["input"])


@pytest.mark.parametrize(
    "text",
    [
        f"{DEPLOYER} ",
        f"S{DEPLOYER}",
        f"{DEPLOYER[:2]}0{DEPLOYER[2:]}",
        "S🧡3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4",
        f"{DEPLOYER}\n",
    ],
)
def test_nothing_may_stand_around_an_address(text: str) -> None:
    with pytest.raises(Invalid):
        parse_address(text)


@pytest.mark.parametrize("case", ALL["c32_raw"], ids=lambda case: case["hex"])
def test_bytes_are_written_in_base_32(case: dict[str, Any]) -> None:
    assert encode_c32(bytes.fromhex(case["hex"])) == case["c32"]
    assert decode_c32(case["c32"]) == bytes.fromhex(case["hex"])


@pytest.mark.parametrize("case", ALL["keys"], ids=lambda case: case["public_key_compressed"])
def test_a_key_has_its_addresses(case: dict[str, Any]) -> None:
    compressed = bytes.fromhex(case["public_key_compressed"])

    assert expand_public(compressed).hex() == case["public_key_uncompressed"]
    for network, expected in case["addresses"].items():
        is_mainnet = network == "mainnet"
        single = single_address(compressed, is_mainnet=is_mainnet)
        full = single_address(expand_public(compressed), is_mainnet=is_mainnet)
        assert str(single) == expected["p2pkh_compressed"]
        assert str(full) == expected["p2pkh_uncompressed"]


def test_a_contract_has_an_address_and_a_name() -> None:
    contract = parse_contract(f"{DEPLOYER}.sbtc-token")

    assert contract == Contract(parse_address(DEPLOYER), "sbtc-token")
    assert str(parse_asset(f"{DEPLOYER}.sbtc-token::sbtc-token")).endswith(
        ".sbtc-token::sbtc-token"
    )


@pytest.mark.parametrize("name", ["", "1a", "-a", "a.b", "a b", "a\n", "é", "a" * 129, "漢"])
def test_a_contract_must_be_named(name: str) -> None:
    with pytest.raises(Invalid):
        parse_contract(f"{DEPLOYER}.{name}")


def test_a_script_has_an_address_on_each_network() -> None:
    assert str(script_address(bytes(20), is_mainnet=True)).startswith("SM")
    assert str(script_address(bytes(20), is_mainnet=False)).startswith("SN")
