// A Chainhooks 2.0 payload: operations with signed amounts.
import { NO_COST, showArgs } from "./answers/shared.mjs";
import { cvHex, prefixed, repr, shownHex } from "./values.mjs";

const COST = Object.fromEntries(Object.entries(NO_COST).map(([name, cost]) => [name, String(cost)]));

export function showV2(hook, { apply, rollback }, network) {
  const show = (canonical) => ({ block, receipts }) => showBlock(hook, block, receipts, canonical);
  return {
    event: { apply: apply.map(show(true)), rollback: rollback.map(show(true)), chain: "stacks", network },
    chainhook: { name: hook.name, uuid: hook.uuid },
  };
}

function showBlock({ options }, block, receipts) {
  const { burn } = block;
  const metadata = {
    block_time: block.time, tenure_height: burn.height, stacks_block_hash: prefixed(block.hash),
    burn_block: { hash: prefixed(burn.hash), height: burn.height, timestamp: burn.time },
  };
  return {
    timestamp: block.time,
    block_identifier: { hash: prefixed(block.indexHash), index: block.height },
    parent_block_identifier: { hash: prefixed(block.parentIndexHash), index: Math.max(0, block.height - 1) },
    ...(options.include_block_metadata ? { metadata } : {}),
    transactions: receipts.map((receipt) => showTransaction(options, receipt)),
  };
}

function showTransaction(options, { tx, index, status, result, events }) {
  const { origin, sponsor, payload } = tx;
  return {
    metadata: {
      type: payload.type,
      nonce: origin.nonce,
      result: { hex: cvHex(result), repr: repr(result) },
      status,
      fee_rate: String(tx.fee),
      position: { index, microblock_identifier: null },
      execution_cost: COST,
      sender_address: origin.address,
      sponsor_address: sponsor?.address ?? null,
      canonical: true,
      sponsored: sponsor !== null,
      microblock_canonical: true,
      ...(options.include_raw_transactions ? { raw: prefixed(tx.raw.toString("hex")) } : {}),
    },
    operations: operationsOf(options, tx, status, events).map((operation, position) => ({ ...operation, operation_identifier: { index: position } })),
    transaction_identifier: { hash: prefixed(tx.txid) },
  };
}

function operationsOf(options, tx, status, events) {
  const operation = (type, address, more) => ({ type, status, ...(address ? { account: { address } } : {}), ...more });
  const { payload, payer, origin } = tx;
  const operations = [operation("fee", payer.address, { amount: stx(-tx.fee), metadata: { sponsored: tx.sponsor !== null } })];
  if (payload.type === "contract_call") {
    const args = options.decode_clarity_values ? showArgs(payload.args) : payload.args.map(cvHex);
    const metadata = { contract_identifier: payload.contract, function_name: payload.name, args };
    operations.push(operation("contract_call", origin.address, { metadata }));
  }
  if (payload.type === "smart_contract") {
    operations.push(operation("contract_deploy", origin.address, { metadata: { contract_identifier: payload.contract } }));
  }
  for (const event of events) operations.push(...movements(options, event, operation));
  return operations;
}

function movements(options, { kind, action, sender, recipient, amount = 1n, asset, memo, value, contract }, operation) {
  if (kind === "print") {
    const shown = options.decode_clarity_values ? shownHex(value) : value;
    return [operation("contract_log", null, { metadata: { topic: "print", value: shown, contract_identifier: contract } })];
  }
  if (kind === "lock") return [operation("stx_lock", sender, { amount: stx(amount) })];
  const of = (units) => (kind === "stx" ? stx(units) : token(kind, asset, units));
  const metadata = memo ? { metadata: { memo: prefixed(memo) } } : {};
  const sides = [...(sender ? [[sender, -amount]] : []), ...(recipient ? [[recipient, amount]] : [])];
  return sides.map(([address, units]) => operation(`token_${action}`, address, { amount: of(units), ...metadata }));
}

const stx = (units) => ({ value: String(units), currency: { symbol: "STX", decimals: 6 } });

const token = (kind, asset, units) => ({
  value: String(units),
  currency: { symbol: "", decimals: 0, metadata: { token_type: kind, asset_identifier: asset } },
});

