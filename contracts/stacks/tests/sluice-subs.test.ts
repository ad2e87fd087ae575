import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, balance, bob, call, carol, contract, feeManager, mallory, mineBurn, mineStacks, now, type Outcome, read } from "./helpers/chain";
import { HOSTILE, must, openSuite, pause, phish, SBTC, scheduleAndWait, STX, trait } from "./helpers/suite";

const MODULE = "sluice-subs";
const HOUR = 3_600;
const DAY = 24 * HOUR;
const TREASURY = contract("sluice-treasury");
const payout = carol; // where bob's shop is paid

/** bob owns merchant 1, which is paid at carol's address, for 1 %. */
beforeEach(() => {
  openSuite();
  must(call("sluice-gateway", "register-merchant", [
    Cl.principal(payout), Cl.bufferFromHex("02".padEnd(66, "1")), Cl.uint(0), Cl.uint(0),
  ], bob));
});

interface PlanOptions { merchant: number; token: string; price: number | bigint; period: number; trial: number; arrears: number; from: string }

function createPlan(options: Partial<PlanOptions> = {}): Outcome {
  const o = { merchant: 1, token: SBTC, price: 1_000, period: HOUR, trial: 0, arrears: 3 * HOUR, from: bob, ...options };
  return call(MODULE, "create-plan", [
    Cl.uint(o.merchant), Cl.principal(o.token), Cl.uint(o.price), Cl.uint(o.period), Cl.uint(o.trial), Cl.uint(o.arrears),
  ], o.from);
}

const plan = (options: Partial<PlanOptions> = {}): bigint => must(createPlan(options)).value as bigint;
const setPlan = (id: bigint, price: number | bigint, active: boolean, who: string): Outcome =>
  call(MODULE, "set-plan", [Cl.uint(id), Cl.uint(price), Cl.bool(active)], who);

const subscribe = (planId: bigint, periods: number | bigint = 3, cap: number | bigint = 1_000, who = alice, token = SBTC): Outcome =>
  call(MODULE, "subscribe", [Cl.uint(planId), trait(token), Cl.uint(periods), Cl.uint(cap)], who);

/** A subscription of alice's to a new plan. */
const sub = (options: Partial<PlanOptions> = {}, periods = 3): bigint =>
  must(subscribe(plan(options), periods, 1_000, alice, options.token ?? SBTC)).value as bigint;

const charge = (id: bigint, token = SBTC, who = mallory): Outcome => call(MODULE, "charge", [Cl.uint(id), trait(token)], who);
const chargeMany = (ids: bigint[], token = SBTC): Outcome =>
  call(MODULE, "charge-many", [Cl.list(ids.map((n) => Cl.uint(n))), trait(token)], mallory);
const topUp = (id: bigint, amount: number, who: string, token = SBTC): Outcome =>
  call(MODULE, "top-up-sub", [Cl.uint(id), trait(token), Cl.uint(amount)], who);
const cancel = (id: bigint, who: string, token = SBTC): Outcome => call(MODULE, "cancel-sub", [Cl.uint(id), trait(token)], who);
const halt = (id: bigint, who: string): Outcome => call(MODULE, "pause-sub", [Cl.uint(id)], who);
const resume = (id: bigint, who: string): Outcome => call(MODULE, "resume-sub", [Cl.uint(id)], who);

interface SubRow { plan: bigint; payer: string; "price-cap": bigint; "next-at": bigint; balance: bigint; charged: bigint; "halted-at": bigint; state: bigint }
const row = (id: bigint): SubRow => read(MODULE, "get-sub", [Cl.uint(id)]) as unknown as SubRow;
const liability = (token = SBTC) => read(MODULE, "get-liability", [Cl.principal(token)]);
const chargeable = (id: bigint) => read(MODULE, "is-chargeable", [Cl.uint(id)]);
/** n hours and some minutes. */
const waitHours = (n: number) => mineBurn(6 * n + 1);
const setMerchantActive = (active: boolean) => must(call("sluice-gateway", "set-active", [Cl.uint(1), Cl.bool(active)], bob));

