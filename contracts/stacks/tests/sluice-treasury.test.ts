import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, balance, bob, burnHeight, call, carol, contract, dave, deployer, feeManager, guardian, mallory, mineBurn, mineStacks, type Outcome,
  read, settler,
} from "./helpers/chain";
import { HOSTILE, must, openSuite, phish, ROLE, SBTC, setHostileMode, STX, trait, waitDelay } from "./helpers/suite";

const MODULE = "sluice-treasury";
const TREASURY = contract(MODULE);
const DELAY = 144;
const LIFETIME = 2016;
const MAX_AMOUNT = 2n ** 96n - 1n;

beforeEach(() => {
  openSuite();
  for (const [token, amount] of [[SBTC, 1_000_000], [HOSTILE, 1_000_000]] as const)
    must(call(token, "transfer", [Cl.uint(amount), Cl.principal(mallory), Cl.principal(TREASURY), Cl.none()], mallory));
});

// --- acting -----------------------------------------------------------------------------------

const proposals = {
  transfer: (to = dave, amount: number | bigint = 1_000, token = SBTC): [string, Parameters<typeof call>[2]] =>
    ["propose-transfer", [Cl.principal(token), Cl.principal(to), Cl.uint(amount)]],
  sweep: (token = SBTC) => ["propose-sweep", [Cl.principal(token)]],
  resolve: (escrow: number, bps: number, token = SBTC) => ["propose-resolve", [Cl.uint(escrow), Cl.principal(token), Cl.uint(bps)]],
  add: (who: string) => ["propose-add", [Cl.principal(who)]],
  remove: (who: string) => ["propose-remove", [Cl.principal(who)]],
  swap: (old: string, fresh: string) => ["propose-swap", [Cl.principal(old), Cl.principal(fresh)]],
  threshold: (k: number) => ["propose-threshold", [Cl.uint(k)]],
  limit: (forSpend: boolean, window: number, most: number, token = SBTC) =>
    ["propose-limit", [Cl.principal(token), Cl.bool(forSpend), Cl.uint(window), Cl.uint(most)]],
  shares: (...shares: [string, number][]) =>
    ["propose-shares", [Cl.list(shares.map(([to, bps]) => Cl.tuple({ to: Cl.principal(to), bps: Cl.uint(bps) })))]],
  cold: (to: string) => ["propose-cold", [Cl.principal(to)]],
  access: (kind: string, to = TREASURY, number: number | bigint = 0, op = "00".repeat(32)) =>
    ["propose-access", [Cl.stringAscii(kind), Cl.principal(to), Cl.uint(number), Cl.bufferFromHex(op)]],
} satisfies Record<string, (...args: never[]) => [string, Parameters<typeof call>[2]] | unknown[]>;

type Proposal = ReturnType<typeof proposals.transfer>;

const propose = (p: unknown, who = deployer): Outcome => {
  const [fn, args] = p as Proposal;
  return call(MODULE, fn, args, who);
};
const byId = (fn: string) => (id: bigint, who: string): Outcome => call(MODULE, fn, [Cl.uint(id)], who);
const [approve, revokeApproval, veto, expire, executeAdmin, executeAccess] = [
  "approve", "revoke-approval", "veto", "expire", "execute-admin", "execute-access",
].map(byId);
const withToken = (fn: string) => (id: bigint, who = mallory, token = SBTC): Outcome => call(MODULE, fn, [Cl.uint(id), trait(token)], who);
const [executeTransfer, executeSweep, executeResolve] = ["execute-transfer", "execute-sweep", "execute-resolve"].map(withToken);
const spend = (to: string, amount: number | bigint, who = deployer, token = SBTC): Outcome =>
  call(MODULE, "spend", [trait(token), Cl.principal(to), Cl.uint(amount)], who);
const distribute = (token = SBTC): Outcome => call(MODULE, "distribute", [trait(token)], mallory);

/** Proposes, has it approved by all who are named, and waits out the delay. */
function ready(p: unknown, ...approvers: string[]): bigint {
  const [first = deployer, ...others] = approvers;
  const id = must(propose(p, first)).value as bigint;
  for (const who of others) must(approve(id, who));
  mineBurn(DELAY);
  return id;
}

/** Carries out a change of signers or rules. */
const change = (p: unknown, ...approvers: string[]): Outcome => must(executeAdmin(ready(p, ...approvers), mallory));

/** Signers deployer, alice and bob; two of them decide. */
function twoOfThree(): void {
  change(proposals.add(alice));
  change(proposals.add(bob));
  change(proposals.threshold(2));
}

