import { Cl, type ClarityValue } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, balance, bob, call, carol, contract, dave, deployer, feeManager, mallory, mineBurn, mineStacks, now, type Outcome, read,
  settler,
} from "./helpers/chain";
import { disable, HOSTILE, mintSbtc, must, openSuite, pause, phish, SBTC, schedule, scheduleAndWait, setHostileMode, STX, trait, waitDelay } from "./helpers/suite";
import { approve, burn, nonceOf, ownerOf, revoke, transfer } from "./helpers/positions";
import { cancel, proposePayer, plainCall, row as streamRow, stream, withdrawMax } from "./helpers/streams";

beforeEach(openSuite);

const MODULE = "sluice-market";
const MARKET = contract(MODULE);
const TREASURY = contract("sluice-treasury");
const PRICE = 500_000;
const optional = (who: string | null): ClarityValue => (who === null ? Cl.none() : Cl.some(Cl.principal(who)));

interface ListOptions { price: number | bigint; token: string; expires: number; taker: string | null; from: string }

function list(id: bigint, options: Partial<ListOptions> = {}): Outcome {
  const o = { price: PRICE, token: SBTC, expires: 50_000, taker: null, from: bob, ...options };
  return call(MODULE, "list-position", [
    Cl.uint(id), Cl.uint(o.price), Cl.principal(o.token), Cl.uint(now() + o.expires), optional(o.taker),
  ], o.from);
}

const approveMarket = (id: bigint, who = bob) => must(approve("sluice-streams", id, MARKET, who));

/** A long stream of alice's to bob, approved and listed for PRICE sats. */
function listed(options: Partial<ListOptions> = {}, royalty = 0): bigint {
  const id = stream({ end: 500_000, flags: { royalty } });
  approveMarket(id);
  must(list(id, options));
  return id;
}

const buy = (id: bigint, who: string, max: number | bigint = PRICE, minRemaining: number | bigint = 0, token = SBTC): Outcome =>
  call(MODULE, "buy", [Cl.uint(id), trait(token), Cl.uint(max), Cl.uint(minRemaining)], who);
const buyFor = (id: bigint, recipient: string, who = settler, max = PRICE, minRemaining = 0): Outcome =>
  call(MODULE, "buy-for", [Cl.uint(id), trait(SBTC), Cl.uint(max), Cl.uint(minRemaining), Cl.principal(recipient)], who);
const unlist = (id: bigint, who: string): Outcome => call(MODULE, "unlist", [Cl.uint(id)], who);
const updatePrice = (id: bigint, price: number | bigint, who: string): Outcome => call(MODULE, "update-price", [Cl.uint(id), Cl.uint(price)], who);
const isLive = (id: bigint) => read(MODULE, "is-live", [Cl.uint(id)]);
const listing = (id: bigint) => read(MODULE, "get-listing", [Cl.uint(id)]);
const liability = (token = SBTC) => read(MODULE, "get-liability", [Cl.principal(token)]);

function makeOffer(id: bigint, who = carol, options: { amount?: number; minRemaining?: number; expires?: number; token?: string } = {}): Outcome {
  const o = { amount: PRICE, minRemaining: 0, expires: 50_000, token: SBTC, ...options };
  return call(MODULE, "make-offer", [
    Cl.uint(id), trait(o.token), Cl.uint(o.amount), Cl.uint(o.minRemaining), Cl.uint(now() + o.expires),
  ], who);
}

const offerCall = (fn: string) => (offer: bigint, who: string, token = SBTC): Outcome =>
  call(MODULE, fn, [Cl.uint(offer), trait(token)], who);
const [cancelOffer, expireOffer] = [offerCall("cancel-offer"), offerCall("expire-offer")];
const acceptOffer = (offer: bigint, who: string, min = 0, token = SBTC): Outcome =>
  call(MODULE, "accept-offer", [Cl.uint(offer), trait(token), Cl.uint(min)], who);
const offerState = (offer: bigint) => (read(MODULE, "get-offer", [Cl.uint(offer)]) as { state: bigint }).state;

function setFee(bps: number): Outcome {
  scheduleAndWait(read(MODULE, "op-set-fee", [Cl.uint(bps)]));
  return call(MODULE, "set-fee", [Cl.uint(bps)], feeManager);
}

