import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, arbiter, balance, bob, burnHeight, call, carol, contract, dave, deployer, envelope, feeManager, lastEvent,
  mallory, mineBurn, mineStacks, type Outcome, read, seq,
} from "./helpers/chain";
import { disable, HOSTILE, mintSbtc, must, openSuite, pause, SBTC, schedule, scheduleAndWait, STX, sunset, trait } from "./helpers/suite";

const ESCROW = contract("sluice-escrow");
const ACCESS = contract("sluice-access");
const TREASURY = contract("sluice-treasury");
const EVIDENCE = "ee".repeat(32);
const STATE = {
  funded: 1n, active: 2n, delivered: 3n, released: 4n, refunded: 5n, disputed: 6n, split: 7n, canceled: 8n,
} as const;

const AMOUNT = 100_001;
const terms = {
  token: SBTC, payee: bob, arbiter: carol, amount: AMOUNT, deliverIn: 144, review: 72, window: 288, defaultBps: 5000,
};

const escrow = (fn: string, args: Parameters<typeof call>[2], sender: string) =>
  call("sluice-escrow", fn, args, sender);
const id = (n: number | bigint) => Cl.uint(n);
const evidence = Cl.bufferFromHex(EVIDENCE);

const open = (change: Partial<typeof terms> = {}, payer = alice): Outcome => {
  const t = { ...terms, ...change };
  return escrow("open", [
    trait(t.token), Cl.principal(t.payee), Cl.principal(t.arbiter), Cl.uint(t.amount),
    Cl.uint(t.deliverIn), Cl.uint(t.review), Cl.uint(t.window), Cl.uint(t.defaultBps),
  ], payer);
};
const accept = (n = 1, who = bob) => escrow("accept", [id(n)], who);
const deliver = (n = 1, who = bob) => escrow("deliver", [id(n), evidence], who);
const dispute = (n = 1, who = alice) => escrow("dispute", [id(n), evidence], who);
const cancel = (who = alice, token = SBTC, n = 1) => escrow("cancel", [id(n), trait(token)], who);
const release = (who = alice, token = SBTC, n = 1) => escrow("release", [id(n), trait(token)], who);
const releasePart = (amount: number, who = alice, token = SBTC, n = 1) =>
  escrow("release-part", [id(n), trait(token), Cl.uint(amount)], who);
const refund = (who = bob, token = SBTC, n = 1) => escrow("refund", [id(n), trait(token)], who);
const refundPart = (amount: number, who = bob, token = SBTC, n = 1) =>
  escrow("refund-part", [id(n), trait(token), Cl.uint(amount)], who);
const reclaim = (who = mallory, token = SBTC, n = 1) => escrow("reclaim", [id(n), trait(token)], who);
const proposeSplit = (bps: number, who = alice, n = 1) => escrow("propose-split", [id(n), Cl.uint(bps)], who);
const acceptSplit = (bps: number, who = bob, token = SBTC, n = 1) =>
  escrow("accept-split", [id(n), trait(token), Cl.uint(bps)], who);
const resolve = (bps: number, who = carol, token = SBTC, n = 1) =>
  escrow("resolve", [id(n), trait(token), Cl.uint(bps)], who);

const row = (n = 1) => read("sluice-escrow", "get-escrow", [id(n)]) as { [key: string]: bigint };
const state = (n = 1) => row(n).state;
const left = (n = 1) => read("sluice-escrow", "get-left", [id(n)]);
const liability = (token = SBTC) => read("sluice-escrow", "get-liability", [Cl.principal(token)]);
const event = (ev: string, actor: string, amount: number | bigint, data: Parameters<typeof envelope>[1]["data"], n = 1n) =>
  envelope(ev, { id: n, actor, token: SBTC, amount: BigInt(amount), data });

