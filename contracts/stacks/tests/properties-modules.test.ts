/** Rules of the modules that hold money, for any input, checked with random inputs from fixed seeds. */
import { tx } from "@stacks/clarinet-sdk";
import { Cl, type ClarityValue } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { SCALE } from "../vectors/vesting";
import {
  alice, balance, bob, call, carol, contract, dave, mallory, mineBurn, mineStacks, now, outcome, type Outcome, read, seq,
} from "./helpers/chain";
import { approve, ownerOf, transfer } from "./helpers/positions";
import { KEY, publicKey } from "./helpers/sip018";
import { createMany, createTranched, plainCall, row, stream, vestedAt, withdrawMax, withdrawTo } from "./helpers/streams";
import { HOSTILE, must, openSuite, SBTC, STX, trait } from "./helpers/suite";

const u = (n: number | bigint) => Cl.uint(n);
const p = (who: string) => Cl.principal(who);
const MARKET = contract("sluice-market");
const FAR = u(4_000_000_000);
const PEOPLE = [alice, bob, carol, dave, mallory];

beforeEach(openSuite);

/** Tries a property some times, the same ones each time. */
const always = <T extends unknown[]>(numRuns: number, arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }, holds: (...values: T) => void) =>
  fc.assert(fc.property(...(arbitraries as unknown as [fc.Arbitrary<unknown>]), ((...values: T) => holds(...values)) as never), { numRuns, seed: 2026 });

const id = (out: Outcome): bigint => must(out).value as bigint;
const register = (payout = carol, mode = 0, hold = 0): bigint => id(call("sluice-gateway", "register-merchant", [p(payout), publicKey(KEY), u(mode), u(hold)], bob));
const escrow = (amount: number, token = SBTC): bigint => id(call("sluice-escrow", "open", [
  trait(token), p(bob), p(carol), u(amount), u(1_000), u(100), u(300), u(5_000),
], alice));
const flow = (rate: bigint, deposit: number | bigint, token = SBTC): bigint => id(call("sluice-flow", "open", [
  trait(token), p(bob), u(rate), u(deposit), Cl.tuple({ transferable: Cl.bool(true), "stop-on-empty": Cl.bool(false) }),
], alice));

describe("I4: an entity pays out no more than was paid into it", () => {
  it("streams, flows and escrows of the same parties, in any order of payments", () => {
    always(12, [fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 }), fc.array(fc.tuple(fc.nat(5), fc.nat(6_000)), { minLength: 6, maxLength: 12 })], (a, b, steps) => {
      const streams = [stream({ deposit: a, end: 3_000 }), stream({ deposit: b, end: 3_000 })];
      const flows = [flow(SCALE, a), flow(SCALE, b)];
      const escrows = [escrow(a), escrow(b)];
      const paid = new Map<string, bigint>();
      const count = (key: string, out: Outcome) => {
        if (out.ok) paid.set(key, (paid.get(key) ?? 0n) + out.moves.reduce((sum, m) => sum + m.amount, 0n));
      };
      for (const [what, n] of steps) {
        const [which, amount] = [what % 2, u(n + 1)];
        if (what < 2) count(`stream ${which}`, withdrawTo(streams[which], n + 1, dave, bob));
        else if (what < 4) count(`flow ${which}`, call("sluice-flow", "withdraw", [u(flows[which]), trait(SBTC), amount], mallory));
        else count(`escrow ${which}`, call("sluice-escrow", "release-part", [u(escrows[which]), trait(SBTC), amount], alice));
        mineBurn(1);
      }
      for (const [key, sum] of paid) expect([key, sum <= BigInt(key.endsWith("0") ? a : b)]).toEqual([key, true]);
      mineBurn(20);
      streams.forEach((s, n) => {
        const left = BigInt([a, b][n]) - (paid.get(`stream ${n}`) ?? 0n);
        expect(withdrawMax(s, mallory).result).toEqual(left > 0n ? { ok: left } : { err: 6013n });
      });
    });
  });
});

