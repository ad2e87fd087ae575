import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, balance, bob, carol, contract, now, read, seq } from "./helpers/chain";
import { deployHostile, HOSTILE, openSuite, SBTC, STX } from "./helpers/suite";
import { ownerOf } from "./helpers/positions";
import { createLinear, createMany, createTranched, row, streamLiability } from "./helpers/streams";

beforeEach(openSuite);

const MAX_DEPOSIT = 2n ** 96n - 1n;
const MAX_DURATION = 2 ** 32 - 1;

describe("create-linear", () => {
  it("takes the deposit, mints the position and prints every term", () => {
    const before = balance(SBTC, alice);
    const base = BigInt(now());
    const made = createLinear({
      start: 5, cliff: 60, end: 600, unlockStart: 10, unlockCliff: 20, step: 7,
      flags: { cancelable: true, transferable: false, pausable: true, openWithdraw: false, royalty: 250 },
    });
    expect(made.result).toEqual({ ok: 1n });
    expect(made.events).toEqual([{
      sluice: 1n, seq: 1n, ev: "stream.created", id: 1n, actor: alice, token: SBTC, amount: 1_000_003n,
      data: {
        payer: alice, payee: bob, start: base + 5n, cliff: base + 60n, end: base + 600n, "unlock-start": 10n,
        "unlock-cliff": 20n, step: 7n, tranched: false, cancelable: true, transferable: false, pausable: true,
        "open-withdraw": false, "royalty-bps": 250n,
      },
    }]);
    expect(made.moves).toEqual([
      { asset: `${SBTC}::sbtc-token`, amount: 1_000_003n, from: alice, to: contract("sluice-streams") },
    ]);
    expect(balance(SBTC, alice)).toBe(before - 1_000_003n);
    expect(streamLiability()).toBe(1_000_003n);
    expect(ownerOf("sluice-streams", 1n)).toBe(bob);
    expect(row(1n)).toEqual({
      payer: alice, "pending-payer": null, token: SBTC, deposit: 1_000_003n, withdrawn: 0n, refunded: 0n,
      start: base + 5n, cliff: base + 60n, end: base + 600n, "unlock-start": 10n, "unlock-cliff": 20n, step: 7n,
      "paused-at": null, "paused-total": 0n, tranched: false, canceled: false, cancelable: true,
      transferable: false, pausable: true, "open-withdraw": false, "royalty-bps": 250n,
    });
  });

  it("takes STX and any listed token by the same path", () => {
    expect(createLinear({ token: STX }).moves).toEqual([
      { asset: "stx", amount: 1_000_003n, from: alice, to: contract("sluice-streams") },
    ]);
    expect(createLinear({ token: HOSTILE }).result).toEqual({ ok: 2n });
    expect(streamLiability(STX)).toBe(1_000_003n);
    expect(streamLiability(HOSTILE)).toBe(1_000_003n);
  });

  it("may start in the past, and counts ids up without reuse", () => {
    expect(createLinear({ start: -5_000, cliff: -4_000, end: 1_000 }).result).toEqual({ ok: 1n });
    expect(createLinear().result).toEqual({ ok: 2n });
    expect(read("sluice-streams", "get-last-token-id")).toEqual({ ok: 2n });
  });

  it("u6003: the deposit is more than nothing and at most 2^96 - 1", () => {
    expect(createLinear({ deposit: 0 }).result).toEqual({ err: 6003n });
    expect(createLinear({ deposit: MAX_DEPOSIT + 1n }).result).toEqual({ err: 6003n });
    expect(createLinear({ deposit: 2n ** 128n - 1n }).result).toEqual({ err: 6003n });
  });

  it("u6003: the unlocks fit the deposit, without overflow", () => {
    expect(createLinear({ deposit: 100, unlockStart: 101 }).result).toEqual({ err: 6003n });
    expect(createLinear({ deposit: 100, unlockStart: 60, unlockCliff: 41 }).result).toEqual({ err: 6003n });
    expect(createLinear({ deposit: 100, unlockStart: 1, unlockCliff: 2n ** 128n - 1n }).result).toEqual({ err: 6003n });
    expect(createLinear({ deposit: 100, unlockStart: 60, unlockCliff: 40 }).ok).toBe(true);
  });

  it("u6006: start <= cliff < end", () => {
    expect(createLinear({ start: 10, cliff: 9 }).result).toEqual({ err: 6006n });
    expect(createLinear({ cliff: 1_000, end: 1_000 }).result).toEqual({ err: 6006n });
    expect(createLinear({ cliff: 999, end: 1_000 }).ok).toBe(true);
  });

  it("u6006: not over already", () => {
    expect(createLinear({ start: -500, cliff: -500, end: 0 }).result).toEqual({ err: 6006n });
  });

  it("u6006: at most 2^32 - 1 seconds long, and not starting later than that", () => {
    expect(createLinear({ end: MAX_DURATION }).ok).toBe(true);
    expect(createLinear({ end: MAX_DURATION + 1 }).result).toEqual({ err: 6006n });
    const late = MAX_DURATION + 1_000;
    expect(createLinear({ start: late, cliff: late, end: late + 1 }).result).toEqual({ err: 6006n });
  });

  it("u6006: a step is at least a second", () => {
    expect(createLinear({ step: 0 }).result).toEqual({ err: 6006n });
  });

  it("u6009: a royalty is at most 5 %", () => {
    expect(createLinear({ flags: { royalty: 500 } }).ok).toBe(true);
    expect(createLinear({ flags: { royalty: 501 } }).result).toEqual({ err: 6009n });
  });

  it("u6016: a stream cannot pay this contract", () => {
    expect(createLinear({ to: contract("sluice-streams") }).result).toEqual({ err: 6016n });
  });

  it("u6004: only for a listed token", () => {
    expect(createLinear({ token: deployHostile("hostile-token", "unlisted-token") }).result).toEqual({ err: 6004n });
  });

  it("passes the token's own refusal on: u1, not enough money", () => {
    const before = seq("sluice-streams");
    expect(createLinear({ deposit: 10_000_000_001n }).result).toEqual({ err: 1n });
    expect(seq("sluice-streams")).toBe(before);
    expect(read("sluice-streams", "get-last-token-id")).toEqual({ ok: 0n });
  });
});

