"""A stand-in for Bolt: a contract with its interface, in words of our own, and its service.

The service signs for real, with a wallet on the development chain; the contract holds real sBTC. It
does not ask who sponsors, as Bolt's does: the development chain's VM tells a contract of nobody.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from sluice.base.clock import SystemClock
from sluice.base.errors import SluiceError
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.sending import Sending
from sluice.engine.chains.stacks.sponsoring import OwnSponsor
from sluice.engine.chains.stacks.tokens import DEVELOPMENT, stacks_network
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.keys.signers.local import LocalSigner
from tests.stacks.chain import SBTC_TOKEN, StacksChain

NAME: Final = "bolt-stand-in"
OPERATOR: Final = b"\x33" * 32
CONTRACT: Final = f"""
(define-constant token '{SBTC_TOKEN})
(define-map books principal uint)
(define-map fund principal uint)
(define-read-only (get-wallet-data (who principal))
  {{balance: (default-to u0 (map-get? books who))}})
(define-read-only (get-fund (who principal)) (default-to u0 (map-get? fund who)))
(define-private (book (who principal) (units uint))
  (map-set books who (+ units (default-to u0 (map-get? books who)))))
(define-private (unbook (who principal) (units uint))
  (let ((held (default-to u0 (map-get? books who))))
    (asserts! (>= held units) (err u4001))
    (ok (map-set books who (- held units)))))
(define-private (take-in (units uint) (memo (optional (buff 34))))
  (contract-call? '{SBTC_TOKEN} transfer units tx-sender (as-contract tx-sender) memo))
(define-public (deposit (amount uint) (recipient principal) (memo (optional (buff 34))))
  (begin (try! (take-in amount memo)) (ok (book recipient amount))))
(define-public (deposit-fee-fund (amount uint) (fee uint))
  (begin
    (try! (take-in (+ amount fee) none))
    (ok (map-set fund tx-sender (+ amount (get-fund tx-sender))))))
(define-public (transfer-stacks-to-stacks
    (amount uint) (recipient principal) (memo (optional (buff 34))) (fee uint))
  (begin
    (try! (take-in fee none))
    (contract-call? '{SBTC_TOKEN} transfer amount tx-sender recipient memo)))
(define-public (transfer-stacks-to-bolt
    (amount uint) (recipient principal) (memo (optional (buff 34))) (fee uint))
  (begin (try! (take-in (+ amount fee) memo)) (ok (book recipient amount))))
(define-public (transfer-bolt-to-bolt
    (amount uint) (recipient principal) (memo (optional (buff 34))) (fee uint))
  (begin
    (try! (unbook tx-sender (+ amount fee)))
    (print {{event: "transfer", sender: tx-sender, amount: amount, recipient: recipient, fee: fee}})
    (ok (book recipient amount))))
(define-public (transfer-bolt-to-stacks
    (amount uint) (recipient principal) (memo (optional (buff 34))) (fee uint))
  (begin
    (try! (unbook tx-sender (+ amount fee)))
    (as-contract (contract-call? '{SBTC_TOKEN} transfer amount tx-sender recipient memo))))
"""


def operator_of(chain: StacksChain) -> OwnSponsor:
    """Return who signs for the stand-in of Bolt, or in a test of his own for us."""
    signer = LocalSigner(OPERATOR)

    async def find() -> LocalSigner:
        return signer

    network = stacks_network(DEVELOPMENT)
    api = Api(chain.url, chain.egress, SystemClock())
    sendings = [Sending(api.provider)]
    writer = StacksWriter(network, sendings, chain_id=DEVELOPMENT.chain_id, burn_depth=1)
    return OwnSponsor(network.name, writer, sendings, find)


@dataclass
class Service:
    """The service's HTTP, version 1; `trouble` is a status to answer with instead."""

    operator: OwnSponsor
    rate: Any = 200
    funds: dict[str, int] = field(default_factory=dict)
    trouble: int | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Sign as the operator and send."""
        body = await request.json()
        self.asked.append((request.path, body))
        if self.trouble is not None:
            return web.json_response({"error": "NODE_REJECTED"}, status=self.trouble)
        try:
            tx_id = await self.operator.sponsor(bytes.fromhex(body["serializedTx"]), 0)
        except SluiceError as error:
            return web.json_response({"error": error.message}, status=400)
        return web.json_response({"txid": tx_id, "fee": body.get("fee")})

    async def show_rate(self, _request: web.Request) -> web.Response:
        """Say how many micro-STX a sat stands for."""
        return web.Response(text=json.dumps({"feeRate": self.rate}))

    async def show_fund(self, request: web.Request) -> web.Response:
        """Say what is in a fee fund."""
        address = request.match_info["address"]
        return web.json_response({"balance": str(self.funds.get(address, 0))})


@contextlib.asynccontextmanager
async def serving(service: Service) -> AsyncIterator[str]:
    """Serve it on a free port and give its URL."""
    app = web.Application()
    app.router.add_get("/api/v1/transaction/sbtc-token/fee-rate", service.show_rate)
    app.router.add_post("/api/v1/transaction/sbtc-token", service.take)
    app.router.add_post("/api/v1/sponsor/sbtc-token/transaction", service.take)
    app.router.add_get("/api/v1/sponsor/sbtc-token/balance/{address}", service.show_fund)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/api/v1"
    finally:
        await runner.cleanup()
