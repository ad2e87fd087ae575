"""What a real node says of our addresses, payouts and proofs."""

import base64
from typing import Any, Final

import pytest
from embit import psbt as other_psbt
from embit.bip32 import HDKey
from embit.networks import NETWORKS

from sluice.engine.chains.bitcoin.addresses import read_address, write_address
from sluice.engine.chains.bitcoin.derive import changing, receiving
from sluice.engine.chains.bitcoin.descriptors import Descriptor, parse_descriptor
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.messages import Proof, check_proof
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.psbt.build import Payout, build_payout
from sluice.engine.chains.bitcoin.psbt.check import check_signed
from sluice.engine.chains.bitcoin.psbt.select import Holding
from sluice.engine.chains.bitcoin.psbt.write import encode_psbt, show_psbt
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.bitcoin.scripts import dust_limit
from sluice.engine.chains.bitcoin.transactions.model import Outpoint, Output
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from tests.bitcoin.bitcoind import Bitcoind
from tests.unit.engine.chains.bitcoin.signers import script_of_secret, sign_message

FORMS: Final = {
    Scheme.PKH: ("44", "pkh({})"),
    Scheme.SH_WPKH: ("49", "sh(wpkh({}))"),
    Scheme.WPKH: ("84", "wpkh({})"),
    Scheme.TR: ("86", "tr({})"),
}
ROOT: Final = HDKey.from_seed(b"\x0b" * 64, version=NETWORKS["regtest"]["xprv"])


def account_of(scheme: Scheme, number: int = 0) -> Descriptor:
    purpose, form = FORMS[scheme]
    path = f"{purpose}h/1h/{number}h"
    public = ROOT.derive(f"m/{path}").to_public(version=NETWORKS["regtest"]["xpub"])
    return parse_descriptor(
        form.format(f"[{ROOT.my_fingerprint.hex()}/{path}]{public}/<0;1>/*"), REGTEST
    )


@pytest.mark.parametrize("scheme", Scheme)
async def test_a_node_derives_the_same_addresses(bitcoind: Bitcoind, scheme: Scheme) -> None:
    account = account_of(scheme)

    theirs = await bitcoind.ask("deriveaddresses", str(account), [0, 500])

    assert theirs[0] == list(receiving(account, REGTEST).addresses(0, 501))
    assert theirs[1] == list(changing(account, REGTEST).addresses(0, 501))


@pytest.mark.parametrize("scheme", Scheme)
async def test_a_payout_signed_elsewhere_is_mined(bitcoind: Bitcoind, scheme: Scheme) -> None:
    account = account_of(scheme, 1)
    reader = BitcoinReader(REGTEST, Node(bitcoind.url, bitcoind.egress))
    holdings = await funded(bitcoind, reader, account, 150_000, 90_000, 60_000)
    payees = [
        Output(sats, read_address(await bitcoind.new_address(kind), REGTEST))
        for sats, kind in ((120_000, "bech32m"), (80_000, "legacy"), (1_000, "p2sh-segwit"))
    ]
    change_index = 5
    asked = build_payout(
        account, REGTEST, holdings, Payout(payees, change_index, 1_500, fee_max_sats=10_000)
    )
    other = other_psbt.PSBT.parse(encode_psbt(asked.psbt))
    other.sign_with(ROOT)

    signed = check_signed(asked.psbt, other.serialize())

    [judged] = await bitcoind.ask("testmempoolaccept", [signed.raw.hex()])
    assert (judged["allowed"], judged["txid"]) == (True, signed.tx_id)
    assert (judged["vsize"], judged["fees"]["base"] * 10**8) == (signed.vsize, asked.fee_sats)
    assert asked.fee_sats * 1_000 >= signed.vsize * 1_500
    assert await bitcoind.ask("sendrawtransaction", signed.raw.hex()) == signed.tx_id
    entry = await bitcoind.ask("getmempoolentry", signed.tx_id)
    assert entry["bip125-replaceable"] is True
    await bitcoind.mine()
    change = changing(account, REGTEST).address(change_index)
    [block] = await reader.blocks(*[(await reader.tip()).header.height] * 2)
    assert [one.units for one in block.transfers if one.recipient == change] == [asked.change_sats]


