"""HostedHooks: Chainhooks 2.0, kept by Hiro; one hook for a network, and one secret for all."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from sluice.base.sealing import equal
from sluice.engine.chains.hook import HookState, Registered
from sluice.engine.chains.stacks.chainhooks.wanted import Wish, definition_v2
from sluice.engine.chains.stacks.faults import Fault
from sluice.engine.chains.stacks.provider import Method, Provider

# Hiro's client asks here; its documents say /chainhooks/v1/me.
PATH: Final = "/chainhooks/me"
_PAGE: Final = 60
_PAGES_MAX: Final = 20


class HostedHooks:
    """One account at a service of version 2.0."""

    def __init__(self, provider: Provider, wish: Wish, *, path: str = PATH) -> None:
        self._provider = provider
        self._wish = wish
        self._path = path.rstrip("/")

    @property
    def name(self) -> str:
        """Return the host, and which version it is."""
        return f"{self._provider.name} (Chainhooks 2.0)"

    async def list(self, url: str) -> Sequence[Registered]:
        """Return our hooks, judged by the secret as well."""
        ours = await self._ours()
        fault = await self._secret_fault() if ours else ""
        return [self._judged(hook, url, fault) for hook in ours]

    async def register(self, url: str, *, since: int) -> Sequence[Registered]:  # noqa: ARG002
        """Make our hook right; it tells of blocks from now on, for it knows no start."""
        wanted = definition_v2(self._wish, url)
        found = {hook.id: hook.state for hook in await self.list(url)}
        ours = await self._ours()
        if not ours:
            await self._change("POST", f"{self._path}/", wanted)
        # Two processes that start at once may have made two of one.
        for spare in ours[1:]:
            await self.remove(spare.uuid)
        for hook in ours[:1]:
            if _meaning(hook.definition) != _meaning(wanted):
                parts = {key: wanted[key] for key in ("name", "filters", "options", "action")}
                await self._change("PATCH", f"{self._path}/{hook.uuid}", parts)
            if found[hook.uuid] in {HookState.OFF, HookState.BROKEN}:
                await self._change("PATCH", f"{self._path}/{hook.uuid}/enabled", {"enabled": True})
        return await self.list(url)

    async def remove(self, id_: str) -> None:
        """Remove one of our hooks."""
        if id_ in {hook.uuid for hook in await self._ours()}:
            await self._change("DELETE", f"{self._path}/{id_}", None)

    async def _ours(self) -> Sequence["_Hook"]:
        """Return the hooks that bear our name and are of our network."""
        found: list[_Hook] = []
        for page in range(_PAGES_MAX):
            path = f"{self._path}/?limit={_PAGE}&offset={page * _PAGE}"
            listed = await self._provider.need(path, _LISTED)
            found += listed.results
            if not listed.results or len(found) >= listed.total:
                break
        here = (self._wish.name, "stacks", self._wish.chain)
        return [
            hook
            for hook in found
            if tuple(hook.definition.get(key) for key in ("name", "chain", "network")) == here
        ]

    async def _secret_fault(self) -> str:
        """Say what is wrong with the secret that deliveries show; empty when it is ours."""
        known = await self._provider.get(f"{self._path}/secret", _SECRET)
        if known is None or not known.secret:
            return f"it shows no secret: make one with POST {self._path}/secret"
        if not equal(known.secret.encode(), self._wish.secret.encode()):
            return f"it shows another secret than hook_secret: see GET {self._path}/secret"
        return ""

    def _judged(self, hook: "_Hook", url: str, fault: str) -> Registered:
        action = hook.definition.get("action") or {}
        posts_to = str(action.get("url", "")) if isinstance(action, Mapping) else ""
        state, note = _STATES.get(hook.status.status, HookState.BROKEN), hook.status.status
        if not hook.status.enabled:
            state = HookState.OFF
        if _meaning(hook.definition) != _meaning(definition_v2(self._wish, url)):
            state, note = HookState.DIFFERENT, "it tells somebody else, or of something else"
        elif fault:
            state, note = HookState.DIFFERENT, fault
        return Registered(hook.uuid, self._wish.name, posts_to, state, note)

    async def _change(self, method: Method, path: str, body: object) -> None:
        raw = b"" if body is None else msgspec.json.encode(body)
        answer = await self._provider.exchange(path, raw, method=method)
        is_gone = method == "DELETE" and answer.status == HTTPStatus.NOT_FOUND
        if answer.status not in _DONE and not is_gone:
            raise self._provider.refusal(answer, path)
        if answer.body.lstrip()[:1] == b"<":
            raise self._provider.trouble("answers with a web page", Fault.UNAVAILABLE)


def _meaning(definition: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what a definition does: what it tells of, in any order, and whom."""
    filters, action = definition.get("filters") or {}, definition.get("action") or {}
    events = filters.get("events") or []
    told = sorted(msgspec.json.encode(dict(sorted(event.items()))) for event in events)
    return told, action.get("type"), action.get("url")


class _Status(msgspec.Struct, frozen=True):
    status: str
    enabled: bool = True


class _Hook(msgspec.Struct, frozen=True):
    uuid: str
    definition: dict[str, Any]
    status: _Status


class _Listed(msgspec.Struct, frozen=True):
    results: list[_Hook]
    total: int


class _Secret(msgspec.Struct, frozen=True):
    secret: str | None = None


_LISTED: Final = msgspec.json.Decoder(_Listed)
_SECRET: Final = msgspec.json.Decoder(_Secret)
_DONE: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})
_STATES: Final = {
    "new": HookState.STARTING,
    "streaming": HookState.LISTENING,
    "expired": HookState.BROKEN,
    "interrupted": HookState.BROKEN,
}
