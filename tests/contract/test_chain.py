"""The promises of ChainReader and Addresses, kept by every network."""

import itertools

import pytest

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.model import Block, Style, Transfer
from tests.contract.chain_under_test import ChainUnderTest

MEMO = "00112233445566778899aabbccddeeff"


async def read_all(chain: ChainUnderTest) -> list[Block]:
    tip = await chain.reader.tip()
    return list(await chain.reader.blocks(0, tip.header.height))


async def find(chain: ChainUnderTest, recipient: str) -> list[Transfer]:
    return [
        transfer
        for block in await read_all(chain)
        for transfer in block.transfers
        if transfer.recipient == recipient
    ]


async def test_a_source_of_the_right_network_passes_the_check(chain: ChainUnderTest) -> None:
    await chain.reader.check()


async def test_the_tip_is_the_header_at_its_height(chain: ChainUnderTest) -> None:
    await chain.mine()

    tip = await chain.reader.tip()

    assert await chain.reader.header(tip.header.height) == tip.header


async def test_mining_raises_the_tip(chain: ChainUnderTest) -> None:
    before = await chain.reader.tip()

    await chain.mine(3)

    assert (await chain.reader.tip()).header.height == before.header.height + 3


async def test_nothing_above_the_tip_is_final(chain: ChainUnderTest) -> None:
    await chain.mine(20)

    tip = await chain.reader.tip()

    assert tip.finalized_height is None or tip.finalized_height <= tip.header.height


async def test_there_is_no_header_above_the_tip(chain: ChainUnderTest) -> None:
    tip = await chain.reader.tip()

    assert await chain.reader.header(tip.header.height + 1) is None


async def test_blocks_are_linked_parent_to_child_and_ordered_in_time(chain: ChainUnderTest) -> None:
    await chain.mine(5)

    blocks = await read_all(chain)

    assert [block.header.height for block in blocks] == list(range(len(blocks)))
    for below, above in itertools.pairwise(blocks):
        assert above.header.parent == below.header.hash
        assert above.header.time >= below.header.time
        assert above.header.time.utcoffset() is not None


async def test_a_part_of_a_range_is_the_same_as_in_the_whole(chain: ChainUnderTest) -> None:
    await chain.pay(chain.new_address(), 5)
    await chain.mine(4)

    blocks = await read_all(chain)

    assert list(await chain.reader.blocks(1, 3)) == blocks[1:4]
    assert list(await chain.reader.blocks(2, 2)) == blocks[2:3]


async def test_a_range_past_the_tip_is_an_error_and_never_a_part(chain: ChainUnderTest) -> None:
    top = (await chain.reader.tip()).header.height

    with pytest.raises(ProviderTrouble):
        await chain.reader.blocks(top, top + 1)
    with pytest.raises(ProviderTrouble):
        await chain.reader.blocks(top + 1, top + 1)


@pytest.mark.parametrize("place", [0, -1])
async def test_a_transfer_is_seen_with_its_exact_units(chain: ChainUnderTest, place: int) -> None:
    asset = chain.assets[place]
    recipient = chain.new_address()
    tx_id = await chain.pay(recipient, 12_345_678, asset=asset)

    await chain.mine()

    [seen] = await find(chain, recipient)
    assert (seen.tx_id, seen.asset, seen.units) == (tx_id, asset, 12_345_678)
    assert seen.memo is None


async def test_reading_twice_tells_the_same(chain: ChainUnderTest) -> None:
    await chain.pay(chain.new_address(), 7)
    await chain.mine(2)

    assert await read_all(chain) == await read_all(chain)


