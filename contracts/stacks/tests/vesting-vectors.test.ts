/** The same integers in Python (which wrote the vectors), in TypeScript and on chain. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Cl, type ClarityValue } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  extendedEnd, firstUncovered, type Line, linearVested, ownTime, scaledDebt, SCALE, type Tranche, tranchedVested,
} from "../vectors/vesting";
import { deployer, read } from "./helpers/chain";

const FOLDER = "../../spec/vectors/streams";

function cases(name: string): bigint[][] {
  const file = JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8")) as { cases: string[] };
  return file.cases.map((line) => line.split(" ").map(BigInt));
}

/** Asks the probe on chain for many values, a handful per call. */
function ask(fn: string, rows: ClarityValue[], perCall: number): unknown[] {
  const answers: unknown[] = [];
  for (let i = 0; i < rows.length; i += perCall)
    answers.push(...(read("vesting-probe", fn, [Cl.list(rows.slice(i, i + perCall))]) as unknown[]));
  return answers;
}

const optional = (n: bigint | null): ClarityValue => (n === null ? Cl.none() : Cl.some(Cl.uint(n)));
const orNull = (n: bigint): bigint | null => (n === -1n ? null : n);

interface Point<S> { schedule: S; t: bigint; vested: bigint }

const lines = (name: string): Point<Line>[] =>
  cases(name).flatMap(([deposit, start, cliff, end, unlockStart, unlockCliff, step, ...points]) =>
    [0, 2].map((i) => ({
      schedule: { deposit, start, cliff, end, unlockStart, unlockCliff, step },
      t: points[i], vested: points[i + 1],
    })));

const tranches = (): Point<Tranche[]>[] =>
  cases("tranched").flatMap(([n, ...rest]) => {
    const schedule = Array.from({ length: Number(n) }, (_, i) => ({ at: rest[2 * i], amount: rest[2 * i + 1] }));
    const points = rest.slice(2 * Number(n));
    return [0, 2].map((i) => ({ schedule, t: points[i], vested: points[i + 1] }));
  });

const lineTuple = ({ schedule: s, t }: Point<Line>): ClarityValue =>
  Cl.tuple({
    deposit: Cl.uint(s.deposit), start: Cl.uint(s.start), cliff: Cl.uint(s.cliff), end: Cl.uint(s.end),
    "unlock-start": Cl.uint(s.unlockStart), "unlock-cliff": Cl.uint(s.unlockCliff), step: Cl.uint(s.step),
    t: Cl.uint(t),
  });

beforeEach(() => {
  simnet.deployContract(
    "vesting-probe", readFileSync("tests/probes/vesting-probe.clar", "utf8"), { clarityVersion: 4 }, deployer,
  );
});

describe("the vectors", () => {
  it("are what the kept generator writes", () => {
    expect(execFileSync("python3", ["-B", "vectors/generate.py", "--check"], { encoding: "utf8" })).toContain("0 differ");
  });

  it("hold at least 10,000 schedules", () => {
    const count = ["linear", "cliff", "step", "tranched", "flow"].reduce((n, name) => n + cases(name).length, 0);
    expect(count).toBeGreaterThanOrEqual(10_000);
  });
});

describe.each(["linear", "cliff", "step"])("%s schedules", (name) => {
  const points = lines(name);

  it("vest the same in TypeScript", () => {
    for (const { schedule, t, vested } of points) expect(linearVested(schedule, t)).toBe(vested);
  });

  it("vest the same on chain", () => {
    const asked = points.filter((_, i) => i % 4 === 0 || i % 4 === 3); // one moment of each schedule
    expect(ask("linear", asked.map(lineTuple), 50)).toEqual(asked.map((p) => p.vested));
  });

  it("I38, I39: never fall, never exceed the deposit, and end at it exactly", () => {
    for (let i = 0; i < points.length; i += 2) {
      const [a, b] = [points[i], points[i + 1]];
      expect(a.vested <= b.vested && b.vested <= b.schedule.deposit).toBe(true);
      expect(linearVested(a.schedule, a.schedule.start - 1n)).toBe(0n);
      expect(linearVested(a.schedule, a.schedule.end)).toBe(a.schedule.deposit);
    }
  });
});