describe("create-tranched", () => {
  it("locks the sum of the tranches and prints the steps", () => {
    const base = BigInt(now());
    const made = createTranched([{ at: 100, amount: 5 }, { at: 200, amount: 7 }]);
    const steps = [{ at: base + 100n, amount: 5n }, { at: base + 200n, amount: 7n }];
    expect(made.result).toEqual({ ok: 1n });
    expect(made.events).toHaveLength(2);
    expect(made.events[0]).toMatchObject({
      ev: "stream.created", amount: 12n,
      data: { start: base, cliff: base, end: base + 200n, "unlock-start": 0n, "unlock-cliff": 0n, step: 1n, tranched: true },
    });
    expect(made.events[1]).toEqual({
      sluice: 1n, seq: 2n, ev: "stream.tranches", id: 1n, actor: alice, token: SBTC, amount: 12n, data: { steps },
    });
    expect(read("sluice-streams", "get-tranches", [Cl.uint(1)])).toEqual(steps);
    expect(streamLiability()).toBe(12n);
  });

  it("takes 24 tranches", () => {
    const steps = Array.from({ length: 24 }, (_, i) => ({ at: 10 * (i + 1), amount: i + 1 }));
    expect(createTranched(steps).result).toEqual({ ok: 1n });
    expect(row(1n).deposit).toBe(300n);
  });

  it("u6012: dates ascend strictly, after the start", () => {
    expect(createTranched([{ at: 0, amount: 5 }]).result).toEqual({ err: 6012n });
    expect(createTranched([{ at: 9, amount: 5 }, { at: 9, amount: 5 }]).result).toEqual({ err: 6012n });
    expect(createTranched([{ at: 9, amount: 5 }, { at: 8, amount: 5 }, { at: 20, amount: 5 }]).result).toEqual({ err: 6012n });
  });

  it("u6012: every tranche carries money, at most 2^96 - 1", () => {
    expect(createTranched([{ at: 9, amount: 0 }]).result).toEqual({ err: 6012n });
    expect(createTranched([{ at: 9, amount: MAX_DEPOSIT + 1n }]).result).toEqual({ err: 6012n });
    expect(createTranched([{ at: 9, amount: 2n ** 128n - 1n }, { at: 10, amount: 5 }]).result).toEqual({ err: 6012n });
  });

  it("u6003: all together at most 2^96 - 1; none at all is nothing", () => {
    expect(createTranched([{ at: 9, amount: MAX_DEPOSIT }, { at: 10, amount: 1 }]).result).toEqual({ err: 6003n });
    expect(createTranched([]).result).toEqual({ err: 6003n });
  });

  it("u6006: the last date lies ahead", () => {
    expect(createTranched([{ at: -50, amount: 5 }], { start: -100 }).result).toEqual({ err: 6006n });
  });

  it("u1: passes the token's refusal on", () => {
    expect(createTranched([{ at: 900, amount: 10_000_000_001n }]).result).toEqual({ err: 1n });
  });
});

