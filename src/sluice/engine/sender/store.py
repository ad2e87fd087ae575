"""Rows of hot wallets, sends and attempts."""

import datetime as dt
from typing import Any, Final

import msgspec

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.chains.writer import Call, Order, Slot, Unsigned, Verdict
from sluice.engine.sender.model import Attempt, HotWallet, Limits, Send, SendState

_WALLET: Final = """
SELECT merchant_id, livemode, id, network, address, public_key, signer, limits, next_nonce, frozen_reason, frozen_at,
  payout_address, payout_address_from, withdraw_address, withdraw_address_from, standing, looked_at, created_at FROM hot_wallets"""
_ADD_WALLET: Final = """
INSERT INTO hot_wallets (merchant_id, livemode, id, network, address, public_key, signer, limits, next_nonce, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
_MINE: Final = _WALLET + " WHERE merchant_id = $1 AND livemode = $2"
_ON: Final = _MINE + " AND network = $3"
_ALL: Final = _WALLET + " ORDER BY id LIMIT $1 -- every merchant"
_GET: Final = _WALLET + " WHERE id = $1 -- every merchant"
_LOCK: Final = _WALLET + " WHERE id = $1 FOR UPDATE -- every merchant"
_BUSY: Final = (
    _WALLET
    + """ w WHERE EXISTS (
  SELECT FROM sends s WHERE s.wallet_id = w.id AND s.state NOT IN ('done', 'failed', 'canceled') AND s.next_at <= $1)
ORDER BY w.id LIMIT $2 -- every merchant"""
)
_FREEZE: Final = """
UPDATE hot_wallets SET frozen_reason = $2, frozen_at = $3 WHERE id = $1 AND frozen_at IS NULL -- every merchant"""
_THAW: Final = """
UPDATE hot_wallets SET frozen_reason = NULL, frozen_at = NULL, next_nonce = greatest(next_nonce, $2)
WHERE id = $1 -- every merchant"""
_TAKE: Final = "UPDATE hot_wallets SET next_nonce = $2 WHERE id = $1 -- every merchant"
_LOOKED: Final = (
    "UPDATE hot_wallets SET standing = $2, looked_at = $3 WHERE id = $1 -- every merchant"
)
_LIMIT: Final = "UPDATE hot_wallets SET limits = $2 WHERE id = $1 -- every merchant"

_PAY_OUT_TO: Final = """
UPDATE hot_wallets SET payout_address = $2, payout_address_from = $3 WHERE id = $1 -- every merchant"""
_WITHDRAW_TO: Final = """
UPDATE hot_wallets SET withdraw_address = $2, withdraw_address_from = $3 WHERE id = $1 -- every merchant"""

_SEND: Final = """
SELECT merchant_id, livemode, id, wallet_id, reference, network, asset, units, recipient, memo, call, state, slot, reason,
  next_at, tx_id, created_at, opened_at, ended_at FROM sends"""
_ADD: Final = """
INSERT INTO sends (merchant_id, livemode, id, wallet_id, reference, network, asset, units, recipient, memo, call, state,
  next_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'queued', $12, $12)"""
_LOCK_SEND: Final = _SEND + " WHERE id = $1 FOR UPDATE -- every merchant"
_LOCK_MINE: Final = (
    _SEND + " WHERE merchant_id = $1 AND livemode = $2 AND reference = $3 ORDER BY id FOR UPDATE"
)
_DUE: Final = (
    _SEND
    + """ WHERE wallet_id = $1 AND state NOT IN ('done', 'failed', 'canceled') AND next_at <= $2
ORDER BY state = 'queued', created_at, id LIMIT $3 -- every merchant"""
)
# What numbered sends move that no block up to number $2 shows; what ended lately may be newer than the look.
_UNDERWAY: Final = """
SELECT s.asset, s.units,
  coalesce((SELECT max(a.cost_max) FROM send_attempts a WHERE a.send_id = s.id), 0) AS cost
