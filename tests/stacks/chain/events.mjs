// What a transaction did, in one shape: { index, kind, action, ... }, from which every answer is made.
import { prefixed } from "./values.mjs";

const NAME = /^(stx|ft|nft)_(transfer|mint|burn)_event$/;

/** Return the events of a VM's receipt. */
export function readEvents(receipt) {
  return receipt.events.map(({ event, data }, index) => ({ index, ...readEvent(event, data) }));
}

/** Return the one event of a token transfer: its memo is in the transaction, which the VM never saw. */
export function transferEvents(sender, payload) {
  const { recipient, amount, memo } = payload;
  return [{ index: 0, kind: "stx", action: "transfer", sender, recipient, amount: BigInt(amount), memo }];
}

/** Return everyone whose balance an event may change. */
export function partiesOf(event) {
  return [event.sender, event.recipient].filter(Boolean);
}

function readEvent(name, data) {
  if (name === "print_event") {
    return { kind: "print", contract: data.contract_identifier, topic: data.topic, value: prefixed(data.raw_value) };
  }
  if (name === "stx_lock_event") {
    return { kind: "lock", sender: data.locked_address, amount: BigInt(data.locked_amount), unlock: Number(data.unlock_height) };
  }
  const [, kind, action] = NAME.exec(name) ?? [];
  if (!kind) throw new Error(`the VM tells of something this chain does not know: ${name}`);
  const { sender = null, recipient = null } = data;
  if (kind === "stx") return { kind, action, sender, recipient, amount: BigInt(data.amount), memo: data.memo ?? "" };
  if (kind === "ft") return { kind, action, sender, recipient, amount: BigInt(data.amount), asset: data.asset_identifier };
  return { kind, action, sender, recipient, asset: data.asset_identifier, value: prefixed(data.raw_value) };
}
