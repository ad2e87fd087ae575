"""Api: one provider's HTTP, Hiro's API and the node behind it; bounded and understood."""

import datetime as dt
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from sluice.base.clock import Clock
from sluice.base.egress import Answer, Egress, EgressError, Reason
from sluice.engine.chains.endpoint import Endpoint, retry_after_s
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault, fault_of
from sluice.engine.chains.stacks.principals import Contract
from sluice.engine.chains.stacks.shapes import (
    RawAnswer,
    RawBlock,
    RawBlocks,
    RawFound,
    RawInfo,
    RawInterface,
    RawMined,
    RawPage,
    RawTransaction,
)

T = TypeVar("T")

READ_S: Final = 8.0
ANSWER_MAX: Final = 16 * 1024 * 1024
QUIET_MAX_S: Final = 600.0
# The API's own limits on a page.
BLOCKS_PAGE: Final = 30
TXS_PAGE: Final = 50
EVENTS_PAGE: Final = 100
# More pages than any block can have: a provider that never ends is refused.
_PAGES_MAX: Final = 400
# Hiro's header for keys, which raise the limit from 50 to 500 requests a minute.
KEY_HEADER: Final = "x-api-key"

_INFO: Final = msgspec.json.Decoder(RawInfo)
_BLOCK: Final = msgspec.json.Decoder(RawBlock)
_BLOCKS: Final = msgspec.json.Decoder(RawBlocks)
_TRANSACTION: Final = msgspec.json.Decoder(RawTransaction)
_TRANSACTIONS: Final = msgspec.json.Decoder(RawPage[RawTransaction])
_FOUND: Final = msgspec.json.Decoder(dict[str, RawFound])
_MINED: Final = msgspec.json.Decoder(RawMined)
_ANSWER: Final = msgspec.json.Decoder(RawAnswer)
_INTERFACE: Final = msgspec.json.Decoder(RawInterface)


