// The Clarity VM: a simnet session that can be taken back, because everything done to it is written down.
//
// The SDK offers no undo. A session starts anew in about 50 ms and runs about a thousand calls a second,
// so going back means to start anew and repeat the journal up to a mark.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getSDK, tx } from "@stacks/clarinet-sdk";
import { Cl } from "@stacks/transactions";
import { MINER, SBTC_DEPLOYER } from "./network.mjs";

// Nobody's account: the SDK insists on a deployer. The phrase is BIP-39's of 32 zero bytes.
const NOBODY = `${"abandon ".repeat(23)}art`;
const MANIFEST = '[project]\nname = "chain"\ntelemetry = false\n\n[repl]\nlog_print_events = "none"\n';
const ACCOUNTS = `[network]\nname = "devnet"\n\n[accounts.deployer]\nmnemonic = "${NOBODY}"\nbalance = 0\n`;

/** Our own contract in the role that mints: what the signers do after a sweep, without the signers. */
const SBTC_DEPOSIT = `
(define-public (grant (amount uint) (recipient principal))
  (contract-call? .sbtc-token protocol-mint amount recipient 0x01))
(define-public (complete-deposit (txid (buff 32)) (vout uint) (amount uint) (recipient principal))
  (let ((height (- burn-block-height u1)))
    (asserts! (is-none (contract-call? .sbtc-registry get-completed-deposit txid vout)) (err u301))
    (try! (contract-call? .sbtc-token protocol-mint amount recipient 0x01))
    (contract-call? .sbtc-registry complete-deposit txid vout amount recipient
      (unwrap-panic (get-burn-block-info? header-hash height)) height txid)))`;

/** In the role that locks, and pays or unlocks: what the signers do, when a test says so, without the signers. */
const SBTC_WITHDRAWAL = `
(define-read-only (locked-of (id uint))
  (let ((asked (unwrap! (contract-call? .sbtc-registry get-withdrawal-request id) (err u500))))
    (asserts! (is-none (get status asked)) (err u501))
    (ok { whole: (+ (get amount asked) (get max-fee asked)), fee: (get max-fee asked), who: (get sender asked) })))
(define-public (initiate-withdrawal-request
    (amount uint) (recipient { version: (buff 1), hashbytes: (buff 32) }) (max-fee uint))
  (begin
    (asserts! (> amount u546) (err u502))
    (try! (contract-call? .sbtc-token protocol-lock (+ amount max-fee) tx-sender 0x02))
    (contract-call? .sbtc-registry create-withdrawal-request amount max-fee tx-sender recipient burn-block-height)))
(define-public (accept (id uint) (txid (buff 32)) (vout uint) (fee uint))
  (let ((held (try! (locked-of id))) (height (- burn-block-height u1)))
    (asserts! (<= fee (get fee held)) (err u505))
    (try! (contract-call? .sbtc-token protocol-burn-locked (get whole held) (get who held) 0x02))
    (and (> (get fee held) fee)
      (try! (contract-call? .sbtc-token protocol-mint (- (get fee held) fee) (get who held) 0x02)))
    (contract-call? .sbtc-registry complete-withdrawal-accept id txid vout u0 fee
      (unwrap-panic (get-burn-block-info? header-hash height)) height txid)))
(define-public (reject (id uint))
  (let ((held (try! (locked-of id))))
    (try! (contract-call? .sbtc-token protocol-unlock (get whole held) (get who held) 0x02))
    (contract-call? .sbtc-registry complete-withdrawal-reject id u0)))`;

/** And in the role that governs: the signers' key changes when a test says so. */
const SBTC_SIGNERS = `
(define-public (rotate (key (buff 33)) (address principal))
  (contract-call? .sbtc-registry rotate-keys (list key) address key u1))`;

export class Machine {
  #session;
  #folder;
  #base;
  #journal = [];
  #interfaces = null;
  beginnings = [];
  rebuilds = 0;