describe("list-position", () => {
  it("stores and prints the listing; the position stays with the seller", () => {
    const id = stream();
    approveMarket(id);
    const out = list(id, { taker: dave });
    const row = listing(id) as { expires: bigint };
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 1n, ev: "market.listed", id, actor: bob, token: SBTC, amount: 500_000n,
      data: { nonce: 0n, expires: row.expires, taker: dave, "fee-bps": 100n },
    }]);
    expect(out.moves).toEqual([]);
    expect(row).toEqual({
      seller: bob, price: 500_000n, "pay-token": SBTC, nonce: 0n, expires: row.expires, taker: dave, "fee-bps": 100n,
    });
    expect(ownerOf("sluice-streams", id)).toBe(bob);
    expect(isLive(id)).toBe(true);
  });

  it("u8000: the owner alone", () => {
    const id = stream();
    approveMarket(id);
    expect(list(id, { from: mallory }).result).toEqual({ err: 8000n });
    expect(list(99n).result).toEqual({ err: 8001n });
    expect(phish(`(contract-call? '${MARKET} list-position u${id} u1 '${SBTC} u9999999999 none)`, bob).result).toEqual({ err: 8000n });
  });

  it("u8002: not while the module takes no business", () => {
    const id = stream();
    approveMarket(id);
    pause(MODULE);
    expect(list(id).result).toEqual({ err: 8002n });
  });

  it("u8003, u8004: a price within the limits of an enabled token", () => {
    const id = stream();
    approveMarket(id);
    expect(list(id, { price: 0 }).result).toEqual({ err: 8003n });
    expect(list(id, { price: 2n ** 96n }).result).toEqual({ err: 8003n });
    expect(list(id, { token: contract("sluice-access") }).result).toEqual({ err: 8004n });
    disable(SBTC);
    expect(list(id).result).toEqual({ err: 8004n });
  });

  it("u8005: transferable, not empty, and approved for this market", () => {
    const bound = stream({ flags: { transferable: false } });
    approveMarket(bound);
    expect(list(bound).result).toEqual({ err: 8005n });
    const empty = stream({ start: 900, cliff: 900, end: 9_000 });
    must(cancel(empty, alice));
    approveMarket(empty);
    expect(list(empty).result).toEqual({ err: 8005n });
    expect(list(stream()).result).toEqual({ err: 8005n });
  });

  it("u8006: expires ahead", () => {
    const id = stream();
    approveMarket(id);
    expect(list(id, { expires: 0 }).result).toEqual({ err: 8006n });
  });
});

describe("update-price and unlist", () => {
  it("are the seller's", () => {
    const id = listed();
    const updated = updatePrice(id, 7, bob);
    expect(updated.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "market.updated", id, actor: bob, token: SBTC, amount: 7n, data: { old: 500_000n },
    }]);
    expect(listing(id)).toMatchObject({ price: 7n });
    const gone = unlist(id, bob);
    expect(gone.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "market.unlisted", id, actor: bob, token: SBTC, amount: 7n, data: { seller: bob },
    }]);
    expect(listing(id)).toBeNull();
    expect(isLive(id)).toBe(false);
  });

  it("u8000, u8001: nobody else's, and only what is listed", () => {
    const id = listed();
    expect(updatePrice(id, 7, mallory).result).toEqual({ err: 8000n });
    expect(unlist(id, mallory).result).toEqual({ err: 8000n });
    expect(phish(`(contract-call? '${MARKET} unlist u${id})`, bob).result).toEqual({ err: 8000n });
    expect(updatePrice(9n, 7, bob).result).toEqual({ err: 8001n });
    expect(unlist(9n, bob).result).toEqual({ err: 8001n });
  });

  it("u8002, u8003, u8004, u8010", () => {
    const id = listed();
    expect(updatePrice(id, 0, bob).result).toEqual({ err: 8003n });
    disable(SBTC);
    expect(updatePrice(id, 7, bob).result).toEqual({ err: 8004n });
    must(revoke("sluice-streams", id, bob));
    expect(updatePrice(id, 7, bob).result).toEqual({ err: 8010n });
    pause(MODULE);
    expect(updatePrice(id, 7, bob).result).toEqual({ err: 8002n });
    expect(unlist(id, bob).ok).toBe(true);
  });
});

