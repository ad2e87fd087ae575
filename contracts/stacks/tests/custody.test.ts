/**
 * What every module that holds money must do, the same for streams, flow, subs and market:
 * new money can be stopped, exits never; a hostile token hurts only itself; what is given by
 * mistake belongs to nobody's entity.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, balance, bob, call, carol, contract, dave, deployer, mallory, mineBurn, now, type Outcome, read, seq,
} from "./helpers/chain";
import {
  deployHostile, disable, HOSTILE, HOSTILE_ROW, listTokens, must, openSuite, pause, phish, SBTC, setHostileMode, STX, sunset, trait,
} from "./helpers/suite";
import { approve } from "./helpers/positions";
import { cancel, createLinear, plainCall, stream, topUp, withdrawMany, withdrawMax, withdrawTo } from "./helpers/streams";

const u = (n: number | bigint) => Cl.uint(n);
const AMOUNT = 1_000_000n;

interface Exit {
  name: string;
  run: (id: bigint, token: string) => Outcome;
}

interface Module {
  name: string;
  base: bigint;
  skimmed: string;
  /** What must exist before money can enter. */
  given: (token: string) => void;
  /** alice puts AMOUNT in; the answer is the entity's id. */
  enter: (token: string) => Outcome;
  /** The same call as text, for a contract in between. */
  lure: (token: string) => string;
  /** Other ways for money to enter an entity that exists. */
  add: ((id: bigint, token: string) => Outcome)[];
  /** Ways out, each on a fresh entity after an hour. */
  exits: Exit[];
  row: (id: bigint) => unknown;
}

const HOUR = 7; // burn blocks, a little more than an hour

const streams: Module = {
  name: "sluice-streams",
  base: 6000n,
  skimmed: "streams.skimmed",
  given: () => undefined,
  enter: (token) => createLinear({ token, deposit: AMOUNT, end: 7_200 }),
  lure: (token) => {
    const flags = "{cancelable: true, transferable: true, pausable: true, open-withdraw: true, royalty-bps: u0}";
    return `create-linear '${token} '${bob} u${AMOUNT} u${now()} u${now()} u${now() + 7_200} u0 u0 u1 ${flags}`;
  },
  add: [(id, token) => topUp(id, 100, alice, token)],
  exits: [
    { name: "withdraw-max", run: (id, token) => withdrawMax(id, mallory, token) },
    { name: "withdraw-to", run: (id, token) => withdrawTo(id, 5, carol, bob, token) },
    { name: "withdraw-many", run: (id, token) => withdrawMany([id], mallory, token) },
    { name: "cancel", run: (id, token) => cancel(id, alice, token) },
    { name: "cancel-many", run: (id, token) => call("sluice-streams", "cancel-many", [Cl.list([u(id)]), trait(token)], alice) },
    { name: "pause", run: (id) => plainCall("pause", id, alice) },
    { name: "renounce", run: (id) => plainCall("renounce", id, alice) },
    { name: "transfer", run: (id) => call("sluice-streams", "transfer", [u(id), Cl.principal(bob), Cl.principal(carol)], bob) },
  ],
  row: (id) => read("sluice-streams", "get-stream", [u(id)]),
};

const flow: Module = {
  name: "sluice-flow",
  base: 6500n,
  skimmed: "flow.skimmed",
  given: () => undefined,
  enter: (token) => call("sluice-flow", "open", [
    trait(token), Cl.principal(bob), u(10n ** 13n), u(AMOUNT), Cl.tuple({ transferable: Cl.bool(true), "stop-on-empty": Cl.bool(false) }),
  ], alice),
  lure: (token) => `open '${token} '${bob} u1 u${AMOUNT} {transferable: true, stop-on-empty: false}`,
  add: [(id, token) => call("sluice-flow", "fund", [u(id), trait(token), u(100)], alice)],
  exits: [
    { name: "withdraw", run: (id, token) => call("sluice-flow", "withdraw", [u(id), trait(token), u(10_000)], mallory) },
    { name: "refund", run: (id, token) => call("sluice-flow", "refund", [u(id), trait(token), u(10_000)], alice) },
    { name: "adjust", run: (id) => call("sluice-flow", "adjust", [u(id), u(0)], alice) },
    { name: "void", run: (id) => call("sluice-flow", "void", [u(id)], bob) },
  ],
  row: (id) => read("sluice-flow", "get-flow", [u(id)]),
};

