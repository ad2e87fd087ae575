"""The chain's answers are the API's: held against its schemas, and against recorded answers."""

import json
from typing import Any, Final

import pytest

from tests.stacks import schemas
from tests.stacks.chain import SBTC, SBTC_TOKEN, StacksChain
from tests.stacks.recorded import fields, recorded, sample
from tests.stacks.wallets import HELPER, Wallet

# Path and schema; {…} is filled in from the busy chain.
ANSWERS: Final = [
    ("/extended", "api/info/get-status"),
    ("/v2/info", "api/core-node/get-info"),
    ("/v2/pox", "api/core-node/get-pox"),
    ("/v2/accounts/{payer}", "api/core-node/get-account-data"),
    ("/v2/fees/transfer", "api/core-node/get-fee-transfer"),
    ("/v2/contracts/interface/{helper_path}", "api/core-node/get-contract-interface"),
    ("/v2/contracts/source/{helper_path}", "api/core-node/get-contract-source"),
    ("/extended/v1/block", "api/blocks/get-blocks"),
    ("/extended/v1/block/by_height/{height}", "entities/blocks/block"),
    ("/extended/v2/blocks", "api/blocks/get-nakamoto-blocks"),
    ("/extended/v2/blocks/latest", "entities/blocks/nakamoto-block"),
    ("/extended/v2/blocks/{height}", "entities/blocks/nakamoto-block"),
    ("/extended/v2/burn-blocks", "api/blocks/get-burn-blocks"),
    ("/extended/v2/burn-blocks/latest", "entities/blocks/burn-block"),
    ("/extended/v2/burn-blocks/latest/blocks", "api/blocks/get-nakamoto-blocks"),
    ("/extended/v2/blocks/{height}/transactions", "api/transaction/get-transactions"),
    ("/extended/v1/tx", "api/transaction/get-transactions"),
    ("/extended/v1/tx/{paid}", "entities/transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{sent}", "entities/transactions/transaction-0-token-transfer"),
    ("/extended/v1/tx/{given}", "entities/transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{undone}", "entities/transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{failed}", "entities/transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{sponsored}", "entities/transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{waiting}", "entities/mempool-transactions/transaction-0-token-transfer"),
    ("/extended/v1/tx/{waiting_call}", "entities/mempool-transactions/transaction-2-contract-call"),
    ("/extended/v1/tx/{paid}/raw", "api/transaction/get-raw-transaction"),
    ("/extended/v1/tx/multiple?tx_id={paid},{nobody}", "entities/transactions/transaction-list"),
    ("/extended/v1/tx/mempool", "api/transaction/get-mempool-transactions"),
    ("/extended/v1/tx/mempool/dropped", "api/transaction/get-mempool-transactions"),
    ("/extended/v1/address/{payer}/transactions", "api/address/get-address-transactions"),
    (
        "/extended/v1/address/{shop}/transactions_with_transfers",
        "api/address/get-address-transactions-with-transfers",
    ),
    (
        "/extended/v1/address/{shop}/{paid}/with_transfers",
        "entities/address/transaction-with-transfers",
    ),
    ("/extended/v1/address/{payer}/mempool", "api/transaction/get-mempool-transactions"),
    ("/extended/v1/address/{payer}/balances", "api/address/get-address-balances"),
    ("/extended/v1/address/{payer}/stx", "api/address/get-address-stx-balance"),
    ("/extended/v1/address/{payer}/nonces", "entities/address/address-nonces"),
    ("/extended/v2/addresses/{shop}/transactions", "api/address/get-v2-address-transactions"),
    (
        "/extended/v2/addresses/{shop}/transactions/{paid}/events",
        "api/address/get-address-transaction-events",
    ),
    ("/extended/v1/contract/{sbtc_token}/events", "api/transaction/get-transaction-events"),
    ("/extended/v2/mempool/fees", "api/mempool/get-fee-priorities"),
]


@pytest.fixture
async def busy(stacks: StacksChain, payer: Wallet, shop: Wallet) -> dict[str, str]:
    """Return names of what there is on a chain where a bit of everything has happened."""
    helper = await payer.deploy("helper", HELPER)
    await stacks.pull("mint_sbtc", address=shop.address, sats="100")
    to_shop = f"'{shop.address}"
    ticket = {"who": "origin", "code": "maybe_sent", "nft": f"{helper}::ticket", "value": "u1"}
    sbtc = {"who": payer.address, "code": "eq", "amount": "7", "asset": SBTC}
    ustx = {"who": helper, "code": "lte", "amount": "7"}
    sponsor = {"key": payer.key, "fee": 2000}
    names = {
        "sent": await payer.transfer(shop.address, 5, memo="hello"),
        "claimed": await payer.call(helper, "claim", "u1"),
        "given": await payer.call(helper, "give", "u1", to_shop, conditions=[ticket]),
        "paid": await payer.pay_sbtc(
            shop.address, 7, memo="order 1", mode="originator", conditions=[sbtc, ustx]
        ),
        "undone": await payer.pay_sbtc(shop.address, 8, mode="deny"),
        "failed": await payer.call(helper, "fail"),
        "tipped": await payer.call(helper, "tip", "u9", to_shop, mode="allow"),
    }
    nonce = await payer.nonce()
    names["sponsored"] = await shop.pay_sbtc(payer.address, 9, sponsor={**sponsor, "nonce": nonce})
    (block,) = await stacks.mine()
    assert len(block["txs"]) == len(names)
    await stacks.pull("burn")
    names["waiting"] = await payer.transfer(shop.address, 6)
    names["waiting_call"] = await payer.call(helper, "pay-through", "u5", to_shop)
    await payer.transfer(shop.address, 6, fee=4000, nonce=await payer.nonce() - 2, memo="again")
    names["waiting"], names["replaced"] = (
        (await stacks.get("/extended/v1/tx/mempool"))["results"][0]["tx_id"],
        names["waiting"],
    )
    return names | {
        "payer": payer.address,
        "shop": shop.address,
        "helper": helper,
        "helper_path": helper.replace(".", "/"),
        "sbtc_token": SBTC_TOKEN,
        "height": str(block["height"]),
        "nobody": "0x" + "00" * 32,
    }


