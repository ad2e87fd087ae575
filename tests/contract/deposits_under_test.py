"""Our deposit contracts on a real node, deployed as anybody would, and how to use them."""

from collections.abc import Sequence
from typing import Any, Final

from eth_hash.auto import keccak

from sluice.engine.chains.evm.clones import CloneFactory, salt_of
from sluice.engine.chains.evm.deposits import (
    OURS,
    PROXY,
    balances,
    deployment,
    read_swept,
    sweep_call,
)
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.sweeper import Swept
from tests.contract.evm_under_test import EvmUnderTest

FLUSH: Final = keccak(b"flush(address)")[:4].hex()
# As deployed on nearly every network (Arachnid/deterministic-deployment-proxy).
_PROXY_CODE: Final = (
    "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
DESTINATION: Final = keccak(b"destination()")[:4].hex()


class DepositsUnderTest:
    """A node with the deposit contracts on it, and how to use them."""

    def __init__(self, evm: EvmUnderTest, factory: CloneFactory = OURS) -> None:
        self.evm = evm
        self.factory = factory
        self.node: Node = evm.node_at(evm.anvil.url)
        self.deployed: list[Any] = []

    @classmethod
    async def deploy(cls, evm: EvmUnderTest) -> "DepositsUnderTest":
        """Send the two transactions of the deployment; an emptied node has lost the proxy."""
        await evm.anvil.ask("anvil_setCode", PROXY, _PROXY_CODE)
        made = cls(evm)
        made.deployed = [await made.mined(call.to, call.data) for call in deployment()]
        return made

    def at(self, payment: str, destination: str) -> str:
        """Return a payment's address."""
        return self.factory.address_for(payment, destination)

    async def held(self, token: str, address: str) -> int:
        """Return what an address has of a token."""
        selector = keccak(b"balanceOf(address)")[:4].hex()
        return int.from_bytes(await self.node.call(token, f"0x{selector}{address[2:]:0>64}"), "big")

    async def holdings(self, token: str, destination: str, payments: Sequence[str]) -> list[int]:
        """Return what the payments' deposits hold, by the factory's own view."""
        salts = [salt_of(payment) for payment in payments]
        return await balances(self.node, self.factory, destination, token, salts)

    async def simulate(self, token: str, destination: str, payments: Sequence[str]) -> list[Swept]:
        """Return what a sweep would do now."""
        call = sweep_call(self.factory, destination, token, [salt_of(one) for one in payments])
        return read_swept(await self.node.call(call.to, call.data))

    async def sweep(self, token: str, destination: str, payments: Sequence[str]) -> Any:  # noqa: ANN401
        """Sweep from a stranger's wallet and return the receipt."""
        call = sweep_call(self.factory, destination, token, [salt_of(one) for one in payments])
        return await self.mined(call.to, call.data)

    async def flush(self, deposit: str, token: str) -> Any:  # noqa: ANN401
        """Flush one deposit and return the receipt."""
        return await self.mined(deposit, f"0x{FLUSH}{token[2:]:0>64}")

    async def mined(self, to: str, data: str) -> Any:  # noqa: ANN401
        """Send a transaction from a stranger's wallet and return its receipt."""
        stranger = self.evm.others[-1]
        tx_id = await self.evm.send(to, data, sender=stranger, gas=hex(20_000_000))
        await self.evm.mine()
        return await self.evm.anvil.ask("eth_getTransactionReceipt", tx_id)
