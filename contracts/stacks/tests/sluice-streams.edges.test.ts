/** The very edges of a schedule: the second before and after, the last unit, the bounds; and contracts in between. */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, bob, call, carol, contract, dave, deployer, mallory, mineBurn, mineStacks, now, type Outcome, read } from "./helpers/chain";
import { approve, revoke } from "./helpers/positions";
import { HOSTILE, MAX_AMOUNT, mintHostile, must, openSuite, phish, SBTC } from "./helpers/suite";
import {
  cancel, createLinear, createTranched, plainCall, proposePayer, row, status, STATUS, stream, topUp, withdrawMany, withdrawMax, withdrawTo,
} from "./helpers/streams";

const MAX_DURATION = 2 ** 32 - 1;
const BLOCK = 10; // a Stacks block is ten seconds, and each call is one
const u = (n: number | bigint) => Cl.uint(n);
const view = (fn: string, ...args: (number | bigint)[]) => read("sluice-streams", fn, args.map(u));

beforeEach(openSuite);

describe("to the second", () => {
  it("a stream is pending until its start and streaming from it, also before the cliff", () => {
    stream({ start: 2 * BLOCK + 1, cliff: 500, end: 1_000 });
    stream({ start: BLOCK, cliff: 500, end: 1_000 });

    expect([status(1n), status(2n)]).toEqual([STATUS.pending, STATUS.streaming]);
  });

  it("it is settled at its end and not one second before", () => {
    const [over, open] = [stream({ end: 2 * BLOCK }), stream({ end: BLOCK + 1 })];

    expect([status(over), status(open)]).toEqual([STATUS.settled, STATUS.streaming]);
  });

  it("views of now speak of this second", () => {
    const id = stream({ deposit: 1_000, end: 1_000 });
    mineStacks(3);

    const run = BigInt(now()) - row(id).start;
    expect([view("withdrawable", id), view("refundable", id)]).toEqual([run, 1_000n - run]);
  });

  it("withdrawals count to the second of their block", () => {
    const id = stream({ deposit: 1_000, end: 1_000 });
    const due = () => BigInt(now() + BLOCK) - row(id).start - row(id).withdrawn;

    expect(withdrawTo(id, due() + 1n, carol, bob).result).toEqual({ err: 6003n });
    expect(withdrawTo(id, due(), carol, bob).ok).toBe(true);
    expect(withdrawTo(id, due() + 1n, carol, bob).result).toEqual({ err: 6003n }); // less what is withdrawn
    expect(withdrawMany([id], mallory).result).toEqual({ ok: 2n * BigInt(BLOCK) });
    expect(withdrawMany([id], mallory).result).toEqual({ ok: BigInt(BLOCK) });
  });

  it("a pause begins at the start and not one second before, cliff or not", () => {
    const early = stream({ start: 2 * BLOCK + 1, cliff: 500, end: 1_000 });
    expect(plainCall("pause", early, alice).result).toEqual({ err: 6006n });
    const exact = stream({ start: 2 * BLOCK, cliff: 500, end: 1_000 });
    expect(plainCall("pause", exact, alice).result).toEqual({ ok: true });
  });

  it("a pause is used up at its last second, not before", () => {
    const id = stream({ end: 20_000_000 });
    must(plainCall("pause", id, alice));
    const since = row(id)["paused-at"]!;
    while (BigInt(now()) + 700n < since + 7_776_000n) mineBurn(Math.max(1, Math.floor(Number(since + 7_776_000n - BigInt(now())) / 601) - 1));
    while (BigInt(now()) < since + 7_776_000n - 10n) mineStacks(1);
    expect([BigInt(now()) - since, view("pause-used-up", id), status(id)]).toEqual([7_775_990n, false, STATUS.paused]);

    mineStacks(1);

    expect([view("pause-used-up", id), status(id)]).toEqual([true, STATUS.streaming]);
    expect(plainCall("resume", id, mallory).result).toEqual({ ok: 7_776_000n });
  });

  it("a top-up works from the cliff on, and not one second before", () => {
    const [early, exact] = [stream({ cliff: 3 * BLOCK, end: 9_000 }), stream({ cliff: 3 * BLOCK + 1, end: 9_000 })];

    expect(topUp(early, 5, alice).ok).toBe(true);
    mineStacks(1);
    expect(topUp(exact, 5, alice).ok).toBe(true);
    expect(topUp(stream({ cliff: 2 * BLOCK + 1, end: 9_000 }), 5, alice).result).toEqual({ err: 6006n });
  });

  it("the end lies after the block that makes the stream, at least one second", () => {
    expect(createLinear({ end: BLOCK }).result).toEqual({ err: 6006n });
    expect(createLinear({ end: BLOCK + 1 }).ok).toBe(true);
  });
});