/** Brings escrow 1 to a state. */
const bring = {
  funded: () => void must(open()),
  active: () => { bring.funded(); must(accept()); },
  delivered: () => { bring.active(); must(deliver()); },
  disputed: () => { bring.delivered(); must(dispute()); },
  released: () => { bring.delivered(); must(release()); },
  refunded: () => { bring.delivered(); must(refund()); },
  split: () => { bring.disputed(); must(resolve(5000)); },
  canceled: () => { bring.funded(); must(cancel()); },
};
type StateName = keyof typeof bring;
const OPEN: StateName[] = ["funded", "active", "delivered", "disputed"];
const CLOSED: StateName[] = ["released", "refunded", "split", "canceled"];

/** Expects an escrow of AMOUNT to close with these parts, in the event, the balances and the books. */
function expectClosed(done: Outcome, end: bigint, actor: string, toPayee: number, toPayer: number, fee: number) {
  expect(done.result).toEqual({ ok: true });
  expect(lastEvent(done)).toEqual(event("escrow.closed", actor, toPayee + toPayer + fee, {
    state: end, "to-payee": BigInt(toPayee), "to-payer": BigInt(toPayer), fee: BigInt(fee),
  }));
  const sent = (to: string) => done.moves.filter((m) => m.to === to).reduce((sum, m) => sum + m.amount, 0n);
  expect([sent(bob), sent(alice), sent(TREASURY)]).toEqual([BigInt(toPayee), BigInt(toPayer), BigInt(fee)]);
  expect(done.moves.every((m) => m.from === ESCROW && m.amount > 0n)).toBe(true);
  expect(state()).toBe(end);
  expect(left()).toBe(0n);
  expect(liability()).toBe(0n);
  expect(balance(SBTC, ESCROW)).toBe(0n);
}

beforeEach(openSuite);

describe("open", () => {
  it("takes the payer's money and writes the terms down", () => {
    const deliverBy = BigInt(burnHeight() + 144);
    const done = open();
    expect(done.result).toEqual({ ok: 1n });
    expect(done.moves).toEqual([
      { asset: `${SBTC}::sbtc-token`, amount: BigInt(AMOUNT), from: alice, to: ESCROW },
    ]);
    const facts = {
      payer: alice, payee: bob, arbiter: carol, "fee-bps": 100n, state: STATE.funded, "deliver-by": deliverBy,
      review: 72n, "release-at": 0n, "arb-window": 288n, "default-payee-bps": 5000n, source: null,
    };
    expect(lastEvent(done)).toEqual(event("escrow.funded", alice, AMOUNT, facts));
    expect(row()).toEqual({
      ...facts, token: SBTC, amount: BigInt(AMOUNT), paid: 0n, returned: 0n, "arb-until": 0n, proposal: null,
    });
    expect(liability()).toBe(BigInt(AMOUNT));
    expect(read("sluice-escrow", "get-last-id")).toBe(1n);
  });

  it("works in STX through the adapter", () => {
    const done = open({ token: STX });
    expect(done.ok).toBe(true);
    expect(done.moves).toEqual([{ asset: "stx", amount: BigInt(AMOUNT), from: alice, to: ESCROW }]);
    expect(release(alice, STX).moves.map((m) => [m.asset, m.to])).toEqual([["stx", bob], ["stx", TREASURY]]);
    expect(balance(STX, ESCROW)).toBe(0n);
  });

  it("5002: paused or sunset (I10)", () => {
    pause("sluice-escrow");
    expect(open().result).toEqual({ err: 5002n });
    mineBurn(10);
    expect(open().ok).toBe(true);
    sunset("sluice-escrow");
    expect(open().result).toEqual({ err: 5002n });
  });

  it("5003: zero, above the token's maximum, or a default share above 100 %", () => {
    expect(open({ amount: 0 }).result).toEqual({ err: 5003n });
    const limits = [trait(SBTC), Cl.uint(1000), Cl.uint(2000)];
    scheduleAndWait(read("sluice-tokens", "op-set-limits", limits));
    must(call("sluice-tokens", "set-limits", limits, simnet.getAccounts().get("wallet_7")!));
    expect(open({ amount: 999 }).result).toEqual({ err: 5003n });
    expect(open({ amount: 2001 }).result).toEqual({ err: 5003n });
    expect(open({ amount: 2000 }).ok).toBe(true);
    expect(open({ amount: 1000, defaultBps: 10_001 }).result).toEqual({ err: 5003n });
    expect(open({ amount: 1000, defaultBps: 10_000 }).ok).toBe(true);
  });

  it("5004: not listed, or disabled (I9)", () => {
    expect(open({ token: contract("sluice-stx") }).ok).toBe(true);
    disable(SBTC);
    expect(open().result).toEqual({ err: 5004n });
    simnet.deployContract("unlisted", simnet.getContractSource(HOSTILE)!, { clarityVersion: 4 }, deployer);
    expect(open({ token: contract("unlisted") }).result).toEqual({ err: 5004n });
  });

  it("5006: a period out of range", () => {
    for (const bad of [
      { deliverIn: 5 }, { deliverIn: 52_561 }, { review: 5 }, { review: 4321 }, { window: 143 }, { window: 8641 },
    ]) expect(open(bad).result).toEqual({ err: 5006n });
    for (const good of [
      { deliverIn: 6 }, { deliverIn: 52_560 }, { review: 6 }, { review: 4320 }, { window: 144 }, { window: 8640 },
    ]) expect(open(good).ok).toBe(true);
  });

  it("5010: payer, payee and arbiter must be three", () => {
    expect(open({ payee: alice }).result).toEqual({ err: 5010n });
    expect(open({ arbiter: alice }).result).toEqual({ err: 5010n });
    expect(open({ arbiter: bob }).result).toEqual({ err: 5010n });
  });

  it("passes the token's own error on when the payer has too little", () => {
    expect(open({ amount: 20_000_000_000 }).result).toEqual({ err: 1n });
  });
});

