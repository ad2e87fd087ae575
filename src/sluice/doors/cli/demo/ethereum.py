"""An Ethereum development node in the demo, with a dollar token on it."""

import contextlib

from sluice.app.networks import Parts, evm_chain
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.doors.cli import anvil
from sluice.doors.cli.demo.part import Due, Missing, Part
from sluice.doors.cli.demo.story import free_port


async def open_ethereum(stack: contextlib.AsyncExitStack) -> Part:
    """Start a node and put a token on it."""
    reason = anvil.why_not()
    if reason is not None:
        raise Missing(f"No Ethereum node in this demo: {reason}.")
    egress = Egress(NODES)
    stack.push_async_callback(egress.close)
    node = await stack.enter_async_context(anvil.run_anvil(free_port(), egress))
    token = await anvil.deploy_token(node)
    table = {
        "rpc": [node.url],
        "chain_id": anvil.CHAIN_ID,
        "title": "Ethereum (development node)",
        "livemode": False,
        "tokens": {"usdc": token},
        "depth": 2,
        "reorg_max": 8,
        "block_time_s": 1.0,
    }
    chain = evm_chain("anvil", table, Parts(egress, SystemClock(), lambda _source, _fault: None))

    async def pay(due: Due) -> str:
        # The call is: transfer address,uint256.
        data = "0xa9059cbb" + due.address[2:].rjust(64, "0") + f"{due.units:064x}"
        receipt = await node.send(token, data)
        await node.ask("anvil_mine", "0x3")
        return f"{receipt['transactionHash']} in block {int(receipt['blockNumber'], 16)}"

    title = "The same order in USDC on a real Ethereum development node"
    return Part(title, chain, "usdc", node.accounts[1], pay)
