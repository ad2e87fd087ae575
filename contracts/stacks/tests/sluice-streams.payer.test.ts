import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { extendedEnd, MAX_PAUSE } from "../vectors/vesting";
import { alice, balance, bob, carol, contract, mallory, mineBurn, mineStacks, now, read } from "./helpers/chain";
import { must, openSuite, phish, SBTC, STX } from "./helpers/suite";
import { approve, isOperator, ownerOf, transfer } from "./helpers/positions";
import {
  cancel, cancelMany, createTranched, plainCall, proposePayer, row, STATUS, status, stream, streamLiability, topUp,
  vestedAt, withdrawMax,
} from "./helpers/streams";

beforeEach(openSuite);

const refundable = (id: bigint): bigint => read("sluice-streams", "refundable", [Cl.uint(id)]) as bigint;
const lure = (fn: string, args: string): string => `(contract-call? '${contract("sluice-streams")} ${fn} ${args})`;

describe("cancel", () => {
  it("I46: gives back exactly what is not vested; the owner's part waits for him", () => {
    const id = stream();
    mineStacks(30);
    const before = balance(SBTC, alice);
    const out = cancel(id, alice);
    const { vested, at } = out.events[0].data as { vested: bigint; at: bigint };
    expect(at - row(id).start).toBeGreaterThan(0n);
    expect(vested).toBe((1_000_003n * (at - row(id).start)) / 1_000n);
    expect(out.result).toEqual({ ok: 1_000_003n - vested });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.canceled", id, actor: alice, token: SBTC, amount: 1_000_003n - vested,
      data: { vested, withdrawn: 0n, at },
    }]);
    expect(out.moves).toEqual([
      { asset: `${SBTC}::sbtc-token`, amount: 1_000_003n - vested, from: contract("sluice-streams"), to: alice },
    ]);
    expect(balance(SBTC, alice)).toBe(before + 1_000_003n - vested);
    expect(row(id)).toMatchObject({ canceled: true, cancelable: false, refunded: 1_000_003n - vested, "paused-at": null });
    expect(status(id)).toBe(STATUS.canceled);
    mineBurn(3);
    expect(withdrawMax(id, bob).result).toEqual({ ok: vested });
    expect(status(id)).toBe(STATUS.depleted);
    expect(streamLiability()).toBe(0n);
  });

  it("takes everything back before the start", () => {
    const id = stream({ start: 5_000, cliff: 5_000, end: 9_000 });
    expect(cancel(id, alice).result).toEqual({ ok: 1_000_003n });
    expect(status(id)).toBe(STATUS.depleted);
  });

  it("works while paused: what had vested stays", () => {
    const id = stream();
    mineStacks(10);
    must(plainCall("pause", id, alice));
    const vested = vestedAt(id, BigInt(now()));
    mineBurn(5);
    expect(cancel(id, alice).result).toEqual({ ok: 1_000_003n - vested });
  });

  it("u6000: the payer alone, not the owner, not through a phishing contract", () => {
    const id = stream();
    expect(cancel(id, bob).result).toEqual({ err: 6000n });
    expect(cancel(id, mallory).result).toEqual({ err: 6000n });
    expect(phish(lure("cancel", `u${id} '${SBTC}`), alice).result).toEqual({ err: 6000n });
  });

  it("u6001: no such stream", () => {
    expect(cancel(1n, alice).result).toEqual({ err: 6001n });
  });

  it("u6004: only in its token", () => {
    expect(cancel(stream(), alice, STX).result).toEqual({ err: 6004n });
  });

  it("u6011, I45: not twice, and not when made otherwise", () => {
    const id = stream();
    must(cancel(id, alice));
    expect(cancel(id, alice).result).toEqual({ err: 6011n });
    expect(cancel(stream({ flags: { cancelable: false } }), alice).result).toEqual({ err: 6011n });
  });

  it("u6014, I45: not when settled", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(cancel(id, alice).result).toEqual({ err: 6014n });
  });
});

