import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { linearVested } from "../vectors/vesting";
import { alice, balance, bob, call, carol, contract, dave, mallory, mineBurn, mineStacks, now, read } from "./helpers/chain";
import { must, openSuite, phish, SBTC, STX, trait } from "./helpers/suite";
import { ownerOf, transfer } from "./helpers/positions";
import {
  cancel, createTranched, row, STATUS, status, stream, streamLiability, vestedAt, withdrawMany, withdrawMax, withdrawTo,
} from "./helpers/streams";

beforeEach(openSuite);

/** What the TypeScript mirror says is vested on a line that was never paused. */
const mirror = (id: bigint, t: bigint): bigint => {
  const s = row(id);
  return linearVested({
    deposit: s.deposit, start: s.start, cliff: s.cliff, end: s.end, unlockStart: s["unlock-start"],
    unlockCliff: s["unlock-cliff"], step: s.step,
  }, t);
};

const view = (fn: string, id: bigint, ...rest: bigint[]): unknown =>
  read("sluice-streams", fn, [id, ...rest].map((n) => Cl.uint(n)));

describe("withdraw-max", () => {
  it("pays out a single unit, too", () => {
    const id = stream({ deposit: 2, start: -700, cliff: -700, end: 700 });

    expect(withdrawMax(id, mallory).moves).toMatchObject([{ amount: 1n, to: bob }]);
    expect(streamLiability()).toBe(1n);
  });

  it("pays the owner what is vested at that second, and prints it", () => {
    const id = stream({ token: SBTC });
    mineStacks(20);
    const before = balance(SBTC, bob);
    const out = withdrawMax(id, bob);
    const at = out.events[0].data.at as bigint;
    const due = mirror(id, at);
    expect(due).toBeGreaterThan(0n);
    expect(out.result).toEqual({ ok: due });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.withdrawn", id, actor: bob, token: SBTC, amount: due,
      data: { to: bob, withdrawn: due, at },
    }]);
    expect(out.moves).toEqual([{ asset: `${SBTC}::sbtc-token`, amount: due, from: contract("sluice-streams"), to: bob }]);
    expect(balance(SBTC, bob)).toBe(before + due);
    expect(row(id).withdrawn).toBe(due);
    expect(streamLiability()).toBe(1_000_003n - due);
  });

  it("I48: a stranger may push it, and it still goes to the owner alone", () => {
    const id = stream();
    mineStacks(20);
    const out = withdrawMax(id, mallory);
    expect(out.moves.map((m) => m.to)).toEqual([bob]);
    expect(out.events[0].actor).toBe(mallory);
  });

  it("I55: follows the position to its new owner", () => {
    const id = stream();
    mineStacks(10);
    must(transfer("sluice-streams", id, bob, carol, bob));
    expect(withdrawMax(id, dave).moves.map((m) => m.to)).toEqual([carol]);
    expect(ownerOf("sluice-streams", id)).toBe(carol);
  });

  it("pays the deposit to the last unit once it is over", () => {
    const id = stream({ deposit: 10, end: 30 });
    mineBurn(1);
    expect(withdrawMax(id, bob).result).toEqual({ ok: 10n });
    expect(view("remaining", id)).toBe(0n);
    expect(status(id)).toBe(STATUS.depleted);
  });

  it("pays STX through its face", () => {
    const id = stream({ token: STX, end: 30 });
    mineBurn(1);
    expect(withdrawMax(id, bob, STX).moves).toEqual([
      { asset: "stx", amount: 1_000_003n, from: contract("sluice-streams"), to: bob },
    ]);
  });

  it("u6013: nothing is due before the start, at once after a withdrawal, or when empty", () => {
    expect(withdrawMax(stream({ start: 5_000, cliff: 5_000, end: 9_000 }), bob).result).toEqual({ err: 6013n });
    const slow = stream({ deposit: 1, end: 1_000 });
    expect(withdrawMax(slow, bob).result).toEqual({ err: 6013n });
    const done = stream({ end: 30 });
    mineBurn(1);
    must(withdrawMax(done, bob));
    expect(withdrawMax(done, bob).result).toEqual({ err: 6013n });
  });

  it("u6001: no such stream", () => {
    expect(withdrawMax(1n, bob).result).toEqual({ err: 6001n });
    expect(withdrawMax(0n, bob).result).toEqual({ err: 6001n });
  });

  it("u6004, I7: only in the stream's own token", () => {
    const id = stream();
    mineStacks(5);
    expect(withdrawMax(id, bob, STX).result).toEqual({ err: 6004n });
  });

  it("u6000: the owner may keep it to himself", () => {
    const id = stream({ flags: { openWithdraw: false } });
    mineStacks(5);
    expect(withdrawMax(id, mallory).result).toEqual({ err: 6000n });
    expect(withdrawMax(id, bob).ok).toBe(true);
  });

  it("I47: two withdrawals in one block give the same as one", () => {
    const id = stream();
    mineStacks(30);
    const both = simnetBlock([["withdraw-to", [Cl.uint(id), trait(SBTC), Cl.uint(7), Cl.principal(bob)]], ["withdraw-max", [Cl.uint(id), trait(SBTC)]]]);
    expect(both[0] + both[1]).toBe(mirror(id, BigInt(now())));
  });
});

