"""What the registry says of withdrawals: by enough providers, for good, never by one that lies."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from sluice.base.clock import SystemClock
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import FALSE, Some, UInt, tuple_of
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.events import WithdrawalAccepted, WithdrawalRejected
from sluice.engine.chains.stacks.sbtc.withdrawn import WithdrawalReader
from tests.stacks.chain import SBTC, StacksChain
from tests.stacks.wallets import Wallet

CONTRACTS: Final = SbtcContracts.of_token(SBTC)
RECIPIENT: Final = f"{{ version: 0x04, hashbytes: 0x{'7a' * 20} }}"
SWEEP: Final = "5a" * 32
NAMES: Final = ("one", "two")

Ask = Callable[[], Awaitable[str]]


def reader(chain: StacksChain, *names: str, agree: int = 2) -> WithdrawalReader:
    """Return a reader of these providers."""
    apis = [Api(f"{chain.url}/p/{name}", chain.egress, SystemClock()) for name in names or NAMES]
    return WithdrawalReader(CONTRACTS, apis, agree=agree, burn_depth=1)


@pytest.fixture
def ask(chain: StacksChain, payer: Wallet) -> Ask:
    """Return what asks for a withdrawal by a wallet of the payer's own."""

    async def run() -> str:
        arguments = ("u9000", RECIPIENT, "u500")
        tx_id = await payer.call(
            str(CONTRACTS.withdrawal), "initiate-withdrawal-request", *arguments, mode="allow"
        )
        await chain.mine()
        assert await chain.status_of(tx_id) == "success"
        return tx_id

    return run


async def lie(chain: StacksChain, provider: str, path: str, **told: object) -> None:
    """Let one provider answer a path with something else."""
    rule = {"provider": provider, "path": path, "kind": "lie", "set": told}
    await chain.pull("trouble", rules=[rule])


async def test_a_request_is_found_by_its_transaction(
    chain: StacksChain, payer: Wallet, ask: Ask
) -> None:
    first, second = await ask(), await ask()

    made = [await reader(chain).created(tx_id) for tx_id in (first, second)]

    assert [one and one.request_id for one in made] == [1, 2]
    assert made[0] is not None
    assert (made[0].amount_sats, made[0].fee_max_sats) == (9_000, 500)
    assert str(made[0].sender) == payer.address


async def test_another_transaction_asked_for_none(chain: StacksChain, payer: Wallet) -> None:
    tx_id = await payer.pay_sbtc(str(CONTRACTS.registry), 5)
    await chain.mine()

    with pytest.raises(ProviderTrouble, match="asked for no withdrawal"):
        await reader(chain).created(tx_id)


async def test_ends_count_when_they_lie_deep_enough(chain: StacksChain, ask: Ask) -> None:
    await ask()
    await ask()
    await chain.pull("end_withdrawal", request=2, fee=120, bitcoin_txid=SWEEP, vout=3)
    await chain.pull("end_withdrawal", request=1)
    read = reader(chain)
    assert [await read.ended(number) for number in (1, 2)] == [None, None]

    await chain.pull("burn", count=1)
    paid, refused = await read.ended(2), await read.ended(1)

    assert isinstance(paid, WithdrawalAccepted)
    assert (paid.fee_sats, paid.outpoint.tx_id, paid.outpoint.index) == (120, SWEEP, 3)
    assert isinstance(refused, WithdrawalRejected)


async def test_an_end_is_found_behind_many_others(chain: StacksChain, ask: Ask) -> None:
    await ask()
    await chain.pull("end_withdrawal", request=1)
    for _ in range(52):
        await chain.pull("mint_sbtc", address=str(CONTRACTS.registry), sats="1000")
    await chain.pull("burn", count=1)

    assert await reader(chain).ended(1) == WithdrawalRejected(1, 0)


async def test_one_that_is_behind_or_silent_is_waited_for(chain: StacksChain, ask: Ask) -> None:
    await ask()
    await chain.pull("end_withdrawal", request=1)
    await chain.pull("burn", count=1)
    rule = {"provider": "two", "path": "/contract", "kind": "status", "status": 503}
    await chain.pull("trouble", rules=[rule])

    assert await reader(chain).ended(1) is None
    assert await reader(chain, agree=1).ended(1) is not None
    await chain.pull("trouble", rules=[{**rule, "provider": "one"}])
    with pytest.raises(ProviderTrouble):
        await reader(chain).ended(1)
    await chain.pull("calm")
    assert await reader(chain).ended(1) is not None


async def test_one_that_lies_of_the_state_is_not_believed(chain: StacksChain, ask: Ask) -> None:
    await ask()
    await chain.pull("end_withdrawal", request=1, fee=10, bitcoin_txid=SWEEP)
    await chain.pull("burn", count=1)
    false_state = encode_value(Some(tuple_of({"status": Some(FALSE), "amount": UInt(1)})))
    await lie(chain, "two", "get-withdrawal-request", result=f"0x{false_state.hex()}")

    assert await reader(chain).ended(1) is None
    await lie(chain, "three", "get-withdrawal-request", result="0x0b00")
    assert isinstance(await reader(chain, "one", "three", agree=1).ended(1), WithdrawalAccepted)
    assert isinstance(await reader(chain, agree=1).ended(1), WithdrawalAccepted)
    with pytest.raises(ProviderTrouble, match="two ends"):
        await reader(chain, "two", agree=1).ended(1)


async def test_two_stories_of_one_end_are_for_a_person(chain: StacksChain, ask: Ask) -> None:
    await ask()
    ended = await chain.pull("end_withdrawal", request=1, fee=10, bitcoin_txid=SWEEP)
    await chain.pull("burn", count=1)
    page = await chain.get(f"/extended/v1/tx/multiple?tx_id={ended['txid']}&event_limit=100")
    [printed] = [
        event["contract_log"]["value"]["hex"]
        for event in page[ended["txid"]]["result"]["events"]
        if "contract_log" in event
    ]
    fee, other = encode_value(UInt(10)).hex(), encode_value(UInt(11)).hex()
    place = f"{ended['txid']}.result.events.*.contract_log.value.hex"
    await lie(chain, "two", "tx/multiple", **{place: printed.replace(fee, other)})

    with pytest.raises(ProvidersDisagree):
        await reader(chain, agree=1).ended(1)
