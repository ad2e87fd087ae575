"""The sBTC signers and their messenger Emily, as far as anybody outside meets them.

They are not ours and cannot be had here, so this stands in for them: it listens where Emily would,
sweeps on the real Bitcoin node with a real key, and mints on the development Stacks chain.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from coincurve import PrivateKey
from embit.ec import PrivateKey as OtherKey

from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_transaction
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.sbtc.deposit import Deposit, check_deposit, read_deposit
from sluice.engine.chains.stacks.sbtc.taproot import script_path_hash
from tests.bitcoin.bitcoind import Bitcoind
from tests.stacks.chain import StacksChain

KEY: Final = PrivateKey(b"\x07" * 32)
LIMITS: Final = {
    "pegCap": 10**14,
    "perDepositMinimum": 10_000,
    "perDepositCap": 10**9,
    "perWithdrawalCap": 10**9,
    "availableToWithdraw": 10**9,
    "accountCaps": {},
}


class Emily:
    """Knows deposits she was told of; `silent` makes her answer nothing but errors."""

    def __init__(self) -> None:
        self.deposits: dict[tuple[str, int], dict[str, Any]] = {}
        self.told = 0
        self.silent = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def hear(self, told: dict[str, Any]) -> dict[str, Any]:
        """Take a deposit as she does, after reading its scripts and its transaction."""
        self.told += 1
        scripts = bytes.fromhex(told["depositScript"]), bytes.fromhex(told["reclaimScript"])
        deposit = read_deposit(*scripts)
        place = Outpoint(told["bitcoinTxid"], told["bitcoinTxOutputIndex"])
        found = check_deposit(bytes.fromhex(told["transactionHex"]), place, deposit, REGTEST)
        known = {
            "bitcoinTxid": place.tx_id,
            "bitcoinTxOutputIndex": place.index,
            "recipient": encode_value(deposit.deposit.recipient).hex(),
            "amount": found.sats,
            "status": "pending",
            "statusMessage": "",
            "parameters": {
                "maxFee": deposit.deposit.fee_max_sats,
                "lockTime": deposit.reclaim.lock_blocks,
            },
            "depositScript": told["depositScript"],
            "reclaimScript": told["reclaimScript"],
        }
        return self.deposits.setdefault((place.tx_id, place.index), known)


async def sweep(bitcoind: Bitcoind, emily: Emily, place: tuple[str, int], fee_sats: int) -> int:
    """Spend a deposit as the signers do, mine it, tell Emily, and return what is left to mint."""
    known = emily.deposits[place]
    deposit = read_deposit(*(bytes.fromhex(known[name]) for name in SCRIPTS))
    to = read_address(await bitcoind.new_address(), REGTEST)
    outputs = (Output(known["amount"] - fee_sats, to),)
    unsigned = Transaction((Input(Outpoint(*place)),), outputs)
    raw = _signed(unsigned, deposit, known["amount"], place)
    tx_id: str = await bitcoind.ask("sendrawtransaction", raw.hex())
    [block] = await bitcoind.mine()
    height = await bitcoind.ask("getblockcount")
    known["status"] = "accepted"
    known["fulfillment"] = {
        "BitcoinBlockHash": block,
        "BitcoinBlockHeight": height,
        "BitcoinTxIndex": 1,
        "BitcoinTxid": tx_id,
        "BtcFee": fee_sats,
        "StacksTxid": "00" * 32,
    }
    left: int = known["amount"] - fee_sats
    return left


async def mint(chain: StacksChain, place: tuple[str, int], sats: int, to: str) -> None:
    """Mint as the signers do after a sweep; contracts hold hashes in Bitcoin's own order."""
    raw = bytes.fromhex(place[0])[::-1].hex()
    await chain.pull("mint_sbtc", address=to, sats=str(sats), bitcoin_txid=raw, vout=place[1])


SCRIPTS: Final = ("depositScript", "reclaimScript")


def _signed(unsigned: Transaction, deposit: Deposit, sats: int, place: tuple[str, int]) -> bytes:
    spent = [Output(sats, deposit.output_script)]
    digest = script_path_hash(unsigned, 0, spent, deposit.deposit_script)
    signature = OtherKey(KEY.secret).schnorr_sign(digest).serialize()
    witness = (signature, deposit.deposit_script, deposit.deposit_control)
    inputs = (Input(Outpoint(*place), witness=witness),)
    return encode_transaction(Transaction(inputs, unsigned.outputs))


def _handler_for(emily: Emily) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/limits":
                self._answer(200, LIMITS)
                return
            _, _, tx_id, index = self.path.split("/")
            known = emily.deposits.get((tx_id, int(index)))
            self._answer(200 if known else 404, known or {"message": "not found"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._answer(201, emily.hear(json.loads(body)))

        def _answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps({} if emily.silent else told).encode()
            self.send_response(503 if emily.silent else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - silence
            """Say nothing."""

    return Handler
