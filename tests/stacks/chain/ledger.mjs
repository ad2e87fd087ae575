// Who holds what: balances folded from grants, fees and events, and what each transaction changed.
//
// The VM's own map of assets leaves the deployer out of a token's name, so that two tokens of one name
// run together in it. That map is used for nothing but STX, where it must agree (see /sim/stats).

export class Ledger {
  #accounts = new Map();

  /** Return what one principal holds and has moved. */
  of(principal) {
    return this.#accounts.get(principal) ?? empty();
  }

  grant(principal, { stx = 0n, asset = null, units = 0n }) {
    const account = this.#open(principal);
    account.stx.balance += stx;
    if (asset) holding(account.fts, asset).balance += units;
  }

  /** Take in a mined transaction. */
  apply(receipt, miner) {
    const { fee, payer } = receipt.tx;
    const paying = this.#open(payer.address);
    paying.stx.balance -= fee;
    paying.stx.fees += fee;
    this.#open(miner).stx.balance += fee;
    for (const event of receipt.events) this.#move(event);
  }

  #move({ kind, sender, recipient, amount, asset, value }) {
    if (kind === "print" || kind === "lock") return;
    if (sender) this.#change(this.#open(sender), "sent", kind, asset, amount, value);
    if (recipient) this.#change(this.#open(recipient), "received", kind, asset, amount, value);
  }

  #change(account, way, kind, asset, amount, value) {
    if (kind === "nft") {
      const held = holding(account.nfts, asset);
      held[way] += 1n;
      if (way === "sent") held.values.delete(value);
      else held.values.add(value);
      return;
    }
    const held = kind === "stx" ? account.stx : holding(account.fts, asset);
    held[way] += amount;
    held.balance += way === "sent" ? -amount : amount;
  }

  #open(principal) {
    if (!this.#accounts.has(principal)) this.#accounts.set(principal, empty());
    return this.#accounts.get(principal);
  }

  principals() { return this.#accounts.keys(); }
}

/** Return what one transaction changed for one principal, by asset, its fee included. */
export function changesFor(principal, receipt) {
  const changes = new Map();
  const change = (key, asset) => {
    if (!changes.has(key)) changes.set(key, { asset, sent: 0n, received: 0n });
    return changes.get(key);
  };
  if (receipt.tx.payer.address === principal) change("1:stx", { type: "stx" }).sent += receipt.tx.fee;
  for (const { kind, asset, sender, recipient, amount = 1n } of receipt.events) {
    if (kind === "print" || kind === "lock" || (sender !== principal && recipient !== principal)) continue;
    const held = kind === "stx"
      ? change("1:stx", { type: "stx" })
      : change(`${kind === "ft" ? 2 : 3}:${asset}`, { type: kind, identifier: asset });
    if (sender === principal) held.sent += amount;
    if (recipient === principal) held.received += amount;
  }
  return new Map([...changes].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const empty = () => ({ stx: { balance: 0n, sent: 0n, received: 0n, fees: 0n }, fts: new Map(), nfts: new Map() });

function holding(holdings, asset) {
  if (!holdings.has(asset)) holdings.set(asset, { balance: 0n, sent: 0n, received: 0n, values: new Set() });
  return holdings.get(asset);
}
