/** The market to the second, through contracts, and with the value each call returns. */
import { Cl } from "@stacks/transactions";
import { beforeEach, expect, it } from "vitest";
import { alice, balance, bob, call, carol, contract, deployer, feeManager, mallory, mineStacks, now, type Outcome, read, settler } from "./helpers/chain";
import { approve, ownerOf, transfer } from "./helpers/positions";
import { HOSTILE, MAX_AMOUNT, must, openSuite, phish, ROLE, SBTC, scheduleAndWait, setHostileMode, trait } from "./helpers/suite";
import { stream, withdrawMax } from "./helpers/streams";

const MARKET = contract("sluice-market");
const TICK = 10; // seconds between two Stacks blocks here
const YES = { ok: true };

beforeEach(openSuite);

const market = (fn: string, args: Parameters<typeof call>[2], who: string): Outcome => call("sluice-market", fn, args, who);
const u = Cl.uint;

/** A long stream to bob, with this market as its operator. */
function position(): bigint {
  const id = stream({ end: 500_000 });
  must(approve("sluice-streams", id, MARKET, bob));
  return id;
}
const list = (id: bigint, expires = now() + 50_000, taker: string | null = null) =>
  market("list-position", [u(id), u(500), Cl.principal(SBTC), u(expires), taker ? Cl.some(Cl.principal(taker)) : Cl.none()], bob);
const buy = (id: bigint, who: string) => market("buy", [u(id), trait(SBTC), u(500), u(0)], who);
const offer = (id: bigint, expires = now() + 50_000, who = carol) => market("make-offer", [u(id), trait(SBTC), u(500), u(0), u(expires)], who);
const isLive = (id: bigint) => read("sluice-market", "is-live", [u(id)]);
const inMarket = (text: string) => `(contract-call? '${deployer}.sluice-market ${text})`;

/** Mines until the next call runs in the second `t`. */
const until = (t: number) => mineStacks((t - now()) / TICK - 1);

it("says yes to everything that worked", () => {
  const id = position();
  expect(list(id).result).toEqual(YES);
  expect(market("update-price", [u(id), u(400)], bob).result).toEqual(YES);
  expect(market("unlist", [u(id)], bob).result).toEqual(YES);
  must(list(id));
  expect(buy(id, carol).result).toEqual(YES);

  const other = position();
  must(list(other));
  expect(market("buy-for", [u(other), trait(SBTC), u(500), u(0), Cl.principal(carol)], settler).ok).toBe(false); // a settler without sBTC
  must(call(SBTC, "transfer", [u(500), Cl.principal(alice), Cl.principal(settler), Cl.none()], alice));
  expect(market("buy-for", [u(other), trait(SBTC), u(500), u(0), Cl.principal(carol)], settler).result).toEqual(YES);

  const third = position();
  expect(offer(third).result).toEqual({ ok: 1n });
  expect(market("cancel-offer", [u(1), trait(SBTC)], carol).result).toEqual(YES);
  must(offer(third, now() + 30));
  mineStacks(5);
  expect(market("expire-offer", [u(2), trait(SBTC)], mallory).result).toEqual(YES);
  must(offer(third));
  expect(market("accept-offer", [u(3), trait(SBTC), u(0)], bob).result).toEqual(YES);
  scheduleAndWait(read("sluice-market", "op-set-fee", [u(7)]));
  expect(market("set-fee", [u(7)], feeManager).result).toEqual(YES);
});

it("a listing lives until the second before it expires", () => {
  const id = position();
  const expires = now() + 20 * TICK + 1;
  must(list(id, expires));

  mineStacks((expires - 1 - now()) / TICK);
  expect(now()).toBe(expires - 1);
  expect(isLive(id)).toBe(true);
  mineStacks(1);
  expect(isLive(id)).toBe(false);
});

it("a listing is dead in the very second it expires", () => {
  const id = position();
  const expires = now() + 20 * TICK;
  must(list(id, expires));

  mineStacks((expires - now()) / TICK - 1);
  expect([expires - now(), isLive(id)]).toEqual([TICK, true]);
  mineStacks(1);
  expect([expires - now(), isLive(id)]).toEqual([0, false]);
});

it("an offer waits until its last second is over", () => {
  const id = position();
  const base = now() + 20 * TICK;
  must(offer(id, base + 1));

  until(base);
  expect(market("expire-offer", [u(1), trait(SBTC)], mallory).result).toEqual({ err: 8006n });
  expect(now()).toBe(base);
});

