// The chain: a branch on the VM, what waits to be mined, and what was once part of the branch.
import { Branch } from "./branch.mjs";
import { Rejection, admit } from "./admission.mjs";
import { ready, runBlock } from "./execution.mjs";
import { Machine } from "./machine.mjs";
import { Mempool } from "./mempool.mjs";
import { NETWORKS, SBTC } from "./network.mjs";
import { readTransaction } from "./transactions.mjs";
import { sha256, sha512_256 } from "./values.mjs";

const DEFAULTS = { network: "testnet", time: 1772452800, epoch: "4.0", stx: {}, sbtc: {}, contracts: [] };
const NOWHERE = "0".repeat(64);
const TENURE_LAG_S = 10; // the VM mines a tenure's first block this long after its Bitcoin block

export class Chain {
  #listeners = new Set();
  #forks;

  static async boot() {
    const chain = new Chain();
    chain.machine = await Machine.boot();
    await chain.reset({});
    return chain;
  }

  /** Start anew: about 50 ms. What is handed in is all that the new chain depends on. */
  async reset(given) {
    const settings = { ...DEFAULTS, ...given };
    this.network = NETWORKS[settings.network];
    if (!this.network) throw new Error(`there is no network ${settings.network}: testnet or mainnet`);
    await this.machine.start({ ...settings, network: this.network });
    const { stx, sbtc } = settings;
    const grants = [
      ...Object.entries(stx).map(([address, units]) => [address, { stx: BigInt(units) }]),
      ...Object.entries(sbtc).map(([address, units]) => [address, { asset: SBTC, units: BigInt(units) }]),
    ];
    this.#forks = 0;
    this.orphans = new Map();
    this.mempool = new Mempool();
    this.branch = new Branch(grants, this.machine.miner);
    // The blocks that the VM made before it could be handed anything: empty, but they have their place.
    for (const { height, burn, time } of this.machine.beginnings) {
      const before = this.branch.tip?.burn;
      const anchor = before?.height === burn ? before : this.#anchor(burn, time);
      this.#append({ anchor, height, time, receipts: [] });
    }
    this.firstHeight = this.branch.tip.height;
  }

  /** Call a listener with every { type, ... } that happens from now on; return how to stop. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Take a transaction in: return its id, or throw a Rejection. */
  submit(raw) {
    const tx = readTransaction(raw, this.network);
    if (this.mempool.waits(tx.txid)) return tx.txid; // the node answers a repetition as if it were the first
    try {
      const replaced = admit(tx, this);
      this.#enter(tx);
      this.#tell({ type: "mempool", tx });
      if (replaced) this.forget(replaced.tx.txid, "ReplaceByFee", tx.txid);
    } catch (error) {
      if (error instanceof Rejection) error.txid = tx.txid;
      throw error;
    }
    return tx.txid;
  }

  /** Let the mempool forget a transaction, for one of the node's reasons or silently. */
  forget(txid, reason = null, replacedBy = null) {
    if (!this.mempool.drop(txid, reason, replacedBy)) return false;
    if (reason) this.#tell({ type: "drop", txid, reason, replacedBy });
    return true;
  }

  /** Add a Stacks block with what waits, or with some of it, and return it. */
  async mine({ only = null, empty = false } = {}) {
    this.#forgetHopeless();
    const { machine, branch, mempool } = this;
    const waiting = mempool.entries().filter(({ tx }) => !empty && (!only || only.includes(tx.txid)));
    const outcomes = await runBlock(machine, ready(branch, waiting));
    const block = this.#append({ anchor: branch.tip.burn, height: machine.height, time: machine.time, receipts: outcomes });
    for (const { tx } of outcomes) mempool.take(tx.txid);
    this.#announce(block);
    return block;
  }

