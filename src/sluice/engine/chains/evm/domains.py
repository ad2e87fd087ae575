"""How tokens name themselves in what payers sign: written down, and compared with the contract."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sluice.engine.chains.authorization import TokenDomain
from sluice.engine.chains.evm.typed_data import domain_separator

DOMAIN_SEPARATOR: Final = "0x3644e515"  # DOMAIN_SEPARATOR()


def find_domain(chain_id: int, contract: str) -> TokenDomain | None:
    """Return a known token's domain, or None where nothing is known; address in lower case."""
    return _DOMAINS.get((chain_id, contract))


def is_still(domain: TokenDomain, answer: bytes) -> bool:
    """Say whether the contract's own DOMAIN_SEPARATOR() is this domain's.

    Issuers rename tokens behind the same address, as Polygon's USDT became USDT0 in 2025; then
    nobody's signature is worth anything until this table knows the new name. Transfers go on.
    """
    return domain_separator(domain) == answer


# Names as the contracts say them; `domains.json` of the vectors tells which separators were seen
# on chain. The T in Arbitrum's name is the sign of the tugrik.
_KNOWN: Final = (
    TokenDomain(1, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "USD Coin", "2"),
    TokenDomain(10, "0x0b2c639c533813f4aa9d7837caf62653d097ff85", "USD Coin", "2"),
    TokenDomain(137, "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359", "USD Coin", "2"),
    TokenDomain(
        137, "0x2791bca1f2de4661ed88a30c99a7a9449aa84174", "USD Coin (PoS)", "1", is_salted=True
    ),
    TokenDomain(137, "0xc2132d05d31c914a87c6611c10748aeb04b58e8f", "USDT0", "1", is_salted=True),
    TokenDomain(8453, "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", "USD Coin", "2"),
    TokenDomain(42161, "0xaf88d065e77c8cc2239327c5edb3a432268e5831", "USD Coin", "2"),
    TokenDomain(42161, "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9", "USD\u20ae0", "1"),
    TokenDomain(43114, "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e", "USD Coin", "2"),
    TokenDomain(80002, "0x41e94eb019c0762f9bfcf9fb1e58725bfb0e7582", "USDC", "2"),
    TokenDomain(84532, "0x036cbd53842c5426634e7929541ec2318f3dcf7e", "USDC", "2"),
    TokenDomain(421614, "0x75faf114eafb1bdbe2f0316df893fd58ce46aa4d", "USD Coin", "2"),
    TokenDomain(11155111, "0x1c7d4b196cb0c7b01d743fbc6116a902379c7238", "USDC", "2"),
)
_DOMAINS: Final[Mapping[tuple[int, str], TokenDomain]] = MappingProxyType(
    {(one.chain_id, one.contract): one for one in _KNOWN}
)