it("a price may be all that a token's limits allow, and not a unit more", () => {
  const id = position();
  const at = (price: bigint) => market("list-position", [u(id), u(price), Cl.principal(SBTC), u(now() + 50_000), Cl.none()], bob);

  expect(at(MAX_AMOUNT + 1n).result).toEqual({ err: 8003n });
  expect(at(MAX_AMOUNT).result).toEqual(YES);
});

it("is sold in the second before it expires, not in the second it does", () => {
  const [early, late] = [position(), position()];
  const base = now() + 20 * TICK;
  must(list(early, base + 1));
  must(list(late, base + TICK));

  until(base);
  expect(buy(early, carol).result).toEqual(YES);
  expect(now()).toBe(base);
  expect(buy(late, carol).result).toEqual({ err: 8010n });
  expect(now()).toBe(base + TICK);
});

it("an offer is accepted in the second before it expires, and expires in the second it does", () => {
  const id = position();
  const base = now() + 20 * TICK;
  must(offer(id, base + TICK));
  must(offer(id, base + TICK));
  must(offer(id, base + 2 * TICK + 1));

  until(base);
  expect(market("expire-offer", [u(1), trait(SBTC)], mallory).result).toEqual({ err: 8006n });
  expect(market("expire-offer", [u(1), trait(SBTC)], mallory).result).toEqual(YES);
  expect(now()).toBe(base + TICK);
  expect(market("accept-offer", [u(3), trait(SBTC), u(0)], bob).result).toEqual(YES);
  expect(now()).toBe(base + 2 * TICK);
});

it("no listing and no offer may expire in the second it is made", () => {
  const id = position();

  expect(list(id, now() + TICK).result).toEqual({ err: 8006n });
  expect(list(id, now() + TICK + 1).result).toEqual(YES);
  expect(offer(id, now() + TICK).result).toEqual({ err: 8006n });
  expect(offer(id, now() + TICK + 1).ok).toBe(true);
});

it("a position that left and came back is not for sale, even with the market approved again (I61)", () => {
  const id = position();
  must(list(id));
  must(transfer("sluice-streams", id, bob, alice, bob));
  must(transfer("sluice-streams", id, alice, bob, alice));
  must(approve("sluice-streams", id, MARKET, bob));

  expect(isLive(id)).toBe(false);
  expect(buy(id, carol).result).toEqual({ err: 8010n });
});

it("a listing dies with the approval", () => {
  const id = position();
  must(list(id));
  must(call("sluice-streams", "revoke", [u(id)], bob));

  expect(isLive(id)).toBe(false);
  expect(buy(id, carol).result).toEqual({ err: 8010n });
});

it("who is reached through a contract pays and becomes the owner, but is not the taker", () => {
  const [open, reserved] = [position(), position()];
  must(list(open));
  must(list(reserved, now() + 50_000, carol));

  const bought = phish(inMarket(`buy u${open} '${SBTC} u500 u0`), carol, "agent-buys");
  const refused = phish(inMarket(`buy u${reserved} '${SBTC} u500 u0`), carol, "agent-takes");

  expect(bought.result).toEqual(YES);
  expect(bought.events.at(-1)).toMatchObject({ ev: "market.sold", actor: `${mallory}.agent-buys`, data: { buyer: carol } });
  expect(ownerOf("sluice-streams", open)).toBe(carol);
  expect(refused.result).toEqual({ err: 8013n });
});

it("who buys through a contract pays the royalty, too", () => {
  const id = stream({ end: 500_000, flags: { royalty: 500 } });
  must(approve("sluice-streams", id, MARKET, bob));
  must(list(id));

  const bought = phish(inMarket(`buy u${id} '${SBTC} u500 u0`), carol, "agent-buys");

  expect(bought.result).toEqual(YES);
  expect(bought.moves).toContainEqual(expect.objectContaining({ amount: 25n, from: carol, to: alice }));
});

it("an offer made through a contract is the payer's", () => {
  const id = position();
  const before = balance(SBTC, carol);

  const made = phish(inMarket(`make-offer u${id} '${SBTC} u500 u0 u4000000000`), carol, "agent-offers");

  expect(made.events.at(-1)).toMatchObject({ ev: "market.offer-made", actor: `${mallory}.agent-offers`, data: { buyer: carol } });
  expect(market("cancel-offer", [u(1), trait(SBTC)], carol).result).toEqual(YES);
  expect(balance(SBTC, carol)).toBe(before);
});

