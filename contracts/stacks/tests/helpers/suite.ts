/**
 * Brings the suite to the state it has after a real deployment: modules live,
 * roles granted, tokens listed, all through the announced delay.
 */
import { readFileSync } from "node:fs";
import { tx } from "@stacks/clarinet-sdk";
import { Cl, type ClarityValue, cvToString } from "@stacks/transactions";
import {
  alice, arbiter, bob, call, carol, contract, dave, deployer, feeManager, guardian, lister, mallory,
  mineBurn, read, settler,
} from "./chain";

const SBTC_OWNER = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";

/** The real sBTC token, shipped with the SDK. */
export const SBTC = `${SBTC_OWNER}.sbtc-token`;
/** Native STX behind its SIP-010 face. */
export const STX = contract("sluice-stx");
/** The token that misbehaves on command. */
export const HOSTILE = contract("hostile-token");

export const DELAY = 144;
export const DAY = 144; // burn blocks
export const MAX_AMOUNT = 2n ** 96n - 1n;

export const ROLE = { guardian: 1, lister: 2, arbiter: 3, settler: 4, feeManager: 5 } as const;

export const trait = (token: string): ClarityValue => Cl.principal(token);

/** Deploys a test-only contract from tests/hostile, with text replaced in its source. */
export function deployHostile(file: string, name = file, replace: [string, string][] = [], sender = deployer): string {
  let source = readFileSync(`tests/hostile/${file}.clar`, "utf8");
  for (const [from, to] of replace) {
    if (!source.includes(from)) throw new Error(`${file}.clar has no text ${from}`);
    source = source.replace(from, to);
  }
  simnet.deployContract(name, source, { clarityVersion: 4 }, sender);
  return `${sender}.${name}`;
}

/** The hash of a contract's code as the chain computes it. */
export function codeHash(name: string): ClarityValue {
  const answer = simnet.execute(`(contract-hash? '${name})`).result;
  if (answer.type !== "ok") throw new Error(`no code at ${name}: ${cvToString(answer)}`);
  return answer.value;
}

/** Mints real sBTC through the role of the deposit contract. */
export function mintSbtc(to: string, amount: number | bigint): void {
  const minted = call(`${SBTC_OWNER}.sbtc-deposit`, "mint-for-test", [Cl.uint(amount), Cl.principal(to)], SBTC_OWNER);
  if (!minted.ok) throw new Error(`sBTC mint failed: ${minted.value}`);
}

export function mintHostile(to: string, amount: number | bigint): void {
  must(call(HOSTILE, "mint", [Cl.uint(amount), Cl.principal(to)], deployer));
}

export function setHostileMode(mode: number): void {
  must(call(HOSTILE, "set-mode", [Cl.uint(mode)], deployer));
}

/** Announces an operation as the owner; it is due after `waitDelay()`. */
export function schedule(op: unknown): void {
  must(call("sluice-access", "schedule", [Cl.bufferFromHex(op as string)], deployer));
}

export const waitDelay = (): void => mineBurn(DELAY);

/** Announces one operation and waits until it is due. */
export function scheduleAndWait(op: unknown): void {
  schedule(op);
  waitDelay();
}

export interface TokenRow {
  token: string;
  asset: string;
  stx: boolean;
  decimals: number;
  min: number | bigint;
  max: number | bigint;
}

const tokenArgs = (row: TokenRow): ClarityValue[] => [
  Cl.principal(row.token), Cl.stringAscii(row.asset), Cl.bool(row.stx), Cl.uint(row.decimals),
  Cl.uint(row.min), Cl.uint(row.max), codeHash(row.token),
];

export const SBTC_ROW: TokenRow = { token: SBTC, asset: "sbtc-token", stx: false, decimals: 8, min: 1, max: MAX_AMOUNT };
export const STX_ROW: TokenRow = { token: STX, asset: "stx", stx: true, decimals: 6, min: 1, max: MAX_AMOUNT };
export const HOSTILE_ROW: TokenRow = { token: HOSTILE, asset: "hostile", stx: false, decimals: 6, min: 1, max: MAX_AMOUNT };
const LISTED = [SBTC_ROW, STX_ROW, HOSTILE_ROW];

/** Lists tokens through the delay. */
export function listTokens(...rows: TokenRow[]): void {
  for (const row of rows) schedule(read("sluice-tokens", "op-list-token", tokenArgs(row)));
  waitDelay();
  for (const row of rows) must(call("sluice-tokens", "list-token", tokenArgs(row), lister));
}

const ROLES: [number, string][] = [
  [ROLE.guardian, guardian], [ROLE.lister, lister], [ROLE.arbiter, arbiter], [ROLE.settler, settler],
  [ROLE.feeManager, feeManager],
];

