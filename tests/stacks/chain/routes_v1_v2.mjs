// /extended/v1 and /extended/v2. Those marked as old are deprecated in version 9 of the API.
import { showBlock, showBurnBlock, showOldBlock, showTip } from "./answers/blocks.mjs";
import { SERVER } from "./answers/node.mjs";
import { id, pageByOffset } from "./answers/shared.mjs";
import {
  showAddressEvent, showEvent, showMined, showOfAddress, showWaiting, showWithTransfers,
} from "./answers/transactions_v1.mjs";
import { missing, ok, pageOf, refuse } from "./reply.mjs";
import { bare } from "./values.mjs";

const TXS = { standard: 20, most: 50 };
const BLOCKS = { standard: 20, most: 30 };
const EVENTS = { standard: 20, most: 100 };
const OLD = { old: true };
const ADDRESS = "/extended/v1/address/([^/]+)";

export const V1_V2_ROUTES = [
  ["GET", "/extended", ({ branch }) => ok({ status: "ready", server_version: SERVER, chain_tip: showTip(branch.tip) })],
  ["GET", "/extended/v1/status", ({ branch }) => ok({ status: "ready", server_version: SERVER, chain_tip: showTip(branch.tip) })],

  ["GET", "/extended/v1/block", ({ branch, query }) => ok(pageByOffset(branch.blocks.toReversed(), pageOf(query, BLOCKS), (block) => showOldBlock(block))), OLD],
  ["GET", "/extended/v1/block/by_height/(\\d+)", ({ branch, path: [height] }) => found(branch.at(Number(height)), showOldBlock, "block"), OLD],
  ["GET", "/extended/v1/block/(0x[0-9a-fA-F]{64})", oldBlock, OLD],
  ["GET", "/extended/v2/blocks", ({ branch, query }) => ok(pageByOffset(branch.blocks.toReversed(), pageOf(query, BLOCKS), (block) => showBlock(block)))],
  ["GET", "/extended/v2/blocks/([^/]+)", ({ branch, path: [name] }) => found(blockNamed(branch, name), showBlock, "Block")],
  ["GET", "/extended/v2/blocks/([^/]+)/transactions", blockTransactions, OLD],
  ["GET", "/extended/v1/tx/block_height/(\\d+)", blockTransactions, OLD],
  ["GET", "/extended/v1/tx/block/([^/]+)", blockTransactions, OLD],
  ["GET", "/extended/v2/burn-blocks", ({ branch, query }) => ok(pageByOffset(branch.burns.toReversed(), pageOf(query, BLOCKS), showBurnBlock))],
  ["GET", "/extended/v2/burn-blocks/([^/]+)", ({ branch, path: [name] }) => found(burnNamed(branch, name), showBurnBlock, "Burn block")],
  ["GET", "/extended/v2/burn-blocks/([^/]+)/blocks", burnBlocks],

  ["GET", "/extended/v1/tx", ({ chain, branch, query }) => ok(pageByOffset(mined(branch), pageOf(query, TXS), (receipt) => showMined(receipt, chain.machine, { events: null }))), OLD],
  ["GET", "/extended/v1/tx/mempool", mempool, OLD],
  ["GET", "/extended/v1/tx/mempool/dropped", ({ chain, query }) => ok(pageByOffset(chain.mempool.dropped(), pageOf(query, TXS), (entry) => showWaiting(entry, chain.machine))), OLD],
  ["GET", "/extended/v1/tx/multiple", multiple],
  ["GET", "/extended/v1/tx/([^/]+)", transaction, OLD],
  ["GET", "/extended/v1/tx/([^/]+)/raw", rawTransaction, OLD],

  ["GET", `${ADDRESS}/transactions`, ({ chain, branch, path: [principal], query }) =>
    ok(pageByOffset(branch.historyOf(principal), pageOf(query, TXS), (receipt) => showMined(receipt, chain.machine, { events: null }))), OLD],
  ["GET", `${ADDRESS}/transactions_with_transfers`, ({ chain, branch, path: [principal], query }) =>
    ok(pageByOffset(branch.historyOf(principal), pageOf(query, TXS), (receipt) => showWithTransfers(principal, receipt, chain.machine))), OLD],
  ["GET", `${ADDRESS}/([^/]+)/with_transfers`, ({ chain, branch, path: [principal, txid] }) =>
    found(branch.receipts.get(bare(txid)), (receipt) => showWithTransfers(principal, receipt, chain.machine), "transaction"), OLD],
  ["GET", `${ADDRESS}/mempool`, ({ chain, path: [principal], query }) =>
    ok(pageByOffset(chain.mempool.concerning(principal).reverse(), pageOf(query, TXS), (entry) => showWaiting(entry, chain.machine))), OLD],
  ["GET", `${ADDRESS}/balances`, ({ branch, path: [principal] }) => ok(balances(branch, principal)), OLD],
  ["GET", `${ADDRESS}/stx`, ({ branch, path: [principal] }) => ok(balances(branch, principal).stx), OLD],
  ["GET", `${ADDRESS}/nonces`, nonces, OLD],
  ["GET", "/extended/v2/addresses/([^/]+)/transactions", ({ chain, branch, path: [principal], query }) =>
    ok(pageByOffset(branch.historyOf(principal), pageOf(query, TXS), (receipt) => showOfAddress(principal, receipt, chain.machine))), OLD],
  ["GET", "/extended/v2/addresses/([^/]+)/transactions/([^/]+)/events", addressEvents, OLD],

  ["GET", "/extended/v1/contract/([^/]+)/events", contractEvents],
  ["GET", "/extended/v2/mempool/fees", ({ chain }) => ok(fees(chain.mempool))],
];

