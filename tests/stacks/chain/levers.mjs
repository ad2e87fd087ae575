// What a test does to the chain: /sim/*. Money and contracts come by signed transactions like any other's.
import { Cl, getAddressFromPrivateKey, makeContractCall, makeContractDeploy, makeSTXTokenTransfer } from "@stacks/transactions";
import { SBTC_DEPLOYER } from "./network.mjs";
import { ok } from "./reply.mjs";
import { bare, prefixed, sha256 } from "./values.mjs";

/** Keys of the chain itself, rich from the start: everybody can compute them. */
const FAUCET = `${sha256("faucet").toString("hex")}01`;
const DEPLOYER = `${sha256("deployer").toString("hex")}01`;
const RICH_USTX = "100000000000000";
const FEE = 3000n;

const TENURE_S = 600;
const BLOCK_S = 10;

export class Levers {
  #timer = null;
  isStalled = false;

  constructor({ chain, providers, observers, hooks, exclusive }) {
    Object.assign(this, { chain, providers, observers, hooks, exclusive });
  }

  routes() {
    const lever = (name, pull) => ["POST", `/sim/${name}`, async ({ json }) => ok(await pull.call(this, json() ?? {}))];
    return [
      lever("reset", this.reset), lever("mine", this.mine), lever("burn", this.burn), lever("time", this.advance),
      lever("fund", this.fund), lever("mint_sbtc", this.mintSbtc), lever("rotate_signers", this.rotateSigners), lever("end_withdrawal", this.endWithdrawal), lever("deploy", this.deploy),
      lever("fork", this.fork), lever("drop", this.drop), lever("stall", this.stall), lever("auto", this.auto),
      lever("trouble", this.trouble), lever("calm", this.calm), lever("rate", this.rate), lever("deprecated", this.deprecated),
      lever("observers", this.observe), lever("chainhooks", this.hook), lever("evaluate", this.evaluate),
      ["GET", "/sim/deliveries", () => ok(this.deliveries())],
      ["GET", "/sim/stats", () => ok(this.stats())],
      ["GET", "/sim/requests", ({ query }) => ok(this.providers.asked(query.get("provider") ?? ""))],
    ];
  }

  async reset({ stx = {}, sbtc = {}, ...settings } = {}) {
    this.auto({});
    this.isStalled = false;
    this.providers.clear();
    this.observers.clear();
    this.hooks.clear();
    const network = settings.network ?? "testnet";
    const rich = Object.fromEntries([FAUCET, DEPLOYER].map((key) => [getAddressFromPrivateKey(key, network), RICH_USTX]));
    await this.chain.reset({ ...settings, stx: { ...rich, ...stx }, sbtc });
    return this.stats();
  }

  async mine({ count = 1, only = null, empty = false }) {
    const blocks = [];
    for (let done = 0; done < count && !this.isStalled; done += 1) {
      blocks.push(await this.chain.mine({ only: only?.map(bare), empty: empty || (done > 0 && only !== null) }));
    }
    return this.#told(blocks);
  }

  burn({ count = 1 }) {
    const blocks = [];
    for (let done = 0; done < count && !this.isStalled; done += 1) blocks.push(this.chain.burn());
    return this.#told(blocks);
  }

