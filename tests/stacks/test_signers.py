"""Who signs: several keys in every way of SIP-005 and SIP-027, and others who pay the fee."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.stacks.chain import Refused, StacksChain
from tests.stacks.wallets import Wallet

KEYS: Final = [f"{number:02x}" * 32 + "01" for number in (11, 12, 13)]
MODES: Final = {"p2sh": 1, "p2wsh": 3, "p2sh unordered": 5, "p2wsh unordered": 7}
VECTORS: Final = Path(__file__).parents[2] / "spec" / "vectors" / "stacks" / "transactions.json"


@pytest.mark.parametrize("signing", [[0, 1], [1, 2], [0, 2]], ids=str)
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
async def test_two_of_three_keys_send(
    stacks: StacksChain, payer: Wallet, shop: Wallet, mode: int, signing: list[int]
) -> None:
    account = {"keys": KEYS, "required": 2, "hash_mode": mode}
    address = await payer.signer.address(**account)
    await stacks.pull("fund", address=address, ustx="10000")

    raw = await payer.signer.sign(
        "transfer", **account, signing=[KEYS[number] for number in signing],
        nonce=0, fee=1000, recipient=shop.address, amount="5",
    )  # fmt: skip
    txid = await stacks.send(raw)

    mined = await payer.mined(txid)
    assert mined["status"] == "success"
    assert mined["sender"] == {"address": address, "nonce": 0}
    assert (await stacks.get(f"/v2/accounts/{address}"))["balance"] == f"0x{10000 - 1005:032x}"


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES.keys())
async def test_one_of_two_signatures_is_not_enough(
    stacks: StacksChain, payer: Wallet, shop: Wallet, mode: int
) -> None:
    account = {"keys": KEYS, "required": 2, "hash_mode": mode}
    await stacks.pull("fund", address=await payer.signer.address(**account), ustx="10000")

    raw = await payer.signer.sign(
        "transfer", **account, signing=KEYS[:1],
        nonce=0, fee=1000, recipient=shop.address, amount="5",
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        await stacks.send(raw)

    assert refused.value.reason == "SignatureValidation"
    assert "Incorrect number of signatures" in refused.value.body["reason_data"]["message"]


async def test_a_sponsor_pays_the_fee_and_nothing_else(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    await stacks.pull("mint_sbtc", address=shop.address, sats="100")

    txid = await shop.pay_sbtc(
        payer.address, 40, sponsor={"key": payer.key, "nonce": 0, "fee": 2000}
    )

    mined = await payer.mined(txid)
    assert mined["status"] == "success"
    assert mined["sender"] == {"address": shop.address, "nonce": 0}
    assert mined["sponsor"] == {"address": payer.address, "nonce": 0}
    assert mined["fee_rate"] == "2000"
    changes = await stacks.get(
        f"/extended/v3/principals/{payer.address}/transactions/{txid}/balance-changes"
    )
    nets = [(one["asset"]["type"], one["balance_change"]["net"]) for one in changes["results"]]
    assert nets == [("stx", "-2000"), ("ft", "40")]
    assert (await stacks.get(f"/v2/accounts/{shop.address}"))["nonce"] == 1


async def test_a_sponsor_alone_raises_the_fee(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    await stacks.pull("mint_sbtc", address=shop.address, sats="100")
    sponsor = {"key": payer.key, "nonce": 0}
    old = await shop.pay_sbtc(payer.address, 40, nonce=0, sponsor={**sponsor, "fee": 2000})

    new = await shop.pay_sbtc(payer.address, 40, nonce=0, sponsor={**sponsor, "fee": 2001})

    assert await stacks.status_of(old) == "dropped_replace_by_fee"
    assert (await payer.mined(new))["status"] == "success"


async def test_a_sponsor_without_money_is_refused(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed(
        "transfer", recipient=shop.address, amount="5",
        sponsor={"key": shop.key, "nonce": 0, "fee": 2000},
    )  # fmt: skip

    with pytest.raises(Refused) as refused:
        await stacks.send(raw)

    assert refused.value.reason == "NotEnoughFunds"


async def test_a_tampered_sponsor_fails(stacks: StacksChain, payer: Wallet, shop: Wallet) -> None:
    raw = bytearray(
        await shop.signed(
            "transfer", recipient=payer.address, amount="5", nonce=0,
            sponsor={"key": payer.key, "nonce": 0, "fee": 2000},
        )
    )  # fmt: skip
    # After head, origin (mode, signer, nonce, fee, encoding, signature), mode, signer and nonce.
    fee_at = 1 + 4 + 1 + (1 + 20 + 8 + 8 + 1 + 65) + 1 + 20 + 8
    assert raw[fee_at : fee_at + 8] == (2000).to_bytes(8, "big")
    raw[fee_at + 7] ^= 1

    with pytest.raises(Refused) as refused:
        await stacks.send(bytes(raw))

    assert refused.value.reason == "SignatureValidation"


def signed_vectors() -> list[Any]:
    """Return the transactions that others signed."""
    cases: list[Any] = json.loads(VECTORS.read_text())["transactions"]
    return cases


@pytest.mark.parametrize("case", signed_vectors(), ids=lambda case: case["id"])
async def test_the_signatures_of_every_vector_hold(
    stacks: StacksChain,
    case: Any,  # noqa: ANN401 - as others wrote it
) -> None:
    await stacks.pull("reset", network="testnet" if case["version"] else "mainnet")

    with pytest.raises(Refused) as refused:
        await stacks.send(bytes.fromhex(case["tx_hex"]))

    # Their signers hold nothing here, or call what is not here: the chain must get as far as that.
    assert refused.value.body["txid"] == case["txid"].removeprefix("0x")
    assert refused.value.reason in {
        "NotEnoughFunds", "NoSuchContract", "TooMuchChaining", "FeeTooLow", "ServerFailureOther",
        "BadAddressVersionByte",
    }  # fmt: skip
