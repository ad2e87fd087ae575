"""StacksInspector: whether tokens and our contract are on the network what we take them for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.chain import Finding
from sluice.engine.chains.findings import join_findings
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import Ascii, Ok, UInt, Value
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.faults import ApiTrouble
from sluice.engine.chains.stacks.gateway.contract import StacksGateway
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Asset, Contract
from sluice.engine.chains.stacks.tokens import TokenName


class StacksInspector:
    """Asks every provider; what is right must be so by as many as must agree, and denied by none.

    `tokens` names the finding by which each asset stands or falls.
    """

    def __init__(
        self,
        apis: Sequence[Api],
        agree: int,
        *,
        chain_id: int,
        tokens: Mapping[str, tuple[Asset, TokenName]],
        gateway: StacksGateway | None = None,
    ) -> None:
        self._apis = apis
        self._agree = agree
        self._chain_id = chain_id
        self._tokens = dict(sorted(tokens.items()))
        self._gateway = gateway
        self.tokens: Mapping[str, str] = {
            asset: token_subject(token) for asset, (token, _) in self._tokens.items()
        }

    @property
    def subjects(self) -> Collection[str]:
        """Return the names of everything it looks at."""
        own = [] if self._gateway is None else [self._gateway.subject]
        return [*self.tokens.values(), *own]

    async def __call__(self) -> list[Finding]:
        """Return what was found. Raises ProviderTrouble when too few providers answer."""
        told: list[list[Finding]] = []
        troubles: list[str] = []
        for api in self._apis:
            try:
                if await api.chain_id() == self._chain_id:
                    told.append(await self._ask(api))
            except ApiTrouble as trouble:
                troubles.append(trouble.message)
        return join_findings(told, troubles, agree=self._agree)

    async def _ask(self, api: Api) -> list[Finding]:
        findings = [
            await _find_token(api, asset, token, name)
            for asset, (token, name) in self._tokens.items()
        ]
        if self._gateway is not None:
            findings.append(await _find_gateway(api, self._gateway))
        return findings


def token_subject(token: Asset) -> str:
    """Return the name under which a token's findings are kept."""
    return f"token {token}"


async def _find_token(api: Api, asset: str, token: Asset, name: TokenName) -> Finding:
    """Compare what a token's contract says of it with what is on record."""
    subject, decimals = token_subject(token), find_asset(asset).decimals
    interface = await api.interface(token.contract)
    if interface is None:
        return Finding(subject, is_right=False, detail="there is no such contract")
    if token.name not in [one.name for one in interface.fungible_tokens]:
        return Finding(subject, is_right=False, detail=f"the contract defines no {token.name}")
    said = {function: await _answer(api, token.contract, function) for function in _QUESTIONS}
    wrong = [
        f"its {what} is {_shown(said[function])}, not {expected}"
        for function, what, expected, is_so in (
            (
                "get-decimals",
                "number of decimals",
                decimals,
                said["get-decimals"] == UInt(decimals),
            ),
            ("get-symbol", "symbol", name.symbol, _is_called(said["get-symbol"], name.symbol)),
            ("get-name", "name", name.name, _is_called(said["get-name"], name.name)),
        )
        if not is_so
    ]
    if wrong:
        return Finding(subject, is_right=False, detail="; ".join(wrong))
    shown = _shown(said["get-name"])
    return Finding(subject, is_right=True, detail=f"{shown} with {decimals} decimals")


async def _find_gateway(api: Api, gateway: StacksGateway) -> Finding:
    """Look for our contracts, and for the functions that are called."""
    for contract, needed in gateway.needs.items():
        interface = await api.interface(contract)
        if interface is None:
            return Finding(gateway.subject, is_right=False, detail=f"there is no {contract}")
        known = {(one.name, one.access) for one in interface.functions}
        missing = sorted(name for name, access in set(needed) - known)
        if missing:
            detail = f"{contract} has no {', '.join(missing)}"
            return Finding(gateway.subject, is_right=False, detail=detail)
    return Finding(gateway.subject, is_right=True, detail="it is there, with what is called of it")


async def _answer(api: Api, contract: Contract, function: str) -> Value | None:
    """Return what a read-only function answers as `(ok …)`, None for anything else."""
    raw = await api.ask(contract, function)
    try:
        said = None if raw is None else decode_value(raw)
    except Malformed:
        return None
    return said.value if isinstance(said, Ok) else None


def _is_called(said: Value | None, expected: str) -> bool:
    return isinstance(said, Ascii) and said.value.casefold() == expected.casefold()


def _shown(said: Value | None) -> str:
    match said:
        case Ascii(text):
            return text
        case UInt(number):
            return str(number)
    return "not told"


_QUESTIONS: Final = ("get-decimals", "get-symbol", "get-name")