  /** Add a Bitcoin block, or one that was there before, and the empty Stacks block that starts its tenure. */
  burn(known = null) {
    this.machine.burn();
    const { height, burnHeight, time } = this.machine;
    const anchor = known ?? this.#anchor(burnHeight, time - TENURE_LAG_S);
    const block = this.#append({ anchor, height, time, receipts: [] });
    this.#tell({ type: "burn", burn: block.burn });
    this.#announce(block);
    return block;
  }

  /**
   * Replace the newest blocks: by as many and one more, unless told otherwise. The new blocks are empty;
   * what was in the old ones waits again, but for what is to be dropped. Bitcoin keeps its blocks unless it forks too.
   */
  async fork({ depth, drop = [], blocks = depth + 1, bitcoin = false }) {
    const height = this.branch.tip.height - depth;
    if (!(depth > 0) || height < this.firstHeight) throw new Error(`a fork of ${depth} blocks would go below the first one`);
    const removed = this.branch.blocks.slice(height + 1);
    const burns = removed.map(({ startsTenure, burn }) => (startsTenure ? burn : null));
    for (const block of removed) this.orphans.set(block.hash, block).set(block.indexHash, block);
    this.#forks += 1;
    await this.machine.rewind(this.branch.at(height).mark);
    this.branch = this.branch.upTo(height);
    this.#tell({ type: "fork", removed });

    const returned = removed.flatMap(({ receipts }) => receipts.map(({ tx }) => tx));
    for (const tx of returned) {
      if (drop === "all" || drop.includes(tx.txid)) continue;
      this.#enter(tx);
    }
    const added = [];
    for (let index = 0; index < blocks; index += 1) {
      const burn = burns[index];
      added.push(burn ? this.burn(bitcoin ? null : burn) : await this.mine({ empty: true }));
    }
    return { removed, added };
  }

  #enter(tx) {
    const { time, height } = this.branch.tip;
    this.mempool.add(tx, { time, height });
  }

  /** A token transfer with post-conditions is well formed and signed, and no miner can ever take it. */
  #forgetHopeless() {
    for (const { tx } of this.mempool.entries()) {
      if (tx.payload.type === "token_transfer" && tx.conditions.length > 0) this.forget(tx.txid, "Problematic");
    }
  }

  #append({ anchor, height, time, receipts }) {
    const parent = this.branch.tip ?? null;
    const parentIndexHash = parent?.indexHash ?? NOWHERE;
    const txids = receipts.map(({ tx }) => tx.txid).join();
    // The VM's own block hashes say nothing of the branch: these do, so that a fork changes them.
    const hash = sha512_256(`block ${this.#forks} ${parentIndexHash} ${height} ${time} ${txids}`).toString("hex");
    const block = {
      height, hash, time, burn: anchor, parent, parentIndexHash,
      indexHash: sha512_256(Buffer.from(hash, "hex"), Buffer.from(anchor.consensusHash, "hex")).toString("hex"),
      parentHash: parent?.hash ?? NOWHERE,
      startsTenure: parent?.burn.height !== anchor.height,
      minerTxid: sha256(`miner ${hash}`).toString("hex"),
      mark: this.machine.mark, // where the VM's journal stands with this block
    };
    block.receipts = receipts.map((outcome, index) => ({ ...outcome, block, index }));
    this.branch.append(block);
    return block;
  }

  #anchor(height, time) {
    const parentHash = this.branch.tip?.burn.hash ?? NOWHERE;
    const hash = sha256(sha256(`bitcoin ${this.#forks} ${parentHash} ${height}`)).toString("hex");
    const consensusHash = sha256(`consensus ${hash}`).subarray(0, 20).toString("hex");
    return { height, hash, consensusHash, time, parentHash };
  }

  #announce(block) {
    this.#tell({ type: "block", block });
    for (const txid of this.mempool.stale(block.time)) this.forget(txid, "StaleGarbageCollect");
  }

  #tell(happened) {
    for (const listener of this.#listeners) listener(happened);
  }
}
