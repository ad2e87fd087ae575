// The node's event observer: what a stacks-node posts to an [[events_observer]] as its chain grows.
//
// A fork sends no message of its own: the next block's parent says that the ones beside it are gone.
import { Deliveries } from "./deliveries.mjs";
import { NO_COST } from "./answers/shared.mjs";
import { cvHex, cvOfHex, prefixed } from "./values.mjs";

const NO_BLOCK = prefixed("0".repeat(64));
const NO_SIGNATURE = prefixed("0".repeat(130));

export class Observers {
  #observers = new Map();

  /** Post to a base URL from now on; `undone` also tells, as nodes before 3.3.0.0.6 did, what was rolled back. */
  add({ url, undone = false, tries }) {
    this.#observers.set(url, { url, undone, deliveries: new Deliveries({ tries }) });
  }

  remove(url) {
    this.#observers.get(url)?.deliveries.stop();
    return this.#observers.delete(url);
  }

  clear() {
    for (const url of this.#observers.keys()) this.remove(url);
  }

  all() { return [...this.#observers.values()]; }

  hear({ type, block, burn, tx, txid, reason, replacedBy }) {
    for (const { url, undone, deliveries } of this.#observers.values()) {
      if (type === "block") deliveries.post(`${url}/new_block`, newBlock(block, undone));
      if (type === "burn") deliveries.post(`${url}/new_burn_block`, newBurnBlock(burn));
      if (type === "mempool") deliveries.post(`${url}/new_mempool_tx`, [prefixed(tx.raw.toString("hex"))]);
      if (type === "drop") {
        const body = { dropped_txids: [prefixed(txid)], reason, new_txid: replacedBy && prefixed(replacedBy) };
        deliveries.post(`${url}/drop_mempool_tx`, body);
      }
    }
  }
}

function newBurnBlock({ hash, height, consensusHash, parentHash }) {
  return {
    burn_block_hash: prefixed(hash),
    burn_block_height: height,
    burn_amount: 0,
    reward_recipients: [],
    reward_slot_holders: [],
    consensus_hash: prefixed(consensusHash),
    parent_burn_block_hash: prefixed(parentHash),
    pox_transactions: [],
  };
}

function newBlock(block, undone) {
  const { burn, parent, receipts } = block;
  const before = parent?.burn ?? burn;
  return {
    block_hash: prefixed(block.hash),
    block_height: block.height,
    block_time: block.time,
    index_block_hash: prefixed(block.indexHash),
    parent_block_hash: prefixed(block.parentHash),
    parent_index_block_hash: prefixed(block.parentIndexHash),
    consensus_hash: prefixed(burn.consensusHash),
    tenure_height: burn.height,
    burn_block_hash: prefixed(burn.hash),
    burn_block_height: burn.height,
    burn_block_time: burn.time,
    parent_burn_block_hash: prefixed(before.hash),
    parent_burn_block_height: before.height,
    parent_burn_block_timestamp: before.time,
    parent_microblock: NO_BLOCK,
    parent_microblock_sequence: 0,
    miner_txid: prefixed(block.minerTxid),
    miner_signature: NO_SIGNATURE,
    signer_signature_hash: prefixed(block.hash),
    signer_signature: [],
    signer_bitvec: "000800000001ff",
    reward_set: null,
    cycle_number: null,
    matured_miner_rewards: [],
    anchored_cost: NO_COST,
    confirmed_microblocks_cost: NO_COST,
    pox_v1_unlock_height: 0,
    pox_v2_unlock_height: 0,
    pox_v3_unlock_height: 0,
    transactions: receipts.map(showTransaction),
    events: showEvents(receipts, undone),
  };
}

function showTransaction({ tx, index, status, result, reason }) {
  return {
    txid: prefixed(tx.txid),
    tx_index: index,
    status,
    raw_result: cvHex(result),
    raw_tx: prefixed(tx.raw.toString("hex")),
    vm_error: reason,
    burnchain_op: null,
    contract_abi: null,
    execution_cost: NO_COST,
    microblock_hash: null,
    microblock_parent_hash: null,
    microblock_sequence: null,
  };
}

/** An event's index counts through the whole block here, where the API counts in each transaction. */
function showEvents(receipts, undone) {
  const events = receipts.flatMap(({ tx, events: done, undoneEvents }) => [
    ...done.map((event) => [tx, event, true]),
    ...(undone ? undoneEvents.map((event) => [tx, event, false]) : []),
  ]);
  return events.map(([tx, event, committed], index) => {
    const [type, data] = showEvent(event);
    return { txid: prefixed(tx.txid), event_index: index, committed, type, [type]: data };
  });
}

export function showEvent({ kind, action, sender, recipient, amount, asset, memo, value, contract, topic, unlock }) {
  if (kind === "print") {
    return ["contract_event", { contract_identifier: contract, topic, raw_value: value, value: cvOfHex(value) }];
  }
  if (kind === "lock") {
    return ["stx_lock_event", { locked_amount: String(amount), unlock_height: String(unlock), locked_address: sender }];
  }
  const data = {};
  if (asset) data.asset_identifier = asset;
  if (sender) data.sender = sender;
  if (recipient) data.recipient = recipient;
  if (kind === "nft") Object.assign(data, { raw_value: value, value: cvOfHex(value) });
  else data.amount = String(amount);
  if (kind === "stx" && action === "transfer") data.memo = memo;
  return [`${kind}_${action}_event`, data];
}