describe("I6: no amount of zero is ever sent", () => {
  it("however small a price, a fee, a split or a share is", () => {
    const merchant = register();
    must(call("sluice-gateway", "set-open", [u(merchant), Cl.bool(true)], bob));
    must(call("sluice-gateway", "set-splits", [u(merchant), Cl.list([Cl.tuple({ to: p(dave), bps: u(50) })])], bob));
    always(20, [fc.integer({ min: 1, max: 250 }), fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 500 })], (amount, bps, royalty) => {
      const plan = id(call("sluice-subs", "create-plan", [u(merchant), p(SBTC), u(amount), u(60), u(0), u(60)], bob));
      const sub = id(call("sluice-subs", "subscribe", [u(plan), trait(SBTC), u(1), u(amount)], alice));
      const e = escrow(amount);
      must(call("sluice-escrow", "propose-split", [u(e), u(bps)], alice));
      const position = stream({ deposit: 1_000, end: 100_000, from: dave, flags: { royalty } });
      must(approve("sluice-streams", position, MARKET, bob));
      must(call("sluice-market", "list-position", [u(position), u(amount), p(SBTC), FAR, Cl.none()], bob));
      const outs = [
        call("sluice-gateway", "pay-open", [u(merchant), trait(SBTC), u(amount), Cl.bufferFromHex("00")], alice),
        call("sluice-escrow", "accept-split", [u(e), trait(SBTC), u(bps)], bob),
        call("sluice-market", "buy", [u(position), trait(SBTC), u(amount), u(0)], alice),
        call("sluice-subs", "charge", [u(sub), trait(SBTC)], mallory),
        call("sluice-subs", "cancel-sub", [u(sub), trait(SBTC)], alice),
      ];
      for (const out of outs) expect([out.ok, out.value, out.moves.every((m) => m.amount > 0n)]).toEqual([true, out.value, true]);
    });
  });
});

describe("I7: money leaves in the token it came in", () => {
  it("no exit takes another token, whatever was paid in", () => {
    const merchant = register();
    const others = (token: string) => [SBTC, STX, HOSTILE].filter((t) => t !== token);
    always(12, [fc.constantFrom(SBTC, STX), fc.integer({ min: 10_000, max: 100_000 }), fc.nat(1)], (token, amount, which) => {
      const s = stream({ deposit: amount, end: 100_000, start: -100, cliff: -100, token });
      const f = flow(SCALE, amount, token);
      const e = escrow(amount, token);
      const plan = id(call("sluice-subs", "create-plan", [u(merchant), p(token), u(amount), u(60), u(0), u(60)], bob));
      const sub = id(call("sluice-subs", "subscribe", [u(plan), trait(token), u(1), u(amount)], alice));
      const offer = id(call("sluice-market", "make-offer", [u(s), trait(token), u(amount), u(0), FAR], alice));
      must(approve("sluice-streams", s, MARKET, bob));
      const wrong = trait(others(token)[which]);
      const exits: [string, string, ClarityValue[], string, bigint][] = [
        ["sluice-streams", "withdraw-max", [u(s), wrong], mallory, 6004n],
        ["sluice-streams", "withdraw-to", [u(s), wrong, u(1), p(bob)], bob, 6004n],
        ["sluice-streams", "withdraw-many", [Cl.list([u(s)]), wrong], mallory, 6004n],
        ["sluice-streams", "cancel", [u(s), wrong], alice, 6004n],
        ["sluice-streams", "cancel-many", [Cl.list([u(s)]), wrong], alice, 6004n],
        ["sluice-flow", "withdraw", [u(f), wrong, u(1)], mallory, 6504n],
        ["sluice-flow", "refund", [u(f), wrong, u(1)], alice, 6504n],
        ["sluice-escrow", "cancel", [u(e), wrong], alice, 5004n],
        ["sluice-escrow", "release", [u(e), wrong], alice, 5004n],
        ["sluice-escrow", "release-part", [u(e), wrong, u(1)], alice, 5004n],
        ["sluice-escrow", "refund", [u(e), wrong], bob, 5004n],
        ["sluice-escrow", "refund-part", [u(e), wrong, u(1)], bob, 5004n],
        ["sluice-subs", "charge", [u(sub), wrong], mallory, 7004n],
        ["sluice-subs", "charge-many", [Cl.list([u(sub)]), wrong], mallory, 7004n],
        ["sluice-subs", "cancel-sub", [u(sub), wrong], alice, 7004n],
        ["sluice-market", "cancel-offer", [u(offer), wrong], alice, 8004n],
        ["sluice-market", "accept-offer", [u(offer), wrong, u(0)], bob, 8004n],
      ];
      for (const [name, fn, args, who, code] of exits) {
        const before = seq(name);
        const out = call(name, fn, args, who);
        expect([fn, out.result, out.moves, seq(name)]).toEqual([fn, { err: code }, [], before]);
      }
    });
  });
});