async def test_two_transfers_of_one_block_have_keys_of_their_own(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    await chain.pay(recipient, 10)
    await chain.pay(recipient, 20)

    await chain.mine()

    seen = await find(chain, recipient)
    assert sorted(transfer.units for transfer in seen) == [10, 20]
    assert len({(transfer.tx_id, transfer.index) for transfer in seen}) == 2


async def test_a_memo_arrives_with_its_transfer(chain: ChainUnderTest) -> None:
    if tuple(chain.network.styles) == (Style.ADDRESS,):
        pytest.skip("a network of addresses alone carries no memo")
    recipient = chain.new_address()
    await chain.pay(recipient, 10, memo=MEMO)

    await chain.mine()

    [seen] = await find(chain, recipient)
    assert seen.memo == MEMO


async def test_a_waiting_transfer_is_in_no_block_and_may_be_hinted(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    tx_id = await chain.pay(recipient, 10)

    hints = [hint for hint in await chain.reader.pending() if hint.recipient == recipient]

    assert await find(chain, recipient) == []
    assert [(hint.tx_id, hint.asset, hint.units) for hint in hints] in (
        [],
        [(tx_id, chain.assets[0], 10)],
    )


async def test_a_mined_transfer_no_longer_waits(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    await chain.pay(recipient, 10)

    await chain.mine()

    assert not [hint for hint in await chain.reader.pending() if hint.recipient == recipient]


async def test_a_waiting_transfer_keeps_its_key_when_it_is_mined(chain: ChainUnderTest) -> None:
    recipients = [chain.new_address() for _ in range(3)]
    for recipient in recipients:
        await chain.pay(recipient, 10)
    hints = {
        (hint.tx_id, hint.index)
        for hint in await chain.reader.pending()
        if hint.recipient in recipients
    }

    await chain.mine()

    mined = [one for recipient in recipients for one in await find(chain, recipient)]
    assert hints in (set(), {(one.tx_id, one.index) for one in mined})


async def test_a_fork_takes_a_transfer_away(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    await chain.pay(recipient, 10)
    await chain.mine(3)
    before = await read_all(chain)

    await chain.fork(3, keep=False)

    after = await read_all(chain)
    assert await find(chain, recipient) == []
    assert len(after) == len(before) + 1
    assert after[:-4] == before[:-3]
    assert after[-4].header.parent == before[-4].header.hash
    assert not {block.header.hash for block in after[-4:]} & {
        block.header.hash for block in before[-3:]
    }


async def test_a_transfer_may_come_back_in_another_block(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    tx_id = await chain.pay(recipient, 10)
    await chain.mine(2)

    [before] = await find(chain, recipient)
    await chain.fork(2, keep=True)
    gone = await find(chain, recipient)
    await chain.mine()

    assert gone == []
    assert before.tx_id == tx_id
    assert await find(chain, recipient) == [before]


async def test_a_replaced_transaction_never_arrives(chain: ChainUnderTest) -> None:
    first, second = chain.new_address(), chain.new_address()
    old = await chain.pay(first, 10)
    new = await chain.replace(old, second, 11)

    await chain.mine()

    assert await find(chain, first) == []
    assert [transfer.tx_id for transfer in await find(chain, second)] == [new]
    assert new != old


async def test_a_dropped_transaction_never_arrives(chain: ChainUnderTest) -> None:
    recipient = chain.new_address()
    await chain.drop(await chain.pay(recipient, 10))

    await chain.mine(2)

    assert await find(chain, recipient) == []


async def test_an_address_is_stored_in_one_form_and_shown_in_another(
    chain: ChainUnderTest,
) -> None:
    address = chain.new_address()

    shown = chain.addresses.show(chain.addresses.parse(address))

    assert chain.addresses.parse(address) == address
    assert chain.addresses.parse(shown) == address


@pytest.mark.parametrize("text", ["", "0x", "nonsense", "0x" + "0" * 39, "sb1", "é" * 42])
async def test_what_is_no_address_is_refused(chain: ChainUnderTest, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        chain.addresses.parse(text)

    assert refused.value.code == "address_invalid"


async def test_a_payment_uri_names_the_recipient(chain: ChainUnderTest) -> None:
    address = chain.new_address()

    uri = chain.addresses.payment_uri(address, money(12_500_000, chain.assets[0]), None)

    assert chain.addresses.show(address) in uri
