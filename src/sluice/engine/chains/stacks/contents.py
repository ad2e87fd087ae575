"""Contents: orders as Stacks transactions; what is called, and what may leave whom. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.model import Network
from sluice.engine.chains.stacks.addresses import StacksAddresses
from sluice.engine.chains.stacks.clarity.model import NONE, Buffer, ListOf, Some, UInt, Value
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.memos import MEMO_MAX
from sluice.engine.chains.stacks.principals import (
    Address,
    Asset,
    Principal,
    parse_address,
    parse_asset,
    parse_principal,
)
from sluice.engine.chains.stacks.reading import Reader
from sluice.engine.chains.stacks.tokens import STX
from sluice.engine.chains.stacks.transactions.accounts import single_account
from sluice.engine.chains.stacks.transactions.authorization import SENTINEL
from sluice.engine.chains.stacks.transactions.model import (
    MAINNET_CHAIN,
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import (
    ContractCall,
    Payload,
    TokenTransfer,
    memo_of,
)
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    PostCondition,
    StxCondition,
)
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.read_payload import read_payload
from sluice.engine.chains.stacks.transactions.verify import verify_origin
from sluice.engine.chains.stacks.transactions.write_payload import write_payload
from sluice.engine.chains.writer import Account, Call, Order

# In place of a contract: the payload is a whole transaction that its origin has signed.
SPONSORED: Final = "sponsored"
_SBTC: Final = "sbtc"

# A post-condition counts in 64 bits, so nothing larger can be sent under one.
UNITS_MAX: Final = 2**64 - 1


class Content(NamedTuple):
    """What a transaction does, and what it may move: all else undoes it."""

    payload: Payload
    mode: PostConditionMode = PostConditionMode.DENY
    conditions: tuple[PostCondition, ...] = ()


class Contents:
    """What one network's transactions are made of."""

    def __init__(
        self,
        network: Network,
        tokens: Mapping[str, Asset],
        addresses: StacksAddresses,
        *,
        chain_id: int,
    ) -> None:
        self._network = network
        self._tokens = tokens
        self._addresses = addresses
        self._chain_id = chain_id
        self._version = Version.MAINNET if chain_id == MAINNET_CHAIN else Version.TESTNET

    def check(self, order: Order) -> None:
        """Raise Invalid for what no node should get."""
        title = self._network.title
        if order.network != self._network.name or order.asset not in self._network.assets:
            raise Invalid(
                f"{title} carries no {order.asset.upper()} of {order.network}.",
                code="asset_not_on_network",
            )
        if order.call is not None:
            self._check_call(order.call, order.units)
            return
        if not 0 < order.units <= UNITS_MAX:
            raise Invalid(
                f"Between 1 and {UNITS_MAX} units can be sent on {title}.", code="amount_invalid"
            )
        if self._addresses.parse(order.recipient) != order.recipient:
            raise Invalid("Write the recipient without spaces.", code="address_invalid")
        _short(order.memo or "")

    def build(self, order: Order, account: Account, nonce: int, fee: int) -> Transaction:
        """Return the transaction that carries an order out. Raises Invalid."""
        condition = single_account(account.public_key, nonce=nonce, fee=fee)
        if order.call is not None and order.call.contract == SPONSORED:
            asked = read_sponsored(order.call)
            return msgspec.structs.replace(asked, sponsor=condition)
        content = self._content(order, account)
        return Transaction(
            self._version,
            self._chain_id,
            condition,
            content.payload,
            post_condition_mode=content.mode,
            post_conditions=content.conditions,
        )

    def _content(self, order: Order, account: Account) -> Content:
        token = None if order.asset == STX else self._tokens[order.asset]
        if order.call is not None:
            return call_contract(read_call(order.call), token, order.units)
        recipient = parse_principal(order.recipient)
        if token is None:
            return send_stx(recipient, order.units, order.memo)
        sender = parse_address(account.address)
        return send_token(token, sender, recipient, order.units, order.memo)

    def _check_call(self, call: Call, units: int) -> None:
        if call.contract != SPONSORED:
            read_call(call)
            if not 0 <= units <= UNITS_MAX:
                raise Invalid("So much cannot leave by one call.", code="amount_invalid")
            return
        asked = read_sponsored(call)
        if (asked.version, asked.chain_id) != (self._version, self._chain_id):
            raise Invalid("It was signed for another network.", code="network_wrong")
        if asked.origin.fee:
            raise Invalid("Whoever is sponsored offers no fee of his own.", code="fee_invalid")
        if units:
            raise Invalid("A sponsor pays the fee and nothing else.", code="amount_invalid")


