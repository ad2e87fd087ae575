"""Real answers of Hiro's API, and real and assembled deliveries of Chainhook."""

import copy
import json
from typing import Any

import msgspec
import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.hook import Hook
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.decode import (
    NATIVE,
    check_mined,
    event_transfers,
    hint_of,
    native_transfer,
)
from sluice.engine.chains.stacks.deliveries import read_delivery
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.shapes import (
    RawBlock,
    RawEvent,
    RawMined,
    RawPage,
    RawTransaction,
)
from sluice.engine.chains.stacks.tokens import MAINNET
from tests.stacks.recorded import recorded, sample

WORD = "0x" + "ab" * 32
DB20 = "SP3K8BC0PPEVCV7NZ6QSRWPQ2JE9E5B6N3PA0KBR9.brc20-db20::brc20-db20"
SBTC = MAINNET.tokens["sbtc"]
ALICE = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"
SHOP = "SP3FBR2AGK5H9QBDH3EEN6DF8EK8JY7RX8QJ5SVTE"


def read(body: object, kind: Any) -> Any:  # noqa: ANN401 - a shape
    return msgspec.json.decode(json.dumps(body).encode(), type=kind)


def a_block(body: dict[str, Any]) -> RawBlock:
    place = {"height": body["block_height"], "hash": WORD, "index_block_hash": WORD}
    rest = {"parent_index_block_hash": WORD, "block_time": 0, "burn_block_height": 1}
    more = {"burn_block_hash": WORD, "tx_count": 1, "canonical": True}
    block: RawBlock = read(place | rest | more, RawBlock)
    return msgspec.structs.replace(block, hash=body["block_hash"])


def an_event(index: int, **changes: object) -> RawEvent:
    asset = {"asset_event_type": "transfer", "asset_id": SBTC, "sender": ALICE, "recipient": SHOP,
             "amount": "700"}  # fmt: skip
    event = {"event_index": index, "event_type": "fungible_token_asset", "tx_id": WORD,
             "asset": asset | changes}  # fmt: skip
    made: RawEvent = read(event, RawEvent)
    return made


def a_print(index: int, contract: str, value: str) -> RawEvent:
    said = {"contract_id": contract, "topic": "print", "value": {"hex": value}}
    event = {"event_index": index, "event_type": "smart_contract_log", "tx_id": WORD}
    made: RawEvent = read(event | {"contract_log": said}, RawEvent)
    return made


def test_a_real_transaction_with_an_event_of_another_gives_itself_away() -> None:
    body = sample("v1_tx_contract_call_with_events")
    mined = read(body, RawMined)

    with pytest.raises(ApiTrouble) as found:
        check_mined(mined, body["tx_id"], a_block(body))

    assert found.value.fault is Fault.NONSENSE


def test_a_real_token_event_is_read_by_its_asset() -> None:
    body = copy.deepcopy(sample("v1_tx_contract_call_with_events"))
    for event in body["events"]:
        event["tx_id"] = body["tx_id"]
    mined = read(body, RawMined)

    check_mined(mined, body["tx_id"], a_block(body))

    moved = body["events"][1]["asset"]
    assert event_transfers(mined.events, {DB20: "db20"}) == [
        Transfer(body["tx_id"], 1, "db20", moved["sender"], moved["recipient"], 1_548_865_732)
    ]
    assert event_transfers(mined.events, {DB20.replace("20::", "21::"): "db20"}) == []


def test_recorded_lists_are_read_as_far_as_we_read_them() -> None:
    """Their ids are too short for a chain: they are widened here."""
    page = copy.deepcopy(sample("v3_transactions_list"))
    for one in page["results"]:
        one["tx_id"] = one["block"]["index_hash"] = WORD

    sent, coinbase = read(page, RawPage[RawTransaction]).results

    [transfer] = [native_transfer(sent, {NATIVE: "stx"})]
    assert transfer is not None
    assert (transfer.units, transfer.memo) == (100, "hello")
    assert native_transfer(coinbase, {NATIVE: "stx"}) is None
    assert native_transfer(sent, {}) is None
    assert hint_of(coinbase, {NATIVE: "stx"}) is None


