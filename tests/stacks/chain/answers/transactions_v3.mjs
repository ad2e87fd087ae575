// Transactions, events and balances as /extended/v3 shows them.
import { changesFor } from "../ledger.mjs";
import { cvHex, repr, shownMemo } from "../values.mjs";
import { NO_COST, id, showArgs, showConditions, showValue } from "./shared.mjs";

const KINDS = { stx: "stx_asset", ft: "ft_asset", nft: "nft_asset" };

/** Show a mined transaction in short. */
export function summarizeMined({ tx, block, index, status }) {
  return {
    ...showBase(tx),
    block: { height: block.height, hash: id(block.hash), index_hash: id(block.indexHash), time: block.time, tx_index: index },
    bitcoin_block: { height: block.burn.height, time: block.burn.time },
    status,
    ...showPayload(tx.payload),
  };
}

/** Show a mined transaction in full; heavy parts only where `include` names them. */
export function showMined(receipt, include) {
  const { tx, block, events, reason, result } = receipt;
  return {
    ...summarizeMined(receipt),
    ...showPayload(tx.payload, include),
    parent_block: { hash: id(block.parentHash), index_hash: id(block.parentIndexHash) },
    event_count: events.length,
    execution_cost: NO_COST,
    vm_error: reason,
    ...(include.includes("result") ? { result: { hex: cvHex(result), repr: repr(result) } } : {}),
    ...includedConditions(tx, include),
  };
}

export function summarizeWaiting({ tx, time, height, status }) {
  return {
    ...showBase(tx),
    receipt_time: time,
    receipt_block_height: height,
    status,
    ...showPayload(tx.payload),
  };
}

export function showWaiting(entry, include) {
  return {
    ...summarizeWaiting(entry),
    ...showPayload(entry.tx.payload, include),
    replaced_by_tx_id: entry.replacedBy ? id(entry.replacedBy) : null,
    ...includedConditions(entry.tx, include),
  };
}

export function showEvent(event) {
  const { index, kind, action, sender, recipient, asset, amount, memo } = event;
  if (kind === "print") {
    const log = { contract_id: event.contract, topic: "print", value: showValue(event) };
    return { event_index: index, type: "contract_log", contract_log: log };
  }
  if (kind === "lock") {
    const lock = { amount: String(amount), unlock_bitcoin_height: event.unlock, address: sender };
    return { event_index: index, type: "stx_lock", stx_lock: lock };
  }
  const moved = { type: action };
  if (kind !== "stx") moved.asset_identifier = asset;
  if (sender) moved.sender = sender;
  if (recipient) moved.recipient = recipient;
  if (kind === "nft") moved.value = showValue(event);
  else moved.amount = String(amount);
  if (kind === "stx" && action === "transfer") moved.memo = memo ? shownMemo(memo) : null;
  return { event_index: index, type: KINDS[kind], [KINDS[kind]]: moved };
}

/** Show a transaction with how it concerns a principal. */
export function showForPrincipal(principal, receipt) {
  const { origin, sponsor } = receipt.tx;
  const changes = [...changesFor(principal, receipt).values()];
  const stx = changes.find(({ asset }) => asset.type === "stx") ?? { sent: 0n, received: 0n };
  const touches = (kind) => changes.some(({ asset }) => asset.type === kind);
  let involvement = "affected";
  if (sponsor?.address === principal) involvement = "sponsor";
  if (origin.address === principal) involvement = "sender";
  return {
    transaction: summarizeMined(receipt),
    involvement,
    balance_changes: { stx: showChange(stx) },
    affected_balances: { stx: touches("stx"), ft: touches("ft"), nft: touches("nft") },
  };
}

export const showChange = ({ sent, received }) => ({
  sent: String(sent), received: String(received), net: String(received - sent),
});

function includedConditions(tx, include) {
  return include.includes("post_conditions") ? { post_condition_mode: tx.mode, post_conditions: showConditions(tx) } : {};
}

function showBase({ txid, origin, sponsor, fee }) {
  const account = ({ address, nonce }) => ({ address, nonce });
  return { tx_id: id(txid), sender: account(origin), sponsor: sponsor && account(sponsor), fee_rate: String(fee) };
}

function showPayload(payload, include = []) {
  const { type, contract } = payload;
  if (type === "token_transfer") {
    const { recipient, amount, memo } = payload;
    return { type, token_transfer: { recipient, amount: String(amount), memo: shownMemo(memo) } };
  }
  if (type === "smart_contract") {
    const source = include.includes("source_code") ? { source_code: payload.code } : {};
    return { type, smart_contract: { contract_id: contract, clarity_version: payload.clarity, ...source } };
  }
  const args = include.includes("function_args") ? { function_args: showArgs(payload.args) } : {};
  return { type, contract_call: { contract_id: contract, function_name: payload.name, ...args } };
}
