"""Addresses: every kind on every network, both ways, and what must not be paid to."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses, read_address, write_address
from sluice.engine.chains.bitcoin.bech32 import decode_segwit, encode_segwit
from sluice.engine.chains.bitcoin.nets import MAINNET, NETS, REGTEST, SIGNET, TESTNET, Net
from sluice.engine.chains.bitcoin.scripts import (
    ScriptType,
    dust_limit,
    payload_of,
    script_of,
    type_of,
)
from tests.unit.engine.chains.bitcoin.vectors import named, vectors

CASES: Final = vectors("addresses")["cases"]
DUST: Final = vectors("amounts")["dust"]["thresholds"]
BY_NAME: Final = {"main": MAINNET, "test": TESTNET}
GENERATOR_X: Final = bytes.fromhex(
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
)
SIZES: Final = {
    ScriptType.P2PKH: 20,
    ScriptType.P2SH: 20,
    ScriptType.P2WPKH: 20,
    ScriptType.P2WSH: 32,
}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["valid"]], ids=lambda case: case["address"]
)
def test_an_address_is_read_and_written(case: dict[str, Any]) -> None:
    net = BY_NAME[case["network"]]

    script = read_address(case["address"], net)

    stored = BitcoinAddresses(net).parse(case["address"])
    assert write_address(script, net) == stored
    assert stored in {case["address"], case["address"].lower()}
    assert read_address(stored, net) == script


@pytest.mark.parametrize("case", [case for case in CASES if not case["valid"]], ids=named)
def test_b10_what_must_not_be_paid_to_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        read_address(case["address"], BY_NAME[case["network"]])

    assert refused.value.code == "address_invalid"


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_every_kind_has_an_address_on_every_network(kind: ScriptType, net: Net) -> None:
    script = script_of(kind, bytes(range(SIZES[kind])))

    assert read_address(write_address(script, net), net) == script
    assert type_of(script) is kind


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.name)
def test_taproot_has_an_address_where_its_key_exists(net: Net) -> None:
    script = script_of(ScriptType.P2TR, GENERATOR_X)
    nobody = script_of(ScriptType.P2TR, b"\xff" * 32)

    assert read_address(write_address(script, net), net) == script
    with pytest.raises(Invalid, match="No key belongs to it"):
        read_address(write_address(nobody, net), net)


@pytest.mark.parametrize(
    ("own", "other"),
    [(MAINNET, TESTNET), (TESTNET, MAINNET), (MAINNET, REGTEST), (REGTEST, MAINNET)],
    ids=lambda net: net.name,
)
@pytest.mark.parametrize("kind", SIZES)
def test_b10_another_networks_address_is_refused(own: Net, other: Net, kind: ScriptType) -> None:
    address = write_address(script_of(kind, bytes(SIZES[kind])), other)

    with pytest.raises(Invalid, match=f"not an address of {own.name}"):
        read_address(address, own)


def test_signet_writes_as_testnet_does() -> None:
    script = script_of(ScriptType.P2WPKH, bytes(20))

    assert write_address(script, SIGNET) == write_address(script, TESTNET)


# BIP-173 and BIP-350 say which of these hold: checksum, case, length, padding, version, program.
@pytest.mark.parametrize(
    "text",
    [
        "",
        "bc1",
        "bc1gmk9yu",
        "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
        "bc1rw5uspcuh",
        "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1pw5dgrnzv",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN",
        "1",
        " 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\n",
        "\u0661BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "z" * 10_000,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_address(text, MAINNET)

    assert refused.value.code == "address_invalid"


@pytest.mark.parametrize(
    ("address", "script"),
    [
        (
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        ),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
    ],
)
def test_the_scripts_are_those_of_bip_350(address: str, script: str) -> None:
    assert read_address(address, MAINNET).hex() == script


@given(st.integers(0, 16), st.binary(min_size=2, max_size=40), st.sampled_from(["bc", "bcrt"]))
def test_every_witness_program_is_written_and_read(
    version: int, program: bytes, prefix: str
) -> None:
    if version == 0 and len(program) not in {20, 32}:
        with pytest.raises(Invalid):
            encode_segwit(prefix, version, program)
        return
    text = encode_segwit(prefix, version, program)

    assert decode_segwit(prefix, text) == (version, program)
    assert decode_segwit(prefix, text.upper()) == (version, program)


@given(st.binary(min_size=20, max_size=20), st.data())
def test_one_wrong_letter_is_always_noticed(key_hash: bytes, data: st.DataObject) -> None:
    address = write_address(script_of(ScriptType.P2WPKH, key_hash), MAINNET)
    place = data.draw(st.integers(3, len(address) - 1))
    letter = data.draw(st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
    wrong = address[:place] + letter + address[place + 1 :]

    if wrong != address:
        with pytest.raises(Invalid):
            read_address(wrong, MAINNET)


@pytest.mark.parametrize(("kind", "least"), DUST.items())
def test_b11_dust_is_what_nodes_do_not_relay(kind: str, least: int) -> None:
    size = 32 if kind in {"p2wsh", "p2tr"} else 20

    assert dust_limit(script_of(ScriptType(kind), bytes(size))) == least


def test_a_message_in_an_output_is_never_dust() -> None:
    assert dust_limit(b"\x6a\x04memo") == 0


def test_an_odd_script_has_no_address() -> None:
    for script in (b"", b"\x51", b"\x51\x02\x4e\x73", b"\x6a\x04memo"):
        with pytest.raises(Invalid):
            write_address(script, MAINNET)
        with pytest.raises(Invalid):
            payload_of(script)


def test_a_hash_has_its_length() -> None:
    with pytest.raises(Invalid, match="32 bytes"):
        script_of(ScriptType.P2WSH, bytes(20))


def test_a_wallet_scans_the_amount_in_bitcoin() -> None:
    addresses = BitcoinAddresses(MAINNET)
    address = addresses.parse(CASES[0]["address"])

    assert addresses.show(address) == address
    assert addresses.payment_uri(address, money(21_000, "btc"), "memo") == (
        f"bitcoin:{address}?amount=0.00021"
    )
    with pytest.raises(Invalid) as refused:
        addresses.payment_uri(address, money(1, "usdc"), None)
    assert refused.value.code == "asset_not_on_network"
