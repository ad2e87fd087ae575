// One block: which waiting transactions go in, and what each of them does.
//
// The VM runs a whole block and cannot take one transaction back. So a block is tried; where a transaction
// fails in a way that must leave nothing but its fee, the VM is taken back and the block is run again with
// only that fee in its place.
import { tx as call } from "@stacks/clarinet-sdk";
import { readEvents, transferEvents } from "./events.mjs";
import { brokenCondition } from "./post_conditions.mjs";
import { cvHex, cvOfHex } from "./values.mjs";

const FAILED = "0x0809"; // (err none), what the node reports of a transaction that did not run

/** Run a block of these entries and return what became of each; one whose money is gone is left out. */
export async function runBlock(machine, entries) {
  let plan = entries.map(({ tx }) => ({ tx, undone: null }));
  const mark = machine.mark;
  for (;;) {
    const before = machine.stxOf(machine.miner);
    const tried = tryBlock(machine, plan);
    if (tried.receipts) {
      const broken = plan.findIndex((step, index) => cannotStand(step, tried.receipts[index]));
      if (broken === -1) return plan.map((step, index) => outcome(step, tried.receipts[index]));
    } else {
      const paid = machine.stxOf(machine.miner) - before;
      const step = stepThatThrew(plan, paid);
      step.undone = { status: "abort_by_response", hex: FAILED, reason: tried.error };
    }
    plan = plan.filter(({ left }) => !left);
    await machine.rewind(mark);
  }
}

/** Return the entries that may be in the next block: nonces in a row, money for fee and transfer. */
export function ready(branch, entries) {
  const nonces = new Map();
  const spent = new Map();
  const nonceOf = (address) => nonces.get(address) ?? branch.nonceOf(address);
  const can = (address, units) => branch.ledger.of(address).stx.balance - (spent.get(address) ?? 0n) >= units;
  const chosen = [];
  let left = entries;
  for (;;) {
    const next = left.find(({ tx }) => nonceOf(tx.origin.address) === tx.origin.nonce
      && (!tx.sponsor || nonceOf(tx.sponsor.address) === tx.sponsor.nonce)
      && needs(tx).every(([address, units]) => can(address, units)));
    if (!next) return chosen;
    chosen.push(next);
    left = left.filter((entry) => entry !== next);
    const { origin, sponsor } = next.tx;
    nonces.set(origin.address, origin.nonce + 1);
    if (sponsor) nonces.set(sponsor.address, sponsor.nonce + 1);
    for (const [address, units] of needs(next.tx)) spent.set(address, (spent.get(address) ?? 0n) + units);
  }
}

function needs({ origin, payer, fee, payload }) {
  const amount = payload.type === "token_transfer" ? payload.amount : 0n;
  return origin.address === payer.address
    ? [[payer.address, fee + amount]]
    : [[payer.address, fee], [origin.address, amount]];
}

function tryBlock(machine, plan) {
  const calls = plan.flatMap(({ tx, undone }) => [feeOf(tx, machine), ...(undone ? [] : [payloadOf(tx)])]);
  try {
    const receipts = machine.block(calls);
    let next = 0;
    return { receipts: plan.map(({ undone }) => ({ fee: receipts[next++], payload: undone ? null : receipts[next++] })) };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Say whether a step must be run again in another way, and note which. */
function cannotStand(step, { fee, payload }) {
  if (fee.result.type === "err") {
    // Something before it in the block took the money: it waits for a later block.
    step.left = true;
    return true;
  }
  if (step.undone || payload.result.type === "err") return false;
  if (step.tx.payload.type === "token_transfer") return false;
  const events = readEvents(payload);
  const reason = brokenCondition(step.tx, events);
  if (!reason) return false;
  step.undone = { status: "abort_by_post_condition", hex: cvHex(payload.result), reason, events };
  return true;
}

/** The fee is paid first, so that the fees paid tell how far a block came. */
function stepThatThrew(plan, paid) {
  let sum = 0n;
  for (const step of plan) {
    sum += step.tx.fee;
    if (sum === paid) return step;
  }
  throw new Error(`a block failed outside any of its transactions, after fees of ${paid}`);
}

function outcome({ tx, undone }, { payload }) {
  if (undone) {
    const { status, hex, reason, events: undoneEvents = [] } = undone;
    return { tx, status, result: cvOfHex(hex), events: [], undoneEvents, reason };
  }
  const failed = payload.result.type === "err";
  const events = failed ? [] : eventsOf(tx, payload);
  return { tx, status: failed ? "abort_by_response" : "success", result: resultOf(tx, payload), events, undoneEvents: [], reason: null };
}

function eventsOf(tx, receipt) {
  const { origin, payload } = tx;
  return payload.type === "token_transfer" ? transferEvents(origin.address, payload) : readEvents(receipt);
}

/** A deployment's result is (ok true) on the chain, where the VM says true. */
function resultOf({ payload }, { result }) {
  return payload.type === "smart_contract" ? { type: "ok", value: { type: "true" } } : result;
}

function feeOf({ payer, fee }, machine) {
  return call.transferSTX(Number(fee), machine.miner, payer.address);
}

function payloadOf({ origin, payload }) {
  switch (payload.type) {
    case "token_transfer": return call.transferSTX(Number(payload.amount), payload.recipient, origin.address);
    case "contract_call": return call.callPublicFn(payload.contract, payload.name, payload.args, origin.address);
    default:
      return call.deployContract(payload.name, payload.code, payload.clarity ? { clarityVersion: payload.clarity } : null, origin.address);
  }
}
