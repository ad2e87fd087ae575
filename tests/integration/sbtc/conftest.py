"""A whole Sluice beside a real Bitcoin node, the development Stacks chain, and the sBTC signers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from embit import bip32
from embit.networks import NETWORKS

from sluice.base.egress import Egress
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import set_wallet
from sluice.business.payments.conversions.accept import accept_deposits
from sluice.business.payments.conversions.terms import refresh_terms
from sluice.business.payments.conversions.watch import watch_conversions
from tests.bitcoin.bitcoind import Bitcoind, ready
from tests.bitcoin.conftest import bitcoind_url
from tests.house import House, running_house, until
from tests.integration.api.estate import SALE, Api
from tests.integration.sbtc.signers import KEY, Emily
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.conftest import RICH_SATS, RICH_USTX
from tests.stacks.fixtures import signer, stacks_egress, stacks_url
from tests.stacks.wallets import Wallet

__all__ = ["bitcoind_url", "signer", "stacks_egress", "stacks_url"]

STACKS: Final = "stacks_development"
BITCOIN: Final = "bitcoin-regtest"
LOCK_BLOCKS: Final = 20
FEE_MAX: Final = 5_000
TABLE: Final = """
["{bitcoin}"]
rpc = ["{rpc}"]
depth = 1

[{stacks}]
api = ["{api}"]
burn_depth = 1
reorg_max = 12
block_time_s = 60.0

[{stacks}.sbtc]
emily = "{emily}"
bitcoin = "{bitcoin}"
lock_blocks = {lock}
fee_max_sats = {fee}
"""
# The account whose keys take deposits back: BIP-32 of a seed that everybody knows.
ROOT: Final = bip32.HDKey.from_seed(b"\x05" * 32, version=NETWORKS["regtest"]["xprv"])
ACCOUNT: Final = ROOT.derive("m/84h/1h/0h")


class Place:
    """A shop that takes bitcoin as sBTC, and everybody who has a part in it."""

    def __init__(self, house: House, chain: StacksChain, bitcoind: Bitcoind, emily: Emily) -> None:
        self.house = house
        self.chain = chain
        self.bitcoind = bitcoind
        self.emily = emily
        self.merchant = house.merchant()
        self.api = Api(house, self.merchant.sk)
        self.wallet = ""
        # The tests say when conversions are looked after; the schedule must not come in between.
        house.sql("DELETE FROM jobs WHERE name = 'watch_conversions'")

    def takes(self, wallet: str) -> None:
        """Let the shop be paid at a wallet on Stacks, and take deposits."""
        network = self.house.app.chains.find(STACKS)
        account = ACCOUNT.to_public().to_base58(NETWORKS["regtest"]["xpub"])

        async def set_it(work: Work) -> None:
            await set_wallet(work, network, wallet)
            await accept_deposits(work, network, account)

        self.house.within(set_it, self.merchant.id)
        self.wallet = wallet

    def asks(self, amount: int = 2_000, style: str | None = "deposit") -> dict[str, Any]:
        """Ask for dollars in bitcoin."""
        deposit: dict[str, Any] = {"networks": [BITCOIN], "tokens": ["btc"]}
        if style is not None:
            deposit["style"] = style
        options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
        asked = {**SALE, "amount": amount, "payment_method_options": options}
        return self.api.post("/v1/payment_intents", asked)

    def watch(self) -> None:
        """Do what the schedule does every quarter of a minute."""
        self.house.call(watch_conversions(self.house.app.works, self.house.app.chains))

    def refresh(self) -> None:
        """Do what the schedule does every half minute."""
        self.house.call(refresh_terms(self.house.app.works, self.house.app.chains))

    def conversions(self, intent: dict[str, Any]) -> list[dict[str, Any]]:
        """Return an intent's conversions as the API tells them."""
        found: list[dict[str, Any]] = self.api.get(
            f"/v1/payment_intents/{intent['id']}/conversions"
        )["data"]
        return found

    async def mine_bitcoin(self, count: int = 1) -> None:
        """Add Bitcoin blocks and wait until they are followed."""
        await self.bitcoind.mine(count)
        tip = await self.bitcoind.ask("getblockcount")
        self._followed(BITCOIN, tip)

    async def mine_stacks(self) -> None:
        """Add a Stacks block with what waits, and Bitcoin over it; wait until it is followed."""
        await self.chain.mine()
        await self.chain.pull("burn", count=2)
        self._followed(STACKS, (await self.chain.get("/sim/stats"))["height"])

    async def output_of(self, tx_id: str, sats: int) -> tuple[str, int]:
        """Return which output of a transaction pays so much."""
        told = await self.bitcoind.ask("gettransaction", tx_id)
        raw = await self.bitcoind.ask("decoderawtransaction", told["hex"])
        [place] = [one["n"] for one in raw["vout"] if round(one["value"] * 10**8) == sats]
        return tx_id, place

    def ring(self) -> None:
        """Wake the loops."""
        self.house.call(self._ring())

    def _followed(self, network: str, tip: int) -> None:
        def is_there() -> bool:
            self.ring()
            query = "SELECT height FROM chains WHERE network = %s"
            return any(height >= tip for (height,) in self.house.sql(query, network))

        until(is_there, f"height {tip} of {network} is followed")

    async def _ring(self) -> None:
        self.house.app.bell.ring([STACKS, BITCOIN])


