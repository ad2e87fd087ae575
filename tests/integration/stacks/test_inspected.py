"""A token or a contract of ours that is not what we take it for: told, and offered to nobody."""

import asyncio
from typing import Any, Final

import pytest

from sluice.engine.watcher.checks import inspect_chain
from tests.house import until
from tests.integration.api.estate import SALE
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, command, due
from tests.stacks.chain import SBTC
from tests.stacks.wallets import Wallet

# Six decimals, as the catalogue says, and another name.
DOLLAR: Final = """
(define-fungible-token usdc)
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-symbol) (ok "aeUSDC"))
(define-read-only (get-name) (ok "USD Coin"))
"""


@pytest.fixture
async def dollar(payer: Wallet) -> str:
    """Deploy a token that calls itself otherwise than USDC."""
    return f"{await payer.deploy('dollar', DOLLAR)}::usdc"


@pytest.fixture
def names() -> str:
    """Return what the networks file says of how tokens call themselves."""
    return ""


@pytest.fixture
def table(payer: Wallet, dollar: str, names: str) -> str:
    """Return a networks file with that token, and with a gateway that is not there."""
    served = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    gateway = f'gateway = "{payer.address}.sluice-gateway"\n'
    return f'{served}{gateway}tokens = {{ sbtc = "{SBTC}", usdc = "{dollar}" }}\n{names}'


def found(shop: Shop) -> dict[str, tuple[bool, str]]:
    """Wait until the worker has looked, and return what it found."""
    query = "SELECT subject, is_right, detail FROM chain_checks WHERE network = %s"
    until(lambda: len(shop.house.sql(query, NETWORK)) == 3, "the worker has looked")
    return {subject: (right, detail) for subject, right, detail in shop.house.sql(query, NETWORK)}


def offered(shop: Shop) -> set[str]:
    """Return what can be paid with here."""
    options = {"crypto": {"mode": "deposit", "deposit_options": {"networks": [NETWORK]}}}
    intent = shop.api.post("/v1/payment_intents", {**SALE, "payment_method_options": options})
    details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][NETWORK]
    return {token["token_currency"] for token in details["supported_tokens"]}


def refused(shop: Shop, **options: Any) -> str:  # noqa: ANN401
    """Ask for a payment that is refused, and return the code."""
    deposit = {"networks": [NETWORK], **options}
    asked = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
    answer = shop.api.ask("POST", "/v1/payment_intents", {**SALE, "payment_method_options": asked})
    assert answer.status == 400
    return str(answer.error["code"])


async def test_what_is_wrong_is_told_and_offered_to_nobody(shop: Shop, dollar: str) -> None:
    gateway = f"{shop.payer.address}.sluice-gateway"

    assert found(shop) == {
        f"token {SBTC}": (True, "sBTC with 8 decimals"),
        f"token {dollar}": (False, "its symbol is aeUSDC, not usdc"),
        f"gateway {gateway}": (False, f"there is no {gateway}"),
    }
    assert offered(shop) == {"stx", "sbtc"}
    assert refused(shop, tokens=["usdc"]) == "payment_method_unavailable"
    assert refused(shop, tokens=["sbtc"], style="contract") == "parameter_invalid_enum"


async def test_the_rest_of_the_network_goes_on(shop: Shop) -> None:
    found(shop)
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")


async def test_the_command_line_tells(
    shop: Shop, dollar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*words: str) -> Any:  # noqa: ANN401
        return command(shop, monkeypatch, *words)

    doctor = await asyncio.to_thread(run, "doctor")
    check = await asyncio.to_thread(run, "chains", "check")

    assert doctor.exit_code == 1
    assert f"ok   {NETWORK}: token {SBTC}: sBTC with 8 decimals" in doctor.output
    assert f"FIX  {NETWORK}: token {dollar}: its symbol is aeUSDC, not usdc" in doctor.output
    assert f"token {dollar}: NOT USED, its symbol is aeUSDC, not usdc" in check.output


@pytest.mark.parametrize("names", ['names = { usdc = { symbol = "aeusdc", name = "USD Coin" } }\n'])
async def test_a_token_may_be_called_otherwise_where_the_operator_says_so(
    shop: Shop, dollar: str
) -> None:
    assert found(shop)[f"token {dollar}"] == (True, "USD Coin with 6 decimals")
    assert offered(shop) == {"stx", "sbtc", "usdc"}


async def test_what_was_set_right_is_found_at_the_next_look(shop: Shop) -> None:
    found(shop)
    await shop.payer.deploy("sluice-gateway", GATEWAY)
    await shop.payer.deploy("sluice-stx", "(define-public (transfer) (ok true))")

    chain = shop.house.app.chains.find(NETWORK)
    known = shop.house.call(inspect_chain(shop.house.app.works, chain))

    about = {one.finding.subject: one.finding.is_right for one in known}
    assert about[f"gateway {shop.payer.address}.sluice-gateway"] is True


# Something with the names that are called; what it does is the gateway tests' to show.
GATEWAY: Final = """
(define-public (pay-signed) (ok true))
(define-read-only (get-merchant) none)
(define-read-only (get-splits) (list))
"""
