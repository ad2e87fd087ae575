"""Which transfer a gateway's event is about: exactly one that really moved, or none."""

from typing import Final

from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    Ascii,
    Bool,
    Buffer,
    UInt,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.gateway.settled import name_settled
from sluice.engine.chains.stacks.principals import parse_contract, parse_principal
from sluice.engine.chains.stacks.shapes import RawEvent, RawHexed, RawPrint

GATEWAY: Final = parse_contract("STY71DBDGHKV6Z4P1Y2N2S2M0WJAQC9T7FXZGHYH.sluice-gateway")
OTHER: Final = parse_contract("ST1WV0048ERKB55592H81MK6J4TTRP8TSGE8VSTHJ.sluice-gateway")
TOKEN: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
PAYER: Final = "ST1WV0048ERKB55592H81MK6J4TTRP8TSGE8VSTHJ"
SHOP: Final = "ST19H4R5A58CSW8MCADYZMGP85FN2RZ0Z9MXV452Z"
TX: Final = "0x" + "ab" * 32
SETTLES: Final = "7:" + "cd" * 16


def moved(index: int = 1, units: int = 990, sender: str = PAYER, to: str = SHOP) -> Transfer:
    return Transfer(TX, index, "sbtc", sender, to, units)


def said(index: int = 3, contract: object = GATEWAY, **changes: Value) -> RawEvent:
    data: dict[str, Value] = {
        "merchant": UInt(7),
        "ref": Buffer(b"\xcd" * 16),
        "payer": parse_principal(PAYER),
        "payout": parse_principal(SHOP),
        "fee": UInt(10),
        "split-total": UInt(0),
        "mode": UInt(0),
        "escrow": NONE,
        "open": Bool(value=False),
    }
    envelope: dict[str, Value] = {
        "sluice": UInt(1),
        "seq": UInt(1),
        "ev": Ascii("payment.settled"),
        "id": UInt(1),
        "actor": parse_principal(PAYER),
        "token": parse_contract(TOKEN),
        "amount": UInt(1000),
    }
    for name, value in changes.items():
        (data if name.replace("_", "-") in data else envelope)[name.replace("_", "-")] = value
    value = tuple_of(envelope | {"data": tuple_of(data)})
    printed = RawPrint(str(contract), "print", RawHexed(f"0x{encode_value(value).hex()}"))
    return RawEvent(index, "smart_contract_log", TX, contract_log=printed)


def named(transfers: list[Transfer], *events: RawEvent) -> list[str | None]:
    found = name_settled(transfers, events, GATEWAY, {TOKEN: "sbtc"})
    assert [one.units for one in found] == [one.units for one in transfers]
    return [one.settles for one in found]


def test_the_transfer_behind_an_event_is_named() -> None:
    assert named([moved(0, 10, to="ST1FEE"), moved()], said()) == [None, SETTLES]


def test_without_a_transfer_the_event_says_nothing() -> None:
    assert named([], said()) == []
    assert named([moved(units=989)], said()) == [None]
    assert named([moved(sender="ST2OTHER")], said()) == [None]
    assert named([moved(to="ST2OTHER")], said()) == [None]
    assert named([moved(index=4)], said(index=3)) == [None]


def test_another_token_than_the_event_names_is_not_meant() -> None:
    assert named([moved()], said(token=OTHER)) == [None]


def test_another_contract_is_not_believed() -> None:
    assert named([moved()], said(contract=OTHER)) == [None]


def test_what_settles_no_reference_names_none() -> None:
    assert named([moved()], said(open=Bool(value=True))) == [None]
    assert named([moved()], said(mode=UInt(1))) == [None]
    assert named([moved()], said(ev=Ascii("payment.refunded"))) == [None]
    assert named([moved()], said(ref=UInt(1))) == [None]


def test_each_event_takes_the_transfer_before_it_and_none_twice() -> None:
    two = [moved(1), moved(4)]
    assert named(two, said(3), said(6, ref=Buffer(b"\xee" * 16))) == [SETTLES, "7:" + "ee" * 16]
    assert named([moved(1)], said(3), said(6, ref=Buffer(b"\xee" * 16))) == [SETTLES]


def test_shares_of_others_are_not_the_merchants() -> None:
    assert named([moved(units=890)], said(split_total=UInt(100))) == [SETTLES]
