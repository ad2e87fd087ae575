"""StacksPeg: bitcoin becomes sBTC and sBTC bitcoin, by the registry and Emily of one network."""

import base64
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address, write_address
from sluice.engine.chains.bitcoin.derive import Keychain, receiving
from sluice.engine.chains.bitcoin.descriptors import parse_account
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.psbt.write import encode_psbt
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.peg import Outpoint as PegOutpoint
from sluice.engine.chains.peg import (
    PegAsk,
    PegDeposit,
    PegNews,
    PegTerms,
    Reclaimed,
    Way,
    Withdrawn,
)
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import Ok, UInt
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.contents import write_call as carry
from sluice.engine.chains.stacks.principals import Contract, parse_principal
from sluice.engine.chains.stacks.requests import CALL, call_params
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.deposit import (
    Deposit,
    check_deposit,
    deposit_address,
    offer_deposit,
    read_deposit,
)
from sluice.engine.chains.stacks.sbtc.emily import Emily, KnownDeposit
from sluice.engine.chains.stacks.sbtc.events import WithdrawalAccepted
from sluice.engine.chains.stacks.sbtc.limits import Caps, Limits, check_deposit_amount
from sluice.engine.chains.stacks.sbtc.minted import ASSET
from sluice.engine.chains.stacks.sbtc.recipients import parse_recipient
from sluice.engine.chains.stacks.sbtc.reclaim import (
    BuiltReclaim,
    KeySource,
    Reclaim,
    build_reclaim,
    finish_reclaim,
)
from sluice.engine.chains.stacks.sbtc.scripts import DepositScript, ReclaimScript
from sluice.engine.chains.stacks.sbtc.signers_key import SIGNERS_KEY_FUNCTION, read_signers_key
from sluice.engine.chains.stacks.sbtc.withdrawal import Withdrawal, ask_withdrawal, write_call
from sluice.engine.chains.stacks.sbtc.withdrawn import WithdrawalReader
from sluice.engine.chains.wallets import WalletRequest

# A way back that costs more than this is not built by itself.
_RECLAIM_FEE_MAX_SATS: Final = 100_000
_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class PegFacts:
    """What an installation decides: which Bitcoin network, how long deposits are locked."""

    source: str
    net: Net
    lock_blocks: int
    fee_max_sats: int