describe("I25: refunds never exceed the payment, and cost nobody else", () => {
  it("in any parts, of a payment at once or held", () => {
    const [push, hold] = [register(), register(carol, 1, 100)];
    for (const merchant of [push, hold]) must(call("sluice-gateway", "set-open", [u(merchant), Cl.bool(true)], bob));
    always(12, [fc.boolean(), fc.integer({ min: 2, max: 5_000 }), fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 2, maxLength: 6 }), fc.boolean()], (held, amount, refunds, released) => {
      const merchant = held ? hold : push;
      const payment = id(call("sluice-gateway", "pay-open", [u(merchant), trait(SBTC), u(amount), Cl.bufferFromHex("00")], alice));
      const other = id(call("sluice-gateway", "pay-open", [u(hold), trait(SBTC), u(777), Cl.bufferFromHex("00")], alice));
      const { escrow: held1 } = read("sluice-gateway", "get-payment", [u(payment)]) as { escrow: bigint | null };
      const { escrow: held2 } = read("sluice-gateway", "get-payment", [u(other)]) as { escrow: bigint };
      if (held1 !== null && released) must(call("sluice-escrow", "release-part", [u(held1), trait(SBTC), u(1)], alice));
      let total = 0n;
      for (const part of refunds) {
        const out = call("sluice-gateway", "refund", [u(payment), trait(SBTC), u(part)], bob);
        const fits = total + BigInt(part) <= BigInt(amount);
        expect(out.result).toEqual(fits ? { ok: total + BigInt(part) } : { err: 4014n });
        if (!fits) continue;
        total += BigInt(part);
        expect(out.moves.every((m) => m.to === alice && (m.from === bob || m.from === contract("sluice-escrow")))).toBe(true);
        expect(out.moves.reduce((sum, m) => sum + m.amount, 0n)).toBe(BigInt(part));
      }
      expect(read("sluice-gateway", "get-refunded", [u(payment)])).toEqual({ ok: total });
      expect(read("sluice-escrow", "get-left", [u(held2)])).toBe(777n - 7n); // another's held money, less its fee
    });
  });
});

describe("I42, I44: what is vested and what can be refunded make up the deposit, also while paused", () => {
  it("at any time, with any pauses", () => {
    always(10, [fc.integer({ min: 100, max: 1_000_000 }), fc.integer({ min: 1_000, max: 20_000 }), fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 4 })], (deposit, span, pauses) => {
      const s = stream({ deposit, end: span });
      const { end } = row(s);
      const whole = () => {
        const t = BigInt(now());
        expect(vestedAt(s, t) + (read("sluice-streams", "refundable", [u(s)]) as bigint)).toBe(BigInt(deposit));
      };
      let paused = 0n;
      for (const [run, rest] of pauses) {
        mineStacks(run);
        whole();
        const stopped = plainCall("pause", s, alice);
        if (!stopped.ok) { expect(stopped.value).toBe(6014n); break; } // everything is vested
        const [at, frozen] = [BigInt(now()), vestedAt(s, BigInt(now()))];
        mineStacks(rest);
        whole();
        expect(vestedAt(s, BigInt(now()))).toBe(frozen);
        must(plainCall("resume", s, alice));
        expect(vestedAt(s, BigInt(now()))).toBe(frozen);
        paused += BigInt(now()) - at;
      }
      expect(row(s)["paused-total"]).toBe(paused);
      expect(vestedAt(s, end + paused - 1n) < BigInt(deposit)).toBe(true);
      expect(vestedAt(s, end + paused)).toBe(BigInt(deposit)); // it runs for as long as it was made to
    });
  });
});