describe("buy", () => {
  it("I59: buyer pays the price; seller, payer and treasury get their parts; the position moves", () => {
    const id = listed({}, 250);
    const who = { buyer: carol, seller: bob, payer: alice, house: TREASURY };
    const before = Object.fromEntries(Object.entries(who).map(([k, p]) => [k, balance(SBTC, p)]));
    const out = buy(id, carol);
    expect(out.result).toEqual({ ok: true });
    expect(out.events.map((e) => e.ev)).toEqual(["position.transferred", "market.sold"]);
    expect(out.events[1]).toEqual({
      sluice: 1n, seq: 2n, ev: "market.sold", id, actor: carol, token: SBTC, amount: 500_000n,
      data: { seller: bob, buyer: carol, fee: 5_000n, royalty: 12_500n },
    });
    const change = Object.fromEntries(Object.entries(who).map(([k, p]) => [k, balance(SBTC, p) - before[k]]));
    expect(change).toEqual({ buyer: -500_000n, seller: 482_500n, payer: 12_500n, house: 5_000n });
    expect(ownerOf("sluice-streams", id)).toBe(carol);
    expect(listing(id)).toBeNull();
    expect(liability()).toBe(0n);
    expect(balance(SBTC, MARKET)).toBe(0n);
  });

  it("later withdrawals are the buyer's, and the payer keeps his rights (I58)", () => {
    const id = listed();
    must(buy(id, carol));
    mineStacks(5);
    expect(withdrawMax(id, mallory).moves.map((m) => m.to)).toEqual([carol]);
    expect(cancel(id, bob).result).toEqual({ err: 6000n });
    expect(cancel(id, alice).ok).toBe(true);
  });

  it("works in STX, and skips parts that round to nothing", () => {
    const id = listed({ token: STX, price: 99 }, 100);
    const out = buy(id, carol, 99, 0, STX);
    expect(out.moves).toEqual([{ asset: "stx", amount: 99n, from: carol, to: bob }]);
    expect(out.events[1].data).toMatchObject({ fee: 0n, royalty: 0n });
  });

  it("the stream's payer may buy: his royalty stays with him", () => {
    const id = listed({}, 500);
    const before = balance(SBTC, alice);
    must(buy(id, alice));
    expect(balance(SBTC, alice)).toBe(before - 500_000n + 25_000n);
  });

  it("the royalty goes to whoever has the payer's rights now", () => {
    const id = listed({}, 500);
    must(proposePayer(id, dave, alice));
    must(plainCall("accept-payer", id, dave));
    const before = balance(SBTC, dave);
    must(buy(id, carol));
    expect(balance(SBTC, dave)).toBe(before + 25_000n);
  });

  it("u8011, I60: never more than the buyer's maximum (the seller cannot raise it under him)", () => {
    const id = listed();
    must(updatePrice(id, PRICE + 1, bob));
    expect(buy(id, carol).result).toEqual({ err: 8011n });
    expect(buy(id, carol, PRICE + 1).ok).toBe(true);
  });

  it("u8012, I60: never less than the buyer counts on (the seller cannot empty it before)", () => {
    const id = listed();
    mineStacks(30);
    must(withdrawMax(id, bob));
    expect(buy(id, carol, PRICE, 1_000_003).result).toEqual({ err: 8012n });
    const left = 1_000_003n - streamRow(id).withdrawn;
    expect(buy(id, carol, PRICE, left).ok).toBe(true);
  });

  it("u8010, I61: stale when the position changed hands, even if it came back", () => {
    const id = listed();
    must(transfer("sluice-streams", id, bob, carol, bob));
    expect(isLive(id)).toBe(false);
    expect(buy(id, dave).result).toEqual({ err: 8010n });
    must(transfer("sluice-streams", id, carol, bob, carol));
    approveMarket(id);
    expect(buy(id, dave).result).toEqual({ err: 8010n });
    must(list(id));
    expect(buy(id, dave).ok).toBe(true);
  });

  it("u8010: stale when the approval was taken back, or time is up", () => {
    const a = listed();
    must(revoke("sluice-streams", a, bob));
    expect(buy(a, carol).result).toEqual({ err: 8010n });
    const b = listed({ expires: 100 });
    mineBurn(1);
    expect(isLive(b)).toBe(false);
    expect(buy(b, carol).result).toEqual({ err: 8010n });
  });

  it("u8010: stale when the position is empty and burned", () => {
    const id = stream({ end: 600 });
    approveMarket(id);
    must(list(id));
    mineBurn(2);
    must(withdrawMax(id, bob));
    expect(buy(id, carol, PRICE, 1).result).toEqual({ err: 8012n });
    must(burn("sluice-streams", id, bob));
    expect(isLive(id)).toBe(false);
    expect(buy(id, carol).result).toEqual({ err: 8010n });
  });

  it("u8013: a reserved one only by its taker; never by the seller himself", () => {
    const id = listed({ taker: dave });
    expect(buy(id, carol).result).toEqual({ err: 8013n });
    expect(buy(id, bob).result).toEqual({ err: 8013n });
    expect(buy(id, dave).ok).toBe(true);
    expect(buy(listed(), bob).result).toEqual({ err: 8013n });
  });

  it("u8001, u8002, u8004", () => {
    const id = listed();
    expect(buy(9n, carol).result).toEqual({ err: 8001n });
    expect(buy(id, carol, PRICE, 0, STX).result).toEqual({ err: 8004n });
    disable(SBTC);
    expect(buy(id, carol).result).toEqual({ err: 8004n });
    pause(MODULE);
    expect(buy(id, carol).result).toEqual({ err: 8002n });
  });

  it("is all or nothing: a token that does not move, or keeps a part, sells nothing", () => {
    const id = listed({ token: HOSTILE });
    for (const mode of [2, 3, 5]) {
      setHostileMode(mode);
      expect(buy(id, carol, PRICE, 0, HOSTILE).result).toEqual({ err: 8008n });
      expect(ownerOf("sluice-streams", id)).toBe(bob);
    }
    setHostileMode(0);
    expect(buy(id, carol, PRICE, 0, HOSTILE).ok).toBe(true);
  });

  it("I59: the parts always add up to the price", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 500 }), (price, royalty) => {
      const id = listed({ price }, royalty);
      const out = buy(id, carol, price);
      const { fee, royalty: share } = out.events[1].data as { fee: bigint; royalty: bigint };
      expect(fee).toBe(BigInt(price) / 100n);
      expect(share).toBe((BigInt(price) * BigInt(royalty)) / 10_000n);
      const paid = out.moves.filter((m) => m.from === carol).reduce((n, m) => n + m.amount, 0n);
      expect(paid).toBe(BigInt(price));
    }), { numRuns: 25, seed: 5 });
  });
});