describe("create-plan", () => {
  it("stores and prints the terms", () => {
    const out = createPlan({ trial: 60 });
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 1n, ev: "plan.created", id: 1n, actor: bob, token: SBTC, amount: 1_000n,
      data: { merchant: 1n, period: 3_600n, trial: 60n, "max-arrears": 10_800n },
    }]);
    expect(read(MODULE, "get-plan", [Cl.uint(1)])).toEqual({
      merchant: 1n, token: SBTC, price: 1_000n, period: 3_600n, trial: 60n, "max-arrears": 10_800n, active: true,
    });
    expect(read(MODULE, "get-last-plan")).toBe(1n);
  });

  it("u7000, u7001: the owner of an existing merchant", () => {
    expect(createPlan({ from: alice }).result).toEqual({ err: 7000n });
    expect(createPlan({ merchant: 2 }).result).toEqual({ err: 7001n });
    const lured = phish(`(contract-call? '${contract(MODULE)} create-plan u1 '${SBTC} u1 u60 u0 u60)`, bob);
    expect(lured.result).toEqual({ err: 7000n });
  });

  it("u7003, u7004: a price within the limits of a listed token", () => {
    expect(createPlan({ price: 0 }).result).toEqual({ err: 7003n });
    expect(createPlan({ price: 2n ** 96n }).result).toEqual({ err: 7003n });
    expect(createPlan({ token: contract("sluice-access") }).result).toEqual({ err: 7004n });
  });

  it("u7006: periods, trials and arrears within range", () => {
    expect(createPlan({ period: 59 }).result).toEqual({ err: 7006n });
    expect(createPlan({ period: 60, arrears: 60 }).ok).toBe(true);
    expect(createPlan({ period: 315_360_001, arrears: 315_360_001 }).result).toEqual({ err: 7006n });
    expect(createPlan({ trial: 315_360_001 }).result).toEqual({ err: 7006n });
    expect(createPlan({ arrears: HOUR - 1 }).result).toEqual({ err: 7006n });
    expect(createPlan({ arrears: 315_360_001 }).result).toEqual({ err: 7006n });
    expect(createPlan({ arrears: 315_360_000, period: 315_360_000, trial: 315_360_000 }).ok).toBe(true);
  });
});

describe("set-plan", () => {
  it("changes the price for all and closes the plan to new subscribers", () => {
    const id = sub();
    const out = setPlan(1n, 900, false, bob);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "plan.changed", id: 1n, actor: bob, token: SBTC, amount: 900n, data: { old: 1_000n, active: false },
    }]);
    expect(subscribe(1n).result).toEqual({ err: 7005n });
    expect(charge(id).result).toEqual({ ok: 900n });
  });

  it("u7000, u7001, u7003", () => {
    const id = plan();
    expect(setPlan(id, 1, true, alice).result).toEqual({ err: 7000n });
    expect(setPlan(9n, 1, true, bob).result).toEqual({ err: 7001n });
    expect(setPlan(id, 0, true, bob).result).toEqual({ err: 7003n });
  });
});

describe("subscribe", () => {
  it("takes some periods' money and prints the terms", () => {
    const id = plan({ trial: 600 });
    const out = subscribe(id, 3, 1_200);
    const next = BigInt(now()) + 600n;
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "sub.started", id: 1n, actor: alice, token: SBTC, amount: 3_000n,
      data: { plan: id, payer: alice, periods: 3n, "price-cap": 1_200n, "next-at": next },
    }]);
    expect(out.moves).toEqual([{ asset: `${SBTC}::sbtc-token`, amount: 3_000n, from: alice, to: contract(MODULE) }]);
    expect(row(1n)).toEqual({
      plan: id, payer: alice, "price-cap": 1_200n, "next-at": next, balance: 3_000n, charged: 0n, "halted-at": 0n, state: 1n,
    });
    expect(liability()).toBe(3_000n);
    expect(read(MODULE, "get-last-sub")).toBe(1n);
  });

  it("u7001, u7003, u7004, u7005, u7010", () => {
    const id = plan();
    expect(subscribe(9n).result).toEqual({ err: 7001n });
    expect(subscribe(id, 0).result).toEqual({ err: 7003n });
    expect(subscribe(id, 1_201).result).toEqual({ err: 7003n });
    expect(subscribe(id, 2n ** 128n - 1n).result).toEqual({ err: 7003n });
    expect(subscribe(id, 1, 1_000, alice, STX).result).toEqual({ err: 7004n });
    expect(subscribe(id, 1, 999).result).toEqual({ err: 7010n });
    setMerchantActive(false);
    expect(subscribe(id).result).toEqual({ err: 7005n });
  });

  it("u1: passes the token's refusal on", () => {
    expect(subscribe(plan({ price: 9_000_000_000 }), 2, 9_000_000_000).result).toEqual({ err: 1n });
  });
});