// --- looking ----------------------------------------------------------------------------------

interface ProposalRow { kind: string; approvals: bigint; eta: bigint; expires: bigint; epoch: bigint; state: bigint; to: string; amount: bigint }
const row = (id: bigint): ProposalRow => read(MODULE, "get-proposal", [Cl.uint(id)]) as unknown as ProposalRow;
const rules = () => read(MODULE, "get-rules") as { threshold: bigint; signers: bigint; epoch: bigint; proposals: bigint; cold: string | null };
const isSigner = (who: string) => read(MODULE, "is-signer", [Cl.principal(who)]);
const reserved = (token = SBTC) => read(MODULE, "get-reserved", [Cl.principal(token)]);
const spentOf = (forSpend: boolean, token = SBTC) => read(MODULE, "get-spent", [Cl.principal(token), Cl.bool(forSpend)]);
const hasRole = (role: number, who: string) => read("sluice-access", "has-role", [Cl.uint(role), Cl.principal(who)]);

describe("a proposal", () => {
  it("is printed with everything it will do, and approved by its maker", () => {
    const out = propose(proposals.transfer(dave, 1_234));
    const expires = BigInt(burnHeight() + LIFETIME);
    const eta = BigInt(burnHeight() + DELAY);
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events).toEqual([
      {
        sluice: 1n, seq: 1n, ev: "treasury.proposed", id: 1n, actor: deployer, token: SBTC, amount: 1_234n,
        data: { kind: "transfer", subject: SBTC, to: dave, number: 0n, arg: "", epoch: 0n, expires },
      },
      {
        sluice: 1n, seq: 2n, ev: "treasury.approved", id: 1n, actor: deployer, token: TREASURY, amount: 0n,
        data: { approvals: 1n, eta },
      },
    ]);
    expect(row(1n)).toEqual({
      kind: "transfer", subject: SBTC, to: dave, amount: 1_234n, number: 0n, arg: "", epoch: 0n, eta, expires, approvals: 1n, state: 1n,
    });
    expect(read(MODULE, "has-approved", [Cl.uint(1), Cl.principal(deployer)])).toBe(true);
    expect(read(MODULE, "has-approved", [Cl.uint(1), Cl.principal(alice)])).toBe(false);
    expect(rules()).toMatchObject({ threshold: 1n, signers: 1n, epoch: 0n, proposals: 1n, cold: null });
  });

  it("u9000: of any kind comes from a signer, not through a phishing contract", () => {
    const every = [
      proposals.transfer(), proposals.resolve(1, 1), proposals.add(alice), proposals.remove(deployer), proposals.swap(deployer, alice),
      proposals.threshold(1), proposals.limit(true, 1, 1), proposals.shares([alice, 10_000]), proposals.cold(alice),
      proposals.access("delay", TREASURY, 200),
    ];
    for (const p of every) expect(propose(p, mallory).result).toEqual({ err: 9000n });
    expect(phish(`(contract-call? '${TREASURY} propose-add '${mallory})`, deployer).result).toEqual({ err: 9000n });
    change(proposals.cold(dave));
    expect(propose(proposals.sweep(), mallory).result).toEqual({ err: 9000n });
  });

  it("is refused at once when it makes no sense", () => {
    expect(propose(proposals.transfer(dave, 0)).result).toEqual({ err: 9003n });
    expect(propose(proposals.transfer(dave, MAX_AMOUNT + 1n)).result).toEqual({ err: 9003n });
    expect(propose(proposals.transfer(dave, 1, mallory)).result).toEqual({ err: 9004n });
    expect(propose(proposals.sweep(mallory)).result).toEqual({ err: 9004n });
    expect(propose(proposals.sweep()).result).toEqual({ err: 9001n });
    expect(propose(proposals.resolve(1, 10_001)).result).toEqual({ err: 9003n });
    expect(propose(proposals.add(deployer)).result).toEqual({ err: 9007n });
    expect(propose(proposals.remove(alice)).result).toEqual({ err: 9001n });
    expect(propose(proposals.swap(alice, bob)).result).toEqual({ err: 9001n });
    expect(propose(proposals.swap(deployer, deployer)).result).toEqual({ err: 9007n });
    expect(propose(proposals.threshold(0)).result).toEqual({ err: 9010n });
    expect(propose(proposals.threshold(2)).result).toEqual({ err: 9010n });
    expect(propose(proposals.limit(true, 0, 1)).result).toEqual({ err: 9006n });
    expect(propose(proposals.shares([alice, 9_999])).result).toEqual({ err: 9003n });
    expect(propose(proposals.shares([alice, 10_000], [bob, 0])).result).toEqual({ err: 9003n });
    expect(propose(proposals.shares([alice, 10_001])).result).toEqual({ err: 9003n });
    expect(propose(proposals.shares()).result).toEqual({ err: 9003n });
    expect(propose(proposals.shares([TREASURY, 10_000])).result).toEqual({ err: 9001n });
    expect(propose(proposals.cold(TREASURY)).result).toEqual({ err: 9001n });
    expect(propose(proposals.access("pause")).result).toEqual({ err: 9005n });
  });

  it("dies when the rules change before it is carried out (I68)", () => {
    const id = ready(proposals.transfer());
    change(proposals.threshold(1));
    expect(executeTransfer(id).result).toEqual({ err: 9014n });
    expect(approve(id, deployer).result).toEqual({ err: 9014n });
    expect(revokeApproval(id, deployer).result).toEqual({ err: 9014n });
    expect(veto(id, guardian).result).toEqual({ err: 9014n });
    mineBurn(LIFETIME);
    expect(expire(id, mallory).result).toEqual({ err: 9014n });
  });
});