class StacksPeg:
    """The peg of one Stacks network."""

    def __init__(
        self,
        facts: PegFacts,
        contracts: SbtcContracts,
        apis: Sequence[Api],
        emily: Emily,
        withdrawals: WithdrawalReader,
    ) -> None:
        self._facts = facts
        self.contracts = contracts
        self._apis = apis
        self._emily = emily
        self._withdrawals = withdrawals
        self._keys = functools.lru_cache(maxsize=_KEPT)(self._receiving)

    @property
    def source(self) -> str:
        """Return the Bitcoin network's name."""
        return self._facts.source

    @property
    def asset(self) -> str:
        """Return sBTC."""
        return ASSET

    @property
    def fee_max(self) -> int:
        """Return the most that the signers may keep of a deposit, or for a withdrawal."""
        return self._facts.fee_max_sats

    async def terms(self) -> PegTerms:
        """Ask the registry for the key, the token for its supply, and Emily for the limits."""
        key = read_signers_key(await self._ask(self.contracts.registry, SIGNERS_KEY_FUNCTION))
        told = decode_value(await self._ask(self.contracts.token.contract, "get-total-supply"))
        limits = await self._emily.limits()
        supply = told.value.value if isinstance(told, Ok) and isinstance(told.value, UInt) else None
        caps = limits.caps
        return PegTerms(
            key.hex(),
            caps.deposit_min,
            caps.deposit_max,
            caps.peg_cap,
            supply,
            caps.withdrawal_max,
            limits.withdrawable,
        )

    def read_account(self, text: str) -> str:
        """Return the descriptor of the account that takes deposits back."""
        return str(parse_account(text.strip(), self._facts.net))

    def check_amount(self, terms: PegTerms, units: int) -> None:
        """Refuse what the signers would leave alone."""
        caps = Caps(peg_cap=terms.cap, deposit_min=terms.deposit_min, deposit_max=terms.deposit_max)
        check_deposit_amount(
            units,
            fee_max_sats=self._facts.fee_max_sats,
            limits=Limits(caps),
            supply_sats=terms.supply,
        )

    def offer(
        self, terms: PegTerms, recipient: str, *, account: str, index: int, units: int
    ) -> PegDeposit:
        """Return a deposit for a recipient, with a key of the account for the way back."""
        self.check_amount(terms, units)
        deposit = offer_deposit(
            DepositScript(
                self._facts.fee_max_sats,
                parse_principal(recipient),
                bytes.fromhex(terms.signers_key),
            ),
            ReclaimScript(self._facts.lock_blocks, self._keys(account).key(index)[1:]),
            self._facts.net,
        )
        return PegDeposit(
            deposit_address(deposit, self._facts.net),
            deposit.deposit_script.hex(),
            deposit.reclaim_script.hex(),
            self._facts.lock_blocks,
            self._facts.fee_max_sats,
        )

    async def tell(self, deposit: PegDeposit, outpoint: PegOutpoint, raw: bytes) -> PegNews:
        """Check the transaction as the signers will, and tell Emily of it."""
        held, place = _held(deposit), Outpoint(*outpoint)
        check_deposit(raw, place, held, self._facts.net)
        return _news(await self._emily.create(place, held, raw))

    async def ask(self, outpoint: PegOutpoint) -> PegNews | None:
        """Ask Emily how far a deposit is."""
        known = await self._emily.deposit(Outpoint(*outpoint))
        return None if known is None else _news(known)

    def reclaim(
        self, deposit: PegDeposit, outpoint: PegOutpoint, raw: bytes, way: Way
    ) -> Reclaimed:
        """Build the way back as a PSBT that whoever has the account signs."""
        built = self._way_back(deposit, outpoint, raw, way)
        return Reclaimed(base64.b64encode(encode_psbt(built.psbt)).decode(), built.fee_sats)

    def finish(
        self, deposit: PegDeposit, outpoint: PegOutpoint, raw: bytes, way: Way, signed: str
    ) -> str:
        """Check the signature and put together the witness, which wallets leave to others."""
        try:
            returned = base64.b64decode(signed, validate=True)
        except ValueError:
            raise Invalid("A PSBT is written in base64.", code="psbt_invalid") from None
        built = self._way_back(deposit, outpoint, raw, way)
        return finish_reclaim(built, returned).raw.hex()

    def _way_back(
        self, deposit: PegDeposit, outpoint: PegOutpoint, raw: bytes, way: Way
    ) -> BuiltReclaim:
        held = _held(deposit)
        found = check_deposit(raw, Outpoint(*outpoint), held, self._facts.net)
        return build_reclaim(
            Reclaim(
                held,
                found,
                read_address(way.to, self._facts.net),
                way.fee_rate,
                min(_RECLAIM_FEE_MAX_SATS, found.sats // 2),
                KeySource(path=(0, way.key_index)),
            )
        )

    async def withdraw(self, to: str, units: int, *, fee_max: int) -> WalletRequest:
        """Return the call that asks the signers for bitcoin, after the limits of this moment."""
        withdrawal = ask_withdrawal(
            units,
            to,
            net=self._facts.net,
            fee_max_sats=fee_max,
            limits=await self._emily.limits(),
        )
        call = write_call(withdrawal, self.contracts)
        locked = withdrawal.locked_sats
        asset = str(self.contracts.token)
        params = call_params(call.contract, call.function, call.arguments, asset, locked)
        network = "mainnet" if self._facts.net.is_main else "testnet"
        return WalletRequest(CALL, params | {"network": network}, locked)

    def read_address(self, text: str) -> str:
        """Return a Bitcoin address in its stored form."""
        return write_address(read_address(text.strip(), self._facts.net), self._facts.net)

    def ask_for(self, terms: PegTerms, to: str, units: int, *, fee_max: int) -> PegAsk:
        """Return the call of a hot wallet, after the limits that were told last."""
        limits = Limits(Caps(withdrawal_max=terms.withdrawal_max), terms.withdrawable)
        withdrawal = ask_withdrawal(
            units, to, net=self._facts.net, fee_max_sats=fee_max, limits=limits
        )
        return PegAsk(carry(write_call(withdrawal, self.contracts)), withdrawal.locked_sats)

    async def asked(self, tx_id: str, to: str, units: int, *, fee_max: int) -> int:
        """Return the number of the request that a transaction of ours made, and that it is ours."""
        made = await self._withdrawals.created(tx_id)
        if made is None:
            raise ProviderTrouble(f"Too few providers show what {tx_id} asked for.")
        wanted = Withdrawal(units, parse_recipient(to, self._facts.net), fee_max)
        if Withdrawal(made.amount_sats, made.recipient, made.fee_max_sats) != wanted:
            raise Invalid(f"{tx_id} asked for another withdrawal.", code="withdrawal_other")
        return made.request_id

    async def ended(self, number: int) -> Withdrawn | None:
        """Return how a request ended."""
        end = await self._withdrawals.ended(number)
        if end is None:
            return None
        if isinstance(end, WithdrawalAccepted):
            return Withdrawn(end.outpoint.tx_id, end.fee_sats)
        return Withdrawn(None)

    async def _ask(self, contract: Contract, function: str) -> bytes:
        trouble: ProviderTrouble | None = None
        for api in self._apis:
            try:
                answer = await api.ask(contract, function)
            except ProviderTrouble as error:
                trouble = error
                continue
            if answer is not None:
                return answer
        raise trouble or Invalid(f"{contract} answers no {function}.", code="peg_missing")

    def _receiving(self, account: str) -> Keychain:
        return receiving(parse_account(account, self._facts.net), self._facts.net)


def _held(deposit: PegDeposit) -> Deposit:
    scripts = bytes.fromhex(deposit.deposit_script), bytes.fromhex(deposit.reclaim_script)
    return read_deposit(*scripts)


def _news(known: KnownDeposit) -> PegNews:
    swept = known.fulfillment
    return PegNews(known.status.value, None if swept is None else swept.bitcoin_txid)
