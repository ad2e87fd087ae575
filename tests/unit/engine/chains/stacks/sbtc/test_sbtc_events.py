"""What the registry prints, as recorded and as it would be wrong; and the signers' key."""

from typing import Any, Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    TRUE,
    Ascii,
    Buffer,
    ListOf,
    Ok,
    UInt,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import Contract, parse_contract, parse_principal
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.events import (
    CompletedDeposit,
    KeyRotated,
    RegistryEvent,
    WithdrawalAccepted,
    WithdrawalCreated,
    WithdrawalRejected,
    read_registry_event,
)
from sluice.engine.chains.stacks.sbtc.recipients import AddressVersion, Recipient
from sluice.engine.chains.stacks.sbtc.signers_key import read_signers_key
from sluice.engine.chains.stacks.tokens import DEVELOPMENT, MAINNET, TESTNET
from tests.unit.engine.chains.stacks.sbtc.deposits import SIGNERS, TEST_RECIPIENT, key_of
from tests.unit.engine.chains.stacks.vectors import recorded

REGISTRY: Final = parse_contract("SN3R84XZYA63QS28932XQF3G1J8R9PC3W76P9CSQS.sbtc-registry")
HASH: Final = bytes(range(32))
SHOWN: Final = HASH[::-1].hex()
KEY: Final = b"\x02" + key_of(SIGNERS)
SENDER: Final = parse_principal(TEST_RECIPIENT)
TO: Final = tuple_of({"version": Buffer(b"\4"), "hashbytes": Buffer(b"\1" * 20)})
SWEEP: Final[dict[str, Value]] = {
    "bitcoin-txid": Buffer(HASH),
    "output-index": UInt(7),
    "burn-hash": Buffer(HASH),
    "burn-height": UInt(900_000),
    "sweep-txid": Buffer(bytes(32)),
}
PRINTED: Final[dict[str, dict[str, Value]]] = {
    "completed-deposit": {"amount": UInt(5), **SWEEP},
    "withdrawal-create": {
        "request-id": UInt(1),
        "amount": UInt(600),
        "sender": SENDER,
        "recipient": TO,
        "block-height": UInt(137),
        "max-fee": UInt(80),
    },
    "withdrawal-accept": {
        "request-id": UInt(1),
        "fee": UInt(70),
        "signer-bitmap": UInt(3),
        **SWEEP,
    },
    "withdrawal-reject": {"request-id": UInt(1), "signer-bitmap": UInt(3)},
    "key-rotation": {
        "new-keys": ListOf((Buffer(KEY),)),
        "new-address": SENDER,
        "new-aggregate-pubkey": Buffer(KEY),
        "new-signature-threshold": UInt(1),
    },
}
MEANT: Final[dict[str, RegistryEvent]] = {
    "completed-deposit": CompletedDeposit(Outpoint(SHOWN, 7), 5, SHOWN, 900_000, "00" * 32),
    "withdrawal-create": WithdrawalCreated(
        1, 600, SENDER, Recipient(AddressVersion.P2WPKH, b"\1" * 20), 137, 80
    ),
    "withdrawal-accept": WithdrawalAccepted(
        1, Outpoint(SHOWN, 7), 70, 3, SHOWN, 900_000, "00" * 32
    ),
    "withdrawal-reject": WithdrawalRejected(1, 3),
    "key-rotation": KeyRotated(KEY[1:], (KEY,), SENDER, 1),
}


def read(topic: str, fields: dict[str, Value], contract: Contract = REGISTRY) -> Any:  # noqa: ANN401
    printed = encode_value(tuple_of({"topic": Ascii(topic), **fields}))
    return read_registry_event(contract, printed, registry=REGISTRY)


@pytest.mark.parametrize("topic", PRINTED)
def test_an_event_is_read_and_its_hashes_turned(topic: str) -> None:
    assert read(topic, PRINTED[topic]) == MEANT[topic]


@pytest.mark.parametrize("topic", PRINTED)
def test_anybody_can_print_but_only_the_registry_counts(topic: str) -> None:
    stranger = Contract(parse_contract(f"{TEST_RECIPIENT}.sbtc-registry").address, "sbtc-registry")
    neighbour = Contract(REGISTRY.address, "sbtc-deposit")

    assert read(topic, PRINTED[topic], stranger) is None
    assert read(topic, PRINTED[topic], neighbour) is None


FIELDS: Final = [(topic, name) for topic, fields in PRINTED.items() for name in fields]