describe("charge", () => {
  it("moves one period's price: fee to the treasury, rest to the payout address", () => {
    const id = sub();
    const [shop, house] = [balance(SBTC, payout), balance(SBTC, TREASURY)];
    const start = row(id)["next-at"];
    const out = charge(id);
    expect(out.result).toEqual({ ok: 1_000n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "sub.charged", id, actor: mallory, token: SBTC, amount: 1_000n,
      data: { period: start, fee: 10n, payout, balance: 2_000n },
    }]);
    expect(balance(SBTC, payout)).toBe(shop + 990n);
    expect(balance(SBTC, TREASURY)).toBe(house + 10n);
    expect(row(id)).toMatchObject({ "next-at": start + 3_600n, balance: 2_000n, charged: 1_000n, state: 1n });
    expect(liability()).toBe(2_000n);
  });

  it("u7011: once per period, not before it begins, not in the trial", () => {
    const id = sub();
    must(charge(id));
    expect(charge(id).result).toEqual({ err: 7011n });
    waitHours(1);
    expect(charge(id).ok).toBe(true);
    const later = sub({ trial: DAY });
    expect(charge(later).result).toEqual({ err: 7011n });
  });

  it("catches up period by period, and forfeits what is older than max-arrears", () => {
    const id = sub({ arrears: 3 * HOUR }, 10);
    const start = row(id)["next-at"];
    waitHours(10);
    const first = charge(id).events[0].data.period as bigint;
    expect((first - start) % 3_600n).toBe(0n);
    expect(BigInt(now()) - first).toBeLessThanOrEqual(BigInt(3 * HOUR));
    let charged = 1;
    while (charge(id).ok) charged++;
    expect(charged).toBeLessThanOrEqual(4);
    expect(charged).toBeGreaterThanOrEqual(3);
  });

  it("past due: nothing moves and it is said once, until there is money again", () => {
    const id = sub({}, 1);
    must(charge(id));
    waitHours(1);
    const out = charge(id);
    expect(out.result).toEqual({ ok: 0n });
    expect(out.moves).toEqual([]);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 4n, ev: "sub.past-due", id, actor: mallory, token: SBTC, amount: 0n, data: { price: 1_000n, balance: 0n },
    }]);
    expect(row(id).state).toBe(2n);
    expect(charge(id).result).toEqual({ err: 7012n });
    expect(chargeable(id)).toBe(false);
    must(topUp(id, 1_500, carol));
    expect(chargeable(id)).toBe(true);
    expect(charge(id).result).toEqual({ ok: 1_000n });
    expect(row(id)).toMatchObject({ state: 1n, balance: 500n });
  });

  it("u7010: a price above the cap stops the charges and never raises them", () => {
    const id = sub();
    must(setPlan(1n, 1_001, true, bob));
    expect(charge(id).result).toEqual({ err: 7010n });
    expect(chargeable(id)).toBe(false);
    expect(row(id).balance).toBe(3_000n);
    must(setPlan(1n, 1_000, true, bob));
    expect(charge(id).ok).toBe(true);
  });

  it("u7001, u7004, u7005", () => {
    const id = sub();
    expect(charge(9n).result).toEqual({ err: 7001n });
    expect(charge(id, STX).result).toEqual({ err: 7004n });
    setMerchantActive(false);
    expect(charge(id).result).toEqual({ err: 7005n });
    setMerchantActive(true);
    must(halt(id, alice));
    expect(charge(id).result).toEqual({ err: 7005n });
    must(cancel(id, alice));
    expect(charge(id).result).toEqual({ err: 7005n });
  });

  it("takes the merchant's own fee", () => {
    const id = sub();
    scheduleAndWait(read("sluice-gateway", "op-set-merchant-fee", [Cl.uint(1), Cl.uint(500)]));
    must(call("sluice-gateway", "set-merchant-fee", [Cl.uint(1), Cl.uint(500)], feeManager));
    expect(charge(id).events[0].data.fee).toBe(50n);
  });

  it("works in STX, and with no fee at all on small prices", () => {
    const id = must(subscribe(plan({ token: STX, price: 50 }), 2, 1_000, alice, STX)).value as bigint;
    const out = charge(id, STX);
    expect(out.moves).toEqual([{ asset: "stx", amount: 50n, from: contract(MODULE), to: payout }]);
    expect(out.events[0].data.fee).toBe(0n);
  });

  it("I67: never charges more than 1 + elapsed / period times, nor more than was funded", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 4, maxLength: 8 }),
      (periods, arrears, waits) => {
        const id = sub({ period: 100, arrears: 100 * arrears }, periods);
        const start = row(id)["next-at"];
        let count = 0n;
        for (const blocks of waits) {
          mineStacks(blocks);
          while ((charge(id).value as bigint) === 1_000n) count++;
          expect(count).toBeLessThanOrEqual(1n + (BigInt(now()) - start) / 100n);
        }
        expect(row(id).charged).toBe(1_000n * count);
        expect(row(id).charged + row(id).balance).toBe(1_000n * BigInt(periods));
      },
    ), { numRuns: 15, seed: 11 });
  });
});