describe("approve", () => {
  beforeEach(twoOfThree);

  it("counts each signer once; the delay begins with the last approval needed", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    expect(row(id).eta).toBe(0n);
    mineBurn(100);
    const out = approve(id, alice);
    const eta = BigInt(burnHeight() + DELAY);
    expect(out.result).toEqual({ ok: 2n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: out.events[0].seq, ev: "treasury.approved", id, actor: alice, token: TREASURY, amount: 0n,
      data: { approvals: 2n, eta },
    }]);
    mineBurn(10);
    expect(approve(id, bob).events[0].data).toEqual({ approvals: 3n, eta });
    expect(executeTransfer(id).result).toEqual({ err: 9011n });
    mineBurn(DELAY - 11);
    expect(executeTransfer(id).result).toEqual({ err: 9011n });
    mineBurn(1);
    expect(executeTransfer(id).ok).toBe(true);
  });

  it("u9015: not twice", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    expect(approve(id, deployer).result).toEqual({ err: 9015n });
  });

  it("u9000, u9001, u9005, u9012", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    expect(approve(id, mallory).result).toEqual({ err: 9000n });
    expect(phish(`(contract-call? '${TREASURY} approve u${id})`, alice).result).toEqual({ err: 9000n });
    expect(approve(99n, alice).result).toEqual({ err: 9001n });
    must(veto(id, guardian));
    expect(approve(id, alice).result).toEqual({ err: 9005n });
    const late = must(propose(proposals.transfer())).value as bigint;
    mineBurn(LIFETIME);
    expect(approve(late, alice).result).toEqual({ err: 9012n });
  });
});

describe("revoke-approval", () => {
  beforeEach(twoOfThree);

  it("stops the clock; the next approval starts it anew", () => {
    const id = ready(proposals.transfer(), deployer, alice);
    expect(reserved()).toBe(1_000n);
    const out = revokeApproval(id, alice);
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events[0]).toMatchObject({ ev: "treasury.revoked", id, actor: alice, data: { approvals: 1n, eta: 0n } });
    expect(reserved()).toBe(0n);
    expect(executeTransfer(id).result).toEqual({ err: 9010n });
    must(approve(id, bob));
    expect(executeTransfer(id).result).toEqual({ err: 9011n });
    mineBurn(DELAY);
    expect(executeTransfer(id).ok).toBe(true);
  });

  it("keeps the clock running while enough approve", () => {
    const id = ready(proposals.transfer(), deployer, alice, bob);
    const { eta } = row(id);
    expect(revokeApproval(id, bob).events[0].data).toEqual({ approvals: 2n, eta });
    expect(reserved()).toBe(1_000n);
    expect(executeTransfer(id).ok).toBe(true);
  });

  it("u9001, u9005, u9012", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    expect(revokeApproval(id, alice).result).toEqual({ err: 9001n });
    expect(revokeApproval(99n, alice).result).toEqual({ err: 9001n });
    const empty = must(propose(proposals.transfer())).value as bigint;
    must(revokeApproval(empty, deployer));
    expect(revokeApproval(empty, deployer).result).toEqual({ err: 9001n }); // no approval is left to take back
    expect(phish(`(contract-call? '${TREASURY} revoke-approval u${id})`, deployer).result).toEqual({ err: 9001n });
    must(veto(id, guardian));
    expect(revokeApproval(id, deployer).result).toEqual({ err: 9005n });
    const late = must(propose(proposals.transfer())).value as bigint;
    mineBurn(LIFETIME);
    expect(revokeApproval(late, deployer).result).toEqual({ err: 9012n });
  });
});

