// Transactions that wait: one for each nonce of an account, in the order in which they came.

// stacks-core MEMPOOL: 256 Bitcoin blocks of ten minutes.
const AGE_MAX_S = 256 * 600;

/** Why the node forgets a transaction, by the word in its message, and how the API then calls it. */
export const DROPS = {
  ReplaceByFee: "dropped_replace_by_fee",
  ReplaceAcrossFork: "dropped_replace_across_fork",
  TooExpensive: "dropped_too_expensive",
  StaleGarbageCollect: "dropped_stale_garbage_collect",
  Problematic: "dropped_problematic",
};

export class Mempool {
  #waiting = new Map();
  #dropped = new Map();

  get size() { return this.#waiting.size; }

  waits(txid) { return this.#waiting.has(txid); }

  /** Return an entry that waits or was dropped, or undefined. */
  find(txid) { return this.#waiting.get(txid) ?? this.#dropped.get(txid); }

  /** Return what waits, oldest first. */
  entries() { return [...this.#waiting.values()]; }

  dropped() { return [...this.#dropped.values()]; }

  add(tx, { time, height }) {
    this.#dropped.delete(tx.txid);
    this.#waiting.set(tx.txid, { tx, time, height, status: "pending", replacedBy: null });
  }

  /** Return the entry that uses the same nonce: the origin's is looked up first, then the payer's. */
  conflict(tx) {
    const entries = this.entries();
    return entries.find(({ tx: other }) => same(other.origin, tx.origin)) ?? entries.find(({ tx: other }) => same(other.payer, tx.payer));
  }

  /** Take out what was mined. */
  take(txid) { this.#waiting.delete(txid); }

  /** Forget an entry: with one of the node's reasons it is remembered as dropped, without one it is gone. */
  drop(txid, reason, replacedBy = null) {
    const entry = this.#waiting.get(txid);
    if (!entry) return false;
    this.#waiting.delete(txid);
    if (reason) this.#dropped.set(txid, { ...entry, status: DROPS[reason], replacedBy });
    return true;
  }

  /** Return the ids of what has waited too long. */
  stale(now) {
    return this.entries().filter(({ time }) => now - time > AGE_MAX_S).map(({ tx }) => tx.txid);
  }

  /** Return the waiting entries that a principal sends, pays for, is paid by, or is called in. */
  concerning(principal) {
    return this.entries().filter(({ tx }) =>
      [tx.origin.address, tx.sponsor?.address, tx.payload.recipient, tx.payload.contract].includes(principal));
  }

  noncesOf(address) {
    const nonces = this.entries().flatMap(({ tx }) => [tx.origin, tx.payer])
      .filter((account) => account.address === address).map(({ nonce }) => nonce);
    return [...new Set(nonces)].sort((a, b) => a - b);
  }
}

const same = (a, b) => a.address === b.address && a.nonce === b.nonce;