FROM sends s WHERE s.wallet_id = $1 AND (s.slot ->> 'nonce')::bigint >= $2 AND (s.state = 'open' OR s.ended_at > $3)
  -- every merchant"""
_OPEN: Final = """
UPDATE sends SET state = 'open', slot_key = $2, slot = $3, opened_at = $4, next_at = $4, reason = NULL
WHERE id = $1 AND state = 'queued' -- every merchant"""
_LATER: Final = "UPDATE sends SET next_at = $2, reason = $3 WHERE id = $1 -- every merchant"
_END: Final = """
UPDATE sends SET state = $2, tx_id = $3, reason = $4, ended_at = $5 WHERE id = $1 AND ended_at IS NULL -- every merchant"""
_CHARGE: Final = "UPDATE sends SET cost = $2, fee_asset = $3 WHERE id = $1 -- every merchant"
# Units that left, or may leave, in the day before $2.
_OUTFLOW: Final = """
SELECT coalesce(sum(units), 0) FROM sends
WHERE wallet_id = $1 AND asset = $3 AND state IN ('open', 'done') AND opened_at > $2 -- every merchant"""

_OPEN_SENDS: Final = (
    _SEND
    + " WHERE wallet_id = $1 AND state = 'open' ORDER BY created_at, id LIMIT $2 -- every merchant"
)
_ATTEMPTS: Final = """
SELECT send_id, n, is_void, price, payload, digests, cost_max, raw, tx_id, verdict, built_at, sealed_at, told_at, tellings
FROM send_attempts WHERE send_id = $1 ORDER BY n -- every merchant"""
_ADD_ATTEMPT: Final = """
INSERT INTO send_attempts (merchant_id, livemode, send_id, n, is_void, price, payload, digests, cost_max, built_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
_SEAL: Final = """
UPDATE send_attempts SET raw = $3, tx_id = $4, sealed_at = $5
WHERE send_id = $1 AND n = $2 AND raw IS NULL -- every merchant"""
_TOLD: Final = """
UPDATE send_attempts SET verdict = $3, told_at = $4, tellings = tellings + 1
WHERE send_id = $1 AND n = $2 -- every merchant"""


def add_wallet(work: Work, wallet: HotWallet) -> None:
    """Add a wallet."""
    work.insert(
        _ADD_WALLET, wallet.merchant_id, wallet.livemode, wallet.id, wallet.network, wallet.address,
        wallet.public_key, wallet.signer, msgspec.to_builtins(wallet.limits), wallet.next_nonce,
        wallet.created_at,
    )  # fmt: skip


async def wallet_on(work: Work, network: str) -> HotWallet | None:
    """Return the merchant's wallet on a network."""
    row = await work.row(_ON, *work.owner, network)
    return None if row is None else _wallet(row)


async def wallets_of(work: Work) -> list[HotWallet]:
    """Return the merchant's wallets."""
    return [_wallet(row) for row in await work.rows(_MINE, *work.owner)]


async def page_wallets(work: Work, limit: int) -> list[HotWallet]:
    """Return wallets of every merchant, oldest first."""
    return [_wallet(row) for row in await work.rows(_ALL, limit)]


async def get_wallet(work: Work, wallet_id: str, *, lock: bool = False) -> HotWallet | None:
    """Return a wallet, held until the Work ends if so wanted."""
    row = await work.row(_LOCK if lock else _GET, wallet_id)
    return None if row is None else _wallet(row)


async def busy_wallets(work: Work, at: dt.datetime, limit: int) -> list[HotWallet]:
    """Return wallets that have something to do now."""
    return [_wallet(row) for row in await work.rows(_BUSY, at, limit)]


async def freeze(work: Work, wallet_id: str, reason: str) -> bool:
    """Freeze a wallet; say whether it was not frozen before."""
    return await work.execute(_FREEZE, wallet_id, reason, work.now) > 0


async def thaw(work: Work, wallet_id: str, next_nonce: int) -> None:
    """Let a wallet send again, from this number at least."""
    await work.execute(_THAW, wallet_id, next_nonce)


async def take(work: Work, wallet_id: str, next_nonce: int) -> None:
    """Note the first number that is not given away."""
    await work.execute(_TAKE, wallet_id, next_nonce)


async def looked(work: Work, wallet_id: str, standing: dict[str, Any]) -> None:
    """Note how a wallet stood when it was looked at."""
    await work.execute(_LOOKED, wallet_id, standing, work.now)


async def limit(work: Work, wallet_id: str, limits: Limits) -> None:
    """Write a wallet's limits."""
    await work.execute(_LIMIT, wallet_id, msgspec.to_builtins(limits))


async def pay_out_to(work: Work, wallet_id: str, address: str, since: dt.datetime) -> None:
    """Write where a wallet's payouts go, and from when on."""
    await work.execute(_PAY_OUT_TO, wallet_id, address, since)


async def withdraw_to(work: Work, wallet_id: str, address: str, since: dt.datetime) -> None:
    """Write where a wallet's payouts through its network's peg go, and from when on."""
    await work.execute(_WITHDRAW_TO, wallet_id, address, since)


def add(work: Work, send: Send) -> None:
    """Add an order to send."""
    order = send.order
    call = None if order.call is None else msgspec.to_builtins(order.call)
    work.insert(
        _ADD, send.merchant_id, send.livemode, send.id, send.wallet_id, order.reference,
        order.network, order.asset, order.units, order.recipient, order.memo, call, send.created_at,
    )  # fmt: skip


async def lock(work: Work, send_id: str) -> Send | None:
    """Return a send, held until the Work ends."""
    row = await work.row(_LOCK_SEND, send_id)
    return None if row is None else _send(row)


async def lock_of_reference(work: Work, reference: str) -> list[Send]:
    """Return the merchant's sends for one thing, oldest first, held until the Work ends."""
    return [_send(row) for row in await work.rows(_LOCK_MINE, *work.owner, reference)]


async def due(work: Work, wallet_id: str, limit: int) -> list[Row]:
    """Return the rows of sends to look at now, open ones first; their states are not read yet."""
    return await work.rows(_DUE, wallet_id, work.now, limit)


async def open_sends(work: Work, wallet_id: str, limit: int) -> list[Row]:
    """Return the rows of sends that have their slot, oldest first."""
    return await work.rows(_OPEN_SENDS, wallet_id, limit)


async def underway(
    work: Work, wallet_id: str, next_mined: int, since: dt.datetime
) -> list[tuple[str, int, int]]:
    """Return (asset, units, cost at most) of numbered sends that a look does not show yet."""
    rows = await work.rows(_UNDERWAY, wallet_id, next_mined, since)
    return [(row["asset"], int(row["units"]), int(row["cost"])) for row in rows]


async def open_send(work: Work, send_id: str, slot: Slot) -> None:
    """Give a send its slot."""
    await work.execute(_OPEN, send_id, slot.key, msgspec.to_builtins(slot), work.now)


async def later(work: Work, send_id: str, at: dt.datetime, reason: str | None) -> None:
    """Look at a send again at an instant, and say why not before."""
    await work.execute(_LATER, send_id, at, reason)


async def end(
    work: Work, send_id: str, state: SendState, tx_id: str | None, reason: str | None
) -> bool:
    """Write how a send ended; say whether it had not ended before."""
    return await work.execute(_END, send_id, state.value, tx_id, reason, work.now) > 0


async def charge(work: Work, send_id: str, cost: int, fee_asset: str) -> None:
    """Write what a network took for it."""
    await work.execute(_CHARGE, send_id, cost, fee_asset)


async def outflow(work: Work, wallet_id: str, asset: str, since: dt.datetime) -> int:
    """Return how much of an asset left, or may leave, since an instant."""
    return int(await work.value(_OUTFLOW, wallet_id, since, asset))


async def attempts(work: Work, send_id: str) -> list[Attempt]:
    """Return a send's attempts, oldest first."""
    return [_attempt(row) for row in await work.rows(_ATTEMPTS, send_id)]


def add_attempt(work: Work, send: Send, attempt: Attempt) -> None:
    """Write a transaction down before it is signed."""
    unsigned = attempt.unsigned
    work.insert(
        _ADD_ATTEMPT, send.merchant_id, send.livemode, send.id, attempt.n, attempt.is_void,
        dict(attempt.price), unsigned.payload, list(unsigned.digests), unsigned.cost_max,
        attempt.built_at,
    )  # fmt: skip


async def seal(work: Work, attempt: Attempt, tx_id: str, raw: bytes) -> bool:
    """Keep the bytes of an attempt, unless it has some already; say whether they were kept."""
    return await work.execute(_SEAL, attempt.send_id, attempt.n, raw, tx_id, work.now) > 0


async def told(work: Work, attempt: Attempt, verdict: Verdict) -> None:
    """Note what came of sending an attempt."""
    await work.execute(_TOLD, attempt.send_id, attempt.n, verdict.value, work.now)


def read_send(row: Row) -> Send:
    """Read a send. Raises ValueError for a state that this release does not know."""
    return _send(row)


def _wallet(row: Row) -> HotWallet:
    values = dict(row)
    return HotWallet(**values | {"limits": msgspec.convert(values["limits"], type=Limits)})


def _send(row: Row) -> Send:
    values: dict[str, Any] = dict(row)
    names = ("network", "asset", "units", "recipient", "reference", "memo")
    call = values.pop("call")
    order = Order(
        **{name: values.pop(name) for name in names},
        call=None if call is None else msgspec.convert(call, type=Call),
    )
    slot = values["slot"]
    return Send(
        **values
        | {
            "order": order,
            "state": SendState(values["state"]),
            "slot": None if slot is None else msgspec.convert(slot, type=Slot),
        }
    )


def _attempt(row: Row) -> Attempt:
    values: dict[str, Any] = dict(row)
    unsigned = Unsigned(
        values.pop("payload"), tuple(values.pop("digests")), int(values.pop("cost_max"))
    )
    verdict = values["verdict"]
    return Attempt(
        **values | {"unsigned": unsigned, "verdict": None if verdict is None else Verdict(verdict)}
    )