const subs: Module = {
  name: "sluice-subs",
  base: 7000n,
  skimmed: "subs.skimmed",
  given: (token) => {
    must(call("sluice-gateway", "register-merchant", [
      Cl.principal(carol), Cl.bufferFromHex("02".padEnd(66, "1")), u(0), u(0),
    ], bob));
    must(call("sluice-subs", "create-plan", [u(1), Cl.principal(token), u(AMOUNT / 4n), u(3_600), u(0), u(36_000)], bob));
  },
  enter: (token) => call("sluice-subs", "subscribe", [u(1), trait(token), u(4), u(AMOUNT)], alice),
  lure: (token) => `subscribe u1 '${token} u4 u${AMOUNT}`,
  add: [(id, token) => call("sluice-subs", "top-up-sub", [u(id), trait(token), u(100)], alice)],
  exits: [
    { name: "charge", run: (id, token) => call("sluice-subs", "charge", [u(id), trait(token)], mallory) },
    { name: "charge-many", run: (id, token) => call("sluice-subs", "charge-many", [Cl.list([u(id)]), trait(token)], mallory) },
    { name: "cancel-sub", run: (id, token) => call("sluice-subs", "cancel-sub", [u(id), trait(token)], alice) },
    { name: "pause-sub", run: (id) => call("sluice-subs", "pause-sub", [u(id)], alice) },
  ],
  row: (id) => read("sluice-subs", "get-sub", [u(id)]),
};

const market: Module = {
  name: "sluice-market",
  base: 8000n,
  skimmed: "market.skimmed",
  given: () => {
    const id = stream({ from: dave, end: 90_000, flags: { royalty: 100 } });
    must(approve("sluice-streams", id, contract("sluice-market"), bob));
  },
  enter: (token) => call("sluice-market", "make-offer", [u(1), trait(token), u(AMOUNT), u(0), u(now() + 5_000)], alice),
  lure: (token) => `make-offer u1 '${token} u${AMOUNT} u0 u${now() + 5_000}`,
  add: [],
  exits: [
    { name: "accept-offer", run: (id, token) => call("sluice-market", "accept-offer", [u(id), trait(token), u(0)], bob) },
    { name: "cancel-offer", run: (id, token) => call("sluice-market", "cancel-offer", [u(id), trait(token)], alice) },
    { name: "expire-offer", run: (id, token) => { mineBurn(2); return call("sluice-market", "expire-offer", [u(id), trait(token)], mallory); } },
  ],
  row: (id) => read("sluice-market", "get-offer", [u(id)]),
};

const liability = (name: string, token: string) => read(name, "get-liability", [Cl.principal(token)]);
const skim = (name: string, token: string, who = mallory) => call(name, "skim", [trait(token)], who);
const give = (token: string, name: string, amount: bigint, from = dave) =>
  must(call(token, "transfer", [u(amount), Cl.principal(from), Cl.principal(contract(name)), Cl.none()], from));

beforeEach(openSuite);