describe("veto and expire", () => {
  it("a guardian strikes a proposal, and what it reserved is free again", () => {
    const id = ready(proposals.transfer());
    expect(reserved()).toBe(1_000n);
    const out = veto(id, guardian);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "treasury.vetoed", id, actor: guardian, token: TREASURY, amount: 0n, data: { kind: "transfer" },
    }]);
    expect(reserved()).toBe(0n);
    expect(row(id).state).toBe(3n);
    expect(executeTransfer(id).result).toEqual({ err: 9005n });
    expect(veto(id, guardian).result).toEqual({ err: 9005n });
  });

  it("u9000, u9001, u9012, u9016: but not the taking of his own role", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    expect(veto(id, deployer).result).toEqual({ err: 9000n });
    expect(phish(`(contract-call? '${TREASURY} veto u${id})`, guardian).result).toEqual({ err: 9000n });
    expect(veto(99n, guardian).result).toEqual({ err: 9001n });
    const taking = must(propose(proposals.access("revoke", guardian, ROLE.guardian))).value as bigint;
    expect(veto(taking, guardian).result).toEqual({ err: 9016n });
    mineBurn(LIFETIME);
    expect(veto(id, guardian).result).toEqual({ err: 9012n });
  });

  it("anybody puts an expired one away", () => {
    const id = must(propose(proposals.transfer())).value as bigint;
    mineBurn(LIFETIME - 1);
    expect(expire(id, mallory).result).toEqual({ err: 9006n });
    mineBurn(1);
    expect(executeTransfer(id).result).toEqual({ err: 9012n });
    expect(reserved()).toBe(1_000n);
    const out = expire(id, mallory);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "treasury.expired", id, actor: mallory, token: TREASURY, amount: 0n, data: { kind: "transfer" },
    }]);
    expect(reserved()).toBe(0n);
    expect(row(id).state).toBe(4n);
    expect(expire(id, mallory).result).toEqual({ err: 9005n });
    expect(expire(99n, mallory).result).toEqual({ err: 9001n });
  });
});

describe("execute-transfer", () => {
  it("I68: pays once, after the delay, by anybody", () => {
    const id = ready(proposals.transfer(dave, 1_234));
    const before = balance(SBTC, dave);
    const out = executeTransfer(id);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "treasury.executed", id, actor: mallory, token: SBTC, amount: 1_234n,
      data: { kind: "transfer", to: dave, epoch: 0n },
    }]);
    expect(out.moves).toEqual([{ asset: `${SBTC}::sbtc-token`, amount: 1_234n, from: TREASURY, to: dave }]);
    expect(balance(SBTC, dave)).toBe(before + 1_234n);
    expect(row(id).state).toBe(2n);
    expect(reserved()).toBe(0n);
    expect(executeTransfer(id).result).toEqual({ err: 9005n });
  });

  it("pays STX", () => {
    must(call(STX, "transfer", [Cl.uint(500), Cl.principal(alice), Cl.principal(TREASURY), Cl.none()], alice));
    const id = ready(proposals.transfer(dave, 500, STX));
    expect(executeTransfer(id, mallory, STX).moves).toEqual([{ asset: "stx", amount: 500n, from: TREASURY, to: dave }]);
  });

  it("u9001, u9004, u9005: a transfer of that token", () => {
    const id = ready(proposals.transfer());
    expect(executeTransfer(99n).result).toEqual({ err: 9001n });
    expect(executeTransfer(id, mallory, STX).result).toEqual({ err: 9004n });
    expect(executeAdmin(id, mallory).result).toEqual({ err: 9005n });
    expect(executeAccess(id, mallory).result).toEqual({ err: 9005n });
    expect(executeSweep(id).result).toEqual({ err: 9005n });
    expect(executeResolve(id).result).toEqual({ err: 9005n });
    expect(executeTransfer(ready(proposals.cold(dave))).result).toEqual({ err: 9005n });
  });

  it("u9013: within the transfer limit of the window, which is free when none is set", () => {
    change(proposals.limit(false, 1_000, 1_500));
    const [a, b] = [must(propose(proposals.transfer())).value as bigint, must(propose(proposals.transfer())).value as bigint];
    mineBurn(1_000 - (burnHeight() % 1_000) + DELAY);
    expect(executeTransfer(a).ok).toBe(true);
    expect(spentOf(false)).toBe(1_000n);
    expect(executeTransfer(b).result).toEqual({ err: 9013n });
    mineBurn(1_000);
    expect(spentOf(false)).toBe(0n);
    expect(executeTransfer(b).ok).toBe(true);
  });

  it("u1: more than is there; the proposal stays", () => {
    const id = ready(proposals.transfer(dave, 1_000_001));
    expect(executeTransfer(id).result).toEqual({ err: 1n });
    expect(row(id).state).toBe(1n);
  });

  it("I8: a hostile token can take nothing else from the treasury", () => {
    const id = ready(proposals.transfer(dave, 10, HOSTILE));
    const before = balance(SBTC, TREASURY);
    setHostileMode(1);
    expect(executeTransfer(id, mallory, HOSTILE).result).toEqual({ err: 9008n });
    expect(balance(SBTC, TREASURY)).toBe(before);
    setHostileMode(0);
    expect(executeTransfer(id, mallory, HOSTILE).ok).toBe(true);
  });
});