def send_stx(recipient: Principal, units: int, memo: str | None) -> Content:
    """Send STX. A native transfer moves just this and may carry no condition."""
    return Content(TokenTransfer(recipient, units, memo_of(memo or "")))


def send_token(
    token: Asset, sender: Address, recipient: Principal, units: int, memo: str | None
) -> Content:
    """Send a SIP-010 token: exactly this much of it leaves, and nothing else of anybody."""
    said: Value = NONE if memo is None else Some(Buffer(_short(memo)))
    arguments = (UInt(units), sender, recipient, said)
    exactly = FungibleCondition(ORIGIN, token, Amount.EQUAL, units)
    return Content(ContractCall(token.contract, "transfer", arguments), conditions=(exactly,))


def call_contract(call: ContractCall, token: Asset | None, units: int) -> Content:
    """Call a contract: at most this much of an asset (None: STX) leaves us, and nothing else of us.

    Of others anything may move (SIP-040): a contract may pay us, or pay for us.
    """
    conditions: tuple[PostCondition, ...] = ()
    if units and token is None:
        conditions = (StxCondition(ORIGIN, Amount.AT_MOST, units),)
    elif units and token is not None:
        conditions = (FungibleCondition(ORIGIN, token, Amount.AT_MOST, units),)
    return Content(call, PostConditionMode.ORIGINATOR, conditions)


def void_order(network: Network, account: Account, *, boot: Address, reference: str) -> Order:
    """Return an order that succeeds and moves nothing: to send sBTC to nobody, in a list of none.

    Nodes refuse a transfer to oneself and one of nothing. Where there is no sBTC, a micro-STX goes
    where nobody can spend it.
    """
    sbtc = network.tokens.get(_SBTC)
    if sbtc is None:
        return Order(network.name, STX, 1, str(boot), reference)
    nobody = ContractCall(parse_asset(sbtc).contract, "transfer-many", (ListOf(()),))
    return Order(network.name, STX, 0, account.address, reference, call=write_call(nobody))


def write_call(call: ContractCall) -> Call:
    """Return a contract call as an order carries it."""
    out = bytearray()
    write_payload(out, call)
    return Call(str(call.contract), bytes(out))


def read_call(call: Call) -> ContractCall:
    """Read the contract call that an order carries. Raises Invalid."""
    reader = Reader(call.payload, needs_key_order=True)
    try:
        payload = read_payload(reader)
        reader.finish("contract call")
    except Malformed as error:
        raise Invalid(f"This is no contract call: {error.message}", code="call_invalid") from error
    if not isinstance(payload, ContractCall) or str(payload.contract) != call.contract:
        raise Invalid("The call is of another contract than it says.", code="call_invalid")
    return payload


def read_sponsored(call: Call) -> Transaction:
    """Read what an origin signed for somebody to sponsor, and check its signature. Raises Invalid.

    What a sponsor had filled in is left out: it is not what the origin signed.
    """
    transaction = decode_transaction(call.payload)
    if transaction.sponsor is None:
        raise Invalid("Nobody is to sponsor this transaction.", code="transaction_not_sponsored")
    verify_origin(transaction)
    return msgspec.structs.replace(transaction, sponsor=SENTINEL)


def _short(memo: str) -> bytes:
    raw = memo.encode()
    if len(raw) > MEMO_MAX:
        raise Invalid(f"A memo has at most {MEMO_MAX} bytes.", code="memo_invalid", param="memo")
    return raw
