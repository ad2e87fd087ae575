"""OwnHooks: Chainhook 1, run by whoever runs Sluice; one hook for each token."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from sluice.engine.chains.hook import HookState, Registered
from sluice.engine.chains.stacks.chainhooks.wanted import Wish, predicates_v1
from sluice.engine.chains.stacks.provider import Provider

_PATH: Final = "/v1/chainhooks"


class OwnHooks:
    """One Chainhook of version 1, on its own port."""

    def __init__(self, provider: Provider, wish: Wish) -> None:
        self._provider = provider
        self._wish = wish

    @property
    def name(self) -> str:
        """Return the host, and which version it is."""
        return f"{self._provider.name} (Chainhook 1)"

    async def list(self, url: str) -> Sequence[Registered]:
        """Return our hooks; they are named by what they tell of and whom."""
        wanted = {one["uuid"] for one in predicates_v1(self._wish, url, since=0)}
        return [self._judged(hook, wanted) for hook in await self._ours()]

    async def register(self, url: str, *, since: int) -> Sequence[Registered]:
        """Register what is missing; remove what is ours and no longer wanted, or has ended."""
        good = {HookState.LISTENING, HookState.STARTING}
        there = {hook.id: hook.state for hook in await self.list(url)}
        for id_ in [id_ for id_, state in there.items() if state not in good]:
            await self.remove(id_)
            del there[id_]
        for predicate in predicates_v1(self._wish, url, since=since):
            if predicate["uuid"] not in there:
                body = msgspec.json.encode(predicate)
                answer = await self._provider.exchange(_PATH, body)
                if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
                    raise self._provider.refusal(answer, _PATH)
        return await self.list(url)

    async def remove(self, id_: str) -> None:
        """Remove one of our hooks."""
        if id_ not in {hook.uuid for hook in await self._ours()}:
            return
        path = f"{_PATH}/stacks/{id_}"
        answer = await self._provider.exchange(path, b"", method="DELETE")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}:
            raise self._provider.refusal(answer, path)

    async def _ours(self) -> Sequence["_Predicate"]:
        listed = await self._provider.need(_PATH, _LISTED)
        return [hook for hook in listed.result if hook.name.startswith(f"{self._wish.name} ")]

    def _judged(self, hook: "_Predicate", wanted: set[str]) -> Registered:
        state = _STATES.get(hook.state, HookState.BROKEN)
        note = hook.state
        if hook.uuid not in wanted:
            state, note = HookState.DIFFERENT, "it tells somebody else, or of something else"
        return Registered(hook.uuid, hook.name, hook.url(self._wish.chain), state, note)


class _Predicate(msgspec.Struct, frozen=True):
    """A hook as Chainhook lists it; how it fares is not always told."""

    uuid: str
    name: str = ""
    networks: dict[str, Any] = {}
    status: dict[str, Any] | None = None

    @property
    def state(self) -> str:
        """Return how it says it fares; a service that says nothing listens."""
        return "streaming" if self.status is None else str(self.status.get("type", ""))

    def url(self, network: str) -> str:
        """Return where it posts to, where that is told."""
        found: Any = self.networks.get(network, {})
        for key in ("then_that", "http_post", "url"):
            found = found.get(key, {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, str) else ""


class _Listed(msgspec.Struct, frozen=True):
    result: list[_Predicate]


_LISTED: Final = msgspec.json.Decoder(_Listed)
_STATES: Final = {
    "new": HookState.STARTING,
    "scanning": HookState.STARTING,
    "streaming": HookState.LISTENING,
    "confirmed_expiration": HookState.BROKEN,
    "unconfirmed_expiration": HookState.BROKEN,
    "interrupted": HookState.BROKEN,
}
