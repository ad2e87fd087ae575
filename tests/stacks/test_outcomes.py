"""What becomes of a mined transaction: its status, its events, what it costs and what it leaves."""

from typing import Any, Final

import pytest

from tests.stacks.chain import SBTC, SBTC_TOKEN, LeverError, StacksChain
from tests.stacks.wallets import FEE_USTX, HELPER, Wallet

ABORTED: Final = "abort_by_post_condition"


async def held(chain: StacksChain, address: str, asset: str = SBTC) -> int:
    """Return how much of a token somebody holds."""
    page = await chain.get(f"/extended/v3/principals/{address}/balances/ft/{asset}")
    return int(page["balance"])


async def test_deny_without_a_condition_undoes_everything_but_the_fee(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    before = int((await stacks.get(f"/v2/accounts/{payer.address}"))["balance"], 16)

    txid = await payer.pay_sbtc(shop.address, 7, mode="deny")
    mined = await payer.mined(txid)

    assert mined["status"] == ABORTED
    assert mined["result"]["repr"] == "(ok true)"
    assert mined["event_count"] == 0
    assert await payer.events_of(txid) == []
    assert await held(stacks, shop.address) == 0
    after = await stacks.get(f"/v2/accounts/{payer.address}")
    assert (int(after["balance"], 16), after["nonce"]) == (before - FEE_USTX, 1)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (("eq", "7"), "success"),
        (("eq", "6"), ABORTED),
        (("gt", "6"), "success"),
        (("gt", "7"), ABORTED),
        (("gte", "7"), "success"),
        (("gte", "8"), ABORTED),
        (("lt", "8"), "success"),
        (("lt", "7"), ABORTED),
        (("lte", "7"), "success"),
        (("lte", "6"), ABORTED),
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["deny", "allow"])
async def test_a_condition_on_a_token_holds_or_not(
    payer: Wallet, shop: Wallet, mode: str, condition: tuple[str, str], status: str
) -> None:
    code, amount = condition
    conditions = [{"who": "origin", "code": code, "amount": amount, "asset": SBTC}]

    txid = await payer.pay_sbtc(shop.address, 7, mode=mode, conditions=conditions)

    assert (await payer.mined(txid))["status"] == status


@pytest.mark.parametrize(("amount", "status"), [(9, "success"), (8, ABORTED)])
async def test_a_condition_on_stx_counts_what_a_contract_sends_for_its_caller(
    payer: Wallet, shop: Wallet, amount: int, status: str
) -> None:
    helper = await payer.deploy("helper", HELPER)
    condition = {"who": payer.address, "code": "lte", "amount": str(amount)}

    txid = await payer.call(helper, "tip", "u9", f"'{shop.address}", conditions=[condition])
    mined = await payer.mined(txid)

    assert mined["status"] == status
    if status == "success":
        (event,) = await payer.events_of(txid)
        assert event["stx_asset"]["memo"] == {"hex": "0x746970", "repr": "tip"}


NFT_CASES: Final = [
    ("deny", [], ABORTED),
    ("allow", [], "success"),
    ("deny", [("sent", "u1")], "success"),
    ("deny", [("sent", "u2")], ABORTED),
    ("allow", [("not_sent", "u1")], ABORTED),
    ("allow", [("not_sent", "u2")], "success"),
    ("deny", [("not_sent", "u2")], ABORTED),
    ("deny", [("maybe_sent", "u1")], "success"),
    ("deny", [("maybe_sent", "u1"), ("maybe_sent", "u2")], "success"),
]


@pytest.mark.parametrize(("mode", "codes", "status"), NFT_CASES, ids=str)
async def test_a_condition_on_one_ticket_holds_or_not(
    payer: Wallet, shop: Wallet, mode: str, codes: list[tuple[str, str]], status: str
) -> None:
    helper = await payer.deploy("helper", HELPER)
    await payer.call(helper, "claim", "u1", mode="allow")
    conditions = [
        {"who": "origin", "code": code, "nft": f"{helper}::ticket", "value": value}
        for code, value in codes
    ]

    txid = await payer.call(
        helper, "give", "u1", f"'{shop.address}", mode=mode, conditions=conditions
    )

    assert (await payer.mined(txid))["status"] == status
    owned = await payer.chain.get(f"/extended/v3/principals/{shop.address}/balances/nft")
    assert len(owned["results"]) == (1 if status == "success" else 0)


@pytest.mark.parametrize(
    ("mode", "conditions", "status"),
    [
        # The shop's contract moves a ticket of its own: deny minds, originator does not.
        ("deny", [{"who": "origin", "code": "eq", "amount": "5", "asset": SBTC}], ABORTED),
        ("originator", [{"who": "origin", "code": "eq", "amount": "5", "asset": SBTC}], "success"),
        ("originator", [], ABORTED),
    ],
)
async def test_the_originator_mode_guards_the_signer_only(
    payer: Wallet, shop: Wallet, mode: str, conditions: list[Any], status: str
) -> None:
    await payer.chain.pull("fund", address=shop.address, ustx="100000")
    helper = await shop.deploy("helper", HELPER)
    await shop.call(helper, "claim", "u1", mode="allow")
    await shop.call(helper, "keep", "u1", mode="allow")
    await payer.chain.mine()

    txid = await payer.call(helper, "swap", "u1", "u5", mode=mode, conditions=conditions)

    assert (await payer.mined(txid))["status"] == status