/** Two or more of bob's calls in one block; the amounts they paid. */
function simnetBlock(calls: [string, Parameters<typeof call>[2]][]): bigint[] {
  const txs = calls.map(([fn, args]) => ({ callPublicFn: { contract: contract("sluice-streams"), method: fn, args, sender: bob } }));
  return simnet.mineBlock(txs as unknown as Parameters<typeof simnet.mineBlock>[0]).map((r) => {
    if (r.result.type !== "ok") throw new Error("a call in the block failed");
    return BigInt((r.result.value as unknown as { value: bigint }).value);
  });
}

describe("withdraw-to", () => {
  it("pays part to anybody the owner names", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    const out = withdrawTo(id, 400_000, dave, bob);
    expect(out.result).toEqual({ ok: 400_000n });
    expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[dave, 400_000n]]);
    expect(out.events[0]).toMatchObject({
      ev: "stream.withdrawn", id, actor: bob, amount: 400_000n, data: { to: dave, withdrawn: 400_000n },
    });
    expect(withdrawTo(id, 600_003, bob, bob).events[0].data.withdrawn).toBe(1_000_003n);
  });

  it("u6003: more than nothing, and not more than what is due", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(withdrawTo(id, 0, bob, bob).result).toEqual({ err: 6003n });
    expect(withdrawTo(id, 1_000_004, bob, bob).result).toEqual({ err: 6003n });
    expect(withdrawTo(id, 2n ** 128n - 1n, bob, bob).result).toEqual({ err: 6003n });
    expect(withdrawTo(id, 1_000_003, bob, bob).ok).toBe(true);
  });

  it("u6000, I49: the owner alone, not the payer, not the old owner, not through a phishing contract", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(withdrawTo(id, 1, mallory, mallory).result).toEqual({ err: 6000n });
    expect(withdrawTo(id, 1, alice, alice).result).toEqual({ err: 6000n });
    const lured = phish(
      `(contract-call? '${contract("sluice-streams")} withdraw-to u${id} '${SBTC} u1 '${mallory})`, bob,
    );
    expect(lured.result).toEqual({ err: 6000n });
    must(transfer("sluice-streams", id, bob, carol, bob));
    expect(withdrawTo(id, 1, bob, bob).result).toEqual({ err: 6000n });
    expect(withdrawTo(id, 1, carol, carol).ok).toBe(true);
  });

  it("u6001: no such position", () => {
    expect(withdrawTo(9n, 1, bob, bob).result).toEqual({ err: 6001n });
  });

  it("u6004: only in the stream's own token", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(withdrawTo(id, 1, bob, bob, STX).result).toEqual({ err: 6004n });
  });

  it("u6016: not to this contract", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(withdrawTo(id, 1, contract("sluice-streams"), bob).result).toEqual({ err: 6016n });
  });
});

describe("withdraw-many", () => {
  it("pays each owner and skips what has nothing due", () => {
    const a = stream({ end: 30, deposit: 11 });
    const idle = stream({ start: 90_000, cliff: 90_000, end: 99_000 });
    const b = stream({ end: 30, deposit: 22, to: carol });
    mineBurn(1);
    const out = withdrawMany([a, idle, b], mallory);
    expect(out.result).toEqual({ ok: 33n });
    expect(out.moves.map((m) => [m.to, m.amount])).toEqual([[bob, 11n], [carol, 22n]]);
    expect(out.events.map((e) => [e.ev, e.id, e.amount])).toEqual([["stream.withdrawn", a, 11n], ["stream.withdrawn", b, 22n]]);
  });

  it("takes 25 streams", () => {
    const ids = Array.from({ length: 25 }, () => stream({ end: 300, deposit: 10 }));
    mineBurn(1);
    expect(withdrawMany(ids, bob).result).toEqual({ ok: 250n });
  });

  it("does nothing for an empty list", () => {
    expect(withdrawMany([], bob)).toMatchObject({ result: { ok: 0n }, events: [], moves: [] });
  });

  it("u6017: no id twice, and in order (a list with doubles cannot be summed)", () => {
    const [a, b] = [stream({ end: 30 }), stream({ end: 30 })];
    mineBurn(1);
    expect(withdrawMany([a, a], bob).result).toEqual({ err: 6017n });
    expect(withdrawMany([b, a], bob).result).toEqual({ err: 6017n });
  });

  it("u6000, u6001, u6004: fails as a whole when one of them cannot be paid", () => {
    const a = stream({ end: 30 });
    const own = stream({ end: 30, flags: { openWithdraw: false } });
    const stx = stream({ end: 30, token: STX });
    mineBurn(1);
    expect(withdrawMany([a, own], mallory).result).toEqual({ err: 6000n });
    expect(withdrawMany([a, 99n], mallory).result).toEqual({ err: 6001n });
    expect(withdrawMany([a, stx], mallory).result).toEqual({ err: 6004n });
    expect(row(a).withdrawn).toBe(0n);
  });
});