describe("buy-for", () => {
  beforeEach(() => mintSbtc(settler, 10_000_000n));

  it("lets a settler pay on chain for somebody who paid elsewhere", () => {
    const id = listed();
    const before = balance(SBTC, settler);
    const out = buyFor(id, dave);
    expect(out.events[1]).toMatchObject({ ev: "market.sold", actor: settler, data: { seller: bob, buyer: dave } });
    expect(balance(SBTC, settler)).toBe(before - 500_000n);
    expect(ownerOf("sluice-streams", id)).toBe(dave);
  });

  it("follows a payment through the gateway, one transaction each, without a lock in between", () => {
    must(call("sluice-gateway", "register-merchant", [
      Cl.principal(settler), Cl.bufferFromHex("02".padEnd(66, "1")), Cl.uint(0), Cl.uint(0),
    ], settler));
    must(call("sluice-gateway", "set-open", [Cl.uint(1), Cl.bool(true)], settler));
    const id = listed();
    const before = balance(SBTC, settler);
    must(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), Cl.uint(PRICE + 10_000), Cl.bufferFromHex("00".repeat(32))], dave));
    must(buyFor(id, dave));
    expect(ownerOf("sluice-streams", id)).toBe(dave);
    expect(balance(SBTC, settler) - before).toBe(510_000n - 5_100n - 500_000n); // gateway's 1 %, then the price
  });

  it("u8000: settlers only", () => {
    const id = listed();
    expect(buyFor(id, dave, carol).result).toEqual({ err: 8000n });
    expect(phish(`(contract-call? '${MARKET} buy-for u${id} '${SBTC} u${PRICE} u0 '${mallory})`, settler).result).toEqual({ err: 8000n });
  });

  it("u8013: a reserved one only for its taker, and never for the seller", () => {
    const id = listed({ taker: dave });
    expect(buyFor(id, carol).result).toEqual({ err: 8013n });
    expect(buyFor(listed(), bob).result).toEqual({ err: 8013n });
    expect(buyFor(id, dave).ok).toBe(true);
  });

  it("u8011, u8012: within the settler's bounds", () => {
    const id = listed();
    expect(buyFor(id, dave, settler, PRICE - 1).result).toEqual({ err: 8011n });
    expect(buyFor(id, dave, settler, PRICE, 1_000_004).result).toEqual({ err: 8012n });
  });
});