describe("open-for", () => {
  it("5000: nobody but the gateway", () => {
    const args = [trait(SBTC), Cl.principal(bob), Cl.uint(1000), Cl.uint(144), Cl.uint(1)];
    for (const who of [alice, deployer]) expect(escrow("open-for", args, who).result).toEqual({ err: 5000n });
  });
});

describe("accept", () => {
  it("makes the escrow binding", () => {
    bring.funded();
    const done = accept();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      event("escrow.accepted", bob, AMOUNT, { "deliver-by": row()["deliver-by"] }),
    );
    expect(state()).toBe(STATE.active);
  });

  it("5000: only the payee", () => {
    bring.funded();
    for (const who of [alice, carol, mallory]) expect(accept(1, who).result).toEqual({ err: 5000n });
  });

  it("5001: no such escrow", () => {
    expect(accept(1).result).toEqual({ err: 5001n });
  });

  it("5005: accepted already", () => {
    bring.active();
    expect(accept().result).toEqual({ err: 5005n });
  });

  it("5006: after the deadline", () => {
    bring.funded();
    mineBurn(144);
    expect(accept().result).toEqual({ err: 5006n });
  });
});

describe("deliver", () => {
  it("starts the review", () => {
    bring.active();
    must(releasePart(1));
    const releaseAt = BigInt(burnHeight() + 72);
    const done = deliver();
    expect(done.result).toEqual({ ok: releaseAt });
    expect(lastEvent(done)).toEqual(
      event("escrow.delivered", bob, AMOUNT - 1, { evidence: EVIDENCE, "release-at": releaseAt }),
    );
    expect(row()).toMatchObject({ state: STATE.delivered, "release-at": releaseAt });
  });

  it("5000: only the payee; 5001: no such escrow", () => {
    bring.active();
    expect(deliver(1, alice).result).toEqual({ err: 5000n });
    expect(deliver(2).result).toEqual({ err: 5001n });
  });

  it("5005: not accepted yet, or delivered already", () => {
    bring.funded();
    expect(deliver().result).toEqual({ err: 5005n });
    must(accept());
    must(deliver());
    expect(deliver().result).toEqual({ err: 5005n });
  });

  it("5006: at the deadline", () => {
    bring.active();
    mineBurn(144);
    expect(deliver().result).toEqual({ err: 5006n });
  });
});