describe("set-open-withdraw", () => {
  it("is the owner's switch", () => {
    const id = stream();
    mineStacks(5);
    const out = call("sluice-streams", "set-open-withdraw", [Cl.uint(id), Cl.bool(false)], bob);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "stream.open-withdraw-set", id, actor: bob, token: SBTC, amount: 0n, data: { open: false },
    }]);
    expect(withdrawMax(id, mallory).result).toEqual({ err: 6000n });
    must(call("sluice-streams", "set-open-withdraw", [Cl.uint(id), Cl.bool(true)], bob));
    expect(withdrawMax(id, mallory).ok).toBe(true);
  });

  it("u6000, u6001: for nobody else", () => {
    const id = stream();
    expect(call("sluice-streams", "set-open-withdraw", [Cl.uint(id), Cl.bool(false)], alice).result).toEqual({ err: 6000n });
    expect(call("sluice-streams", "set-open-withdraw", [Cl.uint(9), Cl.bool(false)], bob).result).toEqual({ err: 6001n });
  });
});

describe("what is vested", () => {
  it("I38, I52: is nothing before the start and all at the end, for any time a view is asked for", () => {
    const id = stream({ start: 100, cliff: 200, end: 300, unlockStart: 7, unlockCliff: 8, step: 3 });
    const s = row(id);
    expect(vestedAt(id, 0n)).toBe(0n);
    expect(vestedAt(id, s.start - 1n)).toBe(0n);
    expect(vestedAt(id, s.start)).toBe(7n);
    expect(vestedAt(id, s.cliff - 1n)).toBe(7n);
    expect(vestedAt(id, s.cliff)).toBe(15n);
    expect(vestedAt(id, s.end - 1n)).toBe(mirror(id, s.end - 1n));
    expect(vestedAt(id, s.end)).toBe(s.deposit);
    expect(vestedAt(id, 2n ** 128n - 1n)).toBe(s.deposit);
  });

  it("I38: fits at the bounds: 2^96 - 1 units over 2^32 - 1 seconds", () => {
    const line = (t: bigint) => read("sluice-streams", "linear-vested", [
      2n ** 96n - 1n, 0n, 0n, 2n ** 32n - 1n, 0n, 0n, 1n, t,
    ].map((n) => Cl.uint(n)));
    const whole = { deposit: 2n ** 96n - 1n, start: 0n, cliff: 0n, end: 2n ** 32n - 1n, unlockStart: 0n, unlockCliff: 0n, step: 1n };
    for (const t of [1n, 2n ** 31n, 2n ** 32n - 2n, 2n ** 32n - 1n]) expect(line(t)).toBe(linearVested(whole, t));
  });

  it("I51: comes in tranches on their dates", () => {
    const id = must(createTranched([{ at: 100, amount: 5 }, { at: 200, amount: 7 }, { at: 300, amount: 1 }])).value as bigint;
    const { start } = row(id);
    expect([99n, 100n, 199n, 200n, 299n, 300n].map((s) => vestedAt(id, start + s))).toEqual([0n, 5n, 5n, 12n, 12n, 13n]);
    mineBurn(1);
    expect(withdrawMax(id, bob).result).toEqual({ ok: 13n });
  });

  it("I42: vested and refundable make up the deposit until a cancel", () => {
    const id = stream();
    for (let i = 0; i < 5; i++) {
      mineStacks(7);
      expect((view("refundable", id) as bigint) + vestedAt(id, BigInt(now()))).toBe(1_000_003n);
    }
    must(cancel(id, alice));
    expect(view("refundable", id)).toBe(0n);
  });

  it("views of nothing are nothing", () => {
    for (const fn of ["withdrawable", "refundable", "remaining"]) expect(view(fn, 77n)).toBe(0n);
    expect(view("vested-at", 77n, 5n)).toBe(0n);
    expect(view("withdrawable-at", 77n, 5n)).toBe(0n);
    expect(view("status", 77n)).toBeNull();
    expect(view("pause-used-up", 77n)).toBe(false);
    expect(view("get-stream", 77n)).toBeNull();
    expect(view("get-tranches", 77n)).toBeNull();
  });

  it("withdrawable-at never goes below zero for times before the last withdrawal", () => {
    const id = stream();
    mineStacks(20);
    must(withdrawMax(id, bob));
    expect(view("withdrawable-at", id, row(id).start + 1n)).toBe(0n);
  });

  it("I54: goes through PENDING, STREAMING, SETTLED, DEPLETED", () => {
    const id = stream({ start: 100, cliff: 100, end: 2_000 });
    expect(status(id)).toBe(STATUS.pending);
    mineStacks(20);
    expect(status(id)).toBe(STATUS.streaming);
    mineBurn(4);
    expect(status(id)).toBe(STATUS.settled);
    must(withdrawMax(id, bob));
    expect(status(id)).toBe(STATUS.depleted);
  });
});
