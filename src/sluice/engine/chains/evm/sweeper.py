"""EvmSweeper: one network's deposits, emptied through their factory."""

from collections.abc import Mapping, Sequence

from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.clones import CloneFactory, salt_of
from sluice.engine.chains.evm.deposits import SWEEP_MAX, balances, read_swept, sweep_call
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.sweeper import Held, Swept
from sluice.engine.chains.writer import Call


class EvmSweeper:
    """Knows the factory, the tokens and the nodes of one network."""

    batch_max = SWEEP_MAX

    def __init__(
        self, factory: CloneFactory, nodes: Sequence[Node], tokens: Mapping[str, str]
    ) -> None:
        self._factory = factory
        self._nodes = nodes
        self._tokens = tokens

    async def held(self, destination: str, asset: str, references: Sequence[str]) -> list[Held]:
        """Return the least and the most that any node says of each."""
        salts, token = _salts(references), self._tokens[asset]
        told = [
            await balances(node, self._factory, destination, token, salts) for node in self._nodes
        ]
        return [Held(min(units), max(units)) for units in zip(*told, strict=True)]

    async def rehearse(
        self, destination: str, asset: str, references: Sequence[str]
    ) -> list[Swept]:
        """Play the sweep on a node and read what it says of each."""
        call = self._written(destination, asset, references)
        swept = read_swept(await self._nodes[0].call(call.to, call.data))
        if len(swept) != len(references):
            raise NodeTrouble("A sweep's answer does not fit the question.", Fault.NONSENSE)
        return swept

    def call(self, destination: str, asset: str, references: Sequence[str]) -> Call:
        """Return the factory's call."""
        call = self._written(destination, asset, references)
        return Call(call.to, bytes.fromhex(call.data[2:]))

    def _written(self, destination: str, asset: str, references: Sequence[str]) -> WalletCall:
        return sweep_call(self._factory, destination, self._tokens[asset], _salts(references))


def _salts(references: Sequence[str]) -> list[bytes]:
    return [salt_of(reference) for reference in references]
