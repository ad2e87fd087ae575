"""What our own codec signs, the chain takes; what wallets sign, our own codec reads."""

import itertools
from typing import Final

import pytest

from sluice.engine.chains.stacks.clarity.model import NONE, UInt
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey, parse_secret_key
from sluice.engine.chains.stacks.principals import parse_address, parse_asset, parse_contract
from sluice.engine.chains.stacks.transactions.accounts import multi_account, single_account
from sluice.engine.chains.stacks.transactions.authorization import Condition, HashMode, address_of
from sluice.engine.chains.stacks.transactions.model import (
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import ContractCall, TokenTransfer, memo_of
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
)
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.sign import sign_origin, sign_sponsor
from sluice.engine.chains.stacks.transactions.write import encode_transaction, txid_of
from tests.stacks.chain import SBTC, SBTC_TOKEN, StacksChain
from tests.stacks.wallets import Wallet

CHAIN_ID: Final = 0x80000000
KEYS: Final = [parse_secret_key(f"{number:02x}" * 32 + "01") for number in (21, 22, 23)]
LONG: Final = SecretKey(bytes([24]) * 32, KeyEncoding.UNCOMPRESSED)
PUBLICS: Final = [key.public for key in KEYS]

Signers = list[SecretKey | bytes]


def accounts() -> list[tuple[str, Condition, Signers]]:
    """Return an account of every kind that signs, and the keys that do."""
    modes = (HashMode.P2SH, HashMode.P2WSH, HashMode.P2SH_ANY_ORDER, HashMode.P2WSH_ANY_ORDER)
    alone = single_account(PUBLICS[0], nonce=0, fee=1000)
    witness = single_account(PUBLICS[0], nonce=0, fee=1000, mode=HashMode.P2WPKH)
    uncompressed = single_account(LONG.public, nonce=0, fee=1000)
    found: list[tuple[str, Condition, Signers]] = [
        ("single", alone, [KEYS[0]]),
        ("witness", witness, [KEYS[0]]),
        ("uncompressed", uncompressed, [LONG]),
    ]
    for mode in modes:
        several = multi_account(PUBLICS, required=2, nonce=0, fee=1000, mode=mode)
        found.append((mode.name.lower(), several, [KEYS[0], PUBLICS[1], KEYS[2]]))
    return found


@pytest.mark.parametrize(
    ("account", "keys"), [one[1:] for one in accounts()], ids=[one[0] for one in accounts()]
)
async def test_every_kind_of_account_of_ours_pays(
    stacks: StacksChain, payer: Wallet, account: Condition, keys: Signers
) -> None:
    address = str(address_of(account, is_mainnet=False))
    await stacks.pull("fund", address=address, ustx="10000")
    payload = TokenTransfer(parse_address(payer.address), 5, memo_of("order 1"))

    signed = sign_origin(Transaction(Version.TESTNET, CHAIN_ID, account, payload), keys)
    txid = await stacks.send(encode_transaction(signed))

    assert txid.removeprefix("0x") == txid_of(signed).removeprefix("0x")
    mined = await payer.mined(txid)
    assert (mined["status"], mined["sender"]["address"]) == ("success", address)
    assert mined["token_transfer"]["memo"]["repr"] == "order 1"


@pytest.mark.parametrize("mode", PostConditionMode)
async def test_our_sponsored_sbtc_payment_holds_to_its_conditions(
    stacks: StacksChain, payer: Wallet, mode: PostConditionMode
) -> None:
    origin = single_account(PUBLICS[0], nonce=0, fee=0)
    sponsor = single_account(PUBLICS[1], nonce=0, fee=2000)
    addresses = [address_of(one, is_mainnet=False) for one in (origin, sponsor)]
    await stacks.pull("mint_sbtc", address=str(addresses[0]), sats="100")
    await stacks.pull("fund", address=str(addresses[1]), ustx="10000")
    call = ContractCall(
        parse_contract(SBTC_TOKEN),
        "transfer",
        (UInt(40), addresses[0], parse_address(payer.address), NONE),
    )
    condition = FungibleCondition(ORIGIN, parse_asset(SBTC), Amount.EQUAL, 40)

    unsigned = Transaction(
        Version.TESTNET, CHAIN_ID, origin, call, sponsor,
        post_condition_mode=mode, post_conditions=(condition,),
    )  # fmt: skip
    signed = sign_sponsor(sign_origin(unsigned, [KEYS[0]]), [KEYS[1]])
    mined = await payer.mined(await stacks.send(encode_transaction(signed)))

    assert mined["status"] == "success"
    assert mined["sponsor"]["address"] == str(addresses[1])
    assert mined["post_condition_mode"] == mode.name.lower()


async def test_what_a_wallet_signs_reads_and_writes_the_same(payer: Wallet, shop: Wallet) -> None:
    ticket = f"{payer.address}.helper::ticket"
    conditions: list[dict[str, str]] = [
        {"who": "origin", "code": "eq", "amount": "5"},
        {"who": shop.address, "code": "lte", "amount": "5", "asset": SBTC},
        {"who": "origin", "code": "maybe_sent", "nft": ticket, "value": "(some u1)"},
    ]
    args = ["u5", f"'{shop.address}", "none", '{a: u1, b: "x"}', "(list 1 2)"]
    sponsors = (None, {"key": shop.key, "nonce": 3, "fee": 2000})

    for mode, sponsor in itertools.product(("allow", "deny", "originator"), sponsors):
        raw = await payer.signed(
            "call", contract=SBTC_TOKEN, function="f", args=args, mode=mode,
            conditions=conditions, sponsor=sponsor,
        )  # fmt: skip
        assert encode_transaction(decode_transaction(raw)) == raw
