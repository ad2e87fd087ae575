/**
 * A contract may own a merchant, hold a role or own the suite. Whoever signs the
 * transaction, each event names the contract that called as its actor, and what
 * is founded belongs to it.
 */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, balance, bob, call, carol, contract, dave, deployer, mallory, now, type Outcome, read } from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { KEY, publicKey } from "./helpers/sip018";
import { codeHash, deployHostile, HOSTILE, must, openSuite, ROLE, SBTC, schedule, setHostileMode, STX, trait, waitDelay } from "./helpers/suite";

type Call = [name: string, fn: string, ...args: ClarityValue[]];

const p = Cl.principal;
const u = Cl.uint;
const HASH = Cl.bufferFromHex("77".repeat(32));
const GATEWAY = contract("sluice-gateway");
const LURE = `${mallory}.agent`;

/** Deploys a contract that makes these calls in one go. */
function agent(calls: Call[]): void {
  const steps = calls.map(([name, fn, ...args]) =>
    `(is-ok (contract-call? '${contract(name)} ${fn} ${args.map((a) => Cl.prettyPrint(a)).join(" ")}))`);
  deployHostile("phisher", "agent", [[
    "(ok true) ;; ATTACK", `(if (and ${steps.join(" ")}) (ok true) (err u1))`,
  ]], mallory);
}

/** Alice signs; every event of the named contract must have the agent as actor. */
function acts(name: string, count: number): Outcome {
  const done = must(call(LURE, "lure", [], alice));
  const own = done.events.filter((e) => e.ev.startsWith(name));
  expect(own.map((e) => [e.ev, e.actor])).toEqual(own.map((e) => [e.ev, LURE]));
  expect(own).toHaveLength(count);
  return done;
}

const giveRole = (role: number) => {
  const grant = [u(role), p(LURE)];
  schedule(read("sluice-access", "op-grant-role", grant));
  waitDelay();
  must(call("sluice-access", "grant-role", grant, deployer));
};

beforeEach(openSuite);

describe("sluice-gateway", () => {
  it("a merchant founded by a contract is the contract's, step by step", () => {
    const shares = Cl.list([Cl.tuple({ to: p(dave), bps: u(100) })]);
    agent([
      ["sluice-gateway", "register-merchant", p(carol), publicKey(KEY), u(0), u(0)],
      ["sluice-gateway", "set-signer", u(1), publicKey(KEY)],
      ["sluice-gateway", "set-active", u(1), Cl.bool(true)],
      ["sluice-gateway", "set-open", u(1), Cl.bool(true)],
      ["sluice-gateway", "set-splits", u(1), shares],
      ["sluice-gateway", "set-payout", u(1), p(bob)],
      ["sluice-gateway", "cancel-payout", u(1)],
      ["sluice-gateway", "create-intent", u(1), ref("a"), trait(SBTC), u(500), u(now() + 9999), Cl.none()],
      ["sluice-gateway", "pay-intent", u(1), ref("a"), trait(SBTC)],
      ["sluice-gateway", "cancel-intent", u(1), ref("b")],
      ["sluice-gateway", "pay-open", u(1), trait(SBTC), u(700), ref("c")],
      ["sluice-gateway", "propose-merchant-owner", u(1), p(LURE)],
      ["sluice-gateway", "accept-merchant-owner", u(1)],
    ]);
    const done = acts("", 13);
    expect(read("sluice-gateway", "get-merchant", [u(1)])).toMatchObject({ owner: LURE });
    expect(done.events[0].data.owner).toBe(LURE);
    const paid = done.events.filter((e) => e.ev === "payment.settled");
    expect(paid.map((e) => e.data.payer)).toEqual([alice, alice]); // the money came from who signed
  });

  it("a contract refunds as owner, and puts a payout in force as anybody", () => {
    must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
    must(call("sluice-gateway", "set-open", [u(1), Cl.bool(true)], bob));
    must(call("sluice-gateway", "pay-open", [u(1), trait(SBTC), u(700), ref("c")], dave));
    must(call("sluice-gateway", "set-payout", [u(1), p(dave)], bob));
    must(call("sluice-gateway", "propose-merchant-owner", [u(1), p(LURE)], bob));
    waitDelay();
    agent([
      ["sluice-gateway", "accept-merchant-owner", u(1)],
      ["sluice-gateway", "apply-payout", u(1)],
      ["sluice-gateway", "refund", u(1), trait(SBTC), u(700)],
    ]);
    expect(acts("", 3).moves.map((m) => [m.from, m.to])).toEqual([[alice, dave]]);
  });

  it("a refund through a contract lets a thieving token take nothing from who signs (I8)", () => {
    must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
    must(call("sluice-gateway", "set-open", [u(1), Cl.bool(true)], bob));
    must(call("sluice-gateway", "pay-open", [u(1), trait(HOSTILE), u(700), ref("c")], dave));
    must(call("sluice-gateway", "propose-merchant-owner", [u(1), p(LURE)], bob));
    agent([["sluice-gateway", "accept-merchant-owner", u(1)], ["sluice-gateway", "refund", u(1), trait(HOSTILE), u(700)]]);
    const before = balance(SBTC, alice);
    setHostileMode(1);
    expect(call(LURE, "lure", [], alice).result).toEqual({ err: 1n });
    expect(balance(SBTC, alice)).toBe(before);
    setHostileMode(0);
    expect(call(LURE, "lure", [], alice).ok).toBe(true);
  });

  it("a contract that manages fees", () => {
    giveRole(ROLE.feeManager);
    must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
    schedule(read("sluice-gateway", "op-set-merchant-fee", [u(1), u(5)]));
    schedule(read("sluice-gateway", "op-set-platform-fee", [u(5)]));
    waitDelay();
    agent([["sluice-gateway", "set-merchant-fee", u(1), u(5)], ["sluice-gateway", "set-platform-fee", u(5)]]);
    must(call(LURE, "lure", [], alice)).events.forEach((e) =>
      expect([e.ev, e.actor]).toEqual([e.ev, e.ev === "access.op-consumed" ? GATEWAY : LURE]));
  });
});

