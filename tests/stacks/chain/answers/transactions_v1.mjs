// Transactions and events as /extended/v1 and /extended/v2 show them.
import { signature, typeName } from "../arguments.mjs";
import { isoTime, shown } from "../values.mjs";
import { changesFor } from "../ledger.mjs";
import { NO_COST, id, showArgs, showConditions, showValue } from "./shared.mjs";

const ANCHOR_MODES = { 1: "on_chain_only", 2: "off_chain_only", 3: "any" };
const NO_MICROBLOCK = { microblock_hash: "0x", microblock_sequence: 2147483647, microblock_canonical: true };
const KINDS = { stx: "stx_asset", ft: "fungible_token_asset", nft: "non_fungible_token_asset" };

/** Show a mined transaction, with its events if asked for. */
export function showMined(receipt, machine, { events = { offset: 0, limit: 96 }, canonical = true } = {}) {
  const { tx, block, index, status, result } = receipt;
  const before = block.parent ?? block;
  const from = events?.offset ?? 0;
  return {
    ...showBase(tx),
    block_hash: id(block.hash),
    block_height: block.height,
    block_time: block.time,
    block_time_iso: isoTime(block.time),
    burn_block_height: block.burn.height,
    burn_block_time: block.burn.time,
    burn_block_time_iso: isoTime(block.burn.time),
    parent_burn_block_time: before.burn.time,
    parent_burn_block_time_iso: isoTime(before.burn.time),
    parent_block_hash: id(block.parentHash),
    canonical,
    is_unanchored: false,
    ...NO_MICROBLOCK,
    tx_index: index,
    tx_status: status,
    tx_result: shown(result),
    event_count: receipt.events.length,
    ...Object.fromEntries(Object.entries(NO_COST).map(([name, cost]) => [`execution_cost_${name}`, cost])),
    events: events ? receipt.events.slice(from, from + events.limit).map((event) => showEvent(receipt, event)) : [],
    ...showPayload(tx, machine),
  };
}

/** Show a transaction that waits or was dropped. */
export function showWaiting({ tx, time, status }, machine) {
  return {
    ...showBase(tx),
    tx_status: status,
    receipt_time: time,
    receipt_time_iso: isoTime(time),
    ...showPayload(tx, machine),
  };
}

export function showEvent({ tx }, event) {
  const base = { event_index: event.index, tx_id: id(tx.txid) };
  if (event.kind === "print") {
    const { contract, topic } = event;
    return { ...base, event_type: "smart_contract_log", contract_log: { contract_id: contract, topic, value: showValue(event) } };
  }
  const { kind, action, sender, recipient, asset, amount, memo } = event;
  const moved = { asset_event_type: action, sender: sender ?? "", recipient: recipient ?? "" };
  if (kind === "stx") Object.assign(moved, { amount: String(amount) }, memo ? { memo: id(memo) } : {});
  if (kind === "ft") Object.assign(moved, { asset_id: asset, amount: String(amount) });
  if (kind === "nft") Object.assign(moved, { asset_id: asset, value: showValue(event) });
  return { ...base, event_type: KINDS[kind], asset: moved };
}

/** Show a transaction with what it moved to and from a principal. */
export function showWithTransfers(principal, receipt, machine) {
  const moves = (kind) => receipt.events.filter((event) =>
    event.kind === kind && (event.sender === principal || event.recipient === principal));
  const named = ({ sender, recipient }) => ({ ...(sender ? { sender } : {}), ...(recipient ? { recipient } : {}) });
  return {
    tx: showMined(receipt, machine, { events: null }),
    ...stxMoved(principal, receipt),
    stx_transfers: moves("stx").map((event) => ({ amount: String(event.amount), ...named(event) })),
    ft_transfers: moves("ft").map((event) => ({ asset_identifier: event.asset, amount: String(event.amount), ...named(event) })),
    nft_transfers: moves("nft").map((event) => ({ asset_identifier: event.asset, value: showValue(event), ...named(event) })),
  };
}

/** Show a transaction of an address as v2 does: with counts, not with the transfers themselves. */
export function showOfAddress(principal, receipt, machine) {
  const count = (kind, action) => receipt.events.filter((event) =>
    event.kind === kind && event.action === action && (event.sender === principal || event.recipient === principal)).length;
  const counts = (kind) => ({ transfer: count(kind, "transfer"), mint: count(kind, "mint"), burn: count(kind, "burn") });
  return {
    tx: showMined(receipt, machine, { events: null }),
    ...stxMoved(principal, receipt),
    events: { stx: counts("stx"), ft: counts("ft"), nft: counts("nft") },
  };
}

/** Show one event of an address as v2 does. */
export function showAddressEvent({ index, kind, action, sender, recipient, amount, asset, value }) {
  const data = { type: action };
  if (kind !== "stx") data.asset_identifier = asset;
  if (kind === "nft") data.value = showValue({ value });
  else data.amount = String(amount);
  if (sender) data.sender = sender;
  if (recipient) data.recipient = recipient;
  return { type: kind, event_index: index, data };
}

function stxMoved(principal, receipt) {
  const { sent = 0n, received = 0n } = changesFor(principal, receipt).get("1:stx") ?? {};
  return { stx_sent: String(sent), stx_received: String(received) };
}

function showBase(tx) {
  const { origin, sponsor } = tx;
  return {
    tx_id: id(tx.txid),
    nonce: origin.nonce,
    fee_rate: String(tx.fee),
    sender_address: origin.address,
    sponsored: sponsor !== null,
    ...(sponsor ? { sponsor_address: sponsor.address, sponsor_nonce: sponsor.nonce } : {}),
    post_condition_mode: tx.mode,
    post_conditions: showConditions(tx),
    anchor_mode: ANCHOR_MODES[tx.anchorMode],
  };
}

function showPayload({ payload }, machine) {
  const { type } = payload;
  if (type === "token_transfer") {
    const { recipient, amount, memo } = payload;
    return { tx_type: type, token_transfer: { recipient_address: recipient, amount: String(amount), memo: id(memo) } };
  }
  if (type === "smart_contract") {
    const { clarity, contract, code } = payload;
    return { tx_type: type, smart_contract: { clarity_version: clarity, contract_id: contract, source_code: code } };
  }
  const { contract, name, args } = payload;
  const called = machine.interfaceOf(contract)?.functions.find((described) => described.name === name);
  const named = (arg, index) => ({ ...arg, name: called?.args[index].name ?? "", type: called ? typeName(called.args[index].type) : "" });
  return {
    tx_type: type,
    contract_call: {
      contract_id: contract,
      function_name: name,
      function_signature: called ? signature(called) : "",
      function_args: showArgs(args).map(named),
    },
  };
}
