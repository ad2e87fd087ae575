"""Emily over a real socket of this machine: what she is told, and which answers are believed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault
from sluice.engine.chains.stacks.sbtc.emily import Emily
from sluice.engine.chains.stacks.sbtc.emily_shapes import Status
from sluice.engine.chains.stacks.sbtc.limits import Caps
from tests.integration.base.servers import Server, listening, read_request
from tests.unit.engine.chains.stacks.sbtc.deposits import a_deposit
from tests.unit.engine.chains.stacks.vectors import recorded

DEPOSIT: Final = a_deposit()
OUTPOINT: Final = Outpoint("ab" * 32, 1)
RAW: Final = b"\x02\0\0\0"
KEY: Final = "a-long-secret-key"
KNOWN: Final[dict[str, Any]] = {
    "bitcoinTxid": OUTPOINT.tx_id,
    "bitcoinTxOutputIndex": OUTPOINT.index,
    "recipient": encode_value(DEPOSIT.deposit.recipient).hex(),
    "amount": 1_000_000,
    "lastUpdateHeight": 7,
    "lastUpdateBlockHash": "cd" * 32,
    "status": "pending",
    "statusMessage": "Just received deposit",
    "parameters": {"maxFee": 80_000, "lockTime": 950},
    "reclaimScript": DEPOSIT.reclaim_script.hex(),
    "depositScript": DEPOSIT.deposit_script.hex(),
}
FULFILLED: Final = {
    "BitcoinTxid": "11" * 32,
    "BitcoinTxIndex": 1,
    "StacksTxid": "22" * 32,
    "BitcoinBlockHash": "33" * 32,
    "BitcoinBlockHeight": 900_000,
    "BtcFee": 700,
}
MORE: Final[dict[Status, dict[str, Any]]] = {
    Status.CONFIRMED: {"fulfillment": FULFILLED},
    Status.REPLACED: {"replacedByTx": "44" * 32},
}
LIMITS: Final[dict[str, Any]] = {
    "pegCap": None,
    "perDepositMinimum": 10_000,
    "perDepositCap": 21_000_000,
    "perWithdrawalCap": 50_000_000,
    "rollingWithdrawalBlocks": 144,
    "rollingWithdrawalCap": 90_000_000,
    "availableToWithdraw": 40_000_000,
    "accountCaps": {"someone": {"perDepositMinimum": 0}},
    "throttleModeInitiator": None,
}


class Answering:
    """A server that gives one answer to everything, and an Emily that asks it."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.body = b"{}"
        self.server = Server(self._talk)

    def says(self, body: object, status: str = "200 OK") -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    @property
    def heard(self) -> tuple[str, bytes]:
        """Return the first line and the body of the last request."""
        head, _, body = self.server.heard[-1].partition(b"\r\n\r\n")
        return head.split(b" HTTP")[0].decode(), body

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_request(reader):
            self.server.heard.append(head)
            length = len(self.body)
            writer.write(
                f"HTTP/1.1 {self.status}\r\nContent-Length: {length}\r\n\r\n".encode() + self.body
            )
            await writer.drain()


@pytest.fixture
async def told() -> AsyncIterator[tuple[Answering, Emily]]:
    answering, egress = Answering(), Egress(NODES)
    async with listening(answering.server) as port:
        yield answering, Emily(f"http://{KEY}@127.0.0.1:{port}/emily", egress, read_s=5)
        await egress.close()


Told = tuple[Answering, Emily]


@pytest.mark.parametrize("status", ["200 OK", "201 Created"])
async def test_emily_is_told_of_a_deposit(told: Told, status: str) -> None:
    answering, emily = told
    answering.says(KNOWN, status)

    known = await emily.create(OUTPOINT, DEPOSIT, RAW)

    line, body = answering.heard
    assert line == "POST /emily/deposit"
    assert json.loads(body) == {
        "bitcoinTxid": "ab" * 32,
        "bitcoinTxOutputIndex": 1,
        "depositScript": DEPOSIT.deposit_script.hex(),
        "reclaimScript": DEPOSIT.reclaim_script.hex(),
        "transactionHex": "02000000",
    }
    assert f"x-api-key: {KEY}".encode() in answering.server.heard[-1]
    assert (known.outpoint, known.deposit, known.sats) == (OUTPOINT, DEPOSIT, 1_000_000)
    assert (known.status, known.fulfillment) == (Status.PENDING, None)


async def test_what_emily_is_told_is_what_a_real_depositor_told(told: Told) -> None:
    answering, emily = told
    answering.says({}, "500 Internal Server Error")
    body = recorded("sbtc_deposits_real")["deposits"][2]["post_body"]
    deposit = a_deposit()

    with pytest.raises(ApiTrouble):
        await emily.create(OUTPOINT, deposit, RAW)

    assert json.loads(answering.heard[1]).keys() == body.keys()


