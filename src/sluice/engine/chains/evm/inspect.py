"""Inspector: whether the contracts that payments rely on are still what we take them for."""

from collections.abc import Collection, Mapping, Sequence

from sluice.engine.chains.authorization import TokenDomain
from sluice.engine.chains.chain import Finding
from sluice.engine.chains.evm.calldata import SYMBOL
from sluice.engine.chains.evm.clones import CloneFactory
from sluice.engine.chains.evm.deposits import CODE_HASHES, why_not
from sluice.engine.chains.evm.domains import DOMAIN_SEPARATOR, is_still
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.findings import join_findings


class Inspector:
    """Asks every node; what is right must be so by as many as must agree, and denied by none."""

    def __init__(
        self,
        nodes: Sequence[Node],
        agree: int,
        *,
        chain_id: int,
        domains: Mapping[str, TokenDomain],  # of the assets that can be paid by signature
        factory: CloneFactory | None = None,
    ) -> None:
        self._nodes = nodes
        self._agree = agree
        self._chain_id = chain_id
        self._domains = domains
        self._factory = factory
        # A name that is another now ends payments by signature, not those by transfer.
        self.tokens: Mapping[str, str] = {}

    @property
    def subjects(self) -> Collection[str]:
        """Return the names of everything it looks at."""
        tokens = [token_subject(domain.contract) for _, domain in sorted(self._domains.items())]
        own = [] if self._factory is None else [deposits_subject(self._factory)]
        return [*tokens, *own]

    async def __call__(self) -> list[Finding]:
        """Return what was found. Raises ProviderTrouble when too few nodes answer."""
        told: list[list[Finding]] = []
        troubles: list[str] = []
        for node in self._nodes:
            try:
                if await node.chain_id() == self._chain_id:
                    told.append(await self._ask(node))
            except NodeTrouble as trouble:
                troubles.append(trouble.message)
        return join_findings(told, troubles, agree=self._agree)

    async def _ask(self, node: Node) -> list[Finding]:
        findings = [
            await _token(node, asset, domain) for asset, domain in sorted(self._domains.items())
        ]
        if self._factory is not None:
            why = await why_not(node, self._factory, CODE_HASHES)
            detail = "the code and the arithmetic are ours" if why is None else why
            findings.append(Finding(deposits_subject(self._factory), why is None, detail))
        return findings


async def _token(node: Node, asset: str, domain: TokenDomain) -> Finding:
    """Compare the name that signatures commit to, and the symbol, with those on record."""
    subject = token_subject(domain.contract)
    if not is_still(domain, await _answer(node, domain.contract, DOMAIN_SEPARATOR)):
        return Finding(subject, is_right=False, detail="its DOMAIN_SEPARATOR is another now")
    symbol = await _answer(node, domain.contract, SYMBOL)
    # Arbitrum's USDT0 writes its T as the sign of the tugrik.
    if asset.upper().encode() not in symbol.replace("\u20ae".encode(), b"T"):
        return Finding(subject, is_right=False, detail="its symbol is another now")
    return Finding(subject, is_right=True, detail=f"signs as {domain.name} {domain.version}")


def deposits_subject(factory: CloneFactory) -> str:
    """Return the name under which a factory's findings are kept: another factory, another name."""
    return f"deposits {factory.address} {factory.implementation}"


def token_subject(token: str) -> str:
    """Return the name under which a token's findings are kept."""
    return f"signatures {token}"


async def _answer(node: Node, contract: str, calldata: str) -> bytes:
    """Return what a contract answers, nothing where it has no such question."""
    try:
        return await node.call(contract, calldata)
    except NodeTrouble as trouble:
        if trouble.fault is not Fault.FATAL:
            raise
        return b""