/** Find a block by its height, either of its hashes, or "latest". */
export function blockNamed(branch, name) {
  if (name === "latest") return branch.tip;
  return /^\d+$/.test(name) ? branch.at(Number(name)) : branch.withHash(bare(name));
}

function burnNamed(branch, name) {
  if (name === "latest") return branch.burns.at(-1);
  return /^\d+$/.test(name) ? branch.burnAt(Number(name)) : branch.burnWithHash(bare(name));
}

function found(thing, show, what) {
  return thing ? ok(show(thing)) : missing(`${what} not found`);
}

const mined = (branch) => [...branch.receipts.values()].reverse();

function oldBlock({ chain, branch, path: [hash] }) {
  const block = branch.withHash(bare(hash));
  const orphan = chain.orphans.get(bare(hash));
  if (!block && orphan) return ok(showOldBlock(orphan, false));
  return found(block, showOldBlock, "cannot find block by hash");
}

function blockTransactions({ chain, branch, path: [name], query }) {
  const block = blockNamed(branch, name);
  if (!block) return missing("Block not found");
  return ok(pageByOffset(block.receipts.toReversed(), pageOf(query, TXS), (receipt) => showMined(receipt, chain.machine, { events: null })));
}

function burnBlocks({ branch, path: [name], query }) {
  const burn = burnNamed(branch, name);
  return burn ? ok(pageByOffset(burn.blocks.toReversed(), pageOf(query, BLOCKS), (block) => showBlock(block))) : missing("Burn block not found");
}

function mempool({ chain, query }) {
  const principals = ["sender_address", "recipient_address", "address"].map((name) => query.get(name)).filter(Boolean);
  const entries = principals.length ? chain.mempool.concerning(principals[0]) : chain.mempool.entries();
  return ok(pageByOffset(entries.reverse(), pageOf(query, TXS), (entry) => showWaiting(entry, chain.machine)));
}

function transaction({ chain, branch, path: [txid], query }) {
  const events = { offset: Number(query.get("event_offset") ?? 0), limit: Number(query.get("event_limit") ?? 96) };
  const receipt = branch.receipts.get(bare(txid));
  if (receipt) return ok(showMined(receipt, chain.machine, { events }));
  const entry = chain.mempool.find(bare(txid));
  return entry ? ok(showWaiting(entry, chain.machine)) : missing(`could not find transaction by ID ${txid}`);
}