describe("cancel-many", () => {
  it("cancels a list with one refund", () => {
    const ids = [stream({ start: 900, cliff: 900, end: 9_000, deposit: 10 }), stream({ start: 900, cliff: 900, end: 9_000, deposit: 20 })];
    const out = cancelMany(ids, alice);
    expect(out.result).toEqual({ ok: 30n });
    expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[alice, 30n]]);
    expect(out.events.map((e) => [e.ev, e.id, e.amount])).toEqual([["stream.canceled", ids[0], 10n], ["stream.canceled", ids[1], 20n]]);
    expect(streamLiability()).toBe(0n);
  });

  it("takes 25 streams, and nothing for none", () => {
    const ids = Array.from({ length: 25 }, () => stream({ start: 9_000, cliff: 9_000, end: 99_000, deposit: 4 }));
    expect(cancelMany(ids, alice).result).toEqual({ ok: 100n });
    expect(cancelMany([], alice)).toMatchObject({ result: { ok: 0n }, moves: [] });
  });

  it("u6017: no id twice, and in order", () => {
    const [a, b] = [stream(), stream()];
    expect(cancelMany([b, a], alice).result).toEqual({ err: 6017n });
    expect(cancelMany([a, a], alice).result).toEqual({ err: 6011n });
  });

  it("is all or nothing", () => {
    const [mine, his, stx] = [stream(), stream({ from: carol }), stream({ token: STX })];
    expect(cancelMany([mine, his], alice).result).toEqual({ err: 6000n });
    expect(cancelMany([mine, stx], alice).result).toEqual({ err: 6004n });
    expect(cancelMany([mine, 99n], alice).result).toEqual({ err: 6001n });
    expect(row(mine).canceled).toBe(false);
  });
});

describe("renounce", () => {
  it("I45: is for good", () => {
    const id = stream();
    const out = plainCall("renounce", id, alice);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.renounced", id, actor: alice, token: SBTC, amount: 0n,
      data: { at: BigInt(now()) },
    }]);
    expect(cancel(id, alice).result).toEqual({ err: 6011n });
    expect(plainCall("renounce", id, alice).result).toEqual({ err: 6011n });
  });

  it("u6000, u6001: the payer of a stream", () => {
    const id = stream();
    expect(plainCall("renounce", id, bob).result).toEqual({ err: 6000n });
    expect(phish(lure("renounce", `u${id}`), alice).result).toEqual({ err: 6000n });
    expect(plainCall("renounce", 9n, alice).result).toEqual({ err: 6001n });
  });
});

describe("pause and resume", () => {
  it("I44: freezes what is vested and goes on without a jump; the whole still takes its time", () => {
    const id = stream();
    mineStacks(20);
    const paused = plainCall("pause", id, alice);
    const at = BigInt(now());
    expect(paused.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.paused", id, actor: alice, token: SBTC, amount: 0n, data: { at, "paused-total": 0n },
    }]);
    const vested = vestedAt(id, at);
    expect(status(id)).toBe(STATUS.paused);
    mineBurn(10);
    expect(vestedAt(id, BigInt(now()))).toBe(vested);
    const resumed = plainCall("resume", id, alice);
    const total = BigInt(now()) - at;
    expect(resumed.result).toEqual({ ok: total });
    expect(resumed.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "stream.resumed", id, actor: alice, token: SBTC, amount: 0n,
      data: { at: BigInt(now()), "paused-total": total },
    }]);
    expect(vestedAt(id, BigInt(now()))).toBe(vested);
    const { end } = row(id);
    expect(vestedAt(id, end + total - 1n)).toBeLessThan(1_000_003n);
    expect(vestedAt(id, end + total)).toBe(1_000_003n);
    expect(status(id)).toBe(STATUS.streaming);
  });

  it("I44: adds up over several pauses", () => {
    const id = stream({ end: 5_000 });
    let paused = 0n;
    for (let i = 0; i < 3; i++) {
      mineStacks(3);
      must(plainCall("pause", id, alice));
      const at = BigInt(now());
      mineBurn(i + 1);
      must(plainCall("resume", id, alice));
      paused += BigInt(now()) - at;
    }
    expect(row(id)).toMatchObject({ "paused-total": paused, "paused-at": null });
    const { start } = row(id);
    const t = BigInt(now());
    expect(vestedAt(id, t)).toBe((1_000_003n * (t - paused - start)) / 5_000n);
  });

  it("stops tranches too", () => {
    const id = must(createTranched([{ at: 100, amount: 5 }, { at: 200, amount: 7 }])).value as bigint;
    mineStacks(12);
    must(plainCall("pause", id, alice));
    mineBurn(2);
    expect(vestedAt(id, BigInt(now()))).toBe(5n);
  });

  it("ends by itself after 90 days, whoever wants it otherwise; then anybody may resume", () => {
    const id = stream({ end: 20_000_000 });
    mineStacks(3);
    must(plainCall("pause", id, alice));
    const at = BigInt(now());
    mineBurn(12_000);
    expect(plainCall("resume", id, mallory).result).toEqual({ err: 6000n });
    expect(status(id)).toBe(STATUS.paused);
    const frozen = vestedAt(id, at);
    expect(vestedAt(id, at + MAX_PAUSE)).toBe(frozen);
    expect(vestedAt(id, at + MAX_PAUSE + 1_000n)).toBeGreaterThan(frozen);
    mineBurn(1_500);
    expect(status(id)).toBe(STATUS.streaming);
    expect(read("sluice-streams", "pause-used-up", [Cl.uint(id)])).toBe(true);
    const before = vestedAt(id, BigInt(now()));
    const out = plainCall("resume", id, mallory);
    expect(out.result).toEqual({ ok: MAX_PAUSE });
    expect(vestedAt(id, BigInt(now()))).toBeGreaterThanOrEqual(before);
    expect(plainCall("pause", id, alice).result).toEqual({ err: 6015n });
  });

  it("u6015: only when made pausable", () => {
    expect(plainCall("pause", stream({ flags: { pausable: false } }), alice).result).toEqual({ err: 6015n });
  });

  it("u6005: not twice, not after a cancel; resume only what is paused", () => {
    const id = stream();
    expect(plainCall("resume", id, alice).result).toEqual({ err: 6005n });
    must(plainCall("pause", id, alice));
    expect(plainCall("pause", id, alice).result).toEqual({ err: 6005n });
    must(cancel(id, alice));
    expect(plainCall("pause", id, alice).result).toEqual({ err: 6005n });
    expect(plainCall("resume", id, alice).result).toEqual({ err: 6005n });
  });

  it("u6006: not before the start: it would count time that never ran", () => {
    expect(plainCall("pause", stream({ start: 900, cliff: 900, end: 9_000 }), alice).result).toEqual({ err: 6006n });
  });

  it("u6014: not when settled", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(plainCall("pause", id, alice).result).toEqual({ err: 6014n });
  });

  it("u6000, u6001: the payer of a stream", () => {
    const id = stream();
    expect(plainCall("pause", id, bob).result).toEqual({ err: 6000n });
    expect(phish(lure("pause", `u${id}`), alice).result).toEqual({ err: 6000n });
    expect(plainCall("pause", 9n, alice).result).toEqual({ err: 6001n });
    must(plainCall("pause", id, alice));
    expect(plainCall("resume", id, bob).result).toEqual({ err: 6000n });
    expect(plainCall("resume", 9n, alice).result).toEqual({ err: 6001n });
  });
});

