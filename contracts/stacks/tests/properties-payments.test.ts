/** Rules that must hold for any input, checked with random inputs from fixed seeds. */
import { Cl, type ClarityValue } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, bob, burnHeight, call, carol, contract, dave, deployer, feeManager, guardian, mallory, mineBurn, mineStacks, now, read } from "./helpers/chain";
import { KEY, offerMessage, payerCv, publicKey, sign } from "./helpers/sip018";
import { must, openSuite, SBTC, trait } from "./helpers/suite";

beforeEach(openSuite);

const HASH = Cl.bufferFromHex("00".repeat(32));
const escrow = (fn: string, id: number, who: string, ...more: ClarityValue[]) =>
  call("sluice-escrow", fn, [Cl.uint(id), ...more], who);
let last = 0;
const openEscrow = (amount: number, deliverIn: number, review: number, window: number, bps: number) => {
  must(call("sluice-escrow", "open", [
    trait(SBTC), Cl.principal(bob), Cl.principal(carol), Cl.uint(amount), Cl.uint(deliverIn), Cl.uint(review),
    Cl.uint(window), Cl.uint(bps),
  ], alice));
  return ++last;
};
beforeEach(() => { last = 0; });

describe("I17: an operation runs once, when due, and only as announced", () => {
  it("for any fee, any other fee and any waiting time", () => {
    const setFee = (bps: number) => call("sluice-escrow", "set-fee", [Cl.uint(bps)], feeManager).result;
    fc.assert(fc.property(
      fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 200 }),
      (bps, other, wait) => {
        const op = Cl.bufferFromHex(read("sluice-escrow", "op-set-fee", [Cl.uint(bps)]) as string);
        const eta = must(call("sluice-access", "schedule", [op], deployer)).value as bigint;
        mineBurn(wait);
        if (other !== bps) expect(setFee(other)).toEqual({ err: 1001n });
        if (BigInt(burnHeight()) < eta) {
          expect(setFee(bps)).toEqual({ err: 1006n });
          mineBurn(Number(eta) - burnHeight());
        }
        expect(setFee(bps)).toEqual({ ok: true });
        expect(setFee(bps)).toEqual({ err: 1001n });
      },
    ), { numRuns: 40, seed: 17 });
  });
});

describe("I18: a pause ends by itself and cannot follow another at once", () => {
  it("for any sequence of pausing, unpausing and waiting", () => {
    const module = Cl.principal(contract("sluice-escrow"));
    let until = 0; // end of the last pause, 0 when there was none
    const step = fc.tuple(fc.constantFrom("pause", "unpause", "wait"), fc.integer({ min: 0, max: 1100 }));
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 15 }), (steps) => {
      for (const [what, n] of steps) {
        const height = burnHeight();
        if (what === "wait") mineBurn(n % 400);
        if (what === "pause") {
          const may = n >= 1 && n <= 1008 && (until === 0 || height >= until + 144);
          expect(call("sluice-access", "pause", [module, Cl.uint(n)], guardian).ok).toBe(may);
          if (may) until = height + n;
        }
        if (what === "unpause") {
          expect(call("sluice-access", "unpause", [module], guardian).ok).toBe(height < until);
          if (height < until) until = height;
        }
        expect(read("sluice-access", "is-paused", [module])).toBe(burnHeight() < until);
        expect(until - burnHeight()).toBeLessThanOrEqual(1008);
      }
    }), { numRuns: 25, seed: 18 });
  });
});

describe("I21: a reference settles at most once", () => {
  it("whatever mixture of stored and signed offers, cancellations and payers", () => {
    must(call("sluice-gateway", "register-merchant", [
      Cl.principal(carol), publicKey(KEY), Cl.uint(0), Cl.uint(0),
    ], bob));
    const settled = new Map<number, number>();
    const canceled = new Set<number>();
    const id = Cl.uint(1);
    const step = fc.tuple(
      fc.constantFrom("store", "pay", "sign", "sign", "cancel"), fc.nat(7), fc.constantFrom(alice, dave, mallory), fc.nat(1000),
    );
    const stored = new Set<number>();
    fc.assert(fc.property(fc.array(step, { minLength: 10, maxLength: 25 }), (steps) => {
      for (const [what, n, who, amount] of steps) {
        const reference = Cl.bufferFromHex(n.toString(16).padStart(64, "0"));
        const open = !settled.has(n) && !canceled.has(n);
        const expires = now() + 1_000_000;
        if (what === "store") {
          const may = open && !stored.has(n) && amount > 0;
          expect(call("sluice-gateway", "create-intent", [
            id, reference, trait(SBTC), Cl.uint(amount), Cl.uint(expires), Cl.none(),
          ], bob).ok).toBe(may);
          if (may) stored.add(n);
        } else if (what === "cancel") {
          expect(call("sluice-gateway", "cancel-intent", [id, reference], bob).ok).toBe(open);
          if (open) canceled.add(n);
        } else {
          const offer = { merchant: 1, ref: reference, token: SBTC, amount, expires, payer: null };
          const done = what === "pay"
            ? call("sluice-gateway", "pay-intent", [id, reference, trait(SBTC)], who)
            : call("sluice-gateway", "pay-signed", [
              id, reference, trait(SBTC), Cl.uint(amount), Cl.uint(expires), payerCv(null), sign(offerMessage(offer)),
            ], who);
          expect(done.ok).toBe(open && (what === "pay" ? stored.has(n) : amount > 0));
          if (done.ok) settled.set(n, Number(done.value));
        }
        const known = read("sluice-gateway", "payment-by-ref", [id, reference]);
        expect(known).toBe(settled.has(n) ? BigInt(settled.get(n)!) : canceled.has(n) ? 0n : null);
      }
    }), { numRuns: 12, seed: 21 });
    expect(settled.size).toBeGreaterThan(3);
  });
});

