"""The chain of these tests, and payers who sign with eth-account: a second opinion on EIP-712."""

import http.client
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.abi import function_signature_to_4byte_selector

from tests.house import until

CHAIN_ID: Final = 8453
TOKEN: Final = "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"
NETWORK: Final = f"eip155:{CHAIN_ID}"

_FIELDS: Final = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]


@dataclass(frozen=True)
class Base:
    """A running node with the token on it."""

    url: str
    owner: str

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401
        """Call one method and return its result."""
        place = urlsplit(self.url)
        wire = http.client.HTTPConnection(place.hostname or "", place.port, timeout=15)
        try:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            wire.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
            reply = json.loads(wire.getresponse().read())
        finally:
            wire.close()
        assert "error" not in reply, reply
        return reply["result"]

    def send(self, to: str, data: str, sender: str | None = None) -> str:
        """Send a transaction and return its id."""
        asked = {"from": sender or self.owner, "to": to, "data": data, "gas": hex(300_000)}
        tx_id: str = self.ask("eth_sendTransaction", asked)
        return tx_id

    def call_token(self, signature: str, *args: object, sender: str | None = None) -> str:
        """Call the token in a transaction."""
        kinds = signature[signature.index("(") + 1 : -1].split(",")
        data = bytes(function_signature_to_4byte_selector(signature)) + encode(kinds, args)
        return self.send(TOKEN, "0x" + data.hex(), sender)

    def mined(self, tx_id: str) -> dict[str, Any]:
        """Wait for a transaction's receipt."""
        receipt: dict[str, Any] = until(
            lambda: self.ask("eth_getTransactionReceipt", tx_id), f"{tx_id} is mined"
        )
        return receipt

    def balance(self, address: str) -> int:
        """Return what an address holds."""
        data = bytes(function_signature_to_4byte_selector("balanceOf(address)"))
        data += encode(["address"], [address])
        return int(self.ask("eth_call", {"to": TOKEN, "data": "0x" + data.hex()}, "latest"), 16)

    def payer(self, units: int = 1_000_000) -> "Payer":
        """Return a payer who holds this much."""
        payer = Payer()
        self.mined(self.call_token("mint(address,uint256)", payer.address, units))
        return payer


@dataclass
class Payer:
    """Somebody with a key who signs words for the token."""

    key: Any = field(default_factory=Account.create)

    @property
    def address(self) -> str:
        """Return the payer's address."""
        return str(self.key.address)

    def word(
        self, pay_to: str, units: int, *, lasts_s: int = 120, **changes: object
    ) -> dict[str, Any]:
        """Return a signed word; `changes` are of the domain."""
        now = int(time.time())  # noqa: TID251 - the chain's clock is the machine's
        message = {
            "from": self.address,
            "to": pay_to,
            "value": units,
            "validAfter": now - 60,
            "validBefore": now + lasts_s,
            "nonce": secrets.token_bytes(32),  # noqa: TID251 - as wallets do
        }
        domain = {
            "name": "USD Coin",
            "version": "2",
            "chainId": CHAIN_ID,
            "verifyingContract": TOKEN,
            **changes,
        }
        signable = encode_typed_data(domain, {"TransferWithAuthorization": _FIELDS}, message)
        signature = self.key.sign_message(signable).signature
        said = {name: str(value) for name, value in message.items()}
        said["nonce"] = "0x" + bytes(message["nonce"]).hex()  # type: ignore[call-overload]
        return {"signature": "0x" + bytes(signature).hex(), "authorization": said}


def requirement(pay_to: str, units: int, **changes: object) -> dict[str, Any]:
    """Return what a seller asks for."""
    return {
        "scheme": "exact",
        "network": NETWORK,
        "amount": str(units),
        "asset": TOKEN,
        "payTo": pay_to,
        "maxTimeoutSeconds": 60,
        "extra": {"name": "USD Coin", "version": "2"},
        **changes,
    }


def question(
    word: dict[str, Any],
    asked: dict[str, Any],
    *,
    url: str = "https://shop.example.com/a",
    identifier: str | None = None,
    accepted: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a seller asks a facilitator."""
    payload: dict[str, Any] = {
        "x402Version": 2,
        "resource": {"url": url},
        "accepted": accepted or asked,
        "payload": word,
    }
    if identifier is not None:
        payload["extensions"] = {
            "payment-identifier": {"info": {"required": False, "id": identifier}}
        }
    return {"x402Version": 2, "paymentPayload": payload, "paymentRequirements": asked}


def authorized_data(word: dict[str, Any]) -> str:
    """Return the call that uses a word, written by eth-abi."""
    said = word["authorization"]
    signature = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    kinds = signature[signature.index("(") + 1 : -1].split(",")
    values = [
        said["from"],
        said["to"],
        *(int(said[name]) for name in ("value", "validAfter", "validBefore")),
        bytes.fromhex(said["nonce"][2:]),
        bytes.fromhex(word["signature"][2:]),
    ]
    return (
        "0x"
        + (bytes(function_signature_to_4byte_selector(signature)) + encode(kinds, values)).hex()
    )


def make_base(url: str, code: str) -> Base:
    """Put the token where Circle has it."""
    base = Base(url, "")
    owner = base.ask("eth_accounts")[0]
    asked = {"from": owner, "data": code, "gas": hex(3_000_000)}
    base = Base(url, owner)
    receipt = base.mined(base.ask("eth_sendTransaction", asked))
    runtime = base.ask("eth_getCode", receipt["contractAddress"], "latest")
    base.ask("anvil_setCode", TOKEN, runtime)
    return base