describe("charge-many", () => {
  it("charges what can be charged and skips the rest", () => {
    const ids = [sub(), sub({ trial: DAY }), sub()];
    const out = chargeMany(ids);
    expect(out.result).toEqual({ ok: 2_000n });
    expect(out.events.map((e) => [e.ev, e.id])).toEqual([["sub.charged", ids[0]], ["sub.charged", ids[2]]]);
    expect(chargeMany(ids)).toMatchObject({ result: { ok: 0n }, events: [] });
  });

  it("marks those without money, and takes 12", () => {
    const id = plan();
    const ids = Array.from({ length: 12 }, () => must(subscribe(id, 1)).value as bigint);
    expect(chargeMany(ids).result).toEqual({ ok: 12_000n });
    waitHours(1);
    const out = chargeMany(ids);
    expect(out.result).toEqual({ ok: 0n });
    expect(new Set(out.events.map((e) => e.ev))).toEqual(new Set(["sub.past-due"]));
    expect(chargeMany(ids).events).toEqual([]);
  });

  it("u7001, u7004, u7013", () => {
    const [a, b] = [sub(), sub()];
    expect(chargeMany([b, a]).result).toEqual({ err: 7013n });
    expect(chargeMany([a, a]).result).toEqual({ err: 7013n });
    expect(chargeMany([a], STX).result).toEqual({ err: 7004n });
    expect(chargeMany([a, 99n]).result).toEqual({ err: 7001n });
    expect(chargeMany([]).result).toEqual({ ok: 0n });
  });
});

describe("is-chargeable", () => {
  it("is no for what does not exist, what is not due, and what is", () => {
    expect(chargeable(9n)).toBe(false);
    const id = sub();
    expect(chargeable(id)).toBe(true);
    must(charge(id));
    expect(chargeable(id)).toBe(false);
  });
});

describe("top-up-sub", () => {
  it("adds money from anybody", () => {
    const id = sub();
    const out = topUp(id, 250, carol);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "sub.topped-up", id, actor: carol, token: SBTC, amount: 250n, data: { balance: 3_250n },
    }]);
    expect(row(id).balance).toBe(3_250n);
    expect(liability()).toBe(3_250n);
  });

  it("u7001, u7003, u7004, u7005", () => {
    const id = sub();
    expect(topUp(9n, 1, alice).result).toEqual({ err: 7001n });
    expect(topUp(id, 0, alice).result).toEqual({ err: 7003n });
    expect(topUp(id, 1, alice, STX).result).toEqual({ err: 7004n });
    must(cancel(id, alice));
    expect(topUp(id, 1, alice).result).toEqual({ err: 7005n });
  });
});

