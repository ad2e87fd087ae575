"""Wallet: somebody with a key who signs and sends, as a test tells them to."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.stacks.chain import SBTC_TOKEN, Signer, StacksChain

FEE_USTX: Final = 3_000

# What contracts of others do to a reader: calls within calls, tokens of one name, failures.
HELPER: Final = f"""
(define-non-fungible-token ticket uint)
(define-fungible-token sbtc-token)
(define-public (claim (id uint)) (nft-mint? ticket id tx-sender))
(define-public (give (id uint) (to principal)) (nft-transfer? ticket id tx-sender to))
(define-public (keep (id uint)) (nft-transfer? ticket id tx-sender (as-contract tx-sender)))
(define-public (swap (id uint) (sats uint))
  (let ((buyer tx-sender))
    (try! (contract-call? '{SBTC_TOKEN} transfer sats buyer (as-contract tx-sender) none))
    (as-contract (nft-transfer? ticket id tx-sender buyer))))
(define-public (pay-through (sats uint) (to principal))
  (contract-call? '{SBTC_TOKEN} transfer sats tx-sender to (some 0x6869)))
(define-public (pay-false (sats uint) (to principal))
  (begin (try! (ft-mint? sbtc-token sats tx-sender)) (ft-transfer? sbtc-token sats tx-sender to)))
(define-public (pay-and-refuse (sats uint) (to principal))
  (begin (try! (pay-through sats to)) (err u7)))
(define-public (tip (ustx uint) (to principal)) (stx-transfer-memo? ustx tx-sender to 0x746970))
(define-public (fail) (ok (/ u1 (- u1 u1))))
"""


@dataclass
class Wallet:
    """One key. A transaction takes the next nonce unless it is told another."""

    key: str
    address: str
    chain: StacksChain = field(repr=False)
    signer: Signer = field(repr=False)
    network: str = "testnet"

    @classmethod
    async def of(
        cls, number: int, chain: StacksChain, signer: Signer, *, network: str = "testnet"
    ) -> "Wallet":
        """Return the wallet of a number: always the same one."""
        key = f"{number:02x}" * 32 + "01"
        return cls(key, await signer.address(key=key, network=network), chain, signer, network)

    async def nonce(self) -> int:
        """Return the next nonce, counting what waits."""
        nonces = await self.chain.get(f"/extended/v3/principals/{self.address}/nonces")
        next_nonce: int = nonces["next_nonce"]
        return next_nonce

    async def signed(self, kind: str, **told: object) -> bytes:
        """Return a signed transaction; what is not told is filled in."""
        filled: dict[str, object] = {"key": self.key, "fee": FEE_USTX, "network": self.network}
        if "nonce" not in told:
            filled["nonce"] = await self.nonce()
        return await self.signer.sign(kind, **(filled | told))

    async def transfer(self, to: str, ustx: int, *, memo: str = "", **told: object) -> str:
        """Send STX and return the transaction's id."""
        raw = await self.signed("transfer", recipient=to, amount=str(ustx), memo=memo, **told)
        return await self.chain.send(raw)

    async def call(self, contract: str, function: str, *args: str, **told: object) -> str:
        """Call a function with Clarity values as text and return the transaction's id."""
        raw = await self.signed("call", contract=contract, function=function, args=args, **told)
        return await self.chain.send(raw)

    async def pay_sbtc(
        self, to: str, sats: int, *, memo: str | None = None, mode: str = "allow", **told: object
    ) -> str:
        """Send sBTC as wallets do and return the transaction's id."""
        said = "none" if memo is None else f"(some 0x{memo.encode().hex()})"
        args = (f"u{sats}", f"'{self.address}", f"'{to}", said)
        return await self.call(SBTC_TOKEN, "transfer", *args, mode=mode, **told)

    async def deploy(self, name: str, source: str, *, clarity: int = 3) -> str:
        """Deploy a contract, mine it and return its id."""
        raw = await self.signed("deploy", name=name, source=source, clarity=clarity, fee=9_000)
        await self.chain.send(raw)
        await self.chain.mine()
        return f"{self.address}.{name}"

    async def mined(self, txid: str) -> Any:  # noqa: ANN401 - JSON
        """Mine a block and return the transaction as the API shows it, with all that it has."""
        await self.chain.mine()
        include = "?include=function_args,post_conditions,result,source_code"
        return await self.chain.get(f"/extended/v3/transactions/{txid}{include}")

    async def events_of(self, txid: str) -> list[Any]:
        """Return a transaction's events."""
        page = await self.chain.get(f"/extended/v3/transactions/{txid}/events")
        events: list[Any] = page["results"]
        return events


def json_body(raw: bytes) -> bytes:
    """Return a transaction in the node's other form."""
    return json.dumps({"tx": raw.hex()}).encode()
