"""LyingProxy: a real HTTP server before a real node, which passes on what it likes."""

import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web

from tests.contract.anvil import Anvil

Reply: TypeAlias = dict[str, Any]
# Sees one call and the node's honest reply, and returns the reply that is told.
Bend: TypeAlias = Callable[[str, list[Any], Reply], Reply]
# Sees the whole body and answers in the node's stead, or returns None.
Answer: TypeAlias = Callable[[Any], web.StreamResponse | None]
# Is told the methods of a request before the node sees it.
Before: TypeAlias = Callable[[list[str]], Awaitable[None]]


class LyingProxy:
    """Honest until told otherwise.

    `asked` holds every call that came, `requests` the headers of every request, `sizes` how many
    calls were in it.
    """

    def __init__(self, anvil: Anvil) -> None:
        self._anvil = anvil
        self._runner: web.AppRunner | None = None
        self._bends: list[Bend] = []
        self._answer: Answer | None = None
        self._before: Before | None = None
        self.asked: list[tuple[str, list[Any]]] = []
        self.requests: list[dict[str, str]] = []
        self.sizes: list[int] = []
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def bend(self, bend: Bend) -> None:
        """Change replies from now on."""
        self._bends.append(bend)

    def answer(self, answer: Answer) -> None:
        """Answer whole requests in the node's stead from now on."""
        self._answer = answer

    def before(self, before: Before) -> None:
        """Let something happen before each request from now on."""
        self._before = before

    def be_honest(self) -> None:
        """Pass everything on unchanged again."""
        self._bends.clear()
        self._answer = None
        self._before = None

    def methods(self) -> list[str]:
        """Return the names of the calls that came."""
        return [method for method, _ in self.asked]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        calls = body if isinstance(body, list) else [body]
        self.requests.append(dict(request.headers) | {":path": request.path_qs})
        self.sizes.append(len(calls))
        self.asked += [(call["method"], list(call["params"])) for call in calls]
        if self._answer is not None and (own := self._answer(body)) is not None:
            return own
        if self._before is not None:
            await self._before([call["method"] for call in calls])
        honest = await self._anvil.egress.post(
            self._anvil.url,
            json.dumps(calls).encode(),
            headers={"Content-Type": "application/json"},
            timeout_s=10,
            answer_max=64 * 1024 * 1024,
        )
        replies = {reply["id"]: reply for reply in json.loads(honest.body)}
        told = [self._bent(call, replies[call["id"]]) for call in calls]
        return web.json_response(told if isinstance(body, list) else told[0])

    def _bent(self, call: dict[str, Any], reply: Reply) -> Reply:
        for bend in self._bends:
            reply = bend(call["method"], list(call["params"]), copy.deepcopy(reply))
        return reply