describe("dispute", () => {
  it("calls the arbiter, for either party, while active or delivered", () => {
    for (const [who, from] of [[alice, "active"], [bob, "active"], [alice, "delivered"], [bob, "delivered"]] as const) {
      const n = Number(read("sluice-escrow", "get-last-id") as bigint) + 1;
      must(open());
      must(accept(n));
      if (from === "delivered") must(deliver(n));
      const until = BigInt(burnHeight() + 288);
      const done = dispute(n, who);
      expect(done.result).toEqual({ ok: until });
      expect(lastEvent(done)).toEqual(
        event("escrow.disputed", who, AMOUNT, { evidence: EVIDENCE, "arb-until": until }, BigInt(n)),
      );
      expect(row(n)).toMatchObject({ state: STATE.disputed, "arb-until": until });
    }
  });

  it("5000: only a party, not the arbiter; 5001: no such escrow", () => {
    bring.active();
    for (const who of [carol, mallory]) expect(dispute(1, who).result).toEqual({ err: 5000n });
    expect(dispute(2).result).toEqual({ err: 5001n });
  });

  it("5005: not accepted, or disputed already", () => {
    bring.funded();
    expect(dispute().result).toEqual({ err: 5005n });
    must(accept());
    must(dispute());
    expect(dispute(1, bob).result).toEqual({ err: 5005n });
  });

  it("5006: at deliver-by while active, at release-at once delivered", () => {
    bring.active();
    mineBurn(144);
    expect(dispute(1, bob).result).toEqual({ err: 5006n });
    must(open());
    must(accept(2));
    must(deliver(2));
    mineBurn(71);
    expect(row(2)["release-at"]).toBe(BigInt(burnHeight() + 1));
    mineBurn(1);
    expect(dispute(2).result).toEqual({ err: 5006n });
  });
});

describe("cancel", () => {
  it("gives the payer everything back before acceptance, without a fee", () => {
    bring.funded();
    expectClosed(cancel(), STATE.canceled, alice, 0, AMOUNT, 0);
  });

  it("5000: only the payer; 5001: no such escrow; 5004: another token (I7)", () => {
    bring.funded();
    expect(cancel(bob).result).toEqual({ err: 5000n });
    expect(cancel(alice, SBTC, 2).result).toEqual({ err: 5001n });
    expect(cancel(alice, HOSTILE).result).toEqual({ err: 5004n });
  });

  it("5005: accepted", () => {
    bring.active();
    expect(cancel().result).toEqual({ err: 5005n });
  });
});

describe("release", () => {
  it.each(OPEN)("lets the payer pay the payee while %s", (from) => {
    bring[from]();
    expectClosed(release(), STATE.released, alice, 99_001, 0, 1000);
  });

  it("lets anyone pay the payee once the review has passed (I33: Stacks blocks do not count)", () => {
    bring.delivered();
    mineStacks(1000);
    expect(release(mallory).result).toEqual({ err: 5000n });
    mineBurn(71);
    expect(release(bob).result).toEqual({ err: 5000n });
    mineBurn(1);
    expectClosed(release(mallory), STATE.released, mallory, 99_001, 0, 1000);
  });

  it("5000, I32: nobody else before that, nor while disputed", () => {
    bring.disputed();
    mineBurn(1000);
    for (const who of [bob, carol, mallory]) expect(release(who).result).toEqual({ err: 5000n });
  });

  it("5001: no such escrow; 5004: another token", () => {
    bring.active();
    expect(release(alice, SBTC, 2).result).toEqual({ err: 5001n });
    expect(release(alice, STX).result).toEqual({ err: 5004n });
  });
});

