"""Net: what tells Bitcoin's networks apart in addresses and keys."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Net:
    """One of Bitcoin's networks. Keys say only whether they are of the main one."""

    name: str
    prefix: str  # of bech32
    key_hash: int  # version byte of an address that is a key's hash
    script_hash: int  # version byte of an address that is a script's hash
    is_main: bool = False


MAINNET: Final = Net("mainnet", "bc", 0x00, 0x05, is_main=True)
# Testnet 3 and 4 and signet write addresses alike.
TESTNET: Final = Net("testnet", "tb", 0x6F, 0xC4)
SIGNET: Final = Net("signet", "tb", 0x6F, 0xC4)
REGTEST: Final = Net("regtest", "bcrt", 0x6F, 0xC4)
NETS: Final = (MAINNET, TESTNET, SIGNET, REGTEST)
