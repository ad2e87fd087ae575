"""Network name -> chain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import Chain


@dataclass(frozen=True, slots=True)
class Chains:
    """The networks this installation serves."""

    by_name: Mapping[str, Chain]

    def __iter__(self) -> Iterator[Chain]:
        return iter(self.by_name.values())

    def find(self, name: str, *, param: str | None = None) -> Chain:
        """Return the chain of this network, or refuse."""
        chain = self.by_name.get(name)
        if chain is None:
            raise Invalid(
                f"Unknown network; this installation serves {', '.join(self.by_name) or 'none'}.",
                code="parameter_invalid_enum",
                param=param,
            )
        return chain

    def pegged(self, source: str) -> Chain | None:
        """Return the network on which a network's coin can arrive as an asset of another."""
        return next((one for one in self if one.peg and one.peg.source == source), None)

    def for_mode(self, *, livemode: bool) -> list[Chain]:
        """Return the networks of one mode."""
        return [chain for chain in self if chain.network.livemode is livemode]