describe("release-part", () => {
  it("pays a part with its share of the fee and keeps the rest", () => {
    bring.delivered();
    const done = releasePart(50_000);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      event("escrow.part-released", alice, 50_000, { "to-payee": 49_500n, fee: 500n, left: 50_001n }),
    );
    expect(done.moves.map((m) => [m.to, m.amount])).toEqual([[bob, 49_500n], [TREASURY, 500n]]);
    expect(state()).toBe(STATE.delivered);
    expect([left(), liability()]).toEqual([50_001n, 50_001n]);
    expectClosed(must(release()), STATE.released, alice, 49_501, 0, 500);
  });

  it("takes the same fee in small parts as in one", () => {
    bring.active();
    let fee = 0n;
    for (let i = 0; i < 5; i++) fee += releasePart(99).events.at(-1)!.data.fee as bigint;
    expect(fee).toBe(4n); // ⌊495 · 1 %⌋, although each part alone would pay nothing
    fee += release().events.at(-1)!.data.fee as bigint;
    expect(fee).toBe(1000n);
  });

  it("5000: only the payer; 5001: no such escrow; 5004: another token", () => {
    bring.active();
    expect(releasePart(1, bob).result).toEqual({ err: 5000n });
    expect(releasePart(1, alice, SBTC, 2).result).toEqual({ err: 5001n });
    expect(releasePart(1, alice, STX).result).toEqual({ err: 5004n });
  });

  it("5003: nothing, everything or more", () => {
    bring.active();
    for (const amount of [0, AMOUNT, AMOUNT + 1]) expect(releasePart(amount).result).toEqual({ err: 5003n });
    expect(releasePart(AMOUNT - 1).ok).toBe(true);
  });
});

describe("refund", () => {
  it.each(OPEN)("lets the payee give everything back while %s, without a fee", (from) => {
    bring[from]();
    expectClosed(refund(), STATE.refunded, bob, 0, AMOUNT, 0);
  });

  it("5000: only the payee; 5001: no such escrow; 5004: another token", () => {
    bring.active();
    for (const who of [alice, carol, mallory]) expect(refund(who).result).toEqual({ err: 5000n });
    expect(refund(bob, SBTC, 2).result).toEqual({ err: 5001n });
    expect(refund(bob, HOSTILE).result).toEqual({ err: 5004n });
  });
});

describe("refund-part", () => {
  it("gives a part back and keeps the rest", () => {
    bring.active();
    const done = refundPart(1);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("escrow.part-refunded", bob, 1, { "to-payer": 1n, left: 100_000n }));
    expect(done.moves.map((m) => [m.to, m.amount])).toEqual([[alice, 1n]]);
    expect(row()).toMatchObject({ returned: 1n, paid: 0n, state: STATE.active });
    expectClosed(must(release()), STATE.released, alice, 99_000, 0, 1000);
  });

  it("closes the escrow with the last unit", () => {
    bring.active();
    must(refundPart(100_000));
    expectClosed(refundPart(1), STATE.refunded, bob, 0, 1, 0);
  });

  it("5000: only the payee; 5001: no such escrow; 5003: nothing or too much; 5004: another token", () => {
    bring.active();
    for (const who of [alice, mallory]) expect(refundPart(1, who).result).toEqual({ err: 5000n });
    expect(refundPart(1, bob, SBTC, 2).result).toEqual({ err: 5001n });
    for (const amount of [0, AMOUNT + 1]) expect(refundPart(amount).result).toEqual({ err: 5003n });
    expect(refundPart(1, bob, STX).result).toEqual({ err: 5004n });
  });
});

describe("reclaim", () => {
  it.each(["funded", "active"] as const)("gives the payer his money back after the deadline while %s", (from) => {
    bring[from]();
    mineStacks(1000);
    mineBurn(143);
    expect(reclaim(alice).result).toEqual({ err: 5006n });
    mineBurn(1);
    expectClosed(reclaim(mallory), STATE.refunded, mallory, 0, AMOUNT, 0);
  });

  it("5001: no such escrow; 5004: another token; 5005: delivered or disputed", () => {
    bring.delivered();
    mineBurn(144);
    expect(reclaim(mallory, SBTC, 2).result).toEqual({ err: 5001n });
    expect(reclaim().result).toEqual({ err: 5005n });
    must(open());
    mineBurn(144);
    expect(reclaim(mallory, STX, 2).result).toEqual({ err: 5004n });
    must(open());
    must(accept(3));
    must(dispute(3));
    mineBurn(144);
    expect(reclaim(mallory, SBTC, 3).result).toEqual({ err: 5005n });
  });
});