  /** Load the VM: some seconds, once in a process. */
  static async boot() {
    const machine = new Machine();
    machine.#folder = mkdtempSync(join(tmpdir(), "stacks-chain-"));
    mkdirSync(join(machine.#folder, "settings"));
    writeFileSync(join(machine.#folder, "Clarinet.toml"), MANIFEST);
    writeFileSync(join(machine.#folder, "settings", "Devnet.toml"), ACCOUNTS);
    process.on("exit", () => rmSync(machine.#folder, { recursive: true, force: true }));
    machine.#session = await getSDK();
    return machine;
  }

  /** Start a chain at an instant, in seconds, with these holdings (address -> units) and contracts of others. */
  async start({ time, epoch, network, stx, sbtc, contracts }) {
    // The SDK keeps its first start for the next ones, instant and all: another instant takes it some seconds.
    if (this.#base && this.#base.time !== time) this.#session.clearCache();
    this.#base = { time, epoch, miner: MINER[network.name], stx, sbtc, contracts };
    this.#journal = [];
    await this.#restart();
  }

  get mark() { return this.#journal.length; }
  get miner() { return this.#base.miner; }
  get height() { return this.#session.stacksBlockHeight; }
  get burnHeight() { return this.#session.burnBlockHeight; }
  get time() { return Number(this.#session.getBlockTime()); }
  get epoch() { return this.#session.currentEpoch; }

  /** Forget everything that was done after a mark. */
  async rewind(mark) {
    const kept = this.#journal.slice(0, mark);
    await this.#restart();
    this.#journal = [];
    for (const step of kept) this.#take(step);
    this.rebuilds += 1;
  }

  /** Add a Bitcoin block, and with it an empty Stacks block that starts its tenure. */
  burn() { this.#take({ burn: true }); }

  /** Add a Stacks block of calls and return their receipts; a Clarity runtime error throws. */
  block(calls) { return this.#take({ calls }); }

  stxOf(principal) { return this.#session.getAssetsMap().get("STX")?.get(principal) ?? 0n; }
  source(contract) { return this.#session.getContractSource(contract); }
  readOnly(contract, name, args, sender) { return this.#session.callReadOnlyFn(contract, name, args, sender).result; }
  dataVar(contract, name) { return this.#session.getDataVar(contract, name); }

  /** Return a map's entry, some or none; the SDK throws where there is none. */
  mapEntry(contract, map, key) {
    try {
      return this.#session.getMapEntry(contract, map, key);
    } catch (error) {
      if (error === "value not found") return Cl.none();
      throw error;
    }
  }

  /** Return what a contract offers, as the node describes it, or undefined. */
  interfaceOf(contract) {
    this.#interfaces ??= this.#session.getContractsInterfaces();
    return this.#interfaces.get(contract);
  }

  #take(step) {
    this.#journal.push(step);
    if (step.calls?.some(({ deployContract }) => deployContract)) this.#interfaces = null;
    if (step.burn) {
      this.#session.mineEmptyBurnBlock();
      return [];
    }
    return this.#session.mineBlock(step.calls);
  }

  async #restart() {
    const { time, epoch, stx, sbtc, contracts } = this.#base;
    const session = this.#session;
    this.#interfaces = null;
    this.beginnings = [];
    const begin = () => this.beginnings.push({ height: this.height, burn: this.burnHeight, time: this.time });
    await atInstant(time, () => session.initSession(this.#folder, "./Clarinet.toml", null));
    begin();
    session.setEpoch(epoch);
    begin();
    const grants = Object.entries(sbtc).map(([to, units]) =>
      tx.callPublicFn(`${SBTC_DEPLOYER}.sbtc-deposit`, "grant", [Cl.uint(units), Cl.principal(to)], SBTC_DEPLOYER));
    const role = tx.deployContract("sbtc-deposit", SBTC_DEPOSIT, { clarityVersion: 3 }, SBTC_DEPLOYER);
    const others = contracts.map(({ address, name, source, clarity = 3 }) =>
      tx.deployContract(name, source, { clarityVersion: clarity }, address));
    const withdrawal = tx.deployContract("sbtc-withdrawal", SBTC_WITHDRAWAL, { clarityVersion: 3 }, SBTC_DEPLOYER);
    const signers = tx.deployContract("sbtc-bootstrap-signers", SBTC_SIGNERS, { clarityVersion: 3 }, SBTC_DEPLOYER);
    for (const { result } of session.mineBlock([role, withdrawal, signers, ...others, ...grants]).slice(3 + others.length)) {
      if (result.type !== "ok") throw new Error("sBTC could not be granted at the start");
    }
    begin();
    for (const [to, units] of Object.entries(stx)) session.mintSTX(to, BigInt(units));
  }
}

/** Let a session believe that it starts at an instant: it reads the clock once, when it starts. */
async function atInstant(seconds, start) {
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    constructor(...parts) { super(...(parts.length ? parts : [seconds * 1000])); }
    static now() { return seconds * 1000; }
  };
  try {
    await start();
  } finally {
    globalThis.Date = Real;
  }
}