async def test_every_answer_is_what_the_schemas_say(
    stacks: StacksChain, busy: dict[str, str]
) -> None:
    wrong = {}
    for path, schema in ANSWERS:
        answer = await stacks.get(path.format(**busy))
        found = schemas.errors(schema, answer)
        if found:
            wrong[path] = found[:3]

    assert not wrong


async def test_a_schema_refuses_what_is_not_there(
    stacks: StacksChain, busy: dict[str, str]
) -> None:
    answer = await stacks.get(f"/extended/v1/tx/{busy['paid']}")
    schema = "entities/transactions/transaction-2-contract-call"
    assert schemas.errors(schema, answer) == []

    for field in ("tx_status", "block_hash", "contract_call", "events"):
        assert schemas.errors(schema, {**answer, field: 5}) != []
        assert schemas.errors(schema, {k: v for k, v in answer.items() if k != field}) != []
    assert schemas.errors(schema, {**answer, "invented": 5}) != []


async def test_a_read_only_call_answers_as_the_node_does(
    stacks: StacksChain, payer: Wallet
) -> None:
    body = {"sender": payer.address, "arguments": ["0x" + _principal(payer.address)]}

    async def call(function: str) -> Any:  # noqa: ANN401 - JSON
        path = f"/v2/contracts/call-read/{SBTC_TOKEN.replace('.', '/')}/{function}"
        answer = await stacks.post(path, json.dumps(body).encode(), kind="application/json")
        return json.loads(answer.body)

    good = await call("get-balance")
    assert good == {"okay": True, "result": f"0x0701{500_000_000:032x}"}
    bad = await call("protocol-burn")
    assert bad == recorded("samples_node_rpc")["examples"]["read-only-function-failure"]
    for answer in (good, bad, await call("nothing")):
        assert schemas.errors("api/contract/post-call-read-only-fn", answer) == []


async def test_a_map_entry_is_some_or_none(stacks: StacksChain, payer: Wallet) -> None:
    source = "(define-map seen uint bool) (define-read-only (x) 1) (map-set seen u1 true)"
    contract = await payer.deploy("mapped", source)

    async def entry(key: int) -> Any:  # noqa: ANN401 - JSON
        path = f"/v2/map_entry/{contract.replace('.', '/')}/seen"
        told = json.dumps(f"0x01{key:032x}").encode()
        return json.loads((await stacks.post(path, told, kind="application/json")).body)

    assert (await entry(1))["data"] == "0x0a03"
    assert (await entry(2))["data"] == "0x09"
    assert schemas.errors("api/core-node/get-contract-data-map-entry", await entry(1)) == []
    nowhere = f"/v2/map_entry/{contract.replace('.', '/')}/nothing"
    assert (await stacks.post(nowhere, b'"0x03"', kind="application/json")).status == 404


async def test_a_fee_is_estimated_three_times(stacks: StacksChain) -> None:
    told = json.dumps({"transaction_payload": "00" * 150, "estimated_len": 300}).encode()

    answer = json.loads(
        (await stacks.post("/v2/fees/transaction", told, kind="application/json")).body
    )

    real = recorded("samples_node_rpc")["examples"]["fee-transaction-response"]
    assert fields(answer) == fields(real)
    assert [one["fee"] for one in answer["estimations"]] == [300, 600, 1200]
    assert schemas.errors("api/core-node/post-fee-transaction-response", answer) == []


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/v2/info", "node-info"),
        ("/v2/pox", "pox-info"),
        ("/v2/accounts/{payer}", "account-data"),
        ("/v3/tenures/info", "get-tenure-info"),
        ("/v3/health", "node-health"),
    ],
)
async def test_the_node_answers_with_every_field_of_its_documents(
    stacks: StacksChain, payer: Wallet, path: str, example: str
) -> None:
    real = recorded("samples_node_rpc")["examples"][example]

    answer = await stacks.get(path.format(payer=payer.address))

    assert fields(real) <= fields(answer)