class Api:
    """One provider. Every method raises ApiTrouble; no message holds the URL's secrets.

    A key stands in the URL as its user: `https://KEY@api.hiro.so`.
    """

    def __init__(
        self,
        url: str,
        egress: Egress,
        clock: Clock,
        *,
        read_s: float = READ_S,
        answer_max: int = ANSWER_MAX,
    ) -> None:
        self._endpoint = Endpoint.of(url, key_header=KEY_HEADER)
        self._egress = egress
        self._clock = clock
        self._read_s = read_s
        self._answer_max = answer_max
        self._quiet_until: dt.datetime | None = None

    @property
    def name(self) -> str:
        """Return the provider's host."""
        return self._endpoint.host

    async def chain_id(self) -> int:
        """Return which network this is."""
        return (await self._need("/v2/info", _INFO)).network_id

    async def block(self, which: int | str) -> RawBlock | None:
        """Return the block at a height, of a hash, or the `latest`; None where there is none."""
        return await self._get(f"/extended/v2/blocks/{which}", _BLOCK)

    async def blocks_below(self, offset: int) -> Sequence[RawBlock]:
        """Return up to thirty blocks, the newest first, from so far below the tip."""
        path = f"/extended/v2/blocks?limit={BLOCKS_PAGE}&offset={offset}"
        return (await self._need(path, _BLOCKS)).results

    async def last_on(self, burn_height: int) -> RawBlock | None:
        """Return the newest Stacks block over a Bitcoin block; None where it carries none."""
        path = f"/extended/v2/burn-blocks/{burn_height}/blocks?limit=1"
        page = await self._get(path, _BLOCKS)
        return page.results[0] if page is not None and page.results else None

    async def transactions_in(self, block: str) -> Sequence[RawTransaction] | None:
        """Return all transactions of a block named by its index block hash, in their order."""
        found: dict[str, RawTransaction] = {}
        cursor = ""
        for _ in range(_PAGES_MAX):
            path = f"/extended/v3/blocks/{block}/transactions?limit={TXS_PAGE}{cursor}"
            page = await self._get(path, _TRANSACTIONS)
            if page is None:
                return None
            found |= {one.tx_id.lower(): one for one in page.results}
            if page.cursor.next is None:
                if len(found) != page.total:
                    raise self._trouble("left out transactions", Fault.INCOMPLETE)
                return sorted(found.values(), key=_index)
            cursor = f"&cursor={quote(page.cursor.next, safe='')}"
        raise self._trouble("does not end", Fault.NONSENSE)

    async def mined(self, tx_ids: Sequence[str], offset: int) -> Mapping[str, RawMined]:
        """Return mined transactions with up to a hundred events of each, from an offset on."""
        path = (
            f"/extended/v1/tx/multiple?tx_id={','.join(tx_ids)}"
            f"&event_limit={EVENTS_PAGE}&event_offset={offset}"
        )
        found = await self._need(path, _FOUND)
        if missing := [tx_id for tx_id in tx_ids if tx_id not in found or not found[tx_id].found]:
            raise self._trouble(f"lost the transaction {missing[0]}", Fault.MOVED)
        return {tx_id: self._read(found[tx_id].result, _MINED) for tx_id in tx_ids}

    async def waiting(self) -> Sequence[RawTransaction]:
        """Return the newest transactions that wait, in short."""
        path = f"/extended/v3/mempool/transactions?limit={TXS_PAGE}"
        return (await self._need(path, _TRANSACTIONS)).results

    async def transaction(self, tx_id: str) -> RawTransaction | None:
        """Return a transaction with its call's arguments, mined or waiting."""
        path = f"/extended/v3/transactions/{tx_id}?include=function_args"
        return await self._get(path, _TRANSACTION)

    async def fungible_tokens(self, contract: Contract) -> Sequence[str] | None:
        """Return the names of the fungible tokens a contract defines, None without the contract."""
        path = f"/v2/contracts/interface/{contract.address}/{contract.name}"
        found = await self._get(path, _INTERFACE)
        return None if found is None else [token.name for token in found.fungible_tokens]

    async def ask(self, contract: Contract, function: str) -> bytes | None:
        """Return what a read-only function without arguments answers; None where it cannot."""
        path = f"/v2/contracts/call-read/{contract.address}/{contract.name}/{function}"
        body = msgspec.json.encode({"sender": str(contract.address), "arguments": []})
        answer = self._understood(await self._send(path, body), path)
        if answer is None:
            return None
        said = self._read(answer.body, _ANSWER)
        return bytes.fromhex(said.result[2:]) if said.okay and said.result is not None else None

    async def _get(self, path: str, shape: "msgspec.json.Decoder[T]") -> T | None:
        """Ask for a path; None says that what it names is not there."""
        answer = self._understood(await self._send(path, None), path)
        return None if answer is None else self._read(answer.body, shape)

    async def _need(self, path: str, shape: "msgspec.json.Decoder[T]") -> T:
        """Ask for a path that every provider has, whatever the chain holds."""
        found = await self._get(path, shape)
        if found is None:
            raise self._trouble(f"has no {path.partition('?')[0]}", Fault.UNSUPPORTED)
        return found

    async def _send(self, path: str, body: bytes | None) -> Answer:
        self._keep_quiet()
        url, headers = self._endpoint.at(path), self._endpoint.headers
        try:
            if body is None:
                return await self._egress.get(
                    url, headers=headers, timeout_s=self._read_s, answer_max=self._answer_max
                )
            return await self._egress.post(
                url, body, headers=headers, timeout_s=self._read_s, answer_max=self._answer_max
            )
        except EgressError as error:
            fault = _SILENCES.get(error.reason, Fault.UNAVAILABLE)
            # Without its cause: what lies below may write the URL.
            raise ApiTrouble(f"{self.name}: {error.message}", fault) from None

    def _understood(self, answer: Answer, path: str) -> Answer | None:
        """Return a good answer, None for an absence, or say what is wrong."""
        self._heed(answer)
        is_page = answer.body.lstrip()[:1] == b"<"
        if answer.status == HTTPStatus.OK:
            if is_page:
                raise self._trouble("answers with a web page", Fault.UNAVAILABLE)
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and not is_page:
            return None
        fault = fault_of(answer.status)
        where = path.partition("?")[0]
        raise ApiTrouble(
            f"{self.name} answers {where} with HTTP status {answer.status}: "
            f"{self._endpoint.scrub(answer.body[:200].decode('utf-8', 'replace'))}",
            fault,
            retry_after_s=retry_after_s(answer.headers, self._clock.now()),
        )

    def _read(self, body: bytes | msgspec.Raw, shape: "msgspec.json.Decoder[T]") -> T:
        try:
            return shape.decode(body)
        except msgspec.DecodeError as error:
            raise ApiTrouble(f"{self.name} answers nonsense: {error}", Fault.NONSENSE) from None

    def _trouble(self, what: str, fault: Fault) -> ApiTrouble:
        return ApiTrouble(f"{self.name} {what}.", fault)

    def _heed(self, answer: Answer) -> None:
        """Keep quiet when the provider asks for it, or when our share of its minute is used up."""
        wait_s = retry_after_s(answer.headers, self._clock.now())
        if wait_s is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait_s = _seconds(answer.headers.get("ratelimit-reset")) or 1.0
        if wait_s is None and answer.headers.get("ratelimit-remaining") == "0":
            wait_s = _seconds(answer.headers.get("ratelimit-reset"))
        if wait_s is not None:
            pause = dt.timedelta(seconds=min(wait_s, QUIET_MAX_S))
            self._quiet_until = self._clock.now() + pause

    def _keep_quiet(self) -> None:
        """Refuse to ask a provider that told us to wait."""
        if self._quiet_until is None:
            return
        left_s = (self._quiet_until - self._clock.now()).total_seconds()
        if left_s <= 0:
            self._quiet_until = None
            return
        raise ApiTrouble(
            f"{self.name} asked us to wait another {left_s:.0f} s.",
            Fault.RATE_LIMITED,
            retry_after_s=left_s,
        )


# What no answer at all means.
_SILENCES: Final = {Reason.TIMEOUT: Fault.TIMEOUT, Reason.TOO_LARGE: Fault.TOO_LARGE}


def _index(raw: RawTransaction) -> int:
    return -1 if raw.block is None else raw.block.tx_index


def _seconds(text: str | None) -> float | None:
    return float(text[:6]) if text is not None and text.isascii() and text.isdigit() else None
