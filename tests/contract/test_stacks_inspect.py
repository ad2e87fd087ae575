"""Tokens and contracts of Stacks that are not what we take them for, on the real Clarity VM."""

from typing import Any, Final

import pytest

from sluice.engine.chains.chain import Finding, ProviderTrouble
from sluice.engine.chains.stacks.gateway.contract import StacksGateway
from sluice.engine.chains.stacks.inspect import StacksInspector, token_subject
from sluice.engine.chains.stacks.principals import parse_asset, parse_contract
from sluice.engine.chains.stacks.tokens import DEVELOPMENT, TokenName, named_tokens
from tests.contract.stacks_under_test import CHAIN_ID, StacksUnderTest
from tests.stacks.chain import SBTC

ASKED: Final = "^/v2/contracts/call-read/"
RIGHT: Final = TokenName("usdc", "USD Coin")
# What a token says of itself, and nothing else.
TOKEN: Final = """
(define-fungible-token usdc)
(define-read-only (get-decimals) {decimals})
(define-read-only (get-symbol) {symbol})
(define-read-only (get-name) {name})
"""
GOOD: Final = {"decimals": "(ok u6)", "symbol": '(ok "USDC")', "name": '(ok "USD Coin")'}


def inspector(
    stacks: StacksUnderTest,
    token: str = SBTC,
    name: TokenName | None = None,
    *,
    asset: str = "sbtc",
    providers: tuple[str, ...] = ("a",),
    agree: int = 1,
    gateway: StacksGateway | None = None,
) -> StacksInspector:
    """Return what looks at one token through these providers."""
    known = named_tokens(DEVELOPMENT, ["sbtc"])
    tokens = known if name is None else {asset: (parse_asset(token), name)}
    apis = [stacks.api_at(stacks.chain.provider(one).url) for one in providers]
    return StacksInspector(apis, agree, chain_id=CHAIN_ID, tokens=tokens, gateway=gateway)


async def looked_at(stacks: StacksUnderTest, contract: str, asset: str = "usdc") -> Finding:
    """Return what is found of a token that is to be USDC."""
    token = f"{contract}::{asset}"
    [found] = await inspector(stacks, token, RIGHT, asset="usdc")()
    assert found.subject == token_subject(parse_asset(token))
    return found


async def trouble(stacks: StacksUnderTest, provider: str, **rule: object) -> None:
    await stacks.chain.pull("trouble", rules=[{"provider": provider, **rule}])


async def test_sbtc_is_what_the_catalogue_says(stacks: StacksUnderTest) -> None:
    look = inspector(stacks)

    assert await look() == [Finding(f"token {SBTC}", True, "sBTC with 8 decimals")]  # noqa: FBT003
    assert look.tokens == {"sbtc": f"token {SBTC}"}
    assert look.subjects == [f"token {SBTC}"]


async def test_a_token_that_calls_itself_so_is_right(stacks: StacksUnderTest) -> None:
    contract = await stacks.payer.deploy("dollar", TOKEN.format(**GOOD))

    assert (await looked_at(stacks, contract)).is_right


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"symbol": '(ok "aeUSDC")'}, "its symbol is aeUSDC, not usdc"),
        ({"name": '(ok "US Dollars")'}, "its name is US Dollars, not USD Coin"),
        ({"decimals": "(ok u8)"}, "its number of decimals is 8, not 6"),
        ({"symbol": "(err u1)"}, "its symbol is not told, not usdc"),
        ({"name": "(ok u7)"}, "its name is 7, not USD Coin"),
        ({"name": "(ok (/ u1 u0))"}, "its name is not told, not USD Coin"),
        (
            {"symbol": '(ok "X")', "decimals": "(ok u0)"},
            "its number of decimals is 0, not 6; its symbol is X, not usdc",
        ),
    ],
)
async def test_what_a_token_says_otherwise_is_told(
    stacks: StacksUnderTest, said: dict[str, str], detail: str
) -> None:
    contract = await stacks.payer.deploy("dollar", TOKEN.format(**GOOD | said))

    found = await looked_at(stacks, contract)

    assert (found.is_right, found.detail) == (False, detail)


async def test_a_token_that_is_not_there_is_told(stacks: StacksUnderTest) -> None:
    contract = await stacks.payer.deploy("dollar", TOKEN.format(**GOOD))

    nowhere = await looked_at(stacks, f"{stacks.payer.address}.nothing")
    nameless = await looked_at(stacks, contract, "usdd")

    assert (nowhere.is_right, nowhere.detail) == (False, "there is no such contract")
    assert (nameless.is_right, nameless.detail) == (False, "the contract defines no usdd")


async def test_a_token_without_the_functions_is_told(stacks: StacksUnderTest) -> None:
    contract = await stacks.payer.deploy(
        "dollar", "(define-fungible-token usdc)(define-public (a) (ok true))"
    )

    assert not (await looked_at(stacks, contract)).is_right


async def test_one_provider_that_denies_is_enough(stacks: StacksUnderTest) -> None:
    await trouble(stacks, "b", path=f"{ASKED}.*/get-name$", kind="lie", set={"result": "0x09"})

    [found] = await inspector(stacks, providers=("a", "b", "c"), agree=2)()

    assert (found.is_right, found.detail) == (False, "its name is not told, not sBTC")


async def test_as_many_as_must_agree_must_answer(stacks: StacksUnderTest) -> None:
    await trouble(stacks, "b", path="^/", kind="status", status=503)
    elsewhere = {"network_id": 1}
    await trouble(stacks, "c", path="^/v2/info", kind="lie", set=elsewhere)

    [found] = await inspector(stacks, providers=("a", "b"), agree=1)()
    assert found.is_right
    for silent in ("b", "c"):
        with pytest.raises(ProviderTrouble):
            await inspector(stacks, providers=("a", silent), agree=2)()


async def test_the_gateway_is_looked_for_with_what_is_called_of_it(stacks: StacksUnderTest) -> None:
    deployer = await stacks.chain.deploy_own_contracts("sluice-gateway", "sluice-stx")
    alone = await stacks.payer.deploy("sluice-gateway", "(define-public (pay-signed) (ok true))")

    there = await gateway_of(stacks, f"{deployer}.sluice-gateway")
    nowhere = await gateway_of(stacks, f"{stacks.payer.address}.no-gateway")
    other = await gateway_of(stacks, alone)

    assert there.is_right
    assert there.subject == f"gateway {deployer}.sluice-gateway"
    assert nowhere.detail == f"there is no {stacks.payer.address}.no-gateway"
    assert (other.is_right, other.detail) == (False, f"{alone} has no get-merchant, get-splits")


async def test_a_gateway_that_takes_stx_needs_its_face(stacks: StacksUnderTest) -> None:
    deployer = await stacks.chain.deploy_own_contracts("sluice-gateway")
    gateway = f"{deployer}.sluice-gateway"

    with_stx = await gateway_of(stacks, gateway)
    without = await gateway_of(stacks, gateway, takes_stx=False)

    assert (with_stx.is_right, with_stx.detail) == (False, f"there is no {deployer}.sluice-stx")
    assert without.is_right


async def gateway_of(stacks: StacksUnderTest, contract: str, **more: Any) -> Finding:  # noqa: ANN401
    """Return what is found of a gateway."""
    apis = (stacks.api_at(stacks.chain.url),)
    gateway = StacksGateway(
        parse_contract(contract), {"sbtc": SBTC}, apis, chain_id=CHAIN_ID, **more
    )
    token, found = await inspector(stacks, gateway=gateway)()
    assert token.is_right
    return found