@pytest.mark.parametrize(("topic", "name"), FIELDS)
def test_a_field_of_another_kind_or_none_is_refused(topic: str, name: str) -> None:
    fields = PRINTED[topic]
    without = {key: value for key, value in fields.items() if key != name}
    for wrong in (without, {**fields, name: TRUE}, {**fields, name: NONE}):
        with pytest.raises(Invalid):
            read(topic, wrong)


@pytest.mark.parametrize(
    ("topic", "name", "value"),
    [
        ("completed-deposit", "output-index", UInt(1 << 32)),
        ("completed-deposit", "bitcoin-txid", Buffer(HASH[1:])),
        ("withdrawal-accept", "sweep-txid", Buffer(HASH + b"\0")),
        ("withdrawal-create", "sender", Buffer(b"")),
        ("key-rotation", "new-aggregate-pubkey", Buffer(b"\0")),
        ("key-rotation", "new-aggregate-pubkey", Buffer(b"\x02" + b"\xff" * 32)),
        ("key-rotation", "new-keys", ListOf((UInt(1),))),
    ],
)
def test_a_value_that_cannot_be_is_refused(topic: str, name: str, value: Value) -> None:
    with pytest.raises(Invalid):
        read(topic, {**PRINTED[topic], name: value})


def test_what_the_registry_prints_otherwise_is_passed_over() -> None:
    assert read("protocol-update", {}) is None
    for value in (TRUE, tuple_of({"topic": UInt(1)}), tuple_of({"a": TRUE})):
        printed = encode_value(value)
        assert read_registry_event(REGISTRY, printed, registry=REGISTRY) is None
    with pytest.raises(Invalid):
        read_registry_event(REGISTRY, b"\x0c\0", registry=REGISTRY)


def test_recorded_events_are_read() -> None:
    cases = recorded("samples_sbtc_events")["registry_events"]
    found = {}
    for case in cases:
        contract = parse_contract(case["contract_identifier"])
        event = read_registry_event(
            contract, bytes.fromhex(case["raw_value"][2:]), registry=REGISTRY
        )
        found[case["fixture"]] = event
        assert event is not None
        decoded = case["decoded"]["value"]
        for name, attribute in (("amount", "amount_sats"), ("request-id", "request_id"),
                                ("max-fee", "fee_max_sats"), ("fee", "fee_sats")):  # fmt: skip
            if name in decoded:
                assert getattr(event, attribute) == int(decoded[name]["value"])
    assert [type(event) for event in found.values()] == [
        CompletedDeposit, WithdrawalCreated, WithdrawalAccepted, WithdrawalRejected, KeyRotated,
    ]  # fmt: skip
    completed, rotated = found["completed-deposit-event"], found["rotate-keys-event"]
    assert isinstance(completed, CompletedDeposit)
    assert completed.outpoint == Outpoint("00" * 32, 0xFFFFFFFF)
    assert isinstance(rotated, KeyRotated)
    assert rotated.signers_key.hex().startswith("e77bbc2f")
    assert (len(rotated.keys), rotated.signatures_required) == (3, 2)


def test_the_signers_key_is_an_answer_of_the_registry() -> None:
    assert read_signers_key(encode_value(Buffer(KEY))) == key_of(SIGNERS)


@pytest.mark.parametrize(
    "value",
    [
        Buffer(b"\0"),  # before a key was set
        Buffer(KEY[1:]),
        Buffer(KEY + b"\0"),
        Buffer(b"\x04" + KEY[1:]),
        Buffer(b"\x02" + b"\xff" * 32),
        Ok(Buffer(KEY)),
        UInt(1),
    ],
)
def test_what_is_no_key_of_the_signers_is_refused(value: Value) -> None:
    with pytest.raises(Invalid):
        read_signers_key(encode_value(value))


@pytest.mark.parametrize("chain", [MAINNET, TESTNET, DEVELOPMENT], ids=lambda chain: chain.name)
def test_each_network_names_its_contracts_by_its_token(chain: Any) -> None:  # noqa: ANN401
    contracts = SbtcContracts.of_token(chain.tokens["sbtc"])

    assert str(contracts.token) == chain.tokens["sbtc"]
    assert str(contracts.registry) == f"{contracts.deployer}.sbtc-registry"
    assert str(contracts.withdrawal) == f"{contracts.deployer}.sbtc-withdrawal"


@pytest.mark.parametrize("asset", [MAINNET.tokens["usdcx"], *MAINNET.lookalikes])
def test_another_token_has_no_sbtc_contracts(asset: str) -> None:
    with pytest.raises(Invalid, match="is not sBTC"):
        SbtcContracts.of_token(asset)