describe("propose-split", () => {
  it.each(OPEN)("offers a split of what is left while %s", (from) => {
    bring[from]();
    const done = proposeSplit(3333, bob);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("escrow.split-proposed", bob, AMOUNT, { "payee-bps": 3333n }));
    expect(row().proposal).toEqual({ by: bob, "payee-bps": 3333n });
  });

  it("5000: only a party; 5001: no such escrow; 5003: above 100 %", () => {
    bring.active();
    for (const who of [carol, mallory]) expect(proposeSplit(1, who).result).toEqual({ err: 5000n });
    expect(proposeSplit(1, alice, 2).result).toEqual({ err: 5001n });
    expect(proposeSplit(10_001).result).toEqual({ err: 5003n });
  });
});

describe("accept-split", () => {
  it.each(OPEN)("settles without the arbiter while %s; the payer keeps the rounding", (from) => {
    bring[from]();
    must(proposeSplit(3333));
    // ⌊100001 · 33.33 %⌋ = 33330, fee ⌊33330 · 1 %⌋ = 333
    expectClosed(acceptSplit(3333), STATE.split, bob, 32_997, 66_671, 333);
  });

  it("5013: an offer ends when the escrow moves on", () => {
    bring.funded();
    must(proposeSplit(3000, bob));
    must(accept());
    expect(acceptSplit(3000, alice).result).toEqual({ err: 5013n });
    must(proposeSplit(3000, bob));
    must(deliver());
    expect(acceptSplit(3000, alice).result).toEqual({ err: 5013n });
    must(proposeSplit(9000, alice));
    must(dispute());
    expect(acceptSplit(9000, bob).result).toEqual({ err: 5013n });
  });

  it("takes the newest offer only", () => {
    bring.active();
    must(proposeSplit(3000));
    must(proposeSplit(4000, bob));
    expect(acceptSplit(3000, alice).result).toEqual({ err: 5013n });
    expect(acceptSplit(4000, alice).ok).toBe(true);
  });

  it("5000: not one's own offer, not a stranger's business", () => {
    bring.active();
    must(proposeSplit(3333));
    for (const who of [alice, carol, mallory]) expect(acceptSplit(3333, who).result).toEqual({ err: 5000n });
  });

  it("5001: no such escrow; 5004: another token; 5013: no offer, or another share", () => {
    bring.active();
    expect(acceptSplit(0, bob, SBTC, 2).result).toEqual({ err: 5001n });
    expect(acceptSplit(0).result).toEqual({ err: 5013n });
    must(proposeSplit(3333));
    expect(acceptSplit(3334).result).toEqual({ err: 5013n });
    expect(acceptSplit(3333, bob, STX).result).toEqual({ err: 5004n });
  });
});