describe("I47: two withdrawals in one block give what one gives", () => {
  it("for any deposit, moment and split", () => {
    always(15, [fc.integer({ min: 3, max: 1_000_000 }), fc.integer({ min: 10, max: 400 }), fc.integer({ min: 1, max: 9_999 })], (deposit, wait, part) => {
      const [one, two] = [stream({ deposit, end: 5_000 }), stream({ deposit, end: 5_010 })]; // begun ten seconds later, so the same
      expect(row(two).end - row(one).end).toBe(20n);
      mineStacks(wait);
      const t = BigInt(now());
      const due = vestedAt(two, t + 10n);
      const first = (due * BigInt(part)) / 10_000n;
      if (first === 0n) return;
      const block = simnet.mineBlock([
        tx.callPublicFn(contract("sluice-streams"), "withdraw-to", [u(two), trait(SBTC), u(first), p(dave)], bob),
        tx.callPublicFn(contract("sluice-streams"), "withdraw-max", [u(two), trait(SBTC)], mallory),
      ]).map(outcome);
      const sum = block.filter((out) => out.ok).reduce((n, out) => n + (out.value as bigint), 0n);
      expect([BigInt(now()), sum]).toEqual([t + 10n, due]);
    });
  });
});

describe("I48: whoever pushes a withdrawal, the owner of that moment is paid", () => {
  it("after any changes of hands", () => {
    always(12, [fc.array(fc.nat(4), { maxLength: 4 }), fc.nat(4), fc.integer({ min: 1_000, max: 1_000_000 })], (hands, pusher, deposit) => {
      const s = stream({ deposit, end: 100_000, start: -1_000, cliff: -1_000 });
      let owner = bob;
      for (const n of hands) {
        const next = PEOPLE[n];
        const moved = transfer("sluice-streams", s, owner, next, owner);
        expect(moved.ok).toBe(next !== owner);
        owner = next;
      }
      expect(ownerOf("sluice-streams", s)).toBe(owner);
      const out = must(withdrawMax(s, PEOPLE[pusher]));
      expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[owner, out.value]]);
    });
  });
});

describe("I50: a batch makes what its rows would make one by one", () => {
  it("ids, rows, owners and the total, for any rows", () => {
    const anyRow = fc.record({
      to: fc.constantFrom(bob, carol, dave), amount: fc.integer({ min: 1, max: 10_000 }), start: fc.integer({ min: -500, max: 500 }),
      cliff: fc.integer({ min: 0, max: 500 }), end: fc.integer({ min: 1, max: 90_000 }),
    });
    always(8, [fc.array(anyRow, { minLength: 1, maxLength: 8 })], (rows) => {
      const base = now();
      const whole = rows.map((r) => ({ ...r, start: r.start, cliff: r.start + r.cliff, end: r.start + r.cliff + r.end + 1_000 }));
      const batch = must(createMany(whole)).value as { first: bigint; total: bigint };
      expect(batch.total).toBe(rows.reduce((sum, r) => sum + BigInt(r.amount), 0n));
      whole.forEach((r, n) => {
        const shift = base - now(); // each block is later; the dates are the batch's
        const single = stream({ to: r.to, deposit: r.amount, start: r.start + shift, cliff: r.cliff + shift, end: r.end + shift });
        const many = batch.first + BigInt(n);
        expect(row(many)).toEqual(row(single));
        expect(ownerOf("sluice-streams", many)).toBe(ownerOf("sluice-streams", single));
      });
      expect(read("sluice-streams", "get-last-token-id")).toEqual({ ok: batch.first + BigInt(2 * rows.length) - 1n });
    });
  });
});

describe("I51: tranches ascend and make up the deposit", () => {
  it("for any list of dates and amounts", () => {
    always(20, [fc.array(fc.tuple(fc.integer({ min: -50, max: 4_000 }), fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 24 }), fc.boolean()], (steps, sorted) => {
      const list = sorted ? [...new Map(steps.map(([at, n]) => [at + 100, n + 1])).entries()].sort(([a], [b]) => a - b) : steps;
      const ascends = list.every(([at], n) => at > (n === 0 ? 0 : list[n - 1][0]));
      const out = createTranched(list.map(([at, amount]) => ({ at, amount })));
      const fits = ascends && list.every(([, n]) => n > 0) && list.at(-1)![0] > 10;
      expect([out.ok, out.value]).toEqual([fits, fits ? out.value : ascends && list.every(([, n]) => n > 0) ? 6006n : 6012n]);
      if (!fits) return;
      const sum = list.reduce((n, [, amount]) => n + BigInt(amount), 0n);
      expect(row(out.value as bigint).deposit).toBe(sum);
      expect(vestedAt(out.value as bigint, row(out.value as bigint).end)).toBe(sum);
      expect(vestedAt(out.value as bigint, row(out.value as bigint).end - 1n)).toBe(sum - BigInt(list.at(-1)![1]));
    });
  });
});

