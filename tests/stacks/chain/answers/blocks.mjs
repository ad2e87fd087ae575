// Blocks as the API shows them: v1's from before Nakamoto, v2's, and Bitcoin's.
import { isoTime, prefixed } from "../values.mjs";
import { NO_COST, id } from "./shared.mjs";

/** Show a block as v2 does. */
export function showBlock(block, canonical = true) {
  const costs = Object.fromEntries(Object.entries(NO_COST).map(([name, cost]) => [`execution_cost_${name}`, cost]));
  return {
    canonical,
    height: block.height,
    hash: id(block.hash),
    block_time: block.time,
    block_time_iso: isoTime(block.time),
    tenure_height: block.burn.height,
    index_block_hash: id(block.indexHash),
    parent_block_hash: id(block.parentHash),
    parent_index_block_hash: id(block.parentIndexHash),
    burn_block_time: block.burn.time,
    burn_block_time_iso: isoTime(block.burn.time),
    burn_block_hash: id(block.burn.hash),
    burn_block_height: block.burn.height,
    miner_txid: id(block.minerTxid),
    tx_count: block.receipts.length,
    ...costs,
  };
}

/** Show a block as v1 does: with its transactions' ids and with microblocks, of which there are none. */
export function showOldBlock(block, canonical = true) {
  const { tx_count, tenure_height, parent_index_block_hash, ...shared } = showBlock(block, canonical);
  return {
    ...shared,
    txs: block.receipts.map(({ tx }) => id(tx.txid)).reverse(),
    parent_microblock_hash: prefixed("0".repeat(64)),
    parent_microblock_sequence: 0,
    microblocks_accepted: [],
    microblocks_streamed: [],
    microblock_tx_count: {},
  };
}

export function showBurnBlock({ height, hash, time, blocks }) {
  const [first] = blocks;
  const span = blocks.at(-1).time - first.time;
  return {
    burn_block_time: time,
    burn_block_time_iso: isoTime(time),
    burn_block_hash: id(hash),
    burn_block_height: height,
    stacks_blocks: blocks.map((block) => id(block.hash)).reverse(),
    avg_block_time: blocks.length > 1 ? span / (blocks.length - 1) : 0,
    total_tx_count: blocks.reduce((count, { receipts }) => count + receipts.length, 0),
  };
}

export function showTip({ height, hash, indexHash, burn }) {
  return { block_height: height, block_hash: id(hash), index_block_hash: id(indexHash), burn_block_height: burn.height };
}