describe("pause-sub and resume-sub", () => {
  it("shift the next period by the length of the pause", () => {
    const id = sub();
    must(charge(id));
    const next = row(id)["next-at"];
    const paused = halt(id, alice);
    const at = BigInt(now());
    expect(paused.events).toEqual([{
      sluice: 1n, seq: 4n, ev: "sub.paused", id, actor: alice, token: contract(MODULE), amount: 0n, data: { at },
    }]);
    expect(row(id)).toMatchObject({ state: 3n, "halted-at": at });
    waitHours(5);
    const resumed = resume(id, alice);
    const shifted = next + BigInt(now()) - at;
    expect(resumed.result).toEqual({ ok: shifted });
    expect(resumed.events).toEqual([{
      sluice: 1n, seq: 5n, ev: "sub.resumed", id, actor: alice, token: contract(MODULE), amount: 0n, data: { "next-at": shifted },
    }]);
    expect(row(id)).toMatchObject({ state: 1n, "next-at": shifted, "halted-at": 0n });
    expect(charge(id).result).toEqual({ err: 7011n });
  });

  it("u7000, u7001, u7005", () => {
    const id = sub();
    expect(halt(id, bob).result).toEqual({ err: 7000n });
    expect(phish(`(contract-call? '${contract(MODULE)} pause-sub u${id})`, alice).result).toEqual({ err: 7000n });
    expect(halt(9n, alice).result).toEqual({ err: 7001n });
    expect(resume(id, alice).result).toEqual({ err: 7005n });
    must(halt(id, alice));
    expect(halt(id, alice).result).toEqual({ err: 7005n });
    expect(resume(id, bob).result).toEqual({ err: 7000n });
    expect(resume(9n, alice).result).toEqual({ err: 7001n });
    must(cancel(id, alice));
    expect(halt(id, alice).result).toEqual({ err: 7005n });
    expect(resume(id, alice).result).toEqual({ err: 7005n });
  });
});

describe("cancel-sub", () => {
  it("gives the payer all that was not charged, at once", () => {
    const id = sub();
    must(charge(id));
    const before = balance(SBTC, alice);
    const out = cancel(id, alice);
    expect(out.result).toEqual({ ok: 2_000n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 4n, ev: "sub.canceled", id, actor: alice, token: SBTC, amount: 2_000n, data: { payer: alice, charged: 1_000n },
    }]);
    expect(balance(SBTC, alice)).toBe(before + 2_000n);
    expect(row(id)).toMatchObject({ state: 4n, balance: 0n });
    expect(liability()).toBe(0n);
  });

  it("by the merchant too, to the payer; while halted; and with nothing left", () => {
    const a = sub();
    expect(cancel(a, bob).moves.map((m) => m.to)).toEqual([alice]);
    const b = sub();
    must(halt(b, alice));
    expect(cancel(b, alice).ok).toBe(true);
    const c = sub({}, 1);
    must(charge(c));
    expect(cancel(c, alice)).toMatchObject({ result: { ok: 0n }, moves: [] });
  });

  it("works when the module takes no money", () => {
    const id = sub();
    pause(MODULE);
    expect(subscribe(1n).result).toEqual({ err: 7002n });
    expect(topUp(id, 1, alice).result).toEqual({ err: 7002n });
    expect(charge(id).ok).toBe(true);
    expect(cancel(id, alice).ok).toBe(true);
  });

  it("u7000, u7001, u7004, u7005", () => {
    const id = sub();
    expect(cancel(id, mallory).result).toEqual({ err: 7000n });
    expect(phish(`(contract-call? '${contract(MODULE)} cancel-sub u${id} '${SBTC})`, alice).result).toEqual({ err: 7000n });
    expect(cancel(9n, alice).result).toEqual({ err: 7001n });
    expect(cancel(id, alice, HOSTILE).result).toEqual({ err: 7004n });
    must(cancel(id, alice));
    expect(cancel(id, alice).result).toEqual({ err: 7005n });
  });
});

describe("payable-period", () => {
  const period = (next: number, length: number, arrears: number, t: number) =>
    read(MODULE, "payable-period", [next, length, arrears, t].map((n) => Cl.uint(n)));

  it("is the oldest unpaid one that began within max-arrears", () => {
    expect(period(1_000, 100, 300, 1_000)).toBe(1_000n);
    expect(period(1_000, 100, 300, 1_300)).toBe(1_000n);
    expect(period(1_000, 100, 300, 1_301)).toBe(1_100n);
    expect(period(1_000, 100, 300, 1_400)).toBe(1_100n);
    expect(period(1_000, 100, 100, 9_999)).toBe(9_900n);
  });
});
