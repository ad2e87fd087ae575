"""Deposit addresses on a real node: what they may do, and what nobody can make them do."""

import json
import random  # noqa: TID251 - a run that repeats
import re
import shutil
import subprocess
from typing import Final

import pytest
from eth_hash.auto import keccak

from sluice.base.egress import Egress
from sluice.engine.chains.evm.deposits import (
    CODE_HASHES,
    NATIVE,
    OURS,
    SWEEP_MAX,
    why_not,
)
from sluice.engine.chains.evm.faults import NodeTrouble
from sluice.engine.chains.sweeper import Swept
from tests.contract.anvil import HOME, Anvil, RpcError, run_anvil
from tests.contract.deposits_under_test import DESTINATION, FLUSH, DepositsUnderTest
from tests.contract.evm_under_test import EvmUnderTest
from tests.unit.engine.chains.evm.vectors import Case, vectors

SOURCES: Final = HOME.parents[1] / "contracts" / "evm"
CLONE: Final = vectors("create2")["clone"]
TEN: Final = 10_000_000
ON: Final = True
OFF: Final = False


@pytest.fixture
async def deposits(evm: EvmUnderTest) -> DepositsUnderTest:
    """Return a node with our contracts on it."""
    return await DepositsUnderTest.deploy(evm)


def payments(count: int) -> list[str]:
    return [f"pi_{number}" for number in range(count)]


async def pay(deposits: DepositsUnderTest, destination: str, names: list[str], asset: str) -> None:
    for name in names:
        await deposits.evm.pay(deposits.at(name, destination), TEN, asset=asset)
    await deposits.evm.mine()


def test_the_kept_bytes_are_what_the_pinned_compiler_makes(contract_codes: object) -> None:  # noqa: ARG001 - installed
    node = shutil.which("node")
    assert node is not None

    compiled = subprocess.run(
        [node, "compile.mjs", "--check"], cwd=SOURCES, timeout=120, check=False
    )

    assert compiled.returncode == 0, (
        "node contracts/evm/compile.mjs --write, and look at the addresses"
    )


async def test_f01_what_stands_where_it_should_is_taken(deposits: DepositsUnderTest) -> None:
    assert await why_not(deposits.node, OURS, CODE_HASHES) is None


async def test_f01_a_factory_that_is_not_there_is_refused(evm: EvmUnderTest) -> None:
    why = await why_not(evm.node_at(evm.anvil.url), OURS, CODE_HASHES)

    assert why is not None
    assert "deploy it first" in why


@pytest.mark.parametrize("part", ["address", "implementation"])
async def test_f01_another_contract_in_its_place_is_refused(
    deposits: DepositsUnderTest, part: str
) -> None:
    address = getattr(OURS, part)
    code = await deposits.node.code(address)
    await deposits.evm.anvil.ask("anvil_setCode", address, f"0x{code.hex()}00")

    why = await why_not(deposits.node, OURS, CODE_HASHES)

    assert why is not None
    assert "Another contract" in why


async def test_f01_a_factory_that_reckons_otherwise_is_refused(deposits: DepositsUnderTest) -> None:
    """A factory made for another implementation, were its hash ever written down as right."""
    stranger = "0x" + "77" * 20
    code = (await deposits.node.code(OURS.address)).hex()
    bent = code.replace(OURS.implementation[2:], stranger[2:])
    await deposits.evm.anvil.ask("anvil_setCode", OURS.address, f"0x{bent}")
    hashes = (f"0x{keccak(bytes.fromhex(bent)).hex()}", CODE_HASHES[1])

    why = await why_not(deposits.node, OURS, hashes)

    assert why is not None
    assert "other addresses" in why


