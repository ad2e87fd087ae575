// A branch: blocks from the first to a tip, and everything that can be asked about them.
import { partiesOf } from "./events.mjs";
import { Ledger } from "./ledger.mjs";

export class Branch {
  blocks = [];
  burns = [];
  receipts = new Map();
  contracts = new Map();
  #grants;
  #miner;
  #byHash = new Map();
  #histories = new Map();
  #logs = new Map();
  #nonces = new Map();

  constructor(grants, miner, blocks = []) {
    this.#grants = grants;
    this.#miner = miner;
    this.ledger = new Ledger();
    for (const [principal, grant] of grants) this.ledger.grant(principal, grant);
    for (const block of blocks) this.append(block);
  }

  get tip() { return this.blocks.at(-1); }

  /** Return the branch as it was when a height was its tip. */
  upTo(height) {
    return new Branch(this.#grants, this.#miner, this.blocks.slice(0, height + 1));
  }

  append(block) {
    this.blocks.push(block);
    this.#byHash.set(block.hash, block);
    this.#byHash.set(block.indexHash, block);
    if (this.burns.at(-1)?.height !== block.burn.height) this.burns.push({ ...block.burn, blocks: [] });
    this.burns.at(-1).blocks.push(block);
    for (const receipt of block.receipts) this.#take(receipt);
  }

  at(height) { return this.blocks[height]; }
  withHash(hash) { return this.#byHash.get(hash); }
  burnAt(height) { return this.burns.find((burn) => burn.height === height); }
  burnWithHash(hash) { return this.burns.find((burn) => burn.hash === hash); }

  /** Return the transactions that concern a principal, newest first. */
  historyOf(principal) { return [...(this.#histories.get(principal) ?? [])].reverse(); }

  /** Return what a contract printed, newest first: [receipt, event]. */
  logsOf(contract) { return [...(this.#logs.get(contract) ?? [])].reverse(); }

  /** Return the nonce that an address's next transaction must have. */
  nonceOf(address) { return this.#nonces.get(address) ?? 0; }

  #take(receipt) {
    const { tx } = receipt;
    this.receipts.set(tx.txid, receipt);
    this.ledger.apply(receipt, this.#miner);
    this.#nonces.set(tx.origin.address, tx.origin.nonce + 1);
    if (tx.sponsor) this.#nonces.set(tx.sponsor.address, tx.sponsor.nonce + 1);
    for (const principal of concerned(receipt)) push(this.#histories, principal, receipt);
    for (const event of receipt.events) {
      if (event.kind === "print") push(this.#logs, event.contract, [receipt, event]);
    }
    if (tx.payload.type === "smart_contract" && receipt.status === "success") {
      this.contracts.set(tx.payload.contract, receipt);
    }
  }
}

/** Return whom a transaction concerns: who signed it, whom it names, whose assets it moved. */
function concerned({ tx, events }) {
  const { recipient, contract } = tx.payload;
  const named = [tx.origin.address, tx.sponsor?.address, recipient, contract];
  return new Set([...named, ...events.flatMap(partiesOf)].filter(Boolean));
}

function push(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}