@pytest.mark.parametrize("status", Status)
async def test_emily_says_how_far_a_deposit_is(told: Told, status: Status) -> None:
    answering, emily = told
    more = MORE.get(status, {})
    answering.says({**KNOWN, "status": status.value, **more})

    known = await emily.deposit(OUTPOINT)

    assert answering.heard[0] == f"GET /emily/deposit/{'ab' * 32}/1"
    assert known is not None
    assert known.status is status
    assert known.replaced_by == more.get("replacedByTx")
    assert (known.fulfillment is not None) == (status is Status.CONFIRMED)
    if known.fulfillment is not None:
        assert (known.fulfillment.stacks_txid, known.fulfillment.btc_fee) == ("22" * 32, 700)


async def test_a_deposit_that_emily_was_not_told_of_is_none(told: Told) -> None:
    answering, emily = told
    answering.says({"message": "not found"}, "404 Not Found")
    assert await emily.deposit(OUTPOINT) is None

    answering.says(b"<html>no such host</html>", "404 Not Found")
    with pytest.raises(ApiTrouble):
        await emily.deposit(OUTPOINT)


async def test_the_limits_are_told(told: Told) -> None:
    answering, emily = told
    answering.says(LIMITS)

    limits = await emily.limits()

    assert answering.heard[0] == "GET /emily/limits"
    assert limits.caps == Caps(None, 10_000, 21_000_000, 50_000_000, 144, 90_000_000)
    assert limits.withdrawable == 40_000_000
    assert limits.of("someone").deposit_min == 0


OTHER: Final = a_deposit(fee_max_sats=1)


@pytest.mark.parametrize(
    "change",
    [
        {"bitcoinTxid": "ac" * 32},
        {"bitcoinTxid": "AB" * 32},
        {"bitcoinTxOutputIndex": 2},
        {"bitcoinTxOutputIndex": -1},
        {"bitcoinTxOutputIndex": "1"},
        {"recipient": "00"},
        {"recipient": "05" + "16" + "00" * 20},
        {"recipient": "0x05"},
        {"amount": -1},
        {"amount": "1000000"},
        {"amount": 1.5},
        {"amount": None},
        {"status": "done"},
        {"status": None},
        {"statusMessage": None},
        {"parameters": {"maxFee": 80_001, "lockTime": 950}},
        {"parameters": {"maxFee": 80_000, "lockTime": 951}},
        {"parameters": {"maxFee": 80_000}},
        {"depositScript": OTHER.deposit_script.hex()},
        {"depositScript": "51"},
        {"reclaimScript": "5"},
        {"reclaimScript": "51b2"},
        {"fulfillment": {}},
        {"fulfillment": {**FULFILLED, "BtcFee": -1}},
        {"replacedByTx": "x"},
    ],
)
async def test_a_deposit_that_cannot_be_is_not_believed(
    told: Told, change: dict[str, object]
) -> None:
    answering, emily = told
    answering.says({**KNOWN, **change})

    with pytest.raises(ApiTrouble) as trouble:
        await emily.deposit(OUTPOINT)

    assert trouble.value.fault is Fault.NONSENSE


async def test_emily_does_not_answer_for_another_deposit(told: Told) -> None:
    answering, emily = told
    answering.says(KNOWN)

    with pytest.raises(ApiTrouble, match="another deposit"):
        await emily.create(OUTPOINT, a_deposit(lock_blocks=16), RAW)


@pytest.mark.parametrize(
    "change",
    [
        {"accountCaps": None},
        {"perDepositMinimum": -1},
        {"perDepositMinimum": "1"},
        {"availableToWithdraw": 0.5},
        {"accountCaps": {"a": None}},
    ],
)
async def test_limits_that_cannot_be_are_not_believed(
    told: Told, change: dict[str, object]
) -> None:
    answering, emily = told
    answering.says({**LIMITS, **change})

    with pytest.raises(ApiTrouble) as trouble:
        await emily.limits()

    assert trouble.value.fault is Fault.NONSENSE


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        ("400 Bad Request", Fault.REFUSED),
        ("403 Forbidden", Fault.UNAUTHORIZED),
        ("404 Not Found", Fault.UNSUPPORTED),
        ("429 Too Many Requests", Fault.RATE_LIMITED),
        ("503 Service Unavailable", Fault.UNAVAILABLE),
    ],
)
async def test_a_refusal_is_told_without_our_key(told: Told, status: str, fault: Fault) -> None:
    answering, emily = told
    answering.says(f"no, {KEY}".encode(), status)

    with pytest.raises(ApiTrouble) as trouble:
        await emily.limits()

    assert trouble.value.fault is fault
    assert KEY not in str(trouble.value)


async def test_an_emily_that_is_not_there_is_unavailable(told: Told) -> None:
    _, emily = told
    nobody = Emily("http://127.0.0.1:1", emily._egress)

    with pytest.raises(ApiTrouble) as trouble:
        await nobody.limits()

    assert trouble.value.fault is Fault.UNAVAILABLE