async def test_the_factory_makes_the_addresses_of_the_vectors(deposits: DepositsUnderTest) -> None:
    factory, implementation = CLONE["example_factory"].lower(), CLONE["example_impl"].lower()
    code = (await deposits.node.code(OURS.address)).hex()
    assert OURS.implementation[2:] in code
    bent = code.replace(OURS.implementation[2:], implementation[2:])
    await deposits.evm.anvil.ask("anvil_setCode", factory, f"0x{bent}")

    for case in CLONE["cases"]:
        assert await _address_of(deposits, factory, case) == case["address"].lower()


async def _address_of(deposits: DepositsUnderTest, factory: str, case: Case) -> str:
    selector = keccak(b"addressOf(address,bytes32)")[:4].hex()
    data = f"0x{selector}{case['destination'][2:].lower():0>64}{case['salt'][2:]}"
    return f"0x{(await deposits.node.call(factory, data))[-20:].hex()}"


@pytest.mark.parametrize("asset", ["usdc", "usdt"])
async def test_f03_a_stranger_can_only_bring_the_money_home(
    deposits: DepositsUnderTest, asset: str
) -> None:
    token, destination = deposits.evm.chain.tokens[asset], deposits.evm.new_address()
    await pay(deposits, destination, ["pi_1"], asset)
    receipt = await deposits.sweep(token, destination, ["pi_1"])
    assert receipt["status"] == "0x1"
    await pay(deposits, destination, ["pi_1"], asset)

    again = await deposits.flush(deposits.at("pi_1", destination), token)

    assert again["status"] == "0x1"
    assert await deposits.held(token, destination) == 2 * TEN
    assert await deposits.holdings(token, destination, ["pi_1"]) == [0]


async def test_the_networks_own_coin_goes_home_too(deposits: DepositsUnderTest) -> None:
    destination = deposits.evm.new_address()
    deposit = deposits.at("pi_1", destination)
    await deposits.evm.send(deposit, "0x", value=hex(10**18))
    await deposits.evm.mine()
    assert await deposits.holdings(NATIVE, destination, ["pi_1"]) == [10**18]

    await deposits.sweep(NATIVE, destination, ["pi_1"])

    assert int(await deposits.evm.anvil.ask("eth_getBalance", destination, "latest"), 16) == 10**18


async def test_f02_one_blacklisted_deposit_stops_no_other(deposits: DepositsUnderTest) -> None:
    """Twenty deposits of which Tether froze one."""
    token, destination = deposits.evm.chain.tokens["usdt"], deposits.evm.new_address()
    names = payments(20)
    await pay(deposits, destination, names, "usdt")
    frozen = deposits.at(names[7], destination)
    await deposits.evm.call(token, "setBlackListed(address,bool)", frozen, ON)
    await deposits.evm.mine()
    foreseen = await deposits.simulate(token, destination, names)

    receipt = await deposits.sweep(token, destination, names)

    assert foreseen == [Swept(0 if at == 7 else TEN, at == 7) for at in range(20)]
    assert await deposits.held(token, destination) == 19 * TEN
    assert await deposits.held(token, frozen) == TEN
    kept = [log for log in receipt["logs"] if log["address"] == OURS.address]
    assert [log["topics"][1][-40:] for log in kept] == [frozen[2:]]
    await deposits.evm.call(token, "setBlackListed(address,bool)", frozen, OFF)
    await deposits.evm.mine()
    await deposits.sweep(token, destination, names)
    assert await deposits.held(token, destination) == 20 * TEN


async def test_a_token_that_takes_a_fee_passes_on_the_rest(deposits: DepositsUnderTest) -> None:
    token, destination = deposits.evm.chain.tokens["usdt"], deposits.evm.new_address()
    await pay(deposits, destination, ["pi_1"], "usdt")
    await deposits.evm.call(token, "setParams(uint256,uint256)", 20, 49)
    await deposits.evm.mine()

    await deposits.sweep(token, destination, ["pi_1"])

    assert await deposits.held(token, destination) == 9_980_000
    assert await deposits.holdings(token, destination, ["pi_1"]) == [0]