describe("to the unit", () => {
  it("one unit is enough to withdraw, to cancel and to pause", () => {
    const one = () => stream({ deposit: 2, start: -700, cliff: -700, end: 700 });
    expect(withdrawMax(one(), mallory).result).toEqual({ ok: 1n });
    expect(withdrawMany([one()], mallory).moves.map((m) => [m.to, m.amount])).toEqual([[bob, 1n]]);
    expect(cancel(one(), alice).result).toEqual({ ok: 1n });
    expect(plainCall("pause", one(), alice).result).toEqual({ ok: true });
  });

  it("a cancel says what had been withdrawn", () => {
    const id = stream({ deposit: 1_000, end: 10_000 });
    mineStacks(99);
    must(withdrawTo(id, 70, bob, bob));

    expect(must(cancel(id, alice)).events.at(-1)!.data).toMatchObject({ withdrawn: 70n });
  });

  it("steps count when they are full", () => {
    const vested = (t: number) => view("linear-vested", 1_000, 100, 100, 1_100, 0, 0, 100, t);

    expect([101, 199, 200, 299, 300, 1_099, 1_100].map(vested)).toEqual([0n, 0n, 100n, 100n, 200n, 900n, 1_000n]);
  });

  it("a top-up rounds the end up, and not when it comes out even", () => {
    const end = (left: number, amount: number) => view("extended-end", left, amount, 100, 110);

    expect([end(3, 3), end(3, 1), end(3, 2)]).toEqual([120n, 114n, 117n]); // 20, 13.3…, 16.6… seconds
  });

  it("a position on offer holds what is neither withdrawn nor refunded", () => {
    const id = stream({ deposit: 1_000, end: 1_000 });
    mineStacks(19);
    must(withdrawTo(id, 70, bob, bob));
    must(cancel(id, alice));

    const { remaining } = read("sluice-streams", "get-position", [u(id), Cl.principal(bob)]) as { remaining: bigint };
    expect(remaining).toBe(1_000n - row(id).withdrawn - row(id).refunded);
    expect(remaining).toBe(view("remaining", id));
  });
});

describe("to the bound", () => {
  it("a stream may start MAX-DURATION from now, with a cliff after that, and not a second later", () => {
    const far = { start: MAX_DURATION + BLOCK, cliff: MAX_DURATION + 1_000, end: MAX_DURATION + 10_000 };

    expect(createLinear(far).ok).toBe(true);
    expect(createLinear({ ...far, start: far.start + 1 }).result).toEqual({ err: 6006n });
  });

  it("its length counts from the start, not from the cliff", () => {
    expect(createLinear({ start: 0, cliff: 100_000, end: MAX_DURATION + 1 }).result).toEqual({ err: 6006n });
    expect(createLinear({ start: 0, cliff: 100_000, end: MAX_DURATION }).ok).toBe(true);
  });

  it("it may hold 2^96 - 1 units, at once or by a top-up", () => {
    for (const _ of [1, 2, 3]) mintHostile(alice, MAX_AMOUNT);
    expect(createLinear({ token: HOSTILE, deposit: MAX_AMOUNT, end: 9_000 }).ok).toBe(true);
    const id = stream({ token: HOSTILE, deposit: MAX_AMOUNT - 5n, end: 9_000 });

    expect(topUp(id, 6, alice, HOSTILE).result).toEqual({ err: 6003n });
    expect(topUp(id, 5, alice, HOSTILE).ok).toBe(true);
  });

  it("a top-up may stretch it to MAX-DURATION from now", () => {
    const exact = MAX_DURATION / 15 - 1; // one unit and fifteen seconds are left when the call runs
    const last = () => stream({ deposit: 1, end: 2 * BLOCK + 15 });

    expect(topUp(last(), exact + 1, alice).result).toEqual({ err: 6006n });
    const id = last();
    expect(topUp(id, exact, alice).ok).toBe(true);
    expect(row(id).end - BigInt(now())).toBe(BigInt(MAX_DURATION));
  });

  it("only a smooth line is topped up: steps of two seconds are steps", () => {
    expect(topUp(stream({ step: 2, end: 9_000 }), 5, alice).result).toEqual({ err: 6005n });
  });
});

