"""Provider: one provider's HTTP, Hiro's API and the node behind it; bounded and understood."""

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from sluice.base.clock import Clock
from sluice.base.egress import Answer, Egress, EgressError, Reason
from sluice.engine.chains.endpoint import Endpoint, retry_after_s
from sluice.engine.chains.stacks.faults import ApiTrouble, Fault, fault_of

T = TypeVar("T")

Method: TypeAlias = Literal["POST", "PATCH", "DELETE"]

READ_S: Final = 8.0
ANSWER_MAX: Final = 16 * 1024 * 1024
QUIET_MAX_S: Final = 600.0
# Hiro's header for keys, which raise the limit from 50 to 500 requests a minute.
KEY_HEADER: Final = "x-api-key"
OCTETS: Final = "application/octet-stream"


class Provider:
    """One provider. Every method raises ApiTrouble; no message holds the URL's secrets.

    A key stands in the URL as its user: `https://KEY@api.hiro.so`. Whoever shares a provider shares
    its silence when it asks us to wait.
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

    async def get(self, path: str, shape: "msgspec.json.Decoder[T]") -> T | None:
        """Ask for a path; None says that what it names is not there."""
        answer = self._understood(await self.exchange(path, None), path)
        return None if answer is None else self.read(answer.body, shape)

    async def need(self, path: str, shape: "msgspec.json.Decoder[T]") -> T:
        """Ask for a path that every provider has, whatever the chain holds."""
        found = await self.get(path, shape)
        if found is None:
            raise self.trouble(f"has no {path.partition('?')[0]}", Fault.UNSUPPORTED)
        return found

    async def post(self, path: str, body: bytes, shape: "msgspec.json.Decoder[T]") -> T | None:
        """Post JSON to a path; None says that what it names is not there."""
        answer = self._understood(await self.exchange(path, body), path)
        return None if answer is None else self.read(answer.body, shape)

    async def exchange(
        self,
        path: str,
        body: bytes | None,
        *,
        kind: str | None = None,
        method: Method = "POST",
    ) -> Answer:
        """Return the whole answer, whatever its status; without a body it is fetched."""
        self._keep_quiet()
        url, headers = self._endpoint.at(path), dict(self._endpoint.headers)
        if kind is not None:
            headers["Content-Type"] = kind
        within: Mapping[str, Any] = {
            "headers": headers,
            "timeout_s": self._read_s,
            "answer_max": self._answer_max,
        }
        try:
            if body is None:
                answer = await self._egress.get(url, **within)
            else:
                answer = await self._egress.post(url, body, method=method, **within)
        except EgressError as error:
            fault = _SILENCES.get(error.reason, Fault.UNAVAILABLE)
            # Without its cause: what lies below may write the URL.
            raise ApiTrouble(f"{self.name}: {error.message}", fault) from None
        self._heed(answer)
        return answer

    def read(self, body: bytes | msgspec.Raw, shape: "msgspec.json.Decoder[T]") -> T:
        """Return what a body says, in the decoder's shape."""
        try:
            return shape.decode(body)
        except msgspec.DecodeError as error:
            raise ApiTrouble(f"{self.name} answers nonsense: {error}", Fault.NONSENSE) from None

    def trouble(self, what: str, fault: Fault) -> ApiTrouble:
        """Return an error that names the provider."""
        return ApiTrouble(f"{self.name} {what}.", fault)

    def refusal(self, answer: Answer, path: str) -> ApiTrouble:
        """Return an error that tells a status and the provider's own words."""
        return ApiTrouble(
            f"{self.name} answers {path.partition('?')[0]} with HTTP status {answer.status}: "
            f"{self._endpoint.scrub(answer.body[:200].decode('utf-8', 'replace'))}",
            fault_of(answer.status),
            retry_after_s=retry_after_s(answer.headers, self._clock.now()),
        )

    def _understood(self, answer: Answer, path: str) -> Answer | None:
        """Return a good answer, None for an absence, or say what is wrong."""
        is_page = answer.body.lstrip()[:1] == b"<"
        if answer.status == HTTPStatus.OK:
            if is_page:
                raise self.trouble("answers with a web page", Fault.UNAVAILABLE)
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and not is_page:
            return None
        raise self.refusal(answer, path)

    def _heed(self, answer: Answer) -> None:
        """Keep quiet when the provider asks for it, or when our share of its minute is used up."""
        wait_s = retry_after_s(answer.headers, self._clock.now())
        if wait_s is None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait_s = _seconds(answer.headers.get("ratelimit-reset")) or 1.0
        if wait_s is None:
            wait_s = _used_up_s(answer.headers)
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


# Hiro counts by second, minute and month, in headers of its own; how long each lasts for us.
_WINDOWS_S: Final = {"month": QUIET_MAX_S, "minute": 60.0, "second": 1.0}


def _used_up_s(headers: Mapping[str, str]) -> float | None:
    """Return how long to wait where an answer says that it was the last one for now."""
    for window, length_s in _WINDOWS_S.items():
        if headers.get(f"x-ratelimit-remaining-stacks-{window}") == "0":
            reset_s = _seconds(headers.get("ratelimit-reset"))
            return length_s if reset_s is None or window == "month" else reset_s
    if headers.get("ratelimit-remaining") == "0":
        return _seconds(headers.get("ratelimit-reset"))
    return None


def _seconds(text: str | None) -> float | None:
    return float(text[:6]) if text is not None and text.isascii() and text.isdigit() else None
