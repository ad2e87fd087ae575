/** The very edges of a schedule. */
import { Cl } from "@stacks/transactions";
import { beforeEach, expect, it } from "vitest";
import { mineStacks, now, read } from "./helpers/chain";
import { openSuite } from "./helpers/suite";
import { createLinear, stream } from "./helpers/streams";

const MAX_DURATION = 2 ** 32 - 1;
const PENDING = 0n;
const STREAMING = 1n;

beforeEach(openSuite);

it("changes from pending to streaming at its start", () => {
  const start = now() + 50; // a Stacks block is ten seconds
  const id = stream({ start: 50, cliff: 50, end: 1_000 });
  const status = () => read("sluice-streams", "status", [Cl.uint(id)]);

  const seen = new Map<number, unknown>();
  for (; now() <= start + 10; mineStacks(1)) seen.set(now() - start, status());

  expect(seen.get(-10)).toBe(PENDING);
  expect(seen.get(0)).toBe(STREAMING);
  expect(seen.get(10)).toBe(STREAMING);
});

it("may start MAX-DURATION from now, with a cliff after that", () => {
  const far = { start: MAX_DURATION, cliff: MAX_DURATION + 1_000, end: MAX_DURATION + 10_000 };

  expect(createLinear(far).ok).toBe(true);
  expect(createLinear({ ...far, start: MAX_DURATION + 100 }).result).toEqual({ err: 6006n });
});