describe("resolve", () => {
  it("lets the arbiter split, fee on the payee's part only", () => {
    bring.disputed();
    expectClosed(resolve(3333), STATE.split, carol, 32_997, 66_671, 333);
  });

  it.each([[0, 0, 100_001, 0], [10_000, 99_001, 0, 1000]])(
    "moves no zero amounts at %i bps (I6)", (bps, toPayee, toPayer, fee) => {
      bring.disputed();
      expectClosed(resolve(bps), STATE.split, carol, toPayee, toPayer, fee);
    });

  it("splits what is left after a partial release", () => {
    bring.disputed();
    must(releasePart(50_000));
    expectClosed(resolve(5000), STATE.split, carol, 24_750, 25_001, 250);
  });

  it("I34: after the window anyone may apply the default split, and nothing else", () => {
    bring.disputed();
    mineBurn(287);
    expect(resolve(5000, mallory).result).toEqual({ err: 5000n });
    mineBurn(1);
    expect(resolve(10_000, carol).result).toEqual({ err: 5011n });
    expect(resolve(4999, mallory).result).toEqual({ err: 5011n });
    expectClosed(resolve(5000, mallory), STATE.split, mallory, 49_500, 50_001, 500);
  });

  it("lets any holder of the ARBITER role decide when sluice-access is the arbiter", () => {
    must(open({ arbiter: ACCESS }));
    must(accept());
    must(dispute());
    for (const who of [carol, feeManager]) expect(resolve(0, who).result).toEqual({ err: 5000n });
    expectClosed(resolve(0, arbiter), STATE.split, arbiter, 0, AMOUNT, 0);
  });

  it("5000: who holds the ARBITER role decides nothing where he is payer or payee himself", () => {
    mintSbtc(arbiter, AMOUNT);
    must(open({ arbiter: ACCESS }, arbiter));
    must(accept());
    must(dispute(1, arbiter));
    expect(resolve(0, arbiter).result).toEqual({ err: 5000n });
    must(open({ arbiter: ACCESS, payee: arbiter }));
    must(accept(2, arbiter));
    must(dispute(2));
    expect(resolve(10_000, arbiter, SBTC, 2).result).toEqual({ err: 5000n });
    mineBurn(288);
    expect(resolve(5000, arbiter, SBTC, 2).ok).toBe(true); // the default, like anybody
  });

  it("5000: the ARBITER role decides nothing where somebody else was named", () => {
    bring.disputed();
    for (const who of [alice, bob, arbiter]) expect(resolve(5000, who).result).toEqual({ err: 5000n });
  });

  it("5001: no such escrow; 5003: above 100 %; 5004: another token; 5012: no dispute", () => {
    bring.delivered();
    expect(resolve(1, carol, SBTC, 2).result).toEqual({ err: 5001n });
    expect(resolve(5000).result).toEqual({ err: 5012n });
    must(dispute());
    expect(resolve(10_001).result).toEqual({ err: 5003n });
    expect(resolve(5000, carol, STX).result).toEqual({ err: 5004n });
  });
});

describe("terminal states (I30: they are final)", () => {
  it.each(CLOSED)("5005: nothing can be done any more once %s", (end) => {
    bring[end]();
    const before = [row(), seq("sluice-escrow"), balance(SBTC, alice), balance(SBTC, bob)];
    mineBurn(1000);
    for (const attempt of [
      accept(), deliver(), dispute(), cancel(), release(), releasePart(1), refund(), refundPart(1), reclaim(),
      proposeSplit(1), acceptSplit(1), resolve(5000),
    ]) expect(attempt.result).toEqual({ err: 5005n });
    expect([row(), seq("sluice-escrow"), balance(SBTC, alice), balance(SBTC, bob)]).toEqual(before);
  });
});

describe("skim", () => {
  const skim = (token = SBTC, who = mallory) => escrow("skim", [trait(token)], who);
  const donate = (amount: number) => must(call(SBTC, "transfer", [
    Cl.uint(amount), Cl.principal(dave), Cl.principal(ESCROW), Cl.none(),
  ], dave));

  it("sends a donation to the treasury and nothing that is owed (I11, I13)", () => {
    bring.active();
    const before = row();
    donate(777);
    expect([row(), liability()]).toEqual([before, BigInt(AMOUNT)]);
    const done = skim();
    expect(done.result).toEqual({ ok: 777n });
    expect(lastEvent(done)).toEqual(event("escrow.skimmed", mallory, 777, { to: TREASURY }, 0n));
    expect(done.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[ESCROW, TREASURY, 777n]]);
    expect([liability(), balance(SBTC, ESCROW)]).toEqual([BigInt(AMOUNT), BigInt(AMOUNT)]);
    expectClosed(release(), STATE.released, alice, 99_001, 0, 1000);
  });

  it("5003: there is nothing above what is owed", () => {
    expect(skim().result).toEqual({ err: 5003n });
    bring.active();
    expect(skim().result).toEqual({ err: 5003n });
  });

  it("5004: a token that was never listed", () => {
    simnet.deployContract("unlisted", simnet.getContractSource(HOSTILE)!, { clarityVersion: 4 }, deployer);
    must(call("unlisted", "mint", [Cl.uint(5), Cl.principal(ESCROW)], deployer));
    expect(skim(contract("unlisted")).result).toEqual({ err: 5004n });
  });
});