describe("through a contract", () => {
  const AGENT = `${mallory}.agent`;
  const flags = "{cancelable: true, transferable: true, pausable: true, open-withdraw: true, royalty-bps: u0}";
  const agentCalls = (...calls: string[]): Outcome =>
    must(phish(`(begin ${calls.map((text) => `(try! (contract-call? '${deployer}.sluice-streams ${text}))`).join(" ")} (ok true))`, alice, "agent"));

  it("whoever signs pays and is the payer; the contract is only the actor", () => {
    const t = now();

    const done = agentCalls(
      `create-linear '${SBTC} '${bob} u1000 u${t} u${t} u${t + 9_000} u0 u0 u1 ${flags}`,
      `create-tranched '${SBTC} '${bob} u${t} (list {at: u${t + 500}, amount: u7}) ${flags}`,
      `top-up u1 '${SBTC} u500`,
    );

    expect(done.events.map((e) => [e.ev, e.actor, e.data.payer])).toEqual([
      ["stream.created", AGENT, alice], ["stream.created", AGENT, alice], ["stream.tranches", AGENT, undefined], ["stream.topped-up", AGENT, undefined],
    ]);
    expect([row(1n).payer, row(2n).payer]).toEqual([alice, alice]);
    expect(done.moves.every((m) => m.from === alice)).toBe(true);
  });

  it("as payer it is refunded itself, as owner it burns in its own name", () => {
    const ids = [1, 2, 3].map(() => stream({ to: AGENT, deposit: 1_000, end: 100_000 }));
    for (const id of ids) must(proposePayer(id, AGENT, alice));
    const moves: [string, string][] = [["cancel", `cancel u1 '${SBTC}`], ["cancel-many", `cancel-many (list u2 u3) '${SBTC}`]];

    const done = agentCalls(...ids.map((id) => `accept-payer u${id}`), ...moves.map(([, text]) => text));

    expect(done.moves.map((m) => m.to)).toEqual([AGENT, AGENT]);
    expect(done.events.filter((e) => e.ev === "stream.payer-changed").map((e) => e.data)).toEqual(ids.map(() => ({ from: alice, to: AGENT })));
  });

  it("burns what is empty in its own name", () => {
    stream({ to: AGENT, deposit: 5, end: 2 * BLOCK + 1 });
    mineStacks(5);

    const done = agentCalls(`withdraw-max u1 '${SBTC}`, "burn u1");

    expect(done.events.at(-1)).toMatchObject({ ev: "position.burned", actor: AGENT, data: { owner: AGENT } });
  });
});

it("answers true where there is nothing else to say", () => {
  const id = stream({ end: 90_000 });
  const done = [
    approve("sluice-streams", id, dave, bob), revoke("sluice-streams", id, bob), proposePayer(id, dave, alice), plainCall("accept-payer", id, dave),
    plainCall("pause", id, dave), call("sluice-streams", "set-open-withdraw", [u(id), Cl.bool(false)], bob), plainCall("renounce", id, dave),
    call("sluice-streams", "transfer", [u(id), Cl.principal(bob), Cl.principal(contract("sluice-market"))], bob),
  ];

  expect(done.map((out) => out.result)).toEqual(done.map(() => ({ ok: true })));
  expect(createTranched([{ at: 100, amount: 5 }]).result).toEqual({ ok: id + 1n });
});