describe("create-many", () => {
  const rows = [
    { to: bob, amount: 100, start: 0, cliff: 0, end: 100 },
    { to: carol, amount: 200, start: 0, cliff: 50, end: 200 },
    { to: bob, amount: 300, start: 10, cliff: 10, end: 300 },
  ];

  it("makes consecutive streams with one payment", () => {
    createLinear();
    const made = createMany(rows, { flags: { transferable: false, royalty: 100 } });
    expect(made.result).toEqual({ ok: { first: 2n, total: 600n } });
    expect(made.moves.map((m) => m.amount)).toEqual([600n]);
    expect(made.events.map((e) => [e.ev, e.id, e.seq, e.amount])).toEqual([
      ["stream.created", 2n, 2n, 100n], ["stream.created", 3n, 3n, 200n], ["stream.created", 4n, 4n, 300n],
    ]);
    expect([2n, 3n, 4n].map((id) => ownerOf("sluice-streams", id))).toEqual([bob, carol, bob]);
    expect(row(3n)).toMatchObject({ transferable: false, "royalty-bps": 100n, step: 1n });
  });

  it("I50: is the same as making them one by one", () => {
    const base = BigInt(now());
    createMany(rows);
    for (const r of rows) createLinear({ ...r, deposit: r.amount });
    for (let i = 1n; i <= 3n; i++) {
      const [batch, single] = [row(i), row(i + 3n)];
      const shift = single.start - batch.start;
      expect({
        ...single, start: single.start - shift, cliff: single.cliff - shift, end: single.end - shift,
      }).toEqual(batch);
      expect(batch.end).toBeGreaterThan(base);
    }
    expect(streamLiability()).toBe(1_200n);
  });

  it("takes 50 rows", () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ to: bob, amount: i + 1, start: 0, cliff: 0, end: 100 }));
    expect(createMany(many).result).toEqual({ ok: { first: 1n, total: 1275n } });
  });

  it("is all or nothing: one bad row undoes the others", () => {
    const bad = [rows[0], { ...rows[1], end: 50 }, rows[2]];
    expect(createMany(bad).result).toEqual({ err: 6006n });
    expect(read("sluice-streams", "get-last-token-id")).toEqual({ ok: 0n });
    expect(streamLiability()).toBe(0n);
  });

  it("u6003: an empty batch, or a sum no token allows", () => {
    expect(createMany([]).result).toEqual({ err: 6003n });
    const huge = { to: bob, amount: MAX_DEPOSIT, start: 0, cliff: 0, end: 100 };
    expect(createMany(Array(50).fill(huge)).result).toEqual({ err: 6003n });
  });
});
