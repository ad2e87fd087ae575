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
    core: str = ""  # what bitcoind calls it
    genesis: tuple[str, ...] = ()  # the first block, of each network that shares the name
    has_easy_blocks: bool = False  # whether a block may have less work than its place asks


MAINNET: Final = Net(
    "mainnet",
    "bc",
    0x00,
    0x05,
    is_main=True,
    core="main",
    genesis=("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",),
)
# Testnet 3 and 4 and signet write addresses alike.
TESTNET: Final = Net(
    "testnet",
    "tb",
    0x6F,
    0xC4,
    core="test",
    genesis=(
        "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
        "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
    ),
    has_easy_blocks=True,
)
SIGNET: Final = Net(
    "signet",
    "tb",
    0x6F,
    0xC4,
    core="signet",
    genesis=("00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",),
)
REGTEST: Final = Net(
    "regtest",
    "bcrt",
    0x6F,
    0xC4,
    core="regtest",
    genesis=("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",),
)
NETS: Final = (MAINNET, TESTNET, SIGNET, REGTEST)