async def test_the_sbtc_token_is_the_real_one(stacks: StacksChain) -> None:
    real = recorded("samples_node_rpc")["examples"]["contract-interface"]

    ours = await stacks.get(f"/v2/contracts/interface/{SBTC_TOKEN.replace('.', '/')}")

    def named(interface: Any, part: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return {one["name"]: one for one in interface[part]}

    for part in ("functions", "variables", "fungible_tokens", "maps"):
        assert named(ours, part) == named(real, part)


async def test_an_indexed_transaction_is_the_bytes_that_were_sent(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")
    txid = await stacks.send(raw)
    (block,) = await stacks.mine()

    shown = await stacks.get(f"/v3/transaction/{txid.removeprefix('0x')}")

    assert shown["tx"] == raw.hex()
    assert shown["result"] == "(ok true)"
    assert f"0x{shown['index_block_hash']}" == block["index_block_hash"]
    assert (await stacks.fetch(f"/v3/transaction/{'00' * 32}")).status == 404


async def test_v3_shows_transactions_as_recorded(stacks: StacksChain, busy: dict[str, str]) -> None:
    page = await stacks.get("/extended/v3/transactions")
    one = next(one for one in page["results"] if one["tx_id"] == busy["sent"])
    real = sample("v3_transactions_list")
    assert fields(page) == fields(real)
    assert fields(one) == fields(real["results"][0])

    of_payer = await stacks.get(f"/extended/v3/principals/{busy['payer']}/transactions")
    mine = next(o for o in of_payer["results"] if o["transaction"]["tx_id"] == busy["sent"])
    theirs = sample("v3_principal_transactions")["results_first"]
    assert fields(mine) == fields(theirs)
    assert mine["balance_changes"]["stx"] == {"sent": "3005", "received": "0", "net": "-3005"}

    in_block = await stacks.get(f"/extended/v3/blocks/{busy['height']}/transactions")
    assert one in in_block["results"]


async def test_v3_shows_changes_and_events_as_recorded(
    stacks: StacksChain, busy: dict[str, str], payer: Wallet
) -> None:
    path = f"/extended/v3/principals/{busy['payer']}/transactions/{busy['paid']}/balance-changes"
    changes = await stacks.get(path)
    real = sample("v3_principal_tx_balance_changes")
    assert fields(changes) == fields(real)
    assert [fields(one) for one in changes["results"]] == [
        fields(one) for one in real["results"][:2]
    ]
    both = await stacks.get(
        f"/extended/v3/principals/{busy['payer']}/balance-changes?tx_id={busy['paid']},{busy['sent']}"
    )
    assert [one["tx_id"] for one in both["results"]] == [busy["paid"], busy["paid"], busy["sent"]]

    events = await payer.events_of(busy["paid"])
    assert [fields(one) for one in events] == [
        fields(one) for one in sample("v3_tx_events_shape")["results"]
    ]


async def test_v3_shows_what_waits(stacks: StacksChain, busy: dict[str, str]) -> None:
    everything = await stacks.get("/extended/v3/mempool/transactions")
    assert {one["tx_id"] for one in everything["results"]} == {
        busy["waiting"],
        busy["waiting_call"],
    }

    # A pending token payment is not listed for whom it pays: only a plain transfer of STX is.
    to_shop = await stacks.get(f"/extended/v3/principals/{busy['shop']}/mempool/transactions")
    assert [one["tx_id"] for one in to_shop["results"]] == [busy["waiting"]]
    balance = await stacks.get(f"/extended/v3/principals/{busy['shop']}/balances/stx")
    assert balance["mempool"] == {
        "inbound": "6",
        "outbound": "0",
        "estimated_balance": str(int(balance["balance"]) + 6),
    }
    nonces = await stacks.get(f"/extended/v3/principals/{busy['payer']}/nonces")
    assert fields(nonces) == fields(sample("v3_nonces_gap"))
    fees = await stacks.get("/extended/v2/mempool/fees")
    assert fields(fees) == fields(sample("v2_mempool_fees"))


async def test_heavy_parts_come_only_when_asked_for(
    stacks: StacksChain, busy: dict[str, str]
) -> None:
    lean = await stacks.get(f"/extended/v3/transactions/{busy['paid']}")
    full = await stacks.get(
        f"/extended/v3/transactions/{busy['paid']}?include=function_args,post_conditions,result"
    )

    assert fields(full) - fields(lean) == {
        "contract_call.function_args", "post_condition_mode", "post_conditions",
        "result", "result.hex", "result.repr",
    }  # fmt: skip
    assert [one["repr"] for one in full["contract_call"]["function_args"]] == [
        "u7", f"'{busy['payer']}", f"'{busy['shop']}", f"(some 0x{b'order 1'.hex()})",
    ]  # fmt: skip
    assert full["post_condition_mode"] == "originator"


def _principal(address: str) -> str:
    """Return an address of the testnet as a Clarity value."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = 0
    for letter in address[2:]:
        number = number * 32 + alphabet.index(letter)
    return "051a" + (number >> 32).to_bytes(20, "big").hex()