it("sells and takes offers for the last unit of a stream", () => {
  const id = stream({ deposit: 2, start: -700, cliff: -700, end: 700 });
  must(approve("sluice-streams", id, MARKET, bob));
  must(withdrawMax(id, mallory));
  expect(read("sluice-streams", "remaining", [u(id)])).toBe(1n);

  expect(list(id).result).toEqual(YES);
  expect(offer(id).ok).toBe(true);
});

it("gives back the smallest offer there is, too", () => {
  const id = position();
  const before = balance(SBTC, carol);
  const smallest = (expires: number) => must(market("make-offer", [u(id), trait(SBTC), u(1), u(0), u(expires)], carol));
  smallest(now() + 50_000);
  smallest(now() + 30);
  expect(balance(SBTC, carol)).toBe(before - 2n);

  expect(market("cancel-offer", [u(1), trait(SBTC)], carol).moves).toMatchObject([{ amount: 1n, from: MARKET, to: carol }]);
  mineStacks(5);
  expect(market("expire-offer", [u(2), trait(SBTC)], mallory).moves).toMatchObject([{ amount: 1n, from: MARKET, to: carol }]);
  expect(balance(SBTC, carol)).toBe(before);
  expect(read("sluice-market", "get-liability", [Cl.principal(SBTC)])).toBe(0n);
});

it("an offer is not accepted in the second it expires", () => {
  const id = position();
  must(offer(id, now() + 2 * TICK)); // made in the next block, so it ends in the one after

  expect(market("accept-offer", [u(1), trait(SBTC), u(0)], bob).result).toEqual({ err: 8006n });
});

it("a contract that made an offer takes it back in its own name; anybody's contract expires one", () => {
  const id = position();
  const agent = `${mallory}.buyer`;
  must(call(SBTC, "transfer", [u(500), Cl.principal(alice), Cl.principal(agent), Cl.none()], alice));
  const made = inMarket(`make-offer u${id} '${SBTC} u500 u0 u4000000000`);

  const done = phish(
    `(begin (try! (as-contract? ((with-ft '${SBTC} "sbtc-token" u500)) (try! ${made}))) ${inMarket(`cancel-offer u1 '${SBTC}`)})`, carol, "buyer",
  );
  expect([done.result, done.moves.at(-1)!.to]).toEqual([YES, agent]);
  expect(done.events.at(-1)).toMatchObject({ ev: "market.offer-canceled", actor: agent, data: { buyer: agent } });

  must(offer(id, now() + 20));
  mineStacks(5);
  const expired = phish(inMarket(`expire-offer u2 '${SBTC}`), alice, "clerk");
  expect(expired.events.at(-1)).toMatchObject({ ev: "market.offer-expired", actor: `${mallory}.clerk`, data: { buyer: carol } });
});

it("a contract with the role sets the fee in its own name; its caller's role does not count", () => {
  const clerk = `${mallory}.clerk`;
  scheduleAndWait(read("sluice-access", "op-grant-role", [u(ROLE.feeManager), Cl.principal(clerk)]));
  must(call("sluice-access", "grant-role", [u(ROLE.feeManager), Cl.principal(clerk)], deployer));
  scheduleAndWait(read("sluice-market", "op-set-fee", [u(7)]));

  expect(phish(inMarket("set-fee u7"), feeManager, "stranger").result).toEqual({ err: 8000n });
  expect(phish(inMarket("set-fee u7"), alice, "clerk").events.at(-1)).toMatchObject({ ev: "market.fee-set", actor: clerk, data: { bps: 7n } });
});

it("8008: who is reached through a contract and pays in a token that steals loses nothing", () => {
  const id = position();
  must(market("list-position", [u(id), u(500), Cl.principal(HOSTILE), u(4_000_000_000), Cl.none()], bob));
  setHostileMode(1);

  const robbed = phish(inMarket(`buy u${id} '${HOSTILE} u500 u0`), carol, "router");

  expect([robbed.result, robbed.moves, ownerOf("sluice-streams", id)]).toEqual([{ err: 8008n }, [], bob]);
});