describe("make-offer", () => {
  it("holds the buyer's money and prints the terms", () => {
    const id = stream({ end: 500_000 });
    const out = makeOffer(id, carol, { minRemaining: 900_000 });
    const row = read(MODULE, "get-offer", [Cl.uint(1)]) as { expires: bigint };
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 1n, ev: "market.offer-made", id: 1n, actor: carol, token: SBTC, amount: 500_000n,
      data: { position: id, buyer: carol, nonce: 0n, "min-remaining": 900_000n, expires: row.expires, "fee-bps": 100n },
    }]);
    expect(row).toEqual({
      buyer: carol, position: id, nonce: 0n, token: SBTC, amount: 500_000n, "min-remaining": 900_000n,
      expires: row.expires, "fee-bps": 100n, state: 1n,
    });
    expect(liability()).toBe(500_000n);
    expect(read(MODULE, "get-last-offer")).toBe(1n);
  });

  it("u8001, u8002, u8003, u8004, u8005, u8006, u1", () => {
    const id = stream();
    expect(makeOffer(99n).result).toEqual({ err: 8001n });
    expect(makeOffer(id, carol, { amount: 0 }).result).toEqual({ err: 8003n });
    expect(makeOffer(stream({ flags: { transferable: false } })).result).toEqual({ err: 8005n });
    const empty = stream({ start: 900, cliff: 900, end: 9_000 });
    must(cancel(empty, alice));
    expect(makeOffer(empty).result).toEqual({ err: 8005n });
    expect(makeOffer(id, carol, { expires: 0 }).result).toEqual({ err: 8006n });
    expect(makeOffer(id, carol, { amount: 10_000_000_001 }).result).toEqual({ err: 1n });
    disable(SBTC);
    expect(makeOffer(id).result).toEqual({ err: 8004n });
    pause(MODULE);
    expect(makeOffer(id).result).toEqual({ err: 8002n });
  });
});

describe("cancel-offer and expire-offer", () => {
  it("I62: give the money back, once", () => {
    const id = stream();
    must(makeOffer(id));
    const before = balance(SBTC, carol);
    const out = cancelOffer(1n, carol);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "market.offer-canceled", id: 1n, actor: carol, token: SBTC, amount: 500_000n,
      data: { position: id, buyer: carol },
    }]);
    expect(balance(SBTC, carol)).toBe(before + 500_000n);
    expect(offerState(1n)).toBe(3n);
    expect(cancelOffer(1n, carol).result).toEqual({ err: 8014n });
    expect(liability()).toBe(0n);
  });

  it("anybody may send an expired one back to its buyer", () => {
    const id = stream();
    must(makeOffer(id, carol, { expires: 300 }));
    expect(expireOffer(1n, mallory).result).toEqual({ err: 8006n });
    mineBurn(1);
    const out = expireOffer(1n, mallory);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "market.offer-expired", id: 1n, actor: mallory, token: SBTC, amount: 500_000n,
      data: { position: id, buyer: carol },
    }]);
    expect(out.moves.map((m) => m.to)).toEqual([carol]);
    expect(offerState(1n)).toBe(4n);
    expect(expireOffer(1n, mallory).result).toEqual({ err: 8014n });
  });

  it("u8000, u8001, u8004", () => {
    must(makeOffer(stream()));
    expect(cancelOffer(1n, mallory).result).toEqual({ err: 8000n });
    expect(phish(`(contract-call? '${MARKET} cancel-offer u1 '${SBTC})`, carol).result).toEqual({ err: 8000n });
    for (const end of [cancelOffer, expireOffer]) {
      expect(end(9n, carol).result).toEqual({ err: 8001n });
      expect(end(1n, carol, STX).result).toEqual({ err: 8004n });
    }
  });
});