/** What takes money or uses up operations. */
const MODULES = ["tokens", "escrow", "gateway", "streams", "flow", "subs", "market", "oracle"].map((name) => contract(`sluice-${name}`));

let openingOps: ClarityValue[] | undefined;

/** The ids of what the opening announces: hashes of fixed arguments, so they are asked for once. */
function opsOfOpening(opening: string): ClarityValue[] {
  const op = (name: string, fn: string, args: ClarityValue[]) => Cl.bufferFromHex(read(name, fn, args) as string);
  openingOps ??= [
    ...[[ROLE.lister, opening] as const, ...ROLES].map(([role, who]) => op("sluice-access", "op-grant-role", [Cl.uint(role), Cl.principal(who)])),
    ...MODULES.map((module) => op("sluice-access", "op-set-module", [Cl.principal(module), Cl.bool(true), Cl.bool(false)])),
    ...LISTED.map((row) => op("sluice-tokens", "op-list-token", tokenArgs(row))),
  ];
  return openingOps;
}

/**
 * The whole start: sBTC minted to the people, roles, modules and the three
 * tokens in force. Every test that needs a working suite begins with it, so
 * it takes few transactions: helpers/opening.clar owns sluice-access meanwhile.
 */
export function openSuite(): void {
  simnet.deployContract(
    "sbtc-deposit", readFileSync("tests/hostile/sbtc-deposit.clar", "utf8"),
    { clarityVersion: 3 }, SBTC_OWNER,
  );
  deployHostile("hostile-token");
  simnet.deployContract("opening", readFileSync("tests/helpers/opening.clar", "utf8"), { clarityVersion: 4 }, deployer);
  const opening = contract("opening");
  const access = contract("sluice-access");
  const people = [Cl.uint(10_000_000_000n), Cl.list([alice, bob, carol, dave, mallory].map((who) => Cl.principal(who)))];
  const roles = Cl.list(ROLES.map(([role, who]) => Cl.tuple({ role: Cl.uint(role), who: Cl.principal(who) })));
  const modules = Cl.list(MODULES.map((module) => Cl.principal(module)));
  const rows = Cl.list(LISTED.map((row) => {
    const [token, asset, stx, decimals, min, max, hash] = tokenArgs(row);
    return Cl.tuple({ token, asset, stx, decimals, min, max, hash });
  }));
  block([
    tx.callPublicFn(`${SBTC_OWNER}.sbtc-deposit`, "mint-to-all", people, SBTC_OWNER),
    tx.callPublicFn(HOSTILE, "mint-to-all", people, deployer),
    tx.callPublicFn(access, "propose-owner", [Cl.principal(opening)], deployer),
    tx.callPublicFn(opening, "announce", [Cl.list(opsOfOpening(opening))], deployer),
  ]);
  waitDelay();
  block([
    tx.callPublicFn(opening, "open", [roles, rows, modules, Cl.principal(deployer)], deployer),
    tx.callPublicFn(access, "accept-owner", [], deployer),
  ]);
}

/** Runs calls in one block; all must succeed. */
function block(txs: Parameters<typeof simnet.mineBlock>[0]): void {
  simnet.mineBlock(txs).forEach((done, n) => {
    if (done.result.type !== "ok") throw new Error(`call ${n} of a block failed: ${cvToString(done.result)}`);
  });
}

/** Pauses a module's new money, as the guardian. */
export function pause(module: string, blocks = 10): void {
  must(call("sluice-access", "pause", [Cl.principal(contract(module)), Cl.uint(blocks)], guardian));
}

/** Closes a module to new money for good, as the owner. */
export function sunset(module: string): void {
  must(call("sluice-access", "set-module", [Cl.principal(contract(module)), Cl.bool(true), Cl.bool(true)], deployer));
}

/** Refuses new money in a token, as the guardian. */
export function disable(token: string): void {
  must(call("sluice-tokens", "disable", [Cl.principal(token)], guardian));
}

/**
 * Lures `victim` into a contract that makes `attack` (a Clarity expression
 * returning a response): tx-sender is the victim, contract-caller is not.
 */
export function phish(attack: string, victim: string, name = "phisher") {
  const id = deployHostile("phisher", name, [["(ok true) ;; ATTACK", attack]], mallory);
  return call(id, "lure", [], victim);
}

/** Throws unless the call succeeded: for steps that only prepare a test. */
export function must<T extends { ok: boolean; value: unknown }>(result: T): T {
  if (!result.ok) throw new Error(`a preparing call failed with ${String(result.value)}`);
  return result;
}
