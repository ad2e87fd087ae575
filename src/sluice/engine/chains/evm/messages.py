"""EvmMessages: whether an address signed a text, with its own key or as a contract (EIP-1271)."""

from collections.abc import Sequence
from typing import Final

from eth_hash.auto import keccak

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.signatures import read_signature, recover_address
from sluice.engine.chains.evm.typed_data import word

_SAID: Final = b"\x19Ethereum Signed Message:\n"
_IS_VALID: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
# EIP-1271: the selector itself, as a left-aligned word.
_YES: Final = _IS_VALID + bytes(28)
# ERC-6492 wraps a signature in a call to a factory: strangers would choose what is called.
_WRAPPED: Final = bytes.fromhex("6492") * 16
_HEAD_BYTES: Final = 64


class EvmMessages:
    """One network's accounts, asked of every node; a node that cannot say leaves it unsaid."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes

    async def has_signed(self, address: str, text: str, signature: bytes) -> bool:
        """Say whether this address signed this text (`personal_sign`).

        Its own key is enough, also where it lets a contract act for it (EIP-7702); of a contract
        every node must say that it signed. Raises ProviderTrouble when one does not answer.
        """
        digest = message_digest(text)
        if _is_own(address, digest, signature):
            return True
        if signature.endswith(_WRAPPED):
            return False
        for node in self._nodes:
            if not await node.code(address) or not await _says_so(node, address, digest, signature):
                return False
        return bool(self._nodes)


def message_digest(text: str) -> bytes:
    """Return the 32 bytes that a wallet signs for a text."""
    said = text.encode()
    return keccak(_SAID + str(len(said)).encode() + said)


def _is_own(address: str, digest: bytes, signature: bytes) -> bool:
    try:
        return recover_address(digest, read_signature(signature)) == address
    except Invalid:
        return False


async def _says_so(node: Node, address: str, digest: bytes, signature: bytes) -> bool:
    head = digest + word(_HEAD_BYTES) + word(len(signature))
    data = _IS_VALID + head + signature + bytes(-len(signature) % 32)
    try:
        return await node.call(address, f"0x{data.hex()}") == _YES
    except NodeTrouble as trouble:
        if trouble.fault is not Fault.FATAL:
            raise
        return False