async def test_paused_money_waits_and_comes_later(deposits: DepositsUnderTest) -> None:
    token, destination = deposits.evm.chain.tokens["usdc"], deposits.evm.new_address()
    await pay(deposits, destination, ["pi_1"], "usdc")
    await deposits.evm.call(token, "setPaused(bool)", ON)
    await deposits.evm.mine()
    assert (await deposits.sweep(token, destination, ["pi_1"]))["status"] == "0x1"
    assert await deposits.held(token, destination) == 0
    await deposits.evm.call(token, "setPaused(bool)", OFF)
    await deposits.evm.mine()

    await deposits.sweep(token, destination, ["pi_1"])

    assert await deposits.held(token, destination) == TEN


async def test_a_token_that_calls_back_gets_nothing_more(deposits: DepositsUnderTest) -> None:
    token, destination = deposits.evm.contracts["ReentrantToken"], deposits.evm.new_address()
    deposit = deposits.at("pi_1", destination)
    await deposits.evm.call(token, "mint(address,uint256)", deposit, TEN)
    await deposits.evm.mine()

    receipt = await deposits.sweep(token, destination, ["pi_1"])

    assert receipt["status"] == "0x1"
    assert await deposits.held(token, destination) == TEN


@pytest.mark.parametrize("name", ["FalseToken", "WordyToken", "nobody"])
async def test_what_is_no_honest_token_is_kept_and_stops_nothing(
    deposits: DepositsUnderTest, name: str
) -> None:
    token = deposits.evm.contracts.get(name, "0x" + "99" * 20)
    destination = deposits.evm.new_address()

    assert await deposits.simulate(token, destination, ["pi_1"]) == [Swept(0, is_kept=True)]
    assert (await deposits.sweep(token, destination, ["pi_1"]))["status"] == "0x1"


async def test_a_destination_that_takes_no_coin_loses_none(deposits: DepositsUnderTest) -> None:
    destination = deposits.evm.contracts["Refuser"]
    deposit = deposits.at("pi_1", destination)
    await deposits.evm.send(deposit, "0x", value=hex(10**18))
    await deposits.evm.mine()

    await deposits.sweep(NATIVE, destination, ["pi_1"])

    assert int(await deposits.evm.anvil.ask("eth_getBalance", deposit, "latest"), 16) == 10**18


async def test_the_implementation_itself_is_no_deposit(deposits: DepositsUnderTest) -> None:
    token = deposits.evm.chain.tokens["usdc"]

    with pytest.raises(NodeTrouble):
        await deposits.node.call(OURS.implementation, f"0x{FLUSH}{token[2:]:0>64}")
    with pytest.raises(NodeTrouble):
        await deposits.node.call(OURS.implementation, f"0x{DESTINATION}")


async def test_a_factory_without_an_implementation_cannot_be_made(evm: EvmUnderTest) -> None:
    made = json.loads((HOME.parents[1] / "src/sluice/engine/chains/evm/deposits.json").read_text())
    code = made["DepositFactory"]["code"] + "00" * 12 + "77" * 20

    with pytest.raises(RpcError):
        await evm.anvil.ask("eth_estimateGas", {"from": evm.owner, "data": code})


async def test_nothing_in_the_code_can_hand_the_money_to_somebody_else() -> None:
    """No selfdestruct, no delegated call but the proxy's, no owner: read from the sources."""
    text = "".join(path.read_text() for path in sorted((SOURCES / "src").glob("*.sol")))
    code = re.sub(r"///.*|//.*", "", text)

    for word in ("selfdestruct", "delegatecall", "owner", "onlyOwner", "sstore", "tx.origin"):
        assert word not in code, word