describe("execute-sweep", () => {
  it("needs every signer, waits for nothing, goes to the cold address, and leaves what is reserved", () => {
    twoOfThree();
    change(proposals.cold(dave), deployer, alice);
    ready(proposals.transfer(carol, 300_000), deployer, alice);
    const id = must(propose(proposals.sweep())).value as bigint;
    must(approve(id, alice));
    expect(executeSweep(id).result).toEqual({ err: 9010n });
    must(approve(id, bob));
    const out = executeSweep(id);
    expect(out.result).toEqual({ ok: true });
    expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[dave, 700_000n]]);
    expect(out.events[0]).toMatchObject({ ev: "treasury.executed", id, amount: 700_000n, data: { kind: "sweep", to: dave, epoch: 4n } });
    expect(balance(SBTC, TREASURY)).toBe(300_000n);
    expect(executeSweep(id).result).toEqual({ err: 9005n });
  });

  it("u9003, u9004", () => {
    change(proposals.cold(dave));
    ready(proposals.transfer(carol, 1_000_000));
    const id = must(propose(proposals.sweep())).value as bigint;
    expect(executeSweep(id, mallory, HOSTILE).result).toEqual({ err: 9004n });
    expect(executeSweep(id).result).toEqual({ err: 9003n });
  });
});

describe("execute-resolve", () => {
  const open = () => must(call("sluice-escrow", "open", [
    trait(SBTC), Cl.principal(bob), Cl.principal(TREASURY), Cl.uint(10_000), Cl.uint(1_000), Cl.uint(6), Cl.uint(1_008), Cl.uint(5_000),
  ], alice));

  it("decides an escrow that names the treasury as arbiter", () => {
    open();
    must(call("sluice-escrow", "accept", [Cl.uint(1)], bob));
    must(call("sluice-escrow", "dispute", [Cl.uint(1), Cl.bufferFromHex("00".repeat(32))], alice));
    const id = ready(proposals.resolve(1, 2_500));
    expect(executeResolve(id, mallory, STX).result).toEqual({ err: 9004n });
    const out = executeResolve(id);
    expect(out.events.at(-1)).toMatchObject({ ev: "treasury.executed", id, token: SBTC, amount: 0n, data: { kind: "resolve", to: TREASURY } });
    expect(out.moves.map((m) => [m.to, m.amount])).toContainEqual([alice, 7_500n]);
    expect(executeResolve(id).result).toEqual({ err: 9005n });
  });

  it("passes the escrow's refusal on", () => {
    open();
    expect(executeResolve(ready(proposals.resolve(1, 2_500))).result).toEqual({ err: 5012n });
  });
});