def test_a_memo_is_the_print_right_after_and_of_the_same_contract() -> None:
    contract, hello = SBTC.partition("::")[0], "0x020000000568656c6c6f"
    assets = {SBTC: "sbtc"}

    def memos(*events: RawEvent) -> list[str | None]:
        return [one.memo for one in event_transfers(events, assets)]

    assert memos(an_event(0), a_print(1, contract, hello)) == ["hello"]
    assert memos(an_event(0), a_print(1, f"{ALICE}.sbtc-token", hello)) == [None]
    assert memos(a_print(0, contract, hello), an_event(1)) == [None]
    assert memos(an_event(0), an_event(1), a_print(2, contract, hello)) == [None, "hello"]


@pytest.mark.parametrize(
    "changes",
    [
        {"asset_id": f"{ALICE}.sbtc-token::sbtc-token"},
        {"asset_id": f"{SBTC}-locked"},
        {"asset_event_type": "mint"},
        {"asset_event_type": "burn"},
        {"amount": "0"},
        {"recipient": ALICE},
    ],
)
def test_what_is_not_a_transfer_of_ours_is_left_out(changes: dict[str, object]) -> None:
    assert event_transfers([an_event(0, **changes)], {SBTC: "sbtc"}) == []


@pytest.mark.parametrize(
    "changes", [{"sender": None}, {"recipient": None}, {"amount": None}, {"recipient": "SPx"}]
)
def test_half_a_transfer_is_nonsense(changes: dict[str, object]) -> None:
    with pytest.raises(ApiTrouble) as found:
        event_transfers([an_event(0, **changes)], {SBTC: "sbtc"})

    assert found.value.fault is Fault.NONSENSE


def delivered(version: int, name: str) -> bytes:
    """Return a recorded delivery."""
    samples = recorded(f"samples_chainhook_v{version}")["samples"]
    return json.dumps(next(one["body"] for one in samples if one["name"] == name)).encode()


def test_an_aborted_transaction_of_version_1_is_not_among_the_succeeded() -> None:
    body = delivered(1, "stx_transfer_memo_ABORTED_by_post_condition")

    hint = read_delivery(body, is_mainnet=False)

    assert (list(hint.applied), list(hint.rolled_back)) == ([145_200], [])
    assert hint.tx_ids == frozenset()


def test_a_fork_of_version_1_names_both_branches() -> None:
    hint = read_delivery(delivered(1, "apply_and_rollback_same_tx"), is_mainnet=False)

    assert (list(hint.applied), list(hint.rolled_back)) == ([19], [19])
    assert len(hint.tx_ids) == 1


def test_every_recorded_delivery_of_version_1_is_read() -> None:
    for one in recorded("samples_chainhook_v1")["samples"]:
        assert not read_delivery(json.dumps(one["body"]).encode(), is_mainnet=True).is_empty


def test_deliveries_of_version_2_are_read_on_their_own_network() -> None:
    apply = delivered(2, "apply_ft_transfer")
    rollback = read_delivery(delivered(2, "rollback_only"), is_mainnet=True)

    assert list(read_delivery(apply, is_mainnet=True).applied) == [3_549_902]
    assert (list(rollback.applied), list(rollback.rolled_back)) == ([], [3_549_902])
    with pytest.raises(Invalid):
        read_delivery(apply, is_mainnet=False)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"apply": []}', b'{"event": {}}', b"\xff"])
def test_what_is_no_delivery_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_delivery(body, is_mainnet=True)


def test_a_hook_admits_its_secret_alone() -> None:
    hook = Hook("sixteen letters or more", lambda body: read_delivery(body, is_mainnet=True))

    assert hook.admits("sixteen letters or more")
    for other in ("", "sixteen letters or more ", "SIXTEEN LETTERS OR MORE", "\ud800"):
        assert not hook.admits(other)
    assert "sixteen" not in repr(hook)