async def test_e14_the_wrong_network_has_the_same_address_and_can_be_fetched(
    deposits: DepositsUnderTest, egress: Egress, contract_codes: dict[str, str]
) -> None:
    destination = deposits.evm.new_address()
    expected = deposits.at("pi_1", destination)
    with run_anvil(chain_id=137) as url:
        elsewhere = await EvmUnderTest.deploy(
            Anvil(url, egress), deposits.evm.clock, contract_codes
        )
        there = await DepositsUnderTest.deploy(elsewhere)
        token = elsewhere.chain.tokens["usdc"]
        await elsewhere.pay(expected, TEN)
        await elsewhere.mine()

        await there.sweep(token, destination, ["pi_1"])

        assert await why_not(there.node, OURS, CODE_HASHES) is None
        assert await there.held(token, destination) == TEN


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_done_the_money_ends_where_it_belongs(
    deposits: DepositsUnderTest, seed: int
) -> None:
    """Random payments, sweeps, flushes, freezes and thaws against a model of what must be."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    evm, token = deposits.evm, deposits.evm.chain.tokens["usdt"]
    shops = [evm.new_address(), evm.new_address()]
    deposit = {(n, s): deposits.at(n, s) for n in payments(6) for s in shops}
    due = dict.fromkeys(deposit, 0)
    home = dict.fromkeys(shops, 0)
    frozen: set[tuple[str, str]] = set()
    codes: dict[tuple[str, str], str] = {}
    for _ in range(30):
        act = dice.choice(["pay", "pay", "sweep", "sweep", "flush", "freeze", "thaw"])
        key = dice.choice(list(deposit))
        if act == "pay":
            units = dice.randrange(1, TEN)
            await evm.pay(deposit[key], units, asset="usdt")
            due[key] += units
        elif act in {"freeze", "thaw"}:
            await evm.call(token, "setBlackListed(address,bool)", deposit[key], act == "freeze")
            (frozen.add if act == "freeze" else frozen.discard)(key)
        else:
            names = payments(6) if act == "sweep" else [key[0]]
            made = await evm.anvil.ask("eth_getCode", deposit[key], "latest") != "0x"
            if act == "flush" and made:
                await deposits.flush(deposit[key], token)
            else:
                await deposits.sweep(token, key[1], names)
            for name in names:
                if (name, key[1]) not in frozen:
                    home[key[1]] += due[name, key[1]]
                    due[name, key[1]] = 0
        await evm.mine()
        for at, address in deposit.items():
            assert await deposits.held(token, address) == due[at]
            code = await evm.anvil.ask("eth_getCode", address, "latest")
            if code != "0x":
                assert len(code) == 2 + 2 * 65
                assert codes.setdefault(at, code) == code
        for shop in shops:
            assert await deposits.held(token, shop) == home[shop]


GAS: Final = json.loads((SOURCES / "gas.json").read_text())


async def test_gas_stays_within_the_table(deposits: DepositsUnderTest) -> None:
    """The figures of contracts/evm/README.md, on tokens without a proxy before them."""
    evm = deposits.evm
    measured: dict[str, int] = {}
    for asset in ("usdc", "usdt"):
        token, destination = evm.chain.tokens[asset], evm.new_address()
        names = payments(SWEEP_MAX)
        await pay(deposits, destination, ["pi_x"], asset)
        one = await deposits.sweep(token, destination, ["pi_x"])
        measured[f"{asset}: sweep of 1 new"] = int(one["gasUsed"], 16)
        for what in ("new", "made"):
            for name in names:
                await evm.pay(deposits.at(name, destination), TEN, asset=asset)
            await evm.mine()
            many = await deposits.sweep(token, destination, names)
            measured[f"{asset}: each of a sweep of {SWEEP_MAX} {what}"] = (
                int(many["gasUsed"], 16) // SWEEP_MAX
            )
        await pay(deposits, destination, ["pi_x"], asset)
        flush = await deposits.flush(deposits.at("pi_x", destination), token)
        measured[f"{asset}: flush of 1 made"] = int(flush["gasUsed"], 16)
    for what, tx in zip(("implementation", "factory"), deposits.deployed, strict=True):
        measured[f"deployment of the {what}"] = int(tx["gasUsed"], 16)
    assert measured == pytest.approx(GAS["calls"], rel=0.02)