describe("sluice-access", () => {
  it("a contract as owner, as the treasury will be", () => {
    const grant = [u(ROLE.lister), p(dave)];
    must(call("sluice-access", "propose-owner", [p(LURE)], deployer));
    schedule(read("sluice-access", "op-grant-role", grant));
    schedule(read("sluice-access", "op-set-delay", [u(200)]));
    waitDelay();
    agent([
      ["sluice-access", "accept-owner"],
      ["sluice-access", "schedule", HASH],
      ["sluice-access", "veto", HASH],
      ["sluice-access", "set-delay", u(200)],
      ["sluice-access", "grant-role", ...grant],
      ["sluice-access", "revoke-role", ...grant],
      ["sluice-access", "pause", p(GATEWAY), u(5)],
      ["sluice-access", "unpause", p(GATEWAY)],
      ["sluice-access", "set-module", p(GATEWAY), Cl.bool(true), Cl.bool(true)],
      ["sluice-access", "propose-owner", p(bob)],
      ["sluice-access", "cancel-owner"],
    ]);
    acts("access.", 11);
    expect(read("sluice-access", "get-owner")).toBe(LURE);
  });

  it("a contract as GUARDIAN", () => {
    giveRole(ROLE.guardian);
    schedule("77".repeat(32));
    agent([
      ["sluice-access", "veto", HASH],
      ["sluice-access", "pause", p(GATEWAY), u(5)],
      ["sluice-access", "unpause", p(GATEWAY)],
      ["sluice-access", "revoke-role", u(ROLE.guardian), p(LURE)],
    ]);
    acts("access.", 4);
  });
});

describe("sluice-tokens, sluice-oracle, sluice-receipt", () => {
  it("a contract as LISTER and GUARDIAN", () => {
    giveRole(ROLE.lister);
    giveRole(ROLE.guardian);
    const fresh = deployHostile("hostile-token", "fresh-token");
    const listing = [p(fresh), Cl.stringAscii("hostile"), Cl.bool(false), u(6), u(1), u(9), codeHash(fresh)];
    const source = [
      Cl.stringAscii("BTC/USD"), p(contract("sluice-oracle-dia")), Cl.none(), u(60), u(60), u(100), u(100),
    ];
    schedule(read("sluice-tokens", "op-list-token", listing));
    schedule(read("sluice-tokens", "op-set-limits", [p(SBTC), u(1), u(9)]));
    schedule(read("sluice-tokens", "op-enable", [p(STX)]));
    schedule(read("sluice-oracle", "op-set-source", source));
    waitDelay();
    agent([
      ["sluice-tokens", "list-token", ...listing],
      ["sluice-tokens", "set-limits", p(SBTC), u(1), u(9)],
      ["sluice-tokens", "disable", p(STX)],
      ["sluice-tokens", "enable", p(STX)],
      ["sluice-oracle", "set-source", ...source],
      ["sluice-oracle", "drop-source", Cl.stringAscii("BTC/USD")],
      ["sluice-receipt", "set-base-uri", Cl.stringAscii("x")],
    ]);
    acts("token.", 4);
    expect(read("sluice-tokens", "lookup", [p(STX)])).toMatchObject({ enabled: true });
  });

  it("names the contract in oracle and receipt events too", () => {
    giveRole(ROLE.lister);
    giveRole(ROLE.guardian);
    const source = [
      Cl.stringAscii("BTC/USD"), p(contract("sluice-oracle-dia")), Cl.none(), u(60), u(60), u(100), u(100),
    ];
    schedule(read("sluice-oracle", "op-set-source", source));
    waitDelay();
    must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
    must(call("sluice-gateway", "set-open", [u(1), Cl.bool(true)], bob));
    must(call("sluice-gateway", "pay-open", [u(1), trait(SBTC), u(700), ref("c")], dave));
    must(call("sluice-gateway", "propose-merchant-owner", [u(1), p(LURE)], bob));
    agent([
      ["sluice-oracle", "set-source", ...source],
      ["sluice-oracle", "drop-source", Cl.stringAscii("BTC/USD")],
      ["sluice-receipt", "set-base-uri", Cl.stringAscii("x")],
      ["sluice-gateway", "accept-merchant-owner", u(1)],
      ["sluice-receipt", "claim-payment", u(1)],
      ["sluice-receipt", "burn", u(1)],
    ]);
    const done = must(call(LURE, "lure", [], alice));
    const actors = done.events.filter((e) => /^(oracle|receipt)\./.test(e.ev)).map((e) => e.actor);
    expect(actors).toEqual(Array(5).fill(LURE));
    expect(done.events.find((e) => e.ev === "receipt.minted")!.data.who).toBe(LURE);
    expect(read("sluice-receipt", "get-owner", [u(1)])).toEqual({ ok: null });
  });
});