def due(intent: dict[str, Any]) -> tuple[str, int]:
    """Return where an intent asks for how much bitcoin."""
    details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][BITCOIN]
    [token] = details["supported_tokens"]
    return details["address"], int(token["expected_amount"])


@pytest.fixture
def emily() -> Iterator[Emily]:
    """Return a messenger who listens."""
    running = Emily()
    yield running
    running.stop()


@pytest.fixture
async def bitcoind(bitcoind_url: str, stacks_egress: Egress) -> Bitcoind:
    """Return the node, ready, with an empty mempool."""
    return await ready(Bitcoind(bitcoind_url, stacks_egress))


@pytest.fixture
async def chain(stacks_url: str, stacks_egress: Egress, signer: Signer) -> StacksChain:
    """Return the development chain, whose signers have a key."""
    chain = StacksChain(stacks_url, stacks_egress)
    rich = (await Wallet.of(1, chain, signer)).address
    await chain.pull("reset", stx={rich: str(RICH_USTX)}, sbtc={rich: str(RICH_SATS)})
    await chain.pull("rotate_signers", key=KEY.public_key.format().hex())
    return chain


@pytest.fixture
async def till(chain: StacksChain, signer: Signer) -> Wallet:
    """Return the merchant's wallet."""
    return await Wallet.of(2, chain, signer)


@pytest.fixture
async def payer(chain: StacksChain, signer: Signer) -> Wallet:
    """Return somebody with plenty."""
    return await Wallet.of(1, chain, signer)


@pytest.fixture
def networks(chain: StacksChain, bitcoind: Bitcoind, emily: Emily, tmp_path: Path) -> Path:
    """Return the networks file."""
    written = tmp_path / "networks.toml"
    written.write_text(
        TABLE.format(
            stacks=STACKS,
            bitcoin=BITCOIN,
            api=chain.url,
            rpc=bitcoind.url,
            emily=emily.url,
            lock=LOCK_BLOCKS,
            fee=FEE_MAX,
        )
    )
    return written


@pytest.fixture
def house(networks: Path, database_server: str, database_template: str) -> Iterator[House]:
    """Return a running house."""
    with running_house(
        database_server, database_template, networks.parent, networks=str(networks)
    ) as running:
        yield running


@pytest.fixture
def place(
    house: House, chain: StacksChain, bitcoind: Bitcoind, emily: Emily, till: Wallet
) -> Place:
    """Return a shop that takes bitcoin as sBTC."""
    built = Place(house, chain, bitcoind, emily)
    built.takes(till.address)
    built.refresh()
    return built