describe.each([streams, flow, subs, market])("$name", (m) => {
  const enter = (token: string) => must(m.enter(token)).value as bigint;

  it.each(m.exits)("I9, I10: $name works when the token is disabled and the module closed", ({ run }) => {
    m.given(SBTC);
    const id = enter(SBTC);
    mineBurn(HOUR);
    disable(SBTC);
    pause(m.name, 500);
    sunset(m.name);
    expect(run(id, SBTC).ok).toBe(true);
  });

  it("I9: a disabled token brings no new money", () => {
    m.given(SBTC);
    const id = enter(SBTC);
    disable(SBTC);
    expect(m.enter(SBTC).result).toEqual({ err: m.base + 4n });
    for (const add of m.add) expect(add(id, SBTC).result).toEqual({ err: m.base + 4n });
  });

  it("xx03: the token's limits of one payment hold", () => {
    const token = deployHostile("hostile-token", "hostile-limited");
    must(call(token, "mint", [u(AMOUNT), Cl.principal(alice)], deployer));
    listTokens({ ...HOSTILE_ROW, token, min: 10, max: AMOUNT - 1n });
    m.given(token);
    expect(m.enter(token).result).toEqual({ err: m.base + 3n });
  });

  it("I8, I23: a payer reached through a contract is guarded like any other", () => {
    m.given(HOSTILE);
    setHostileMode(1);
    const done = phish(`(contract-call? '${contract(m.name)} ${m.lure(HOSTILE)})`, alice);
    expect([done.result, done.moves]).toEqual([{ err: m.base + 8n }, []]);
    setHostileMode(0);
    expect(phish(`(contract-call? '${contract(m.name)} ${m.lure(HOSTILE)})`, alice, "router").ok).toBe(true);
  });

  it("I10: neither does a paused module, until the pause ends by itself", () => {
    m.given(SBTC);
    const id = enter(SBTC);
    pause(m.name, 3);
    expect(m.enter(SBTC).result).toEqual({ err: m.base + 2n });
    for (const add of m.add) expect(add(id, SBTC).result).toEqual({ err: m.base + 2n });
    mineBurn(3);
    expect(m.enter(SBTC).ok).toBe(true);
  });

  it("I10: nor one in sunset", () => {
    m.given(SBTC);
    const id = enter(SBTC);
    sunset(m.name);
    expect(m.enter(SBTC).result).toEqual({ err: m.base + 2n });
    for (const add of m.add) expect(add(id, SBTC).result).toEqual({ err: m.base + 2n });
  });

  it.each([
    { mode: 2, what: "moves nothing" }, { mode: 3, what: "keeps a unit" }, { mode: 5, what: "lies about balances" },
    { mode: 1, what: "steals the payer's sBTC" },
  ])("I8, I23: a token that $what brings no money in, and the payer loses nothing", ({ mode }) => {
    m.given(HOSTILE);
    const id = enter(HOSTILE);
    const before = [balance(SBTC, alice), seq(m.name), m.row(id), liability(m.name, HOSTILE)];
    setHostileMode(mode);
    expect(m.enter(HOSTILE).result).toEqual({ err: m.base + 8n });
    for (const add of m.add) expect(add(id, HOSTILE).result).toEqual({ err: m.base + 8n });
    expect([balance(SBTC, alice), seq(m.name), m.row(id), liability(m.name, HOSTILE)]).toEqual(before);
  });

  it("I8: nor does one that refuses", () => {
    m.given(HOSTILE);
    setHostileMode(6);
    expect(m.enter(HOSTILE).result).toEqual({ err: 66n });
  });

  it.each(m.exits.filter(({ name }) => !["pause", "renounce", "transfer", "adjust", "void", "pause-sub"].includes(name)))(
    "I8: paying out ($name) a token that steals takes none of the module's sBTC, and changes nothing",
    ({ run }) => {
      m.given(HOSTILE);
      const id = enter(HOSTILE);
      give(SBTC, m.name, 777n);
      mineBurn(HOUR);
      const before = [balance(SBTC, contract(m.name)), m.row(id), seq(m.name)];
      setHostileMode(1);
      expect(run(id, HOSTILE).result).toEqual({ err: m.base + 8n });
      expect([balance(SBTC, contract(m.name)), m.row(id), seq(m.name)]).toEqual(before);
      setHostileMode(0);
      expect(run(id, HOSTILE).ok).toBe(true);
    },
  );

  it("I11, I13: a gift changes no entity and no liability; skim sends exactly it to the treasury", () => {
    m.given(SBTC);
    const id = enter(SBTC);
    const before = [m.row(id), liability(m.name, SBTC)];
    expect(skim(m.name, SBTC).result).toEqual({ err: m.base + 3n });
    give(SBTC, m.name, 777n);
    expect([m.row(id), liability(m.name, SBTC)]).toEqual(before);
    const last = seq(m.name);
    const out = skim(m.name, SBTC);
    expect(out.result).toEqual({ ok: 777n });
    expect(out.moves).toEqual([
      { asset: `${SBTC}::sbtc-token`, amount: 777n, from: contract(m.name), to: contract("sluice-treasury") },
    ]);
    expect(out.events).toEqual([{
      sluice: 1n, seq: last + 1n, ev: m.skimmed, id: 0n, actor: mallory, token: SBTC, amount: 777n,
      data: { to: contract("sluice-treasury") },
    }]);
    expect([m.row(id), liability(m.name, SBTC)]).toEqual(before);
    expect(balance(SBTC, contract(m.name))).toBe(before[1]);
    expect(skim(m.name, SBTC).result).toEqual({ err: m.base + 3n });
  });

  it("skim: STX too, but only listed tokens", () => {
    give(STX, m.name, 5n);
    expect(skim(m.name, STX).result).toEqual({ ok: 5n });
    const unlisted = deployHostile("hostile-token", "unlisted-token");
    must(call(unlisted, "mint", [u(9), Cl.principal(contract(m.name))], deployer));
    expect(skim(m.name, unlisted).result).toEqual({ err: m.base + 4n });
  });

  it("I3, I4: entities pay from their own money only; in the end nothing is owed", () => {
    m.given(SBTC);
    const ids = [enter(SBTC), enter(SBTC)];
    expect(liability(m.name, SBTC)).toBe(2n * AMOUNT);
    expect(balance(SBTC, contract(m.name))).toBe(2n * AMOUNT);
    mineBurn(HOUR);
    const out = m.exits[0].run(ids[0], SBTC);
    const paid = out.moves.filter((x) => x.from === contract(m.name)).reduce((n, x) => n + x.amount, 0n);
    expect(paid).toBeGreaterThan(0n);
    expect(paid).toBeLessThanOrEqual(AMOUNT);
    expect(liability(m.name, SBTC)).toBe(2n * AMOUNT - paid);
    expect(balance(SBTC, contract(m.name))).toBe(2n * AMOUNT - paid);
  });
});