describe("I38, I52: no view fails for any accepted stream at any time", () => {
  it("up to 2^96 - 1 units and 2^32 - 1 seconds", () => {
    const MAX = 2n ** 96n - 1n;
    const edge = (max: bigint) => fc.oneof(fc.constantFrom(0n, 1n, max - 1n, max), fc.bigInt(0n, max));
    always(60, [edge(MAX - 1n), edge(2n ** 32n - 2n), edge(10_000n), edge(10_000n), edge(2n ** 32n), edge(2n ** 64n)], (units, span, unlockStart, unlockCliff, step, t) => {
      const deposit = units + 1n;
      const start = 1_700_000_000n;
      const end = start + span + 1n;
      const cliff = start + (span * unlockCliff) / 10_000n;
      const atStart = (deposit * unlockStart) / 20_000n;
      const atCliff = ((deposit - atStart) * unlockCliff) / 20_000n;
      const vested = (at: bigint) => read("sluice-streams", "linear-vested", [deposit, start, cliff, end, atStart, atCliff, step + 1n, at].map(u)) as bigint;
      for (const at of [0n, start - 1n, start, cliff, end - 1n, end, end + t, 2n ** 128n - 1n]) {
        const v = vested(at);
        expect(v >= 0n && v <= deposit).toBe(true);
      }
      expect([vested(start - 1n), vested(end)]).toEqual([0n, deposit]);
    });
  });
});

describe("I60: a buyer pays at most his price and gets at least what he asked for", () => {
  it("for any price, limit and floor", () => {
    always(20, [fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 12_000 }), fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 11_000 })], (price, limit, deposit, floor) => {
      const s = stream({ deposit, end: 100_000, start: -20_000, cliff: -20_000 });
      must(approve("sluice-streams", s, MARKET, bob));
      must(call("sluice-market", "list-position", [u(s), u(price), p(SBTC), FAR, Cl.none()], bob));
      withdrawMax(s, mallory); // the seller takes what he can just before
      const left = read("sluice-streams", "remaining", [u(s)]) as bigint;
      const before = balance(SBTC, carol);
      const out = call("sluice-market", "buy", [u(s), trait(SBTC), u(limit), u(floor)], carol);
      const fits = price <= limit && left >= BigInt(floor);
      expect(out.result).toEqual(fits ? { ok: true } : { err: price > limit ? 8011n : 8012n });
      expect(before - balance(SBTC, carol)).toBe(fits ? BigInt(price) : 0n);
      expect(ownerOf("sluice-streams", s)).toBe(fits ? carol : bob);
    });
  });
});

describe("I64: a withdrawal takes the same from the debt and from the balance", () => {
  it("for any rate, balance and amount", () => {
    always(20, [fc.bigInt(1n, 10n ** 16n), fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 0, max: 200 })], (rate, deposit, amount, wait) => {
      const f = flow(rate, deposit);
      const opened = BigInt(now());
      mineStacks(wait);
      const out = call("sluice-flow", "withdraw", [u(f), trait(SBTC), u(amount)], mallory);
      const t = BigInt(now());
      const owed = rate * (t - opened);
      const fits = BigInt(amount) <= (owed / SCALE < BigInt(deposit) ? owed / SCALE : BigInt(deposit));
      expect(out.result).toEqual(fits ? { ok: BigInt(amount) } : { err: 6512n });
      const paid = fits ? BigInt(amount) : 0n;
      expect(read("sluice-flow", "debt-scaled-at", [u(f), u(t)])).toBe(owed - paid * SCALE);
      expect((read("sluice-flow", "get-flow", [u(f)]) as { balance: bigint }).balance).toBe(BigInt(deposit) - paid);
    });
  });
});