describe("execute-admin", () => {
  it("adds, swaps and removes signers, each time with a new epoch", () => {
    const out = change(proposals.add(alice));
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "treasury.executed", id: 1n, actor: mallory, token: TREASURY, amount: 0n,
      data: { kind: "add", to: alice, epoch: 1n },
    }]);
    expect([isSigner(alice), rules()]).toMatchObject([true, { signers: 2n, epoch: 1n }]);
    change(proposals.swap(alice, bob));
    expect([isSigner(alice), isSigner(bob), rules()]).toMatchObject([false, true, { signers: 2n, epoch: 2n }]);
    change(proposals.remove(bob));
    expect([isSigner(bob), rules()]).toMatchObject([false, { signers: 1n, epoch: 3n }]);
  });

  it("changes the threshold", () => {
    change(proposals.add(alice));
    change(proposals.threshold(2));
    expect(rules()).toMatchObject({ threshold: 2n, signers: 2n });
    expect(executeTransfer(ready(proposals.transfer())).result).toEqual({ err: 9010n });
  });

  it("u9010, I69: never leaves fewer signers than are needed", () => {
    expect(executeAdmin(ready(proposals.remove(deployer)), mallory).result).toEqual({ err: 9010n });
    change(proposals.add(alice));
    change(proposals.threshold(2));
    expect(executeAdmin(ready(proposals.remove(alice), deployer, alice), mallory).result).toEqual({ err: 9010n });
    expect(executeAdmin(ready(proposals.swap(alice, bob), deployer, alice), mallory).ok).toBe(true);
  });

  it("sets limits, the cold address and shares", () => {
    change(proposals.limit(true, 100, 5));
    expect(read(MODULE, "get-limit", [Cl.principal(SBTC), Cl.bool(true)])).toEqual({ window: 100n, most: 5n });
    expect(read(MODULE, "get-limit", [Cl.principal(SBTC), Cl.bool(false)])).toBeNull();
    change(proposals.cold(dave));
    expect(rules().cold).toBe(dave);
    const p = propose(proposals.shares([alice, 7_000], [bob, 3_000]));
    const shares = [{ to: alice, bps: 7_000n }, { to: bob, bps: 3_000n }];
    expect(p.events[0]).toMatchObject({ ev: "treasury.shares-proposed", id: p.value, actor: deployer, token: TREASURY, amount: 0n, data: { shares } });
    mineBurn(DELAY);
    must(executeAdmin(p.value as bigint, mallory));
    expect(read(MODULE, "get-rules")).toMatchObject({ shares });
  });

  it("u9001, u9005, u9010, u9011", () => {
    expect(executeAdmin(99n, mallory).result).toEqual({ err: 9001n });
    const id = must(propose(proposals.add(alice))).value as bigint;
    expect(executeAdmin(id, mallory).result).toEqual({ err: 9011n });
    expect(executeAccess(ready(proposals.add(bob)), mallory).result).toEqual({ err: 9005n });
    expect(executeAdmin(ready(proposals.access("delay", TREASURY, 200)), mallory).result).toEqual({ err: 9005n });
  });
});

