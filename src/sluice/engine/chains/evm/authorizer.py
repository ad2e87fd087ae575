"""EvmAuthorizer: would a token move money by a payer's word? Asked of every node, never sent."""

from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import Authorization, TokenDomain, Unusable
from sluice.engine.chains.evm.authorizations import (
    authorized_by_bytes,
    authorized_call,
    has_signed,
)
from sluice.engine.chains.evm.calldata import WalletCall
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.inspect import token_subject
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.signatures import read_signature
from sluice.engine.chains.evm.words import ask_to_sign
from sluice.engine.chains.wallets import WalletRequest
from sluice.engine.chains.writer import Call

# ERC-6492 wraps a signature in a call to a factory. We would let strangers choose what is called,
# so we take none.
_WRAPPED: Final = bytes.fromhex("6492") * 16
# What tokens say when they refuse, in Circle's and OpenZeppelin's words.
_WORDS: Final[Sequence[tuple[str, Unusable]]] = (
    ("exceeds balance", Unusable.FUNDS),
    ("used or canceled", Unusable.USED),
    ("not yet valid", Unusable.EARLY),
    ("expired", Unusable.LATE),
    ("signature", Unusable.SIGNATURE),
)


class EvmAuthorizer:
    """One network's tokens that take words, and the nodes that know them."""

    def __init__(
        self, chain_id: int, nodes: Sequence[Node], domains: Mapping[str, TokenDomain]
    ) -> None:
        self.chain_id = chain_id
        self._nodes = nodes
        self._domains = domains

    def domain_of(self, asset: str) -> TokenDomain | None:
        """Return what a word for this asset is signed for."""
        return self._domains.get(asset)

    def subject_of(self, domain: TokenDomain) -> str:
        """Return under which name it is kept whether the token still signs as we know it."""
        return token_subject(domain.contract)

    def has_signed(self, domain: TokenDomain, word: Authorization, signature: bytes) -> bool:
        """Say whether the payer's own key signed."""
        return has_signed(domain, word, signature)

    def ask_wallet(self, domain: TokenDomain, word: Authorization) -> WalletRequest:
        """Return the typed data that a wallet shows and signs."""
        return ask_to_sign(domain, word)

    def call(self, domain: TokenDomain, word: Authorization, signature: bytes) -> Call:
        """Return the call that uses a word."""
        written = _written(domain, word, signature)
        return Call(written.to, bytes.fromhex(written.data[2:]))

    async def rehearse(
        self, domain: TokenDomain, word: Authorization, signature: bytes
    ) -> Unusable | None:
        """Return why the token would refuse the word now, or None; nothing is sent."""
        try:
            call = _written(domain, word, signature)
        except Invalid:
            return Unusable.SIGNATURE
        for node in self._nodes:
            try:
                await node.call(call.to, call.data)
            except NodeTrouble as trouble:
                if trouble.fault is not Fault.FATAL:
                    raise
                return _understood(trouble.message)
        return None


def _written(domain: TokenDomain, word: Authorization, signature: bytes) -> WalletCall:
    """Write the call with the signature in parts where a key made it, else with its bytes."""
    if signature.endswith(_WRAPPED):
        raise Invalid("Signatures that call a factory are not taken.", code="signature_invalid")
    if has_signed(domain, word, signature):
        return authorized_call(domain, word, read_signature(signature))
    return authorized_by_bytes(domain, word, signature)


def _understood(message: str) -> Unusable:
    return next((why for text, why in _WORDS if text in message), Unusable.OTHER)
