"""Our contracts in service on the development chain: who may what, and which tokens are taken."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from sluice.engine.chains.stacks.clarity.model import Ascii, Bool, Buffer, UInt, Value
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import parse_asset, parse_contract, parse_principal
from tests.stacks.chain import SBTC, Signer, StacksChain
from tests.stacks.wallets import Wallet

# As `sluice-access` counts them.
_LISTER: Final = 2
_DELAY: Final = 144
_MAX: Final = 10**12
# The chain's own deployer; everybody can compute its key.
_DEPLOYER_KEY: Final = hashlib.sha256(b"deployer").hexdigest() + "01"


async def serve_gateway(chain: StacksChain, signer: Signer) -> str:
    """Deploy the gateway and what it calls, let it take sBTC and STX, and return its id."""
    deployer = await chain.deploy_own_contracts("sluice-gateway", "sluice-stx")
    wallet = Wallet(_DEPLOYER_KEY, deployer, chain, signer)
    delayed: list[tuple[str, str, Sequence[Value]]] = [
        ("sluice-access", "grant-role", (UInt(_LISTER), parse_principal(deployer))),
        *(
            (
                "sluice-access",
                "set-module",
                (parse_contract(f"{deployer}.{name}"), Bool(value=True), Bool(value=False)),
            )
            for name in ("sluice-tokens", "sluice-gateway")
        ),
        ("sluice-tokens", "list-token", await _row(chain, SBTC, decimals=8)),
        ("sluice-tokens", "list-token", await _row(chain, f"{deployer}.sluice-stx::stx", 6)),
    ]
    for contract, function, arguments in delayed:
        op = await read(chain, f"{deployer}.{contract}", f"op-{function}", *arguments)
        assert isinstance(op, Buffer)
        await wallet.call(f"{deployer}.sluice-access", "schedule", f"0x{op.value.hex()}")
    await chain.mine()
    await chain.pull("burn", count=_DELAY)
    for contract, function, arguments in delayed:
        written = [_written(one) for one in arguments]
        tx_id = await wallet.call(f"{deployer}.{contract}", function, *written)
        told = await wallet.mined(tx_id)
        assert told["status"] == "success", (function, told["result"])
    return f"{deployer}.sluice-gateway"


async def register(owner: Wallet, gateway: str, payout: str, signer: str) -> int:
    """Register a merchant who is paid at once, and return his number."""
    arguments = (f"'{payout}", f"0x{signer}", "u0", "u0")
    told = await owner.mined(await owner.call(gateway, "register-merchant", *arguments))
    assert told["status"] == "success", told["result"]
    return int(told["result"]["repr"].removeprefix("(ok u").removesuffix(")"))


async def read(chain: StacksChain, contract: str, function: str, *arguments: Value) -> Value:
    """Ask a read-only function."""
    address, _, name = contract.partition(".")
    body = {"sender": address, "arguments": [f"0x{encode_value(a).hex()}" for a in arguments]}
    answer = await chain.post(
        f"/v2/contracts/call-read/{address}/{name}/{function}",
        json.dumps(body).encode(),
        kind="application/json",
    )
    told = json.loads(answer.body)
    assert told["okay"], told
    return decode_value(bytes.fromhex(told["result"][2:]))


def _written(value: Value) -> str:
    """Write a value as Clarity's own text."""
    match value:
        case Ascii(text):
            return f'"{text}"'
        case UInt(number):
            return f"u{number}"
        case Bool(is_so):
            return "true" if is_so else "false"
        case Buffer(raw):
            return f"0x{raw.hex()}"
    return f"'{value}"


async def _row(chain: StacksChain, token: str, decimals: int) -> Sequence[Value]:
    """Return what a token's listing says, with the hash of its contract's source."""
    asset = parse_asset(token)
    address, name = asset.contract.address, asset.contract.name
    source = (await chain.get(f"/v2/contracts/source/{address}/{name}?proof=0"))["source"]
    digest = hashlib.new("sha512_256", source.encode()).digest()
    is_stx = asset.name == "stx"
    return (
        asset.contract,
        Ascii(asset.name),
        Bool(value=is_stx),
        UInt(decimals),
        UInt(1),
        UInt(_MAX),
        Buffer(digest),
    )