describe("as owner of sluice-access", () => {
  /** The treasury owns sluice-access. */
  function takeOver(): Outcome {
    must(call("sluice-access", "propose-owner", [Cl.principal(TREASURY)], deployer));
    return call(MODULE, "take-ownership", [], deployer);
  }
  const act = (kind: string, to = TREASURY, number: number | bigint = 0, op?: string): Outcome =>
    executeAccess(ready(proposals.access(kind, to, number, op)), mallory);
  const opOf = (fn: string, ...args: Parameters<typeof read>[2] & object): string => read("sluice-access", fn, args) as string;

  it("takes it over when proposed, by a signer; the deployer has nothing left (I20)", () => {
    expect(call(MODULE, "take-ownership", [], deployer).result).toEqual({ err: 1001n });
    must(call("sluice-access", "propose-owner", [Cl.principal(TREASURY)], deployer));
    expect(call(MODULE, "take-ownership", [], mallory).result).toEqual({ err: 9000n });
    expect(phish(`(contract-call? '${TREASURY} take-ownership)`, deployer).result).toEqual({ err: 9000n });
    const out = call(MODULE, "take-ownership", [], deployer);
    expect(out.events.at(-1)).toEqual({
      sluice: 1n, seq: 1n, ev: "treasury.took-ownership", id: 0n, actor: deployer, token: TREASURY, amount: 0n,
      data: { of: contract("sluice-access") },
    });
    expect(read("sluice-access", "get-owner")).toBe(TREASURY);
    expect(call("sluice-access", "schedule", [Cl.bufferFromHex("00".repeat(32))], deployer).result).toEqual({ err: 1000n });
  });

  it("schedules and grants, and takes roles at once", () => {
    must(takeOver());
    const args = [Cl.uint(ROLE.guardian), Cl.principal(dave)];
    const scheduled = act("schedule", TREASURY, 0, opOf("op-grant-role", ...args));
    expect(scheduled.events.map((e) => e.ev)).toEqual(["access.op-scheduled", "treasury.executed"]);
    expect(scheduled.events[1]).toMatchObject({ token: TREASURY, amount: 0n, data: { kind: "schedule", to: TREASURY, epoch: 0n } });
    must(act("grant", dave, ROLE.guardian));
    expect(hasRole(ROLE.guardian, dave)).toBe(true);
    must(act("revoke", dave, ROLE.guardian));
    expect(hasRole(ROLE.guardian, dave)).toBe(false);
  });

  it("opens and closes modules", () => {
    must(takeOver());
    const module = contract("sluice-streams");
    must(act("module", module, 3));
    expect(read("sluice-access", "get-module", [Cl.principal(module)])).toMatchObject({ live: true, sunset: true });
    must(act("module", module, 2));
    expect(read("sluice-access", "get-module", [Cl.principal(module)])).toMatchObject({ live: false, sunset: true });
    must(act("schedule", TREASURY, 0, opOf("op-set-module", Cl.principal(module), Cl.bool(true), Cl.bool(false))));
    must(act("module", module, 1));
    expect(read("sluice-access", "get-module", [Cl.principal(module)])).toMatchObject({ live: true, sunset: false });
  });

  it("sets the delay, and hands ownership on", () => {
    must(takeOver());
    must(act("schedule", TREASURY, 0, opOf("op-set-delay", Cl.uint(300))));
    must(act("delay", TREASURY, 300));
    expect(read("sluice-access", "get-delay")).toBe(300n);
    must(act("owner", dave));
    must(act("cancel-owner"));
    expect(read("sluice-access", "get-pending-owner")).toBeNull();
    must(act("owner", dave));
    must(call("sluice-access", "accept-owner", [], dave));
    expect(read("sluice-access", "get-owner")).toBe(dave);
  });

  it("carries a fee change through: scheduled here, run by the fee manager", () => {
    must(takeOver());
    must(act("schedule", TREASURY, 0, read("sluice-market", "op-set-fee", [Cl.uint(50)]) as string));
    waitDelay();
    expect(call("sluice-market", "set-fee", [Cl.uint(50)], feeManager).ok).toBe(true);
  });

  it("passes a refusal on, and the proposal stays open", () => {
    for (const kind of ["schedule", "grant", "revoke", "module", "owner", "cancel-owner", "delay"]) {
      const id = ready(proposals.access(kind, dave, kind === "module" ? 0 : 200));
      const out = executeAccess(id, mallory);
      expect(out.ok).toBe(false);
      expect(out.value).toBeGreaterThanOrEqual(1000n);
      expect(out.value).toBeLessThan(1100n);
      expect(row(id).state).toBe(1n);
    }
    expect(executeAccess(99n, mallory).result).toEqual({ err: 9001n });
  });

  it("a guardian cannot keep his role by vetoes", () => {
    must(takeOver());
    const id = ready(proposals.access("revoke", guardian, ROLE.guardian));
    expect(veto(id, guardian).result).toEqual({ err: 9016n });
    expect(executeAccess(id, mallory).ok).toBe(true);
    expect(hasRole(ROLE.guardian, guardian)).toBe(false);
  });
});

describe("spend", () => {
  it("is off until a limit is set, then one signer spends within the window", () => {
    expect(spend(dave, 1).result).toEqual({ err: 9013n });
    change(proposals.limit(true, 1_000, 500));
    mineBurn(1_000 - (burnHeight() % 1_000));
    const out = spend(dave, 400);
    expect(out.result).toEqual({ ok: true });
    expect(out.events[0]).toMatchObject({
      ev: "treasury.spent", id: 0n, actor: deployer, token: SBTC, amount: 400n, data: { to: dave, used: 400n },
    });
    expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[dave, 400n]]);
    expect(spend(dave, 101).result).toEqual({ err: 9013n });
    expect(spend(dave, 100).events[0].data.used).toBe(500n);
    mineBurn(1_000);
    expect(spentOf(true)).toBe(0n);
    expect(spend(dave, 500).ok).toBe(true);
  });

  it("u9013: Stacks blocks alone open no new window", () => {
    change(proposals.limit(true, 1_000, 500));
    mineBurn(1_000 - (burnHeight() % 1_000));
    must(spend(dave, 500));
    mineStacks(1_000);
    expect(spend(dave, 1).result).toEqual({ err: 9013n });
  });

  it("u9003: not nothing, and not what is promised to others", () => {
    change(proposals.limit(true, 1_000, 2_000_000));
    expect(spend(dave, 0).result).toEqual({ err: 9003n });
    ready(proposals.transfer(carol, 900_000));
    expect(spend(dave, 100_001).result).toEqual({ err: 9003n });
    expect(spend(dave, 2n ** 128n - 1n).result).toEqual({ err: 9003n });
    expect(spend(dave, 100_000).ok).toBe(true);
  });

  it("u9000: a signer, in person", () => {
    change(proposals.limit(true, 1_000, 500));
    expect(spend(mallory, 1, mallory).result).toEqual({ err: 9000n });
    expect(phish(`(contract-call? '${TREASURY} spend '${SBTC} '${mallory} u1)`, deployer).result).toEqual({ err: 9000n });
  });

  it("each token has its own limit", () => {
    change(proposals.limit(true, 1_000, 500));
    expect(spend(dave, 1, deployer, HOSTILE).result).toEqual({ err: 9013n });
    expect(spentOf(true, HOSTILE)).toBe(0n);
  });
});

