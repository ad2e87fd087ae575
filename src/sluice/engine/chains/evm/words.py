"""What an Ethereum wallet is asked so that it signs a payer's word: typed data (EIP-712)."""

from typing import Any, Final

from sluice.engine.chains.authorization import Authorization, TokenDomain
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.wallets import WalletRequest

SIGN: Final = "eth_signTypedData_v4"

_WORD: Final = (
    ("from", "address"),
    ("to", "address"),
    ("value", "uint256"),
    ("validAfter", "uint256"),
    ("validBefore", "uint256"),
    ("nonce", "bytes32"),
)
_DOMAIN: Final = (("name", "string"), ("version", "string"))
_PLAIN: Final = (("chainId", "uint256"), ("verifyingContract", "address"))
_SALTED: Final = (("verifyingContract", "address"), ("salt", "bytes32"))


def ask_to_sign(domain: TokenDomain, word: Authorization) -> WalletRequest:
    """Return the request; numbers are texts, as no wallet's numbers hold them all."""
    shown: dict[str, Any] = {"name": domain.name, "version": domain.version}
    if domain.is_salted:
        shown["salt"] = f"0x{domain.chain_id:064x}"
    else:
        shown["chainId"] = domain.chain_id
    shown["verifyingContract"] = checksummed(domain.contract)
    fields = (*_DOMAIN, *(_SALTED if domain.is_salted else _PLAIN))
    message = {
        "from": checksummed(word.payer),
        "to": checksummed(word.payee),
        "value": str(word.units),
        "validAfter": str(word.valid_after),
        "validBefore": str(word.valid_before),
        "nonce": f"0x{word.nonce.hex()}",
    }
    typed = {
        "types": {
            "EIP712Domain": _types(fields),
            "TransferWithAuthorization": _types(_WORD),
        },
        "primaryType": "TransferWithAuthorization",
        "domain": shown,
        "message": message,
    }
    params = {"chainId": hex(domain.chain_id), "payer": message["from"], "typedData": typed}
    return WalletRequest(SIGN, params, word.units)


def _types(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]