describe("top-up", () => {
  it("I43: keeps what is vested and moves the end out", () => {
    const id = stream();
    mineStacks(20);
    const old = row(id);
    const out = topUp(id, 500_000, carol);
    const at = BigInt(now());
    const s = row(id);
    const vested = (1_000_003n * (at - old.start)) / 1_000n;
    expect(out.result).toEqual({ ok: s.end });
    expect(s.end).toBe(extendedEnd(1_000_003n - vested, 500_000n, at, old.end));
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.topped-up", id, actor: carol, token: SBTC, amount: 500_000n,
      data: { deposit: 1_500_003n, start: at, end: s.end, "unlock-start": vested },
    }]);
    expect(s).toMatchObject({ deposit: 1_500_003n, start: at, cliff: at, "unlock-cliff": 0n, payer: alice });
    expect(vestedAt(id, at)).toBe(vested);
    expect(vestedAt(id, s.end)).toBe(1_500_003n);
    expect(streamLiability()).toBe(1_500_003n);
    expect(out.moves).toEqual([
      { asset: `${SBTC}::sbtc-token`, amount: 500_000n, from: carol, to: contract("sluice-streams") },
    ]);
  });

  it("I43: takes nothing from what would have vested, but for a second of the old rate and rounding", () => {
    fc.assert(fc.property(
      fc.integer({ min: 100, max: 1_000_000 }), fc.integer({ min: 500, max: 9_000 }), fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 2_000_000 }),
      (deposit, length, blocks, amount) => {
        const id = stream({ deposit, end: length });
        mineStacks(blocks);
        if (refundable(id) === 0n || BigInt(now()) + 30n >= row(id).end) return;
        const old = row(id);
        const times = [20n, 100n, 400n, BigInt(length)].map((s) => BigInt(now()) + s);
        const without = times.map((t) => vestedAt(id, t));
        must(topUp(id, amount, alice));
        const slack = BigInt(deposit) / BigInt(length) + 2n;
        times.forEach((t, i) => expect(vestedAt(id, t)).toBeGreaterThanOrEqual(without[i] - slack));
        expect(row(id).end).toBeGreaterThanOrEqual(old.end);
        expect(vestedAt(id, row(id).end)).toBe(BigInt(deposit + amount));
      },
    ), { numRuns: 40, seed: 7 });
  });

  it("works after a pause, on the stream's own clock", () => {
    const id = stream();
    mineStacks(10);
    must(plainCall("pause", id, alice));
    mineBurn(3);
    must(plainCall("resume", id, alice));
    must(topUp(id, 1_000, alice));
    const t = BigInt(now());
    const s = row(id);
    expect(s.start).toBe(t - s["paused-total"]);
    expect(vestedAt(id, t)).toBe(s["unlock-start"]);
    expect(vestedAt(id, s.end + s["paused-total"])).toBe(1_001_003n);
  });

  it("u6004: only in its token", () => {
    expect(topUp(stream(), 1, alice, STX).result).toEqual({ err: 6004n });
  });

  it("u6005: only a smooth line that runs", () => {
    expect(topUp(stream({ step: 10 }), 1, alice).result).toEqual({ err: 6005n });
    const tranched = must(createTranched([{ at: 900, amount: 5 }])).value as bigint;
    expect(topUp(tranched, 1, alice).result).toEqual({ err: 6005n });
    const paused = stream();
    must(plainCall("pause", paused, alice));
    expect(topUp(paused, 1, alice).result).toEqual({ err: 6005n });
    const canceled = stream();
    must(cancel(canceled, alice));
    expect(topUp(canceled, 1, alice).result).toEqual({ err: 6005n });
  });

  it("u6006: not before the cliff, and not so far that the end is out of range", () => {
    expect(topUp(stream({ cliff: 900 }), 1, alice).result).toEqual({ err: 6006n });
    const tiny = stream({ deposit: 1, end: 4_000_000 });
    expect(topUp(tiny, 9_000_000, alice).result).toEqual({ err: 6006n });
  });

  it("u6014: not when everything is vested", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(topUp(id, 1, alice).result).toEqual({ err: 6014n });
    expect(topUp(stream({ unlockStart: 1_000_003 }), 1, alice).result).toEqual({ err: 6014n });
  });

  it("u6003: more than nothing, and together at most 2^96 - 1", () => {
    const id = stream();
    expect(topUp(id, 0, alice).result).toEqual({ err: 6003n });
    expect(topUp(id, 2n ** 96n - 1n, alice).result).toEqual({ err: 6003n });
    expect(topUp(id, 2n ** 128n - 1n, alice).result).toEqual({ err: 6003n });
  });

  it("u6001: no such stream", () => {
    expect(topUp(9n, 1, alice).result).toEqual({ err: 6001n });
  });
});

