/**
 * Every defect found in earlier streaming, market and treasury contracts that one of these
 * contracts could repeat, as a test that fails if it does. The text of each test is the defect,
 * then what must hold instead.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, balance, bob, burnHeight, call, carol, contract, dave, deployer, mallory, mineBurn, mineStacks, now, read,
} from "./helpers/chain";
import { disable, must, openSuite, pause, SBTC, STX, trait } from "./helpers/suite";
import { approve, transfer } from "./helpers/positions";
import {
  cancel, createLinear, createMany, createTranched, plainCall, proposePayer, row, STATUS, status, stream, streamLiability, topUp,
  vestedAt, withdrawMany, withdrawMax, withdrawTo,
} from "./helpers/streams";

const MARKET = contract("sluice-market");
const TREASURY = contract("sluice-treasury");
const u = (n: number | bigint) => Cl.uint(n);

const list = (id: bigint, price = 1_000, who = bob) => call("sluice-market", "list-position", [
  u(id), u(price), Cl.principal(SBTC), u(now() + 100_000), Cl.none(),
], who);
const listed = (price = 1_000) => {
  const id = stream({ end: 500_000 });
  must(approve("sluice-streams", id, MARKET, bob));
  must(list(id, price));
  return id;
};
const buy = (id: bigint, who: string, price = 1_000) => call("sluice-market", "buy", [u(id), trait(SBTC), u(price), u(0)], who);
const propose = (fn: string, ...args: Parameters<typeof call>[2]) => call("sluice-treasury", fn, args, deployer);
const execute = (fn: string, id: unknown, ...args: Parameters<typeof call>[2]) =>
  call("sluice-treasury", fn, [u(id as bigint), ...args], mallory);

beforeEach(openSuite);

describe("markets", () => {
  it("B1: nobody can buy, because the position moves only by the seller's own hand: a stranger buys a listing", () => {
    expect(buy(listed(), carol).ok).toBe(true);
  });

  it("B4: a cancelled or sold listing can never be listed again: it can", () => {
    const id = listed();
    must(call("sluice-market", "unlist", [u(id)], bob));
    expect(list(id).ok).toBe(true);
    must(buy(id, carol));
    must(approve("sluice-streams", id, MARKET, carol));
    expect(list(id, 1_000, carol).ok).toBe(true);
    expect(buy(id, dave).ok).toBe(true);
  });

  it("B5: anybody locks a listing for days, for free: no call by a stranger keeps the seller from unlisting or a buyer from buying", () => {
    const id = listed();
    const doors = simnet.getContractsInterfaces().get(MARKET)!.functions.filter((fn) => fn.access === "public").map((fn) => fn.name);
    expect(doors.filter((name) => /initiate|reserve|lock|pending/.test(name))).toEqual([]);
    must(call("sluice-market", "make-offer", [u(id), trait(SBTC), u(1), u(0), u(now() + 90_000)], mallory));
    expect(buy(id, mallory, 999).ok).toBe(false);
    expect(call("sluice-market", "unlist", [u(id)], bob).ok).toBe(true);
    must(list(id));
    expect(buy(id, carol).ok).toBe(true);
  });

  it("B6: the position moves but the stream does not: later withdrawals are the buyer's", () => {
    const id = listed();
    must(buy(id, carol));
    mineStacks(5);
    expect(withdrawMax(id, mallory).moves.map((m) => m.to)).toEqual([carol]);
    expect(withdrawTo(id, 1, bob, bob).result).toEqual({ err: 6000n });
  });

  it("B6: whoever sold keeps the right to cancel: the payer's rights move by hand-over only, and then for good", () => {
    const id = stream();
    must(proposePayer(id, carol, alice));
    must(plainCall("accept-payer", id, carol));
    expect(cancel(id, alice).result).toEqual({ err: 6000n });
    expect(cancel(id, carol).moves.map((m) => m.to)).toEqual([carol]);
  });

  it("B11: a price under 100 makes a fee of zero and a transfer that fails: small prices sell", () => {
    for (const price of [1, 50, 99, 100]) expect(buy(listed(price), carol, price).ok).toBe(true);
  });

  it("the seller empties the position just before the sale: the buyer says what it must still hold", () => {
    const id = listed();
    mineStacks(50);
    must(withdrawMax(id, bob));
    expect(call("sluice-market", "buy", [u(id), trait(SBTC), u(1_000), u(1_000_003)], carol).result).toEqual({ err: 8012n });
  });

  it("an old listing comes alive when the position returns to its seller: it is dead", () => {
    const id = listed();
    must(transfer("sluice-streams", id, bob, carol, bob));
    must(transfer("sluice-streams", id, carol, bob, carol));
    expect(buy(id, dave).result).toEqual({ err: 8010n });
  });
});

describe("treasuries", () => {
  it("B2: the treasury pays out of the users' vault: it can pay only what is its own, and the last recipient is paid", () => {
    const ids = [stream({ end: 60 }), stream({ end: 60 })];
    const held = balance(SBTC, contract("sluice-streams"));
    const id = must(propose("propose-transfer", Cl.principal(SBTC), Cl.principal(mallory), u(100_000))).value;
    mineBurn(144);
    expect(execute("execute-transfer", id, trait(SBTC)).result).toEqual({ err: 1n });
    expect(balance(SBTC, contract("sluice-streams"))).toBe(held);
    for (const s of ids) expect(withdrawMax(s, bob).ok).toBe(true);
    expect(streamLiability()).toBe(0n);
  });

  it("B3: one old key withdraws without approvals, delay or limit: no door lets money out but these, and each is guarded", () => {
    must(call(SBTC, "transfer", [u(1_000), Cl.principal(alice), Cl.principal(TREASURY), Cl.none()], alice));
    const doors = simnet.getContractsInterfaces().get(TREASURY)!.functions
      .filter((fn) => fn.access === "public" && fn.args.some((a) => a.type === "trait_reference")).map((fn) => fn.name);
    expect(doors.sort()).toEqual(["distribute", "execute-resolve", "execute-sweep", "execute-transfer", "spend"]);
    expect(call("sluice-treasury", "spend", [trait(SBTC), Cl.principal(deployer), u(1)], deployer).result).toEqual({ err: 9013n });
    expect(call("sluice-treasury", "distribute", [trait(SBTC)], deployer).ok).toBe(false);
  });

  it("B10: two open proposals to add the same signer both run and the count lies: the second dies", () => {
    const [first, second] = [1, 2].map(() => must(propose("propose-add", Cl.principal(alice))).value);
    mineBurn(144);
    expect(execute("execute-admin", first).ok).toBe(true);
    expect(execute("execute-admin", second).result).toEqual({ err: 9014n });
    expect(read("sluice-treasury", "get-rules")).toMatchObject({ signers: 2n, threshold: 1n });
  });

  it("a daily limit that is off by a hundred: the limit is in the token's own units and exact", () => {
    must(call(SBTC, "transfer", [u(1_000_000), Cl.principal(alice), Cl.principal(TREASURY), Cl.none()], alice));
    const id = must(propose("propose-limit", Cl.principal(SBTC), Cl.bool(true), u(1_000), u(100_000))).value;
    mineBurn(144);
    must(execute("execute-admin", id));
    mineBurn(1_000 - (burnHeight() % 1_000));
    expect(call("sluice-treasury", "spend", [trait(SBTC), Cl.principal(dave), u(100_001)], deployer).result).toEqual({ err: 9013n });
    expect(call("sluice-treasury", "spend", [trait(SBTC), Cl.principal(dave), u(100_000)], deployer).ok).toBe(true);
  });

  it("B13: 144 Stacks blocks pass for a day in a quarter of an hour: only Bitcoin blocks count", () => {
    const id = must(propose("propose-add", Cl.principal(alice))).value;
    mineStacks(3_000);
    expect(execute("execute-admin", id).result).toEqual({ err: 9011n });
    mineBurn(144);
    expect(execute("execute-admin", id).ok).toBe(true);
  });

  it("B12: fees are only counted, or counted in two places: they arrive with the sale", () => {
    const before = balance(SBTC, TREASURY);
    must(buy(listed(100_000), carol, 100_000));
    expect(balance(SBTC, TREASURY)).toBe(before + 1_000n);
  });

  it("signers are removed below the threshold and nothing can be decided any more: refused", () => {
    const id = must(propose("propose-remove", Cl.principal(deployer))).value;
    mineBurn(144);
    expect(execute("execute-admin", id).result).toEqual({ err: 9010n });
  });
});

describe("streams", () => {
  it("B7: two hundred dust streams to a victim brick the next one: the 260th is as good as the first", () => {
    const dust = Array.from({ length: 50 }, () => ({ to: bob, amount: 1, start: 0, cliff: 0, end: 90_000 }));
    for (let i = 0; i < 5; i++) must(createMany(dust, { from: mallory }));
    for (let i = 0; i < 10; i++) expect(createLinear().ok).toBe(true);
  });

  it("B8: an end before the start is a runtime panic: it is an error code", () => {
    expect(createLinear({ start: 500, cliff: 600, end: 400 }).result).toEqual({ err: 6006n });
    expect(createLinear({ start: 500, cliff: 500, end: -400 }).result).toEqual({ err: 6006n });
  });

  it("B9: a pause blocks the cancel: exits go on", () => {
    const id = stream();
    pause("sluice-streams");
    expect(createLinear().result).toEqual({ err: 6002n });
    mineStacks(5);
    expect(withdrawMax(id, bob).ok).toBe(true);
    expect(cancel(id, alice).ok).toBe(true);
  });

  it("a fee for cancelling eats the recipient's or the payer's money: cancel moves the refund and nothing else", () => {
    const id = stream();
    const { moves, value } = cancel(id, alice);
    expect(moves.map((m) => [m.to, m.amount])).toEqual([[alice, value]]);
  });

  it.each([[10, 3], [100_000_001, 7], [1_000_000, 52_560]])("rate-first rounding loses the last unit (%i over %i): everything is paid", (deposit, length) => {
    const id = stream({ deposit, end: length + 60 });
    mineStacks(2);
    withdrawMax(id, bob);
    mineBurn(Math.ceil(length / 600) + 2);
    must(withdrawMax(id, bob));
    expect(row(id).withdrawn).toBe(BigInt(deposit));
    expect(status(id)).toBe(STATUS.depleted);
  });

  it("every withdrawal throws the running interval away: with steps, many withdrawals give what one gives", () => {
    const [often, once] = [stream({ step: 100, end: 1_000, deposit: 1_000 }), stream({ step: 100, end: 1_000, deposit: 1_000 })];
    for (let i = 0; i < 12; i++) {
      mineStacks(6);
      withdrawMax(often, bob);
    }
    const t = BigInt(now());
    expect(row(often).withdrawn).toBe(vestedAt(often, t));
    const lag = row(once).start - row(often).start;
    expect(vestedAt(once, t + lag)).toBe(vestedAt(often, t));
  });

  it("what accrues while a flow is empty is lost: it is debt, paid by the next funding", () => {
    const id = must(call("sluice-flow", "open", [
      trait(SBTC), Cl.principal(bob), u(10n ** 12n), u(10), Cl.tuple({ transferable: Cl.bool(true), "stop-on-empty": Cl.bool(false) }),
    ], alice)).value as bigint;
    mineBurn(1);
    must(call("sluice-flow", "fund", [u(id), trait(SBTC), u(10_000)], alice));
    const covered = read("sluice-flow", "covered-at", [u(id), u(now())]) as bigint;
    expect(covered).toBeGreaterThan(500n);
  });

  it("a pause before the start counts time that never ran: refused", () => {
    expect(plainCall("pause", stream({ start: 900, cliff: 900, end: 9_000 }), alice).result).toEqual({ err: 6006n });
  });

  it("a stream paused past its end is a zombie: it resumes, and runs the rest of its time", () => {
    const id = stream();
    mineStacks(10);
    must(plainCall("pause", id, alice));
    mineBurn(100);
    const left = row(id).deposit - vestedAt(id, BigInt(now()));
    expect(left).toBeGreaterThan(0n);
    must(plainCall("resume", id, alice));
    mineBurn(2);
    must(withdrawMax(id, bob));
    expect(row(id).withdrawn).toBe(row(id).deposit);
  });

  it("a payer pauses for ever: the clock runs on after 90 days", () => {
    const id = stream();
    must(plainCall("pause", id, alice));
    mineBurn(13_500);
    expect(withdrawMax(id, mallory).ok).toBe(true);
    expect(status(id)).toBe(STATUS.depleted);
  });

  it("a top-up that extends by nothing traps the money: what was added vests to the last unit", () => {
    const id = stream({ deposit: 1_000_000, end: 1_000 });
    mineStacks(10);
    must(topUp(id, 1, alice));
    mineBurn(3);
    must(withdrawMax(id, bob));
    expect(row(id).withdrawn).toBe(1_000_001n);
  });

  it("a claim clamps silently: asking for more than is due is an error", () => {
    const id = stream();
    mineStacks(5);
    expect(withdrawTo(id, 1_000_003, bob, bob).result).toEqual({ err: 6003n });
  });

  it("a list with the same entry twice is summed twice: batches are strictly ascending", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(withdrawMany([id, id], mallory).result).toEqual({ err: 6017n });
    expect(createTranched([{ at: 50, amount: 5 }, { at: 50, amount: 5 }]).result).toEqual({ err: 6012n });
  });

  it("another token is passed than the one stored: refused by every door that takes a token", () => {
    const id = stream({ end: 900 });
    mineStacks(5);
    const doors = [
      withdrawMax(id, bob, STX), withdrawTo(id, 1, bob, bob, STX), withdrawMany([id], bob, STX), cancel(id, alice, STX),
      topUp(id, 1, alice, STX), call("sluice-streams", "cancel-many", [Cl.list([u(id)]), trait(STX)], alice),
    ];
    expect(doors.map((d) => d.value)).toEqual(doors.map(() => 6004n));
  });

  it("the token's issuer freezes new business and the recipient cannot leave: a disabled token is still paid out", () => {
    const id = stream();
    mineStacks(5);
    disable(SBTC);
    expect(withdrawMax(id, bob).ok).toBe(true);
    expect(cancel(id, alice).ok).toBe(true);
  });

  it("an administrator can take users' money: no function of access, tokens or treasury reaches into a stream", () => {
    stream();
    const before = balance(SBTC, contract("sluice-streams"));
    expect(call("sluice-streams", "skim", [trait(SBTC)], deployer).result).toEqual({ err: 6003n });
    const admins = simnet.getContractsInterfaces().get(contract("sluice-streams"))!.functions
      .filter((fn) => fn.access === "public" && /admin|owner|rescue|recover|emergency|rug/.test(fn.name)).map((fn) => fn.name);
    expect(admins).toEqual([]);
    expect(balance(SBTC, contract("sluice-streams"))).toBe(before);
  });

  it("Stacks blocks are taken for ten minutes each: a year is 31,536,000 seconds, however many blocks it has", () => {
    const id = stream({ end: 31_536_000 });
    const { start } = row(id);
    mineStacks(1_000);
    const t = BigInt(now());
    expect(vestedAt(id, t)).toBe((1_000_003n * (t - start)) / 31_536_000n);
    expect(vestedAt(id, t)).toBeLessThan(1_000n);
  });
});

describe("subscriptions", () => {
  it("a price rises under the subscriber: above his cap nothing is charged, and he leaves with his money", () => {
    must(call("sluice-gateway", "register-merchant", [Cl.principal(carol), Cl.bufferFromHex("02".padEnd(66, "1")), u(0), u(0)], bob));
    must(call("sluice-subs", "create-plan", [u(1), Cl.principal(SBTC), u(100), u(60), u(0), u(600)], bob));
    must(call("sluice-subs", "subscribe", [u(1), trait(SBTC), u(5), u(100)], alice));
    must(call("sluice-subs", "set-plan", [u(1), u(101), Cl.bool(true)], bob));
    mineBurn(10);
    expect(call("sluice-subs", "charge", [u(1), trait(SBTC)], bob).result).toEqual({ err: 7010n });
    expect(call("sluice-subs", "cancel-sub", [u(1), trait(SBTC)], alice).result).toEqual({ ok: 500n });
  });
});