describe("I32, I33: before its time nobody but the entitled moves money, and Stacks blocks are no time", () => {
  it("for any deadline and any moment before it", () => {
    fc.assert(fc.property(
      fc.integer({ min: 6, max: 300 }), fc.integer({ min: 6, max: 300 }), fc.nat(299), fc.nat(299), fc.nat(200),
      (deliverIn, review, early, earlier, stacks) => {
        const strangers = [mallory, carol, deployer];
        const money = (id: number, who: string) => [
          escrow("release", id, who, trait(SBTC)).ok, escrow("reclaim", id, who, trait(SBTC)).ok,
          escrow("resolve", id, who, trait(SBTC), Cl.uint(5000)).ok, escrow("cancel", id, who, trait(SBTC)).ok,
          escrow("refund", id, who, trait(SBTC)).ok,
        ];
        const id = openEscrow(1000, deliverIn + 2, review, 144, 5000);
        must(escrow("accept", id, bob));
        mineBurn(early % deliverIn);
        mineStacks(stacks);
        for (const who of strangers) expect(money(id, who)).toEqual(Array(5).fill(false));
        must(escrow("deliver", id, bob, HASH));
        mineBurn(earlier % review);
        mineStacks(stacks);
        for (const who of strangers) expect(money(id, who)).toEqual(Array(5).fill(false));
        mineBurn(review);
        expect(escrow("release", id, mallory, trait(SBTC)).ok).toBe(true);
      },
    ), { numRuns: 25, seed: 32 });
  });
});

describe("I31, I34: a dispute ends in parts that add up, and in the default after the window", () => {
  it("for any amount, share, window and partial payments before", () => {
    fc.assert(fc.property(
      fc.integer({ min: 3, max: 2_000_000 }), fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 144, max: 300 }), fc.nat(310), fc.nat(99), fc.nat(99),
      (amount, bps, other, window, wait, paidPart, returnedPart) => {
        const id = openEscrow(amount, 144, 144, window, bps);
        must(escrow("accept", id, bob));
        must(escrow("dispute", id, alice, HASH));
        const paid = Math.floor((amount * paidPart) / 300);
        const returned = Math.floor((amount * returnedPart) / 300);
        const partFee = paid > 0
          ? (must(escrow("release-part", id, alice, trait(SBTC), Cl.uint(paid))).events.at(-1)!.data.fee as bigint)
          : 0n;
        if (returned > 0) must(escrow("refund-part", id, bob, trait(SBTC), Cl.uint(returned)));
        mineBurn(wait);
        const late = wait >= window;
        const who = late ? mallory : carol;
        if (late && other !== bps)
          expect(escrow("resolve", id, carol, trait(SBTC), Cl.uint(other)).result).toEqual({ err: 5011n });
        if (!late) expect(escrow("resolve", id, mallory, trait(SBTC), Cl.uint(bps)).result).toEqual({ err: 5000n });
        const given = BigInt(late ? bps : other);
        const done = must(escrow("resolve", id, who, trait(SBTC), Cl.uint(given)));
        const left = BigInt(amount - paid - returned);
        const gross = (left * given) / 10_000n;
        const data = done.events.at(-1)!.data as { [key: string]: bigint };
        expect(data["to-payer"]).toBe(left - gross);
        expect(data["to-payee"] + data.fee).toBe(gross);
        expect(partFee + data.fee).toBe((BigInt(paid) + gross) / 100n); // as if paid in one
        expect(done.moves.reduce((sum, m) => sum + m.amount, 0n)).toBe(left);
        expect(read("sluice-escrow", "get-liability", [Cl.principal(SBTC)])).toBe(0n);
      },
    ), { numRuns: 40, seed: 34 });
  });
});