describe("distribute", () => {
  it("hands out the surplus by the shares, rounded down; the dust stays", () => {
    change(proposals.shares([alice, 3_333], [bob, 3_333], [settler, 3_334]));
    ready(proposals.transfer(carol, 999_000 - 1));
    const out = distribute();
    const parts = [{ to: alice, amount: 333n }, { to: bob, amount: 333n }, { to: settler, amount: 333n }];
    expect(out.result).toEqual({ ok: 999n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: out.events[0].seq, ev: "treasury.distributed", id: 0n, actor: mallory, token: SBTC, amount: 999n, data: { parts },
    }]);
    expect(out.moves.map((m) => ({ to: m.to, amount: m.amount }))).toEqual(parts);
    expect(balance(SBTC, TREASURY)).toBe(999_000n - 1n + 2n);
  });

  it("takes ten shares", () => {
    change(proposals.shares(...([alice, bob, carol, dave, mallory, guardian, settler, feeManager, deployer, contract("sluice-gateway")]
      .map((who) => [who, 1_000]) as [string, number][])));
    expect(distribute().result).toEqual({ ok: 1_000_000n });
    expect(balance(SBTC, TREASURY)).toBe(0n);
  });

  it("u9003: no shares, nothing to share, or a share worth nothing", () => {
    expect(distribute().result).toEqual({ err: 9003n });
    change(proposals.shares([alice, 9_999], [bob, 1]));
    ready(proposals.transfer(carol, 1_000_000 - 9_999));
    expect(distribute().result).toEqual({ err: 9003n });
    ready(proposals.transfer(carol, 9_999));
    expect(distribute().result).toEqual({ err: 9003n });
  });

  it("hands out a single unit", () => {
    change(proposals.shares([alice, 10_000]));
    ready(proposals.transfer(carol, 1_000_000 - 1));
    expect(distribute().result).toEqual({ ok: 1n });
  });

  it("u9004: a listed token", () => {
    change(proposals.shares([alice, 10_000]));
    expect(distribute(STX).result).toEqual({ err: 9003n });
    setHostileMode(6);
    expect(distribute(HOSTILE).result).toEqual({ err: 66n });
  });
});

describe("the signers", () => {
  it("I69: threshold <= signers, and the count is right, after any order of changes", () => {
    const people = [deployer, alice, bob, carol, dave];
    const current = new Set([deployer]);
    let threshold = 1;
    for (const [kind, who] of [["add", 1], ["add", 2], ["threshold", 2], ["remove", 0], ["add", 3], ["threshold", 3], ["swap", 3], ["remove", 1], ["threshold", 1], ["remove", 2]] as const) {
      const signers = [...current];
      const other = people.find((p) => !current.has(p))!;
      const p = {
        add: () => proposals.add(other), remove: () => proposals.remove(signers[who % signers.length]),
        swap: () => proposals.swap(signers[who % signers.length], other), threshold: () => proposals.threshold(who),
      }[kind]();
      const done = executeAdmin(ready(p, ...signers), mallory);
      if (done.ok && kind === "add") current.add(other);
      if (done.ok && kind === "remove") current.delete(signers[who % signers.length]);
      if (done.ok && kind === "swap") { current.delete(signers[who % signers.length]); current.add(other); }
      if (done.ok && kind === "threshold") threshold = who;
      expect(rules()).toMatchObject({ signers: BigInt(current.size), threshold: BigInt(threshold) });
      expect(people.filter(isSigner)).toEqual(people.filter((x) => current.has(x)));
      expect(rules().threshold <= rules().signers).toBe(true);
    }
  });
});