async def test_a_contract_that_refuses_keeps_nothing(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)

    txid = await payer.call(helper, "pay-and-refuse", "u5", f"'{shop.address}", mode="allow")
    mined = await payer.mined(txid)

    assert mined["status"] == "abort_by_response"
    assert mined["result"]["repr"] == "(err u7)"
    assert mined["event_count"] == 0
    assert await held(stacks, shop.address) == 0


async def test_a_runtime_error_costs_the_fee_and_says_why(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)
    before = await payer.pay_sbtc(shop.address, 1)
    failing = await payer.call(helper, "fail")
    after = await payer.pay_sbtc(shop.address, 2)

    (block,) = await stacks.mine()

    statuses = {one["txid"]: one["status"] for one in block["txs"]}
    assert statuses == {before: "success", failing: "abort_by_response", after: "success"}
    shown = await stacks.get(f"/extended/v3/transactions/{failing}?include=result")
    assert "DivisionByZero" in shown["vm_error"]
    assert shown["result"]["repr"] == "(err none)"
    assert await held(stacks, shop.address) == 3


async def test_a_contract_that_does_not_compile_is_mined_as_failed(
    stacks: StacksChain, payer: Wallet
) -> None:
    raw = await payer.signed("deploy", name="broken", source="(nope)")

    mined = await payer.mined(await stacks.send(raw))

    assert mined["status"] == "abort_by_response"
    answer = await stacks.fetch(f"/v2/contracts/source/{payer.address}/broken")
    assert answer.status == 404


async def test_a_call_within_a_call_shows_its_events_with_the_token_that_moved(
    payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)

    txid = await payer.call(helper, "pay-through", "u5", f"'{shop.address}", mode="allow")

    assert (await payer.mined(txid))["contract_call"]["contract_id"] == helper
    transfer, printed = await payer.events_of(txid)
    assert transfer["ft_asset"] == {
        "type": "transfer",
        "asset_identifier": SBTC,
        "sender": payer.address,
        "recipient": shop.address,
        "amount": "5",
    }
    assert printed["contract_log"]["contract_id"] == SBTC_TOKEN


async def test_a_token_of_the_same_name_is_another_token(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)

    txid = await payer.call(helper, "pay-false", "u5", f"'{shop.address}", mode="allow")
    await payer.mined(txid)

    assert await held(stacks, shop.address, f"{helper}::sbtc-token") == 5
    assert await held(stacks, shop.address) == 0


async def test_what_comes_before_in_a_block_can_take_the_money_of_what_comes_after(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)
    account = await stacks.get(f"/v2/accounts/{payer.address}")
    nearly_all = int(account["balance"], 16) - FEE_USTX - 1
    first = await payer.call(helper, "tip", f"u{nearly_all}", f"'{shop.address}", mode="allow")
    second = await payer.transfer(shop.address, 5)

    await stacks.mine(2)

    assert await stacks.status_of(first) == "success"
    assert await stacks.status_of(second) == "pending"


async def test_a_deposit_mints_and_the_registry_tells(stacks: StacksChain, shop: Wallet) -> None:
    minted = await stacks.pull(
        "mint_sbtc", address=shop.address, sats="700", bitcoin_txid="11" * 32, vout=3
    )

    mint, printed = await shop.events_of(minted["txid"])
    assert mint["ft_asset"] == {
        "type": "mint",
        "asset_identifier": SBTC,
        "recipient": shop.address,
        "amount": "700",
    }
    told = printed["contract_log"]
    assert told["contract_id"].endswith(".sbtc-registry")
    assert '(topic "completed-deposit")' in told["value"]["repr"]
    assert "(output-index u3)" in told["value"]["repr"]
    with pytest.raises(LeverError, match="abort_by_response"):
        await stacks.pull(
            "mint_sbtc", address=shop.address, sats="700", bitcoin_txid="11" * 32, vout=3
        )


async def test_our_ledger_and_the_vm_agree_on_everyones_stx(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    helper = await payer.deploy("helper", HELPER)
    await payer.transfer(shop.address, 500)
    await payer.call(helper, "tip", "u9", f"'{shop.address}", mode="deny")
    await payer.call(helper, "tip", "u9", f"'{shop.address}", mode="allow")
    await payer.call(helper, "fail")

    await stacks.mine(2)

    assert (await stacks.get("/sim/stats"))["stx_apart"] == []


async def test_our_own_gateway_runs_with_all_that_it_calls(
    stacks: StacksChain, payer: Wallet
) -> None:
    deployer = await stacks.deploy_own_contracts("sluice-gateway")

    described = await stacks.get(f"/v2/contracts/interface/{deployer}/sluice-gateway")

    assert any(one["access"] == "public" for one in described["functions"])
    assert payer.address != deployer