describe("accept-offer", () => {
  /** A position of bob's, approved, with an offer of carol's. */
  function offered(options: Parameters<typeof makeOffer>[2] = {}, royalty = 0): bigint {
    const id = stream({ end: 500_000, flags: { royalty } });
    approveMarket(id);
    must(makeOffer(id, carol, options));
    return id;
  }

  it("pays the parts out of the offer and moves the position", () => {
    const id = offered({}, 200);
    must(list(id));
    const before = [bob, alice, TREASURY].map((p) => balance(SBTC, p));
    const out = acceptOffer(1n, bob, 485_000);
    expect(out.result).toEqual({ ok: true });
    expect(out.events[1]).toEqual({
      sluice: 1n, seq: 3n, ev: "market.offer-accepted", id: 1n, actor: bob, token: SBTC, amount: 500_000n,
      data: { position: id, seller: bob, buyer: carol, fee: 5_000n, royalty: 10_000n },
    });
    expect([bob, alice, TREASURY].map((p, i) => balance(SBTC, p) - before[i])).toEqual([485_000n, 10_000n, 5_000n]);
    expect(ownerOf("sluice-streams", id)).toBe(carol);
    expect(offerState(1n)).toBe(2n);
    expect(listing(id)).toBeNull();
    expect(liability()).toBe(0n);
    expect(acceptOffer(1n, carol).result).toEqual({ err: 8014n });
    expect(cancelOffer(1n, carol).result).toEqual({ err: 8014n });
  });

  it("works in STX", () => {
    offered({ token: STX });
    expect(acceptOffer(1n, bob, 0, STX).moves).toEqual([
      { asset: "stx", amount: 495_000n, from: MARKET, to: bob }, { asset: "stx", amount: 5_000n, from: MARKET, to: TREASURY },
    ]);
  });

  it("is an exit: works while the module takes no new business", () => {
    offered();
    pause(MODULE);
    expect(acceptOffer(1n, bob).ok).toBe(true);
  });

  it("u8000: the owner alone; the position's contract refuses without approval", () => {
    const id = offered();
    expect(acceptOffer(1n, mallory).result).toEqual({ err: 8000n });
    expect(phish(`(contract-call? '${MARKET} accept-offer u1 '${SBTC} u0)`, bob).result).toEqual({ err: 8000n });
    must(revoke("sluice-streams", id, bob));
    expect(acceptOffer(1n, bob).result).toEqual({ err: 6000n });
    expect(offerState(1n)).toBe(1n);
  });

  it("u8006: not when expired", () => {
    offered({ expires: 300 });
    mineBurn(1);
    expect(acceptOffer(1n, bob).result).toEqual({ err: 8006n });
  });

  it("u8010: not when the position has changed hands since", () => {
    const id = offered();
    must(transfer("sluice-streams", id, bob, dave, bob));
    must(approve("sluice-streams", id, MARKET, dave));
    expect(acceptOffer(1n, dave).result).toEqual({ err: 8010n });
    expect(nonceOf("sluice-streams", id)).toBe(1n);
    expect(cancelOffer(1n, carol).ok).toBe(true);
  });

  it("u8011: not for less than the owner wants in hand", () => {
    offered();
    expect(acceptOffer(1n, bob, 495_001).result).toEqual({ err: 8011n });
    expect(acceptOffer(1n, bob, 495_000).ok).toBe(true);
  });

  it("u8012: not when the position holds less than the buyer asked for", () => {
    const id = offered({ minRemaining: 1_000_003 });
    mineStacks(5);
    must(withdrawMax(id, bob));
    expect(acceptOffer(1n, bob).result).toEqual({ err: 8012n });
  });

  it("u8001, u8004", () => {
    offered();
    expect(acceptOffer(9n, bob).result).toEqual({ err: 8001n });
    expect(acceptOffer(1n, bob, 0, STX).result).toEqual({ err: 8004n });
  });
});

describe("set-fee", () => {
  it("holds for later listings and offers only", () => {
    const old = listed({ expires: 10_000_000 });
    const out = setFee(500);
    expect(out.events.at(-1)).toEqual({
      sluice: 1n, seq: 2n, ev: "market.fee-set", id: 0n, actor: feeManager, token: MARKET, amount: 0n, data: { bps: 500n },
    });
    expect(read(MODULE, "get-fee-bps")).toBe(500n);
    const fresh = listed();
    expect(buy(old, carol).events[1].data.fee).toBe(5_000n);
    expect(buy(fresh, carol).events[1].data.fee).toBe(25_000n);
  });

  it("u8000, u8009 and the delay", () => {
    expect(call(MODULE, "set-fee", [Cl.uint(1)], mallory).result).toEqual({ err: 8000n });
    expect(call(MODULE, "set-fee", [Cl.uint(1)], deployer).result).toEqual({ err: 8000n });
    expect(call(MODULE, "set-fee", [Cl.uint(501)], feeManager).result).toEqual({ err: 8009n });
    expect(call(MODULE, "set-fee", [Cl.uint(1)], feeManager).result).toEqual({ err: 1001n });
    schedule(read(MODULE, "op-set-fee", [Cl.uint(1)]));
    expect(call(MODULE, "set-fee", [Cl.uint(1)], feeManager).result).toEqual({ err: 1006n });
    waitDelay();
    expect(call(MODULE, "set-fee", [Cl.uint(2)], feeManager).result).toEqual({ err: 1001n });
    expect(call(MODULE, "set-fee", [Cl.uint(1)], feeManager).ok).toBe(true);
  });
});
