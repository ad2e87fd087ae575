"""StacksGateway: who a merchant is in the contract, and the signed calls that pay him."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.gateway import GatewayAccount
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import (
    Bool,
    Buffer,
    ListOf,
    Some,
    TupleOf,
    UInt,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.gateway.settled import name_settled, reference_of
from sluice.engine.chains.stacks.keys import SecretKey
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.messages import domain_of, hash_structured, sign_message
from sluice.engine.chains.stacks.principals import (
    Address,
    Contract,
    Principal,
    parse_principal,
)
from sluice.engine.chains.stacks.requests import CALL, call_params, network_of
from sluice.engine.chains.stacks.shapes import RawEvent
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.wallets import WalletOrder, WalletRequest

_BPS: Final = 10_000
_PUSH: Final = UInt(0)
_CALLED: Final = frozenset(
    {("pay-signed", "public"), ("get-merchant", "read_only"), ("get-splits", "read_only")}
)
_FACE: Final = frozenset({("transfer", "public")})
# The contract's own cap (FEE-CAP).
_FEE_MAX_BPS: Final = 500


class StacksGateway:
    """One deployment of sluice-gateway, asked through the first provider that answers."""

    def __init__(
        self,
        contract: Contract,
        tokens: Mapping[str, str],
        apis: tuple[Api, ...],
        *,
        chain_id: int,
        takes_stx: bool = True,
    ) -> None:
        self._contract = contract
        self._apis = apis
        self._network = network_of(chain_id)
        self._domain = domain_of("Sluice", "1", chain_id)
        # The asset each token moves, and the other way round.
        self._by_contract = {token.partition("::")[0]: asset for asset, token in tokens.items()}
        # Native STX goes through a SIP-010 face of the same deployer's.
        self._stx = Contract(contract.address, "sluice-stx")
        self._by_contract[str(self._stx)] = STX
        self._takes_stx = takes_stx
        self._assets = tokens

    @property
    def contract(self) -> str:
        """Return the contract's id."""
        return str(self._contract)

    @property
    def subject(self) -> str:
        """Return the name under which findings about the contract are kept."""
        return f"gateway {self._contract}"

    @property
    def needs(self) -> Mapping[Contract, Collection[tuple[str, str]]]:
        """Return the contracts that payments call, with functions and who may call each."""
        return {self._contract: _CALLED} | ({self._stx: _FACE} if self._takes_stx else {})

    def reference(self, number: int, memo: str) -> str:
        """Return how the reader writes a payment to this merchant under this memo."""
        return reference_of(number, bytes.fromhex(memo))

    def name(self, transfers: Sequence[Transfer], events: Sequence[RawEvent]) -> list[Transfer]:
        """Write on each transfer of a transaction which payment it settles."""
        return name_settled(transfers, events, self._contract, self._by_contract)

    def gross(self, units: int, fee_bps: int) -> int:
        """Return the least amount of which this much reaches the merchant.

        The fee is rounded down, so the rest is rounded up: it meets every number.
        """
        if not 0 <= fee_bps <= _FEE_MAX_BPS:
            raise Invalid("The gateway keeps 5 per cent at most.", code="gateway_fee_invalid")
        return (units - 1) * _BPS // (_BPS - fee_bps) + 1

    def public_key(self, secret: bytes) -> str:
        """Return the 33 bytes of the key that `register-merchant` wants."""
        return SecretKey(secret).public.hex()

    async def account(self, number: int) -> GatewayAccount | None:
        """Ask a provider for a merchant and his splits."""
        told = await self._ask("get-merchant", UInt(number))
        if not isinstance(told, Some) or not isinstance(told.value, TupleOf):
            return None
        row = told.value
        payout, signer, fee = row.get("payout"), row.get("signer"), row.get("fee-bps")
        if not isinstance(payout, Address | Contract) or not isinstance(signer, Buffer):
            raise self._nonsense()
        if not isinstance(fee, UInt):
            raise self._nonsense()
        splits = await self._ask("get-splits", UInt(number))
        alone = splits == ListOf(())
        takes = row.get("active") == Bool(value=True) and row.get("mode") == _PUSH and alone
        return GatewayAccount(number, str(payout), signer.value.hex(), fee.value, takes)

    def ask_wallet(
        self, order: WalletOrder, account: GatewayAccount, *, until: dt.datetime, secret: bytes
    ) -> WalletRequest:
        """Return `pay-signed` with everything that the merchant's key has signed."""
        if order.memo is None:
            raise Invalid("A payment through the gateway needs a reference.", code="memo_missing")
        gross = self.gross(order.units, account.fee_bps)
        payer = parse_principal(order.payer)
        token = self._token(order.asset)
        said: dict[str, Value] = {
            "merchant": UInt(account.number),
            "ref": Buffer(bytes.fromhex(order.memo)),
            "token": token,
            "amount": UInt(gross),
            "expires": UInt(int(until.timestamp())),
            "payer": Some(payer),
        }
        digest = hash_structured(self._domain, tuple_of(said | {"contract": self._contract}))
        signature = Buffer(bytes.fromhex(sign_message(digest, SecretKey(secret))))
        asset = self._assets.get(order.asset)
        arguments = (*said.values(), signature)
        params = call_params(self._contract, "pay-signed", arguments, asset, gross)
        return WalletRequest(CALL, params | {"network": self._network}, gross)

    def _token(self, asset: str) -> Principal:
        for contract, code in self._by_contract.items():
            if code == asset:
                return parse_principal(contract)
        raise Invalid(f"The gateway takes no {asset.upper()}.", code="asset_not_on_network")

    async def _ask(self, function: str, *arguments: Value) -> Value | None:
        trouble: ProviderTrouble | None = None
        for api in self._apis:
            try:
                answer = await api.ask(self._contract, function, arguments)
                return None if answer is None else decode_value(answer)
            except ProviderTrouble as error:
                trouble = error
            except Malformed:
                trouble = self._nonsense()
        raise trouble or self._nonsense()

    def _nonsense(self) -> ProviderTrouble:
        return ProviderTrouble(f"{self._contract} answers nonsense.")
