/**
 * Who is meant when a contract calls: the escrow acts for its caller, never for
 * whoever signed the transaction. Also the payments the gateway holds here, the
 * tokens that misbehave here, and a chain whose Stacks blocks run fast.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, arbiter, balance, bob, burnHeight, call, carol, contract, dave, deployer, lister, mallory, mineBurn, mineStacks,
  type Outcome, read,
} from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { KEY, publicKey } from "./helpers/sip018";
import {
  codeHash, deployHostile, HOSTILE, mintSbtc, must, openSuite, phish, ROLE, SBTC, scheduleAndWait, setHostileMode, trait,
} from "./helpers/suite";

const ESCROW = contract("sluice-escrow");
const HASH = Cl.bufferFromHex("00".repeat(32));
const u = Cl.uint;
const open = (payee: string, judge: string, token = SBTC, amount = 1000) => must(call("sluice-escrow", "open", [
  trait(token), Cl.principal(payee), Cl.principal(judge), u(amount), u(144), u(144), u(144), u(5000),
], alice));
const escrow = (fn: string, who: string, ...args: Parameters<typeof call>[2]) => call("sluice-escrow", fn, args, who);
const row = (id = 1) => read("sluice-escrow", "get-escrow", [u(id)]) as { [key: string]: unknown };

beforeEach(openSuite);

describe("a contract as a party: the event's actor is the contract, whoever signs", () => {
  let party: string;
  beforeEach(() => { party = deployHostile("party"); });

  /** Mallory signs; the party acts. */
  const acts = (fn: string, ...args: Parameters<typeof call>[2]): Outcome => {
    const done = must(call(party, fn, args, mallory));
    expect([fn, done.events.at(-1)!.actor]).toEqual([fn, party]);
    return done;
  };

  it("as payee", () => {
    open(party, carol);
    acts("accept", u(1));
    acts("propose-split", u(1), u(10_000));
    expect(row().proposal).toEqual({ by: party, "payee-bps": 10_000n });
    acts("refund-part", u(1), u(1));
    acts("deliver", u(1));
    acts("dispute", u(1));
    must(escrow("propose-split", alice, u(1), u(0)));
    acts("accept-split", u(1), u(0));
  });

  it("as payer", () => {
    mintSbtc(deployer, 5000);
    must(call(SBTC, "transfer", [u(5000), Cl.principal(deployer), Cl.principal(party), Cl.none()], deployer));
    const opened = acts("open", Cl.principal(bob), Cl.principal(carol), u(1000));
    expect(opened.events.at(-1)!.data.payer).toBe(party);
    acts("release-part", u(1), u(10));
    acts("release", u(1));
    expect(balance(SBTC, party)).toBe(4000n);
  });

  it("as arbiter, named or by role", () => {
    open(bob, party);
    must(escrow("accept", bob, u(1)));
    must(escrow("dispute", bob, u(1), HASH));
    acts("resolve", u(1), u(5000));

    const grant = [u(ROLE.arbiter), Cl.principal(party)];
    scheduleAndWait(read("sluice-access", "op-grant-role", grant));
    must(call("sluice-access", "grant-role", grant, deployer));
    open(bob, contract("sluice-access"));
    must(escrow("accept", bob, u(2)));
    must(escrow("dispute", bob, u(2), HASH));
    acts("resolve", u(2), u(5000));
  });

  it("as anybody, and as FEE-MANAGER", () => {
    must(call(SBTC, "transfer", [u(5), Cl.principal(dave), Cl.principal(ESCROW), Cl.none()], dave));
    acts("skim");
    const grant = [u(ROLE.feeManager), Cl.principal(party)];
    scheduleAndWait(read("sluice-access", "op-grant-role", grant));
    must(call("sluice-access", "grant-role", grant, deployer));
    scheduleAndWait(read("sluice-escrow", "op-set-fee", [u(7)]));
    acts("set-fee", u(7));
  });

  it("5000: an ARBITER lured into a contract decides nothing (I16)", () => {
    open(bob, contract("sluice-access"));
    must(escrow("accept", bob, u(1)));
    must(escrow("dispute", bob, u(1), HASH));
    expect(phish(`(contract-call? '${ESCROW} resolve u1 '${SBTC} u10000)`, arbiter).result).toEqual({ err: 5000n });
    expect(escrow("resolve", arbiter, u(1), trait(SBTC), u(10_000)).ok).toBe(true);
  });
});