async def test_a_nodes_own_wallet_signs_for_its_account(bitcoind: Bitcoind) -> None:
    texts = [one["desc"] for one in (await bitcoind.ask("listdescriptors"))["descriptors"]]
    text = next(one for one in texts if one.startswith("wpkh(") and "/0/*" in one)
    account = parse_descriptor(text.partition("#")[0].replace("/0/*", "/<0;1>/*"), REGTEST)
    reader = BitcoinReader(REGTEST, Node(bitcoind.url, bitcoind.egress))
    holdings = await funded(bitcoind, reader, account, 500_000)
    payee = Output(100_000, read_address(await bitcoind.new_address(), REGTEST))
    asked = build_payout(
        account, REGTEST, holdings, Payout([payee], 700, 1_000, fee_max_sats=1_000)
    )

    decoded = await bitcoind.ask("decodepsbt", show_psbt(asked.psbt))
    processed = await bitcoind.ask("walletprocesspsbt", show_psbt(asked.psbt))
    signed = check_signed(asked.psbt, base64.b64decode(processed["psbt"]))

    assert decoded["fee"] * 10**8 == asked.fee_sats
    assert processed["complete"] is True
    assert await bitcoind.ask("sendrawtransaction", signed.raw.hex()) == signed.tx_id


async def funded(
    bitcoind: Bitcoind, reader: BitcoinReader, account: Descriptor, *amounts: int
) -> list[Holding]:
    """Pay an account's first addresses and return what the reader saw of it."""
    keychain = receiving(account, REGTEST)
    for index, sats in enumerate(amounts):
        await bitcoind.pay(keychain.address(index), sats)
    await bitcoind.mine()
    height = (await reader.tip()).header.height
    [block] = await reader.blocks(height, height)
    seen = {one.recipient: one for one in block.transfers}
    holdings = []
    for index, sats in enumerate(amounts):
        one = seen[keychain.address(index)]
        raw = await bitcoind.ask("getrawtransaction", one.tx_id, 0, block.header.hash)
        outpoint = Outpoint(one.tx_id, one.index)
        holdings.append(Holding(outpoint, sats, account.receive, index, bytes.fromhex(raw)))
    return holdings


@pytest.mark.parametrize("kind", ["legacy", "p2sh-segwit", "bech32", "bech32m"])
async def test_b11_a_node_relays_from_the_dust_limit_on(bitcoind: Bitcoind, kind: str) -> None:
    address = await bitcoind.new_address(kind)
    least = dust_limit(read_address(address, REGTEST))
    purse = await bitcoind.new_address()
    funding = await bitcoind.pay(purse, 100_000)
    raw = await bitcoind.ask("getrawtransaction", funding, 0, (await bitcoind.mine())[0])
    outputs = decode_transaction(bytes.fromhex(raw)).outputs
    index = [one.script for one in outputs].index(read_address(purse, REGTEST))

    judged = [
        await accepted(bitcoind, funding, index, address, sats) for sats in (least, least - 1)
    ]

    assert [one["allowed"] for one in judged] == [True, False]
    assert judged[1]["reject-reason"] == "dust"


async def accepted(bitcoind: Bitcoind, tx_id: str, index: int, address: str, sats: int) -> Any:  # noqa: ANN401
    """Return what the node thinks of a transaction that pays so little."""
    back = await bitcoind.new_address()
    outputs = [{address: f"0.{sats:08d}"}, {back: f"0.{98_000 - sats:08d}"}]
    raw = await bitcoind.ask("createrawtransaction", [{"txid": tx_id, "vout": index}], outputs)
    signed = await bitcoind.ask("signrawtransactionwithwallet", raw)
    [judged] = await bitcoind.ask("testmempoolaccept", [signed["hex"]])
    return judged


@pytest.mark.parametrize("kind", ["legacy", "bech32", "bech32m"])
async def test_a_nodes_proof_of_its_address_holds(bitcoind: Bitcoind, kind: str) -> None:
    address = await bitcoind.new_address(kind)

    signature = await bitcoind.ask("signmessage", address, "Sluice login 42")

    assert check_proof(address, "Sluice login 42", signature, REGTEST) is Proof.VALID
    assert check_proof(address, "Sluice login 43", signature, REGTEST) is Proof.INVALID


@pytest.mark.parametrize("scheme", [Scheme.WPKH, Scheme.TR])
async def test_a_node_and_we_agree_on_proofs(bitcoind: Bitcoind, scheme: Scheme) -> None:
    secret = b"\x0c" * 32
    address = write_address(script_of_secret(scheme, secret), REGTEST)

    signature = sign_message(address, "Sluice login 42", secret, scheme, REGTEST)

    assert await bitcoind.ask("verifymessage", address, signature, "Sluice login 42") is True
    assert check_proof(address, "Sluice login 42", signature, REGTEST) is Proof.VALID
