"""Explorer: Esplora's interface over a test's own node, honest until a test makes it lie."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from sluice.engine.chains.bitcoin.hashing import sha256d
from tests.bitcoin.bitcoind import Bitcoind, RpcError

_NOTHING: Final = 404

# Told the path and the honest answer; returns what the explorer says instead.
Lie = Callable[[str, bytes], bytes]


class Explorer:
    """Answers from the node by RPC; `lie` may change any answer on its way out."""

    def __init__(self, node: Bitcoind) -> None:
        self.node = node
        self.lie: Lie | None = None
        self.asked: list[str] = []
        # Blocks that no node has, by the name they are given.
        self.made: dict[str, bytes] = {}
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_route("*", "/api/{path:.*}", self._serve)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        self.asked.append(path)
        try:
            if request.method == "POST":
                answer: Any = await self._send((await request.read()).decode())
            else:
                answer = await self._answer(path.strip("/").split("/"))
        except RpcError as error:
            if request.method == "POST":
                return web.Response(status=400, text=str(error))
            return web.Response(status=_NOTHING, text=str(error))
        if not isinstance(answer, bytes):
            return web.json_response(answer)
        return web.Response(body=answer if self.lie is None else self.lie(path, answer))

    async def _send(self, raw: str) -> bytes:
        made: str = await self.node.ask("sendrawtransaction", raw)
        return made.encode()

    async def _answer(self, parts: list[str]) -> Any:  # noqa: ANN401 - JSON or bytes
        kind, *rest = parts
        answers: dict[str, Callable[..., Awaitable[Any]]] = {
            "block": self._block,
            "tx": self._transaction,
            "address": self._address,
        }
        if kind in answers:
            return await answers[kind](*rest)
        if kind == "block-height":
            return (await self.node.ask("getblockhash", int(rest[0]))).encode()
        if kind == "blocks":
            return (await self.node.ask("getbestblockhash")).encode()
        return {"3": 2.5}  # fee-estimates

    async def _block(self, name: str, part: str = "") -> Any:  # noqa: ANN401 - JSON or bytes
        made = self.made.get(name)
        if part == "raw":
            return made or bytes.fromhex(await self.node.ask("getblock", name, 0))
        if part == "header":
            raw = made or bytes.fromhex(await self.node.ask("getblock", name, 0))
            return raw[:80].hex().encode()
        return {"height": (await self.node.ask("getblockheader", name))["height"]}

    async def _transaction(self, name: str, part: str, index: str = "0") -> Any:  # noqa: ANN401
        if part == "raw":
            return bytes.fromhex(await self.node.ask("getrawtransaction", name))
        if part == "status":
            return await self._status(name)
        return await (
            self._proof(name) if part == "merkle-proof" else self._outspend(name, int(index))
        )

    async def _address(self, address: str, *part: str) -> list[dict[str, Any]]:
        return await (self._unspent(address) if part == ("utxo",) else self._waiting(address))

    async def _status(self, name: str) -> dict[str, Any]:
        found = await self.node.ask("getrawtransaction", name, 1)
        if not found.get("blockhash"):
            return {"confirmed": False}
        header = await self.node.ask("getblockheader", found["blockhash"])
        return {
            "confirmed": True,
            "block_height": header["height"],
            "block_hash": found["blockhash"],
        }

    async def _outspend(self, name: str, index: int) -> dict[str, Any]:
        for height in range(await self.node.ask("getblockcount"), 0, -1):
            block = await self.node.ask("getblock", await self.node.ask("getblockhash", height), 2)
            for tx in block["tx"]:
                if any((one.get("txid"), one.get("vout")) == (name, index) for one in tx["vin"]):
                    status = await self._status(tx["txid"])
                    return {"spent": True, "txid": tx["txid"], "status": status}
            if any(tx["txid"] == name for tx in block["tx"]):
                break
        return {"spent": False}

    async def _proof(self, name: str) -> dict[str, Any]:
        found = await self.node.ask("getrawtransaction", name, 1)
        block = await self.node.ask("getblock", found["blockhash"])
        position = block["tx"].index(name)
        return {
            "block_height": block["height"],
            "pos": position,
            "merkle": _branch(block["tx"], position),
        }

    async def _unspent(self, address: str) -> list[dict[str, Any]]:
        found = await self.node.ask("scantxoutset", "start", [f"addr({address})"])
        return [
            {
                "txid": one["txid"],
                "vout": one["vout"],
                "value": int(one["amount"] * 10**8),
                "status": {"confirmed": True},
            }
            for one in found["unspents"]
        ]

    async def _waiting(self, address: str) -> list[dict[str, Any]]:
        names = await self.node.ask("getrawmempool")
        found = [await self.node.ask("getrawtransaction", name, 1) for name in names]
        return [
            {"txid": one["txid"]}
            for one in found
            if any(out["scriptPubKey"].get("address") == address for out in one["vout"])
        ]


def _branch(names: list[str], position: int) -> list[str]:
    level = [bytes.fromhex(name)[::-1] for name in names]
    found = []
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        found.append(level[position ^ 1][::-1].hex())
        level = [sha256d(left + right) for left, right in zip(level[::2], level[1::2], strict=True)]
        position //= 2
    return found
