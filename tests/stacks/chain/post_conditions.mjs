// SIP-005, SIP-040: what a transaction's signer allows to leave whom. The chain undoes what goes beyond.
import { repr } from "./values.mjs";

const HOLDS = {
  sent_equal_to: (sent, amount) => sent === amount,
  sent_greater_than: (sent, amount) => sent > amount,
  sent_greater_than_or_equal_to: (sent, amount) => sent >= amount,
  sent_less_than: (sent, amount) => sent < amount,
  sent_less_than_or_equal_to: (sent, amount) => sent <= amount,
};

/** Return which condition the events break, as a sentence, or null. Fees are no part of it. */
export function brokenCondition(tx, events) {
  const moved = whatMoved(events);
  const named = new Set();
  for (const condition of tx.conditions) {
    const reason = condition.type === "non_fungible" ? brokenInstance(condition, moved, named) : brokenAmount(condition, moved, named);
    if (reason) return reason;
  }
  if (tx.mode === "allow") return null;
  for (const [key, { who, what }] of [...moved.amounts, ...moved.instances]) {
    // The originator mode denies for the signer only; others may move what they like.
    if (tx.mode === "originator" && who !== tx.origin.address) continue;
    if (!named.has(key)) return `Post-condition check failure: ${what} moved by ${who} was not checked`;
  }
  return null;
}

function brokenAmount({ type, who, code, amount, asset }, moved, named) {
  const what = type === "stx" ? "STX" : asset.id;
  const key = `${who} ${what}`;
  named.add(key);
  const sent = moved.amounts.get(key)?.sent ?? 0n;
  return HOLDS[code](sent, amount) ? null : `Post-condition check failure on ${what} owned by ${who}: ${code} ${amount}, moved ${sent}`;
}

function brokenInstance({ who, code, asset, value, valueHex }, moved, named) {
  const key = `${who} ${asset.id} ${valueHex}`;
  named.add(key);
  const sent = moved.instances.has(key);
  if (code === "maybe_sent" || sent === (code === "sent")) return null;
  return `Post-condition check failure on non-fungible asset ${asset.id} owned by ${who}: ${repr(value)} ${code}`;
}

/** Return what left whom: amounts by owner and asset, and each non-fungible instance. Burning is leaving. */
function whatMoved(events) {
  const amounts = new Map();
  const instances = new Map();
  for (const { kind, action, sender, amount, asset, value } of events) {
    if (action !== "transfer" && action !== "burn") continue;
    if (kind === "nft") {
      instances.set(`${sender} ${asset} ${value}`, { who: sender, what: asset });
    } else {
      const what = kind === "stx" ? "STX" : asset;
      const key = `${sender} ${what}`;
      const sent = (amounts.get(key)?.sent ?? 0n) + amount;
      amounts.set(key, { who: sender, what, sent });
    }
  }
  return { amounts, instances };
}