describe("payments the gateway holds", () => {
  const HOLD = 144;
  const pay = (amount = 1000) => must(call("sluice-gateway", "pay-open", [u(1), trait(SBTC), u(amount), ref("x")], alice));
  const refund = (amount: number, who = bob) => call("sluice-gateway", "refund", [u(1), trait(SBTC), u(amount)], who);
  beforeEach(() => {
    must(call("sluice-gateway", "register-merchant", [Cl.principal(carol), publicKey(KEY), u(1), u(HOLD)], bob));
    must(call("sluice-gateway", "set-open", [u(1), Cl.bool(true)], bob));
  });

  it("open-for writes a delivered escrow without a further fee", () => {
    const height = BigInt(burnHeight());
    pay();
    expect(row()).toEqual({
      payer: alice, payee: carol, arbiter: contract("sluice-access"), token: SBTC, amount: 990n, paid: 0n, returned: 0n,
      "fee-bps": 0n, state: 3n, "deliver-by": height, review: BigInt(HOLD), "release-at": height + BigInt(HOLD),
      "arb-window": 1008n, "arb-until": 0n, "default-payee-bps": 5000n, proposal: null, source: 1n,
    });
    mineStacks(1000);
    expect(escrow("dispute", alice, u(1), HASH).ok).toBe(true);
  });

  it("refund-part lets the gateway give back for the merchant, and only for what it holds", () => {
    pay();
    expect(refund(400).moves.map((m) => [m.from, m.to, m.amount])).toEqual([[ESCROW, alice, 400n]]);
    expect(row()).toMatchObject({ returned: 400n, state: 3n });
    // The payee himself may, the merchant's owner not directly, nobody else through a lure.
    expect(escrow("refund-part", carol, u(1), trait(SBTC), u(1)).ok).toBe(true);
    for (const who of [bob, mallory, deployer])
      expect(escrow("refund-part", who, u(1), trait(SBTC), u(1)).result).toEqual({ err: 5000n });
    expect(phish(`(contract-call? '${ESCROW} refund-part u1 '${SBTC} u1)`, carol).result).toEqual({ err: 5000n });
    open(bob, carol);
    expect(escrow("refund-part", mallory, u(2), trait(SBTC), u(1)).result).toEqual({ err: 5000n });
  });
});

describe("tokens that misbehave on the way out (I8)", () => {
  it("5008: a token that steals is stopped, and its own escrow stays whole", () => {
    open(bob, carol, SBTC, 5000);
    open(bob, carol, HOSTILE);
    must(escrow("accept", bob, u(2)));
    setHostileMode(1);
    for (const attempt of [
      escrow("release", alice, u(2), trait(HOSTILE)), escrow("refund", bob, u(2), trait(HOSTILE)),
      escrow("release-part", alice, u(2), trait(HOSTILE), u(500)), escrow("refund-part", bob, u(2), trait(HOSTILE), u(5)),
    ]) expect(attempt.result).toEqual({ err: 5008n });
    expect(balance(SBTC, ESCROW)).toBe(5000n);
    setHostileMode(0);
    expect(escrow("release", alice, u(2), trait(HOSTILE)).ok).toBe(true);
  });

  it("5008: not even one micro-STX, on the way in or out", () => {
    const token = deployHostile("hostile-token", "greedy-token", [[
      "(begin (asserts! true (err u0)) (ok true)) ;; RE-ENTER", "(stx-transfer? u1 tx-sender THIEF)",
    ]]);
    const listing = [
      Cl.principal(token), Cl.stringAscii("hostile"), Cl.bool(false), u(6), u(1), u(1_000_000), codeHash(token),
    ];
    scheduleAndWait(read("sluice-tokens", "op-list-token", listing));
    must(call("sluice-tokens", "list-token", listing, lister));
    must(call(token, "mint", [u(5000), Cl.principal(alice)], deployer));
    open(bob, carol, contract("sluice-stx"), 5000);
    open(bob, carol, token);
    must(call(token, "set-mode", [u(4)], deployer));
    expect(escrow("release", alice, u(2), trait(token)).result).toEqual({ err: 5008n });
    expect(escrow("open", alice, trait(token), Cl.principal(bob), Cl.principal(carol), u(9), u(144), u(144), u(144), u(0)).result)
      .toEqual({ err: 5008n });
    expect(balance(contract("sluice-stx"), ESCROW)).toBe(5000n);
  });
});

describe("fast Stacks blocks", () => {
  it("neither close a deadline early nor open one (I33)", () => {
    open(bob, carol);
    mineStacks(5000);
    expect(escrow("accept", bob, u(1)).ok).toBe(true);
    mineStacks(5000);
    expect(escrow("deliver", bob, u(1), HASH).ok).toBe(true);
    mineStacks(5000);
    expect(escrow("release", mallory, u(1), trait(SBTC)).result).toEqual({ err: 5000n });
    expect(escrow("dispute", alice, u(1), HASH).ok).toBe(true);
    mineStacks(5000);
    expect(escrow("resolve", mallory, u(1), trait(SBTC), u(5000)).result).toEqual({ err: 5000n });
    expect(escrow("resolve", carol, u(1), trait(SBTC), u(5000)).ok).toBe(true);
    open(bob, carol);
    must(escrow("accept", bob, u(2)));
    mineStacks(5000);
    expect(escrow("dispute", bob, u(2), HASH).ok).toBe(true);
    open(bob, carol);
    mineStacks(5000);
    expect(escrow("reclaim", mallory, u(3), trait(SBTC)).result).toEqual({ err: 5006n });
    mineBurn(144);
    expect(escrow("reclaim", mallory, u(3), trait(SBTC)).ok).toBe(true);
  });
});