function multiple({ chain, branch, query }) {
  const txids = query.getAll("tx_id").flatMap((part) => part.split(","));
  const show = (txid) => {
    const { status, body } = transaction({ chain, branch, path: [txid], query });
    return status === 200 ? { found: true, result: body } : { found: false, result: { tx_id: txid } };
  };
  return ok(Object.fromEntries(txids.map((txid) => [txid, show(txid)])));
}

function rawTransaction({ chain, branch, path: [txid] }) {
  const { tx } = branch.receipts.get(bare(txid)) ?? chain.mempool.find(bare(txid)) ?? {};
  return tx ? ok({ raw_tx: id(tx.raw.toString("hex")) }) : missing(`could not find transaction by ID ${txid}`);
}

function addressEvents({ branch, path: [principal, txid], query }) {
  const receipt = branch.receipts.get(bare(txid));
  if (!receipt) return missing("Transaction not found");
  const events = receipt.events.filter(({ kind, sender, recipient }) =>
    ["stx", "ft", "nft"].includes(kind) && (sender === principal || recipient === principal));
  return ok(pageByOffset(events, pageOf(query, EVENTS), showAddressEvent));
}

function contractEvents({ branch, path: [contract], query }) {
  const { limit, offset, results } = pageByOffset(branch.logsOf(contract), pageOf(query, EVENTS), ([receipt, event]) => showEvent(receipt, event));
  return ok({ limit, offset, results });
}

function nonces({ chain, branch, path: [principal] }) {
  if (principal.includes(".")) return refuse(400, { error: "principal must be a standard address" });
  const next = branch.nonceOf(principal);
  const waiting = chain.mempool.noncesOf(principal);
  const last = waiting.at(-1) ?? null;
  return ok({
    last_executed_tx_nonce: next ? next - 1 : null,
    last_mempool_tx_nonce: last,
    possible_next_nonce: last === null ? next : Math.max(last + 1, next),
    detected_missing_nonces: last === null ? [] : gaps(next, last, waiting).reverse(),
    detected_mempool_nonces: waiting.filter((nonce) => nonce < last).reverse(),
  });
}

/** Return the nonces from the next to the last that nothing waits with. */
export function gaps(next, last, waiting) {
  return Array.from({ length: Math.max(0, last - next) }, (_, step) => next + step).filter((nonce) => !waiting.includes(nonce));
}

function balances(branch, principal) {
  const { stx, fts, nfts } = branch.ledger.of(principal);
  const text = (units) => String(units);
  const moved = ({ sent, received }) => ({ total_sent: text(sent), total_received: text(received) });
  return {
    stx: {
      balance: text(stx.balance), ...moved(stx), total_fees_sent: text(stx.fees), total_miner_rewards_received: "0",
      lock_tx_id: "", locked: "0", lock_height: 0, burnchain_lock_height: 0, burnchain_unlock_height: 0,
    },
    fungible_tokens: Object.fromEntries([...fts].map(([asset, held]) => [asset, { balance: text(held.balance), ...moved(held) }])),
    non_fungible_tokens: Object.fromEntries([...nfts].map(([asset, held]) => [asset, { count: text(held.values.size), ...moved(held) }])),
  };
}

/** Estimate fees by priority from what waits, as the API does; an empty mempool has the least that is taken. */
function fees(mempool) {
  const priorities = (entries, least) => {
    const sorted = entries.map(({ tx }) => Number(tx.fee)).sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? least;
    return { no_priority: at(0.25), low_priority: at(0.5), medium_priority: at(0.75), high_priority: at(0.95) };
  };
  const entries = mempool.entries();
  const kind = (type, least) => ({ [type]: priorities(entries.filter(({ tx }) => tx.payload.type === type), least) });
  return { all: priorities(entries, 300), ...kind("token_transfer", 180), ...kind("contract_call", 400), ...kind("smart_contract", 2000) };
}
