"""What the chain takes into its mempool, and how it says no to the rest."""

import json

import pytest

from tests.stacks.chain import SBTC_TOKEN, Refused, StacksChain
from tests.stacks.wallets import HELPER, Wallet, json_body

MAINNET_ADDRESS = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"


async def refusal(chain: StacksChain, raw: bytes) -> Refused:
    """Return how the chain refuses a transaction."""
    with pytest.raises(Refused) as refused:
        await chain.send(raw)
    return refused.value


async def test_a_signed_transfer_waits_and_is_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.transfer(shop.address, 5, memo="hello")
    assert await stacks.status_of(txid) == "pending"

    (block,) = await stacks.mine()

    assert block["txs"] == [{"txid": txid, "status": "success"}]
    (event,) = await payer.events_of(txid)
    assert event["stx_asset"]["recipient"] == shop.address
    assert event["stx_asset"]["amount"] == "5"
    assert event["stx_asset"]["memo"]["repr"] == "hello"


async def test_the_json_form_is_taken_like_the_bytes(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")

    answer = await stacks.post("/v2/transactions", json_body(raw), kind="application/json")

    assert answer.status == 200
    assert await stacks.status_of(f"0x{json.loads(answer.body)}") == "pending"


async def test_the_same_transaction_again_is_answered_like_the_first_time(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")

    assert await stacks.send(raw) == await stacks.send(raw)
    assert (await stacks.get("/sim/stats"))["mempool"] == 1


async def test_a_tampered_transaction_fails_its_signature(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = bytearray(await payer.signed("transfer", recipient=shop.address, amount="5"))
    raw[-40] ^= 1  # the amount

    refused = await refusal(stacks, bytes(raw))

    assert refused.reason == "SignatureValidation"
    assert refused.body["error"] == "transaction rejected"
    assert len(refused.body["txid"]) == 64


async def test_a_high_s_signature_is_refused(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    raw = bytearray(await payer.signed("transfer", recipient=shop.address, amount="5"))
    # After version, chain, kind, mode, signer, nonce, fee and encoding: recovery id, r, s.
    start = 1 + 4 + 1 + 1 + 20 + 8 + 8 + 1
    raw[start] ^= 1
    low_s = int.from_bytes(raw[start + 33 : start + 65], "big")
    raw[start + 33 : start + 65] = (order - low_s).to_bytes(32, "big")

    refused = await refusal(stacks, bytes(raw))

    assert refused.body["reason_data"] == {"message": "Invalid signature: high-S"}


async def test_a_used_nonce_is_refused(stacks: StacksChain, payer: Wallet, shop: Wallet) -> None:
    await payer.transfer(shop.address, 5, nonce=0)
    await stacks.mine()

    raw = await payer.signed("transfer", recipient=shop.address, amount="6", nonce=0)
    refused = await refusal(stacks, raw)

    assert refused.reason == "BadNonce"
    assert refused.body["reason_data"] == {
        "expected": 1,
        "actual": 0,
        "principal": payer.address,
        "is_origin": True,
    }


async def test_a_later_nonce_waits_for_the_one_before(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    late = await payer.transfer(shop.address, 5, nonce=1)
    await stacks.mine()
    assert await stacks.status_of(late) == "pending"
    nonces = await stacks.get(f"/extended/v3/principals/{payer.address}/nonces")
    assert nonces["mempool"]["missing_nonces"] == [0]

    await payer.transfer(shop.address, 5, nonce=0)
    await stacks.mine()

    assert await stacks.status_of(late) == "success"


async def test_more_than_25_waiting_nonces_are_too_many(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    await payer.transfer(shop.address, 5, nonce=26)

    raw = await payer.signed("transfer", recipient=shop.address, amount="5", nonce=27)
    refused = await refusal(stacks, raw)

    assert refused.reason == "TooMuchChaining"
    assert refused.body["reason_data"] == {
        "message": "Nonce would exceed chaining limit in mempool",
        "expected": 26,
        "actual": 27,
        "principal": payer.address,
        "is_origin": True,
    }


async def test_a_fee_below_one_micro_stx_a_byte_is_too_low(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5", fee=179)

    refused = await refusal(stacks, raw)

    assert refused.reason == "FeeTooLow"
    assert refused.body["reason_data"] == {"expected": 180, "actual": 179}


async def test_more_than_is_there_cannot_be_sent(stacks: StacksChain, payer: Wallet) -> None:
    poor = await Wallet.of(3, stacks, payer.signer)

    raw = await poor.signed("transfer", recipient=payer.address, amount="5")
    refused = await refusal(stacks, raw)

    assert refused.reason == "NotEnoughFunds"
    assert refused.body["reason_data"] == {"expected": f"0x{3005:032x}", "actual": f"0x{0:032x}"}


async def test_nobody_sends_to_themselves(stacks: StacksChain, payer: Wallet) -> None:
    raw = await payer.signed("transfer", recipient=payer.address, amount="5")

    refused = await refusal(stacks, raw)

    assert refused.reason == "TransferRecipientCannotEqualSender"
    assert refused.body["reason_data"] == {"recipient": payer.address}


async def test_nothing_is_no_amount(stacks: StacksChain, payer: Wallet, shop: Wallet) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="0")

    assert (await refusal(stacks, raw)).reason == "TransferAmountMustBePositive"


async def test_an_address_of_the_other_network_is_refused(
    stacks: StacksChain, payer: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=MAINNET_ADDRESS, amount="5")

    assert (await refusal(stacks, raw)).reason == "BadAddressVersionByte"


async def test_a_transaction_of_the_other_network_is_refused(
    stacks: StacksChain, payer: Wallet
) -> None:
    raw = await payer.signed(
        "transfer", recipient=MAINNET_ADDRESS, amount="5", network="mainnet", nonce=0
    )

    assert (await refusal(stacks, raw)).reason == "BadTransactionVersion"


async def test_on_mainnet_the_same_transaction_is_taken(stacks: StacksChain, payer: Wallet) -> None:
    rich = await Wallet.of(1, stacks, payer.signer, network="mainnet")
    await stacks.pull("reset", network="mainnet", stx={rich.address: "10000"})

    txid = await rich.transfer(MAINNET_ADDRESS, 5)

    assert (await rich.mined(txid))["status"] == "success"


@pytest.mark.parametrize(
    ("call", "reason", "message"),
    [
        (("nowhere", "pay"), "NoSuchContract", None),
        (("helper", "pay"), "NoSuchPublicFunction", None),
        (("helper", "claim"), "BadFunctionArgument", "expecting 1 arguments, got 0"),
        (
            ("helper", "claim", "true"),
            "BadFunctionArgument",
            "expecting expression of type 'uint', found 'true'",
        ),
    ],
)
async def test_a_call_that_cannot_be_is_refused(
    payer: Wallet, call: tuple[str, ...], reason: str, message: str | None
) -> None:
    await payer.deploy("helper", HELPER)
    contract, function, *args = call

    with pytest.raises(Refused) as refused:
        await payer.call(f"{payer.address}.{contract}", function, *args)

    assert refused.value.reason == reason
    assert refused.value.body.get("reason_data") == (message and {"message": message})


async def test_a_name_is_taken_once(stacks: StacksChain, payer: Wallet) -> None:
    contract = await payer.deploy("helper", HELPER)

    raw = await payer.signed("deploy", name="helper", source="(print 1)", fee=9_000)
    refused = await refusal(stacks, raw)

    assert refused.reason == "ContractAlreadyExists"
    assert refused.body["reason_data"] == {"contract_identifier": contract}


@pytest.mark.parametrize("cut", [0, 1, 40, 179])
async def test_bytes_that_are_no_transaction_are_refused_in_plain_text(
    stacks: StacksChain, payer: Wallet, shop: Wallet, cut: int
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")

    answer = await stacks.post("/v2/transactions", raw[:cut])

    assert answer.status == 400
    assert answer.headers["content-type"] == "text/plain"
    assert b"Failed to deserialize posted transaction" in answer.body


async def test_bytes_after_a_transaction_are_refused(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")

    answer = await stacks.post("/v2/transactions", raw + b"\0")

    assert answer.status == 400


async def test_a_higher_fee_replaces_what_waits(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    old = await payer.transfer(shop.address, 5, nonce=0, fee=300)

    new = await payer.transfer(shop.address, 6, nonce=0, fee=301)

    shown = await stacks.get(f"/extended/v3/transactions/{old}")
    assert shown["status"] == "dropped_replace_by_fee"
    assert shown["replaced_by_tx_id"] == new
    assert (await payer.mined(new))["token_transfer"]["amount"] == "6"


async def test_the_same_fee_replaces_nothing(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    old = await payer.transfer(shop.address, 5, nonce=0, fee=300)

    raw = await payer.signed("transfer", recipient=shop.address, amount="6", nonce=0, fee=300)
    refused = await refusal(stacks, raw)

    assert refused.reason == "ConflictingNonceInMempool"
    assert "reason_data" not in refused.body
    assert await stacks.status_of(old) == "pending"


async def test_the_sbtc_of_every_network_has_its_mainnet_address(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.pay_sbtc(shop.address, 7, memo="order 1")

    assert (await payer.mined(txid))["contract_call"]["contract_id"] == SBTC_TOKEN
    transfer, printed = await payer.events_of(txid)
    assert transfer["ft_asset"]["recipient"] == shop.address
    assert printed["contract_log"]["value"]["repr"] == f"0x{b'order 1'.hex()}"
    held = await stacks.get(f"/extended/v3/principals/{shop.address}/balances/ft")
    assert [one["balance"] for one in held["results"]] == ["7"]