describe("tranched schedules", () => {
  const points = tranches();

  it("vest the same in TypeScript", () => {
    for (const { schedule, t, vested } of points) expect(tranchedVested(schedule, t)).toBe(vested);
  });

  it("vest the same on chain", () => {
    const rows = points.map(({ schedule, t }) =>
      Cl.tuple({
        steps: Cl.list(schedule.map(({ at, amount }) => Cl.tuple({ at: Cl.uint(at), amount: Cl.uint(amount) }))),
        t: Cl.uint(t),
      }));
    expect(ask("tranched", rows, 20)).toEqual(points.map((p) => p.vested));
  });
});

describe("flows", () => {
  const flows = cases("flow").map(([balance, debt, time, rate, t, free, stopped, dry]) =>
    ({ balance, debt, time, rate, t, free, stopped, dry: orNull(dry) }));

  it("owe the same in TypeScript", () => {
    for (const f of flows) {
      expect(scaledDebt(f.debt, f.time, f.rate, null, f.t)).toBe(f.free);
      expect(scaledDebt(f.debt, f.time, f.rate, f.balance * SCALE, f.t)).toBe(f.stopped);
      expect(firstUncovered(f.balance, f.debt, f.time, f.rate)).toBe(f.dry);
    }
  });

  it("owe the same on chain", () => {
    const row = (f: (typeof flows)[number], most: bigint | null): ClarityValue =>
      Cl.tuple({
        "snap-debt": Cl.uint(f.debt), "snap-time": Cl.uint(f.time), rate: Cl.uint(f.rate), most: optional(most),
        t: Cl.uint(f.t),
      });
    expect(ask("debt", flows.map((f) => row(f, null)), 50)).toEqual(flows.map((f) => f.free));
    expect(ask("debt", flows.map((f) => row(f, f.balance * SCALE)), 50)).toEqual(flows.map((f) => f.stopped));
  });

  it("run dry at the same second on chain", () => {
    const rows = flows.map((f) =>
      Cl.tuple({
        balance: Cl.uint(f.balance), "snap-debt": Cl.uint(f.debt), "snap-time": Cl.uint(f.time), rate: Cl.uint(f.rate),
      }));
    expect(ask("dry", rows, 50)).toEqual(flows.map((f) => f.dry));
  });

  it("I66: owe a unit too much at that second, and not one second before", () => {
    for (const f of flows) {
      if (f.dry === null || f.dry - f.time > 2n ** 32n - 1n) continue;
      const uncovered = (t: bigint) => scaledDebt(f.debt, f.time, f.rate, null, t) / SCALE - f.balance;
      expect(uncovered(f.dry)).toBeGreaterThanOrEqual(1n);
      if (f.dry > f.time) expect(uncovered(f.dry - 1n)).toBeLessThan(1n);
    }
  });
});

describe("a stream's own clock", () => {
  const clocks = cases("clock").map(([at, total, t, own]) => ({ at: orNull(at), total, t, own }));

  it("reads the same in TypeScript", () => {
    for (const c of clocks) expect(ownTime(c.at, c.total, c.t)).toBe(c.own);
  });

  it("reads the same on chain", () => {
    const rows = clocks.map((c) =>
      Cl.tuple({ "paused-at": optional(c.at), "paused-total": Cl.uint(c.total), t: Cl.uint(c.t) }));
    expect(ask("clock", rows, 50)).toEqual(clocks.map((c) => c.own));
  });
});

describe("a top-up", () => {
  const tops = cases("top_up").map(([left, amount, t, end, moved]) => ({ left, amount, t, end, moved }));

  it("moves the end the same in TypeScript", () => {
    for (const c of tops) expect(extendedEnd(c.left, c.amount, c.t, c.end)).toBe(c.moved);
  });

  it("moves the end the same on chain", () => {
    const rows = tops.map((c) =>
      Cl.tuple({ left: Cl.uint(c.left), amount: Cl.uint(c.amount), t: Cl.uint(c.t), end: Cl.uint(c.end) }));
    expect(ask("extended", rows, 50)).toEqual(tops.map((c) => c.moved));
  });

  it("I43: never raises the rate", () => {
    for (const c of tops)
      expect((c.left + c.amount) * (c.end - c.t)).toBeLessThanOrEqual(c.left * (c.moved - c.t));
  });
});