describe("the payer's rights", () => {
  it("I58: move by proposal and acceptance, never with the position", () => {
    const id = stream();
    must(transfer("sluice-streams", id, bob, carol, bob));
    expect(row(id).payer).toBe(alice);
    const proposed = proposePayer(id, mallory, alice);
    expect(proposed.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "stream.payer-proposed", id, actor: alice, token: SBTC, amount: 0n, data: { to: mallory },
    }]);
    expect(cancel(id, mallory).result).toEqual({ err: 6000n });
    const accepted = plainCall("accept-payer", id, mallory);
    expect(accepted.result).toEqual({ ok: true });
    expect(accepted.events).toEqual([{
      sluice: 1n, seq: 4n, ev: "stream.payer-changed", id, actor: mallory, token: SBTC, amount: 0n,
      data: { from: alice, to: mallory },
    }]);
    expect(row(id)).toMatchObject({ payer: mallory, "pending-payer": null });
    expect(cancel(id, alice).result).toEqual({ err: 6000n });
    expect(cancel(id, mallory).moves.map((m) => m.to)).toEqual([mallory]);
    expect(ownerOf("sluice-streams", id)).toBe(carol);
  });

  it("a later proposal replaces the first, and naming oneself takes it back", () => {
    const id = stream();
    must(proposePayer(id, mallory, alice));
    must(proposePayer(id, carol, alice));
    expect(plainCall("accept-payer", id, mallory).result).toEqual({ err: 6000n });
    must(proposePayer(id, alice, alice));
    expect(plainCall("accept-payer", id, carol).result).toEqual({ err: 6000n });
  });

  it("u6000, u6001: only the payer proposes, only the proposed accepts", () => {
    const id = stream();
    expect(proposePayer(id, mallory, bob).result).toEqual({ err: 6000n });
    expect(phish(lure("propose-payer", `u${id} '${mallory}`), alice).result).toEqual({ err: 6000n });
    expect(plainCall("accept-payer", id, mallory).result).toEqual({ err: 6000n });
    expect(proposePayer(9n, mallory, alice).result).toEqual({ err: 6001n });
    expect(plainCall("accept-payer", 9n, mallory).result).toEqual({ err: 6001n });
    must(proposePayer(id, bob, alice));
    expect(phish(lure("accept-payer", `u${id}`), bob, "phisher-two").result).toEqual({ err: 6000n });
  });

  it("approvals of the position give no right over the payer's side", () => {
    const id = stream();
    must(approve("sluice-streams", id, carol, bob));
    expect(isOperator("sluice-streams", id, carol)).toBe(true);
    expect(cancel(id, carol).result).toEqual({ err: 6000n });
  });
});
