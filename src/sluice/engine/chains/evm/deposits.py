"""Our contracts for deposit addresses: how they come onto a network, and the calls to them.

Their sources are in contracts/evm; `deposits.json` is what the pinned compiler makes of them. The
proxy that anybody may deploy through puts the same bytes at the same address on every network, so
a payment's address is ours everywhere: what is sent on the wrong network can still be fetched.
"""

import functools
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

import msgspec
from eth_hash.auto import keccak

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.clones import CloneFactory
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.typed_data import address_word, word
from sluice.engine.chains.sweeper import Swept

# The deterministic deployment proxy: calldata is a salt and the code to make.
PROXY: Final = "0x4e59b44847b379578588920ca78fbf26c0b4956c"
# Where that proxy puts our contracts under the salt zero, and the hash of the code that then stands
# there. The tests compile the sources and deploy them to see that all four are still so.
OURS: Final = CloneFactory(
    "0xa8958c6bc1b68c6847c9687992baa1425f031cdd", "0xab0a8237eec294e6cfecef6a0abca57a96453a16"
)
CODE_HASHES: Final = (
    "0x717667cc2ed0e91cb96f75c846491b38956ec435599a015c73ca7f9892545b9b",
    "0xeee14184f04d58525ff5555c9a61708b4b91317b38b79ff899c218b28fc2993f",
)
# More would come near a block's limit of gas on some networks.
SWEEP_MAX: Final = 50
NATIVE: Final = "0x" + "0" * 40

_SALT: Final = bytes(32)
_SWEEP: Final = keccak(b"sweep(address,address,bytes32[])")[:4]
_BALANCES: Final = keccak(b"balancesOf(address,address,bytes32[])")[:4]
_ADDRESS_OF: Final = keccak(b"addressOf(address,bytes32)")[:4]
_WORD: Final = 32
# Any pair will do: the contract's own arithmetic is compared with ours.
_SAMPLE: Final = ("0x" + "5a" * 20, "sample")


class _Contract(msgspec.Struct, frozen=True):
    code: str


class _Made(
    msgspec.Struct, frozen=True, rename={"implementation": "Deposit", "factory": "DepositFactory"}
):
    implementation: _Contract
    factory: _Contract


def deployment() -> list[WalletCall]:
    """Return the two transactions that put the contracts on a network; anybody may send them."""
    made = _made()
    implementation = bytes.fromhex(made.implementation.code[2:])
    factory = bytes.fromhex(made.factory.code[2:]) + address_word(OURS.implementation)
    return [WalletCall(PROXY, f"0x{(_SALT + code).hex()}") for code in (implementation, factory)]


def sweep_call(
    factory: CloneFactory, destination: str, token: str, salts: Sequence[bytes]
) -> WalletCall:
    """Write the call that empties deposits of one destination."""
    if not 0 < len(salts) <= SWEEP_MAX:
        raise Invalid(f"Sweep 1 to {SWEEP_MAX} deposits at once.", code="sweep_invalid")
    return WalletCall(factory.address, _over_salts(_SWEEP, destination, token, salts))


def read_swept(answer: bytes) -> list[Swept]:
    """Read what a sweep answered, which only a call that changes nothing is told."""
    words = [int.from_bytes(answer[at : at + _WORD], "big") for at in range(0, len(answer), _WORD)]
    try:
        moved, kept = (_array(words, at) for at in (words[0], words[1]))
        return [Swept(units, bool(is_kept)) for units, is_kept in zip(moved, kept, strict=True)]
    except (IndexError, ValueError):
        raise NodeTrouble("A sweep's answer does not fit together.", Fault.NONSENSE) from None


async def balances(
    node: Node, factory: CloneFactory, destination: str, token: str, salts: Sequence[bytes]
) -> list[int]:
    """Return what deposits hold now, whether made or not."""
    answer = await node.call(factory.address, _over_salts(_BALANCES, destination, token, salts))
    words = [int.from_bytes(answer[at : at + _WORD], "big") for at in range(0, len(answer), _WORD)]
    if len(words) != len(salts) + 2:
        raise NodeTrouble("Balances do not fit the question.", Fault.NONSENSE)
    return words[2:]


async def why_not(node: Node, factory: CloneFactory, hashes: tuple[str, str]) -> str | None:
    """Return why no payer may be shown this factory's addresses here, or None when all is right.

    An address that no code will ever stand at is lost money, so each part is compared: the code of
    both contracts, and the factory's own arithmetic with ours.
    """
    for title, address, expected in zip(
        ("factory", "implementation"),
        (factory.address, factory.implementation),
        hashes,
        strict=True,
    ):
        code = await node.code(address)
        if not code:
            return f"There is no {title} at {address}; deploy it first."
        if f"0x{keccak(code).hex()}" != expected:
            return f"Another contract than our {title} stands at {address}."
    destination, payment = _SAMPLE
    salt = keccak(payment.encode())
    data = _ADDRESS_OF + address_word(destination) + salt
    answer = await node.call(factory.address, f"0x{data.hex()}")
    if answer[-20:].hex() != factory.address_at(salt, destination)[2:]:
        return f"The factory at {factory.address} makes other addresses than we reckon."
    return None


def _over_salts(selector: bytes, destination: str, token: str, salts: Sequence[bytes]) -> str:
    head = address_word(destination) + address_word(token) + word(3 * _WORD) + word(len(salts))
    return f"0x{(selector + head + b''.join(salts)).hex()}"


def _array(words: Sequence[int], offset: int) -> Sequence[int]:
    at = offset // _WORD
    count = words[at]
    items = words[at + 1 : at + 1 + count]
    if len(items) != count:
        raise IndexError(count)
    return items


@functools.cache
def _made() -> _Made:
    return msgspec.json.decode(
        files(__package__).joinpath("deposits.json").read_bytes(), type=_Made
    )