  /** Let at least so many seconds pass: Bitcoin blocks of ten minutes, then Stacks blocks, all empty. */
  async advance({ seconds }) {
    const until = this.chain.branch.tip.time + seconds;
    const blocks = [];
    const left = () => until - this.chain.branch.tip.time;
    while (left() >= TENURE_S) blocks.push(this.chain.burn());
    while (left() > 0) blocks.push(await this.chain.mine({ empty: true }));
    return { ...this.#told(blocks.slice(-1)), block_s: BLOCK_S };
  }

  fund({ address, ustx }) {
    return this.#send(FAUCET, (base) => makeSTXTokenTransfer({ ...base, recipient: address, amount: BigInt(ustx), memo: "" }));
  }

  /** Mint as the signers do after a deposit: a real mint, and the registry's completed-deposit. */
  mintSbtc({ address, sats, bitcoin_txid: given, vout = 0 }) {
    const txid = given ? bare(given) : sha256(`deposit ${this.#nonce(FAUCET)}`).toString("hex");
    const args = [Cl.bufferFromHex(txid), Cl.uint(vout), Cl.uint(BigInt(sats)), Cl.principal(address)];
    return this.#send(FAUCET, (base) => makeContractCall({
      ...base, contractAddress: SBTC_DEPLOYER, contractName: "sbtc-deposit", functionName: "complete-deposit",
      functionArgs: args, postConditionMode: "allow", validateWithContractAbi: false,
    }));
  }

  /** Pay a withdrawal's bitcoin for a fee as the signers do, or without a fee refuse it: its sBTC is unlocked. */
  endWithdrawal({ request, fee = null, bitcoin_txid: given, vout = 0 }) {
    const paid = () => [Cl.bufferFromHex(bare(given)), Cl.uint(vout), Cl.uint(BigInt(fee))];
    return this.#send(FAUCET, (base) => makeContractCall({
      ...base, contractAddress: SBTC_DEPLOYER, contractName: "sbtc-withdrawal", functionName: fee === null ? "reject" : "accept",
      functionArgs: [Cl.uint(request), ...(fee === null ? [] : paid())], postConditionMode: "allow", validateWithContractAbi: false,
    }));
  }

  /** Give the sBTC signers another key: 33 bytes, as the registry answers it from now on. */
  rotateSigners({ key }) {
    const args = [Cl.bufferFromHex(bare(key)), Cl.principal(getAddressFromPrivateKey(FAUCET, this.chain.network.name))];
    return this.#send(FAUCET, (base) => makeContractCall({
      ...base, contractAddress: SBTC_DEPLOYER, contractName: "sbtc-bootstrap-signers", functionName: "rotate",
      functionArgs: args, postConditionMode: "allow", validateWithContractAbi: false,
    }));
  }

  /** Deploy contracts in the order given, all in one block: { name, source, clarity }. */
  async deploy({ contracts, key = DEPLOYER }) {
    const txids = [];
    let nonce = this.#nonce(key);
    for (const { name, source, clarity = 4 } of contracts) {
      const tx = await makeContractDeploy({
        ...this.#base(key, nonce), fee: BigInt(source.length + 1000), contractName: name, codeBody: source, clarityVersion: clarity,
      });
      txids.push(this.chain.submit(Buffer.from(tx.serializeBytes())));
      nonce += 1;
    }
    const { receipts } = await this.chain.mine({ only: txids });
    const failed = receipts.find(({ status }) => status !== "success");
    if (failed) throw new Error(`${failed.tx.payload.contract}: ${failed.reason}`);
    return { contracts: receipts.map(({ tx }) => tx.payload.contract), txids: txids.map(prefixed) };
  }

  async fork({ drop = [], ...how }) {
    const { removed, added } = await this.chain.fork({ ...how, drop: drop === "all" ? drop : drop.map(bare) });
    return { removed: removed.map(named), ...this.#told(added) };
  }

  drop({ txid, reason = null }) { return { dropped: this.chain.forget(bare(txid), reason) }; }

  /** Stop the chain: no lever and no timer adds a block until it goes on. */
  stall({ on = true }) {
    this.isStalled = on;
    return { stalled: on };
  }

  /** Mine by itself: a Stacks block every so often, and a Bitcoin block after so many of them; zero stops it. */
  auto({ stacks_ms: everyMs = 0, per_burn: perBurn = 10 }) {
    clearInterval(this.#timer);
    let count = 0;
    const tick = async () => {
      if (this.isStalled) return;
      count += 1;
      if (count % perBurn === 0) this.chain.burn();
      else await this.chain.mine();
    };
    if (everyMs > 0) this.#timer = setInterval(() => this.exclusive(tick), everyMs);
    return { stacks_ms: everyMs };
  }

  trouble({ rules }) {
    for (const rule of rules) this.providers.add(rule);
    return { rules: rules.length };
  }

  calm({ provider = null }) {
    this.providers.clear(provider);
    return {};
  }

  rate({ provider = "", limit, window_s: windowS = 60 }) {
    this.providers.limit(provider, limit, windowS);
    return {};
  }

  deprecated({ gone }) {
    this.providers.areOldPathsGone = gone;
    return {};
  }

  observe({ url, remove = false, ...more }) {
    if (remove) return { removed: this.observers.remove(url) };
    this.observers.add({ url, ...more });
    return { url };
  }

  hook({ uuid, remove = false, ...more }) {
    if (remove) return { removed: this.hooks.remove(uuid) };
    if (more.secret) this.hooks.secret = more.secret;
    return { uuid: this.hooks.add({ uuid, ...more }).uuid };
  }

  evaluate({ uuid, block_height: height }) {
    return { sent: this.hooks.evaluate(this.hooks.find(uuid), this.chain.branch.at(height)) };
  }

  deliveries() {
    const told = (to) => ({ deliveries: { pending, delivered, failed } }) => ({ to, pending, delivered, failed });
    return [
      ...this.observers.all().map((one) => told(one.url)(one)),
      ...this.hooks.all().map((one) => told(one.uuid)(one)),
    ];
  }

  stats() {
    const { machine, branch, mempool, network } = this.chain;
    const apart = [...branch.ledger.principals()].filter((one) => machine.stxOf(one) !== branch.ledger.of(one).stx.balance);
    return {
      network: network.name, chain_id: network.chainId, epoch: machine.epoch,
      first_height: this.chain.firstHeight, height: branch.tip.height, burn_height: branch.tip.burn.height, time: branch.tip.time,
      mempool: mempool.size, rebuilds: machine.rebuilds, rss_bytes: process.memoryUsage().rss,
      faucet: getAddressFromPrivateKey(FAUCET, network.name), deployer: getAddressFromPrivateKey(DEPLOYER, network.name),
      stx_apart: apart, // principals on whose STX our ledger and the VM disagree: none
    };
  }

  async #send(key, make) {
    const tx = await make(this.#base(key, this.#nonce(key)));
    const txid = this.chain.submit(Buffer.from(tx.serializeBytes()));
    const block = await this.chain.mine({ only: [txid] });
    const { status, reason } = block.receipts[0];
    if (status !== "success") throw new Error(`the chain's own transaction ended as ${status}: ${reason}`);
    return { txid: prefixed(txid), ...this.#told([block]) };
  }

  #base(key, nonce) {
    return { senderKey: key, network: this.chain.network.name, nonce: BigInt(nonce), fee: FEE };
  }

  #nonce(key) { return this.chain.branch.nonceOf(getAddressFromPrivateKey(key, this.chain.network.name)); }

  #told(blocks) {
    const { tip } = this.chain.branch;
    return { height: tip.height, burn_height: tip.burn.height, time: tip.time, blocks: blocks.map(named) };
  }
}

function named({ height, hash, indexHash, burn, receipts }) {
  return {
    height, hash: prefixed(hash), index_block_hash: prefixed(indexHash), burn_block_height: burn.height,
    txs: receipts.map(({ tx, status }) => ({ txid: prefixed(tx.txid), status })),
  };
}