describe("set-fee", () => {
  const setFee = (bps: number, who = feeManager) => escrow("set-fee", [Cl.uint(bps)], who);
  const announce = (bps: number) => scheduleAndWait(read("sluice-escrow", "op-set-fee", [Cl.uint(bps)]));

  it("counts for later escrows only (I27)", () => {
    bring.active();
    announce(500);
    const done = setFee(500);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      envelope("escrow.fee-set", { actor: feeManager, token: ESCROW, data: { bps: 500n } }),
    );
    expect(read("sluice-escrow", "get-fee-bps")).toBe(500n);
    must(open());
    expect([row(1)["fee-bps"], row(2)["fee-bps"]]).toEqual([100n, 500n]);
    expect(release().events.at(-1)!.data.fee).toBe(1000n);
    expect(release(alice, SBTC, 2).events.at(-1)!.data.fee).toBe(5000n);
  });

  it("5000: no role; 5009: above the cap (I19); 1001 and 1006: not announced, or too early", () => {
    announce(501);
    expect(setFee(501).result).toEqual({ err: 5009n });
    for (const who of [deployer, mallory]) expect(setFee(1, who).result).toEqual({ err: 5000n });
    expect(setFee(1).result).toEqual({ err: 1001n });
    schedule(read("sluice-escrow", "op-set-fee", [Cl.uint(1)]));
    expect(setFee(1).result).toEqual({ err: 1006n });
  });
});

describe("I9, I10: every exit works while the token is disabled and the module paused", () => {
  it("closes escrows in every way", () => {
    for (let n = 1; n <= 8; n++) {
      must(open());
      if (n > 1) must(accept(n));
    }
    must(deliver(3));
    must(dispute(4));
    must(dispute(5));
    disable(SBTC);
    pause("sluice-escrow", 1008);
    expect(open().ok).toBe(false);
    expect(cancel(alice, SBTC, 1).ok).toBe(true);
    expect(release(alice, SBTC, 2).ok).toBe(true);
    expect(refund(bob, SBTC, 3).ok).toBe(true);
    expect(resolve(1000, carol, SBTC, 4).ok).toBe(true);
    expect(proposeSplit(1000, alice, 5).ok && acceptSplit(1000, bob, SBTC, 5).ok).toBe(true);
    expect(releasePart(10, alice, SBTC, 6).ok && refundPart(10, bob, SBTC, 6).ok).toBe(true);
    expect(deliver(6).ok && dispute(6).ok).toBe(true);
    mineBurn(144);
    expect(reclaim(mallory, SBTC, 7).ok).toBe(true);
    expect(reclaim(mallory, SBTC, 8).ok).toBe(true);
    mineBurn(288);
    expect(resolve(5000, mallory, SBTC, 6).ok).toBe(true);
    expect([liability(), balance(SBTC, ESCROW)]).toEqual([0n, 0n]);
  });
});

describe("views of nothing", () => {
  it("an unknown escrow is none, with nothing left", () => {
    expect(read("sluice-escrow", "get-escrow", [id(9)])).toBeNull();
    expect(left(9)).toBe(0n);
  });
});

describe("seq", () => {
  it("grows by one per event and stands still on failure (I5)", () => {
    expect(must(open()).events.at(-1)!.seq).toBe(1n);
    expect(release(mallory).ok).toBe(false);
    expect(open({ amount: 0 }).ok).toBe(false);
    expect(seq("sluice-escrow")).toBe(1n);
    expect(must(accept()).events.at(-1)!.seq).toBe(2n);
  });
});