describe("re-entry", () => {
  /** A token that calls back into the suite while it moves, listed through the delay. */
  function reentrant(attack: string): string {
    const token = deployHostile("hostile-token", "hostile-reentrant", [["(asserts! true (err u0)) (ok true)", `(try! ${attack}) (ok true)`]]);
    must(call(token, "mint", [u(10_000_000n), Cl.principal(alice)], deployer));
    listTokens({ ...HOSTILE_ROW, token });
    must(call(token, "set-mode", [u(4)], deployer));
    return token;
  }

  const STREAMS = contract("sluice-streams");
  const hits = (token: string) => read(token, "get-hits");

  it("I8: a payout cannot be used to pay somebody else's stream out of the same contract", () => {
    const victim = stream({ end: 60 });
    const token = reentrant(`(contract-call? '${STREAMS} withdraw-max u${victim} '${SBTC})`);
    must(call(token, "set-mode", [u(0)], deployer));
    const bait = stream({ token, end: 60 });
    mineBurn(1);
    must(call(token, "set-mode", [u(4)], deployer));
    const before = balance(SBTC, STREAMS);
    expect(() => withdrawMax(bait, mallory, token)).toThrow("CircularReference"); // the chain forbids it
    expect(balance(SBTC, STREAMS)).toBe(before);
    expect(withdrawMax(victim, mallory).ok).toBe(true);
  });

  it("I60: a pay-token cannot empty the position for the seller in the middle of its sale", () => {
    const id = stream({ end: 90_000 });
    const token = reentrant(`(contract-call? '${STREAMS} withdraw-max u${id} '${SBTC})`);
    must(call(token, "mint", [u(10_000n), Cl.principal(carol)], deployer));
    must(approve("sluice-streams", id, contract("sluice-market"), bob));
    must(call("sluice-market", "list-position", [u(id), u(1_000), Cl.principal(token), u(now() + 50_000), Cl.none()], bob));
    const out = must(call("sluice-market", "buy", [u(id), trait(token), u(1_000), u(1_000_003)], carol));
    const paid = out.moves.filter((m) => m.asset.startsWith(SBTC));
    expect(paid.map((m) => m.to)).toEqual([carol]);
    expect(hits(token)).toBeGreaterThan(0n);
  });

  it("I8: money coming in cannot be skimmed or counted twice on its way", () => {
    const token = reentrant(`(contract-call? '${STREAMS} skim '${SBTC})`);
    give(SBTC, "sluice-streams", 55n);
    const id = must(createLinear({ token })).value as bigint;
    expect(hits(token)).toBe(1n);
    expect(liability("sluice-streams", token)).toBe(1_000_003n);
    expect(balance(token, STREAMS)).toBe(1_000_003n);
    expect([liability("sluice-streams", SBTC), balance(SBTC, STREAMS)]).toEqual([0n, 0n]);
    expect(id).toBe(1n);
  });

  it("I8: no second stream can be made on the way in", () => {
    const inner = `(contract-call? '${STREAMS} create-many '${SBTC} (list {to: '${dave}, amount: u7, start: u0, cliff: u0, end: u4294967295})
      {cancelable: true, transferable: true, pausable: true, open-withdraw: true, royalty-bps: u0})`;
    const token = reentrant(inner);
    expect(() => createLinear({ token })).toThrow("CircularReference"); // the chain forbids it
    expect(read("sluice-streams", "get-last-token-id")).toEqual({ ok: 0n });
    expect(balance(SBTC, alice)).toBe(10_000_000_000n);
  });
});
