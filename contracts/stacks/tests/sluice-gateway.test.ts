import { Cl, type ClarityValue } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, arbiter, balance, bob, burnHeight, call, carol, contract, dave, deployer, envelope, feeManager, lastEvent, lister,
  mallory, mineBurn, mineStacks, now, type Outcome, read, seq,
} from "./helpers/chain";
import { ref, refHex } from "./helpers/clarity";
import {
  KEY, type Offer, offerMessage, OTHER_KEY, payerCv, publicKey, type Quote, quoteMessage, sign, structuredHash,
} from "./helpers/sip018";
import {
  disable, HOSTILE, must, openSuite, pause, SBTC, schedule, scheduleAndWait, setHostileMode, STX,
  sunset, trait,
} from "./helpers/suite";

const GATEWAY = contract("sluice-gateway");
const ESCROW = contract("sluice-escrow");
const TREASURY = contract("sluice-treasury");
const HOUR = 3600;

// The merchant belongs to bob and is paid out to carol; alice pays.
const gateway = (fn: string, args: Parameters<typeof call>[2], sender = bob) => call("sluice-gateway", fn, args, sender);
const register = (mode = 0, hold = 0, payout = carol, owner = bob) =>
  gateway("register-merchant", [Cl.principal(payout), publicKey(KEY), Cl.uint(mode), Cl.uint(hold)], owner);
const merchant = (n = 1) => read("sluice-gateway", "get-merchant", [Cl.uint(n)]);
const payment = (n = 1) => read("sluice-gateway", "get-payment", [Cl.uint(n)]) as { [key: string]: bigint };
const id = Cl.uint(1);

const intent = (change: { ref?: string; token?: string; amount?: number; ttl?: number; payer?: string | null } = {}, who = bob) => {
  const i = { ref: "order-1", token: SBTC, amount: 10_000, ttl: HOUR, payer: null, ...change };
  return gateway("create-intent", [
    id, ref(i.ref), trait(i.token), Cl.uint(i.amount), Cl.uint(now() + i.ttl), payerCv(i.payer),
  ], who);
};
const payIntent = (who = alice, r = "order-1", token = SBTC) =>
  gateway("pay-intent", [id, ref(r), trait(token)], who);

const offer = (change: Partial<Offer> = {}): Offer => ({
  merchant: 1, ref: ref("order-1"), token: SBTC, amount: 10_000, expires: now() + HOUR, payer: null, ...change,
});
const paySigned = (o: Offer, signature: ClarityValue = sign(offerMessage(o)), who = alice) =>
  gateway("pay-signed", [
    Cl.uint(o.merchant), o.ref, trait(o.token), Cl.uint(o.amount), Cl.uint(o.expires), payerCv(o.payer), signature,
  ], who);
const payOpen = (amount: number | bigint, token = SBTC, who = alice) =>
  gateway("pay-open", [id, trait(token), Cl.uint(amount), ref("thanks")], who);
const refund = (amount: number, n = 1, token = SBTC, who = bob) =>
  gateway("refund", [Cl.uint(n), trait(token), Cl.uint(amount)], who);
const setSplits = (shares: [string, number][], who = bob) =>
  gateway("set-splits", [id, Cl.list(shares.map(([to, bps]) => Cl.tuple({ to: Cl.principal(to), bps: Cl.uint(bps) })))], who);
const openMerchant = () => { must(register()); must(gateway("set-open", [id, Cl.bool(true)])); };

const event = (ev: string, actor: string, data: Parameters<typeof envelope>[1]["data"], n = 1n) =>
  envelope(ev, { id: n, actor, token: GATEWAY, data });
const paid = (to: string, done: Outcome) => done.moves.filter((m) => m.to === to).reduce((s, m) => s + m.amount, 0n);

beforeEach(openSuite);

describe("register-merchant", () => {
  it("makes the caller the owner of a merchant with the platform's fee", () => {
    const done = register();
    const key = (publicKey(KEY) as { value: string }).value;
    expect(done.result).toEqual({ ok: 1n });
    expect(lastEvent(done)).toEqual(event("merchant.registered", bob, {
      owner: bob, payout: carol, signer: key, "fee-bps": 100n, mode: 0n, hold: 0n,
    }));
    expect(merchant()).toEqual({
      owner: bob, payout: carol, signer: key, "fee-bps": 100n, mode: 0n, hold: 0n, open: false, active: true,
    });
    expect(register(1, 6).result).toEqual({ ok: 2n });
    expect(read("sluice-gateway", "get-last-merchant")).toBe(2n);
  });

  it("4005: unknown mode; 4006: a hold out of range, or in push mode", () => {
    expect(register(2).result).toEqual({ err: 4005n });
    for (const hold of [0, 5, 4321]) expect(register(1, hold).result).toEqual({ err: 4006n });
    expect(register(0, 6).result).toEqual({ err: 4006n });
    for (const hold of [6, 4320]) expect(register(1, hold).ok).toBe(true);
  });
});

describe("propose-merchant-owner and accept-merchant-owner", () => {
  const propose = (to: string, who = bob) => gateway("propose-merchant-owner", [id, Cl.principal(to)], who);
  const acceptIt = (who: string) => gateway("accept-merchant-owner", [id], who);

  it("hands a merchant over in two steps", () => {
    must(register());
    const proposed = propose(dave);
    expect(lastEvent(must(proposed))).toEqual(event("merchant.owner-proposed", bob, { to: dave }));
    expect(read("sluice-gateway", "get-next-owner", [id])).toBe(dave);
    const done = acceptIt(dave);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.owner-changed", dave, { from: bob, to: dave }));
    expect(merchant()).toMatchObject({ owner: dave, payout: carol });
    expect(propose(bob).result).toEqual({ err: 4000n });
    expect(acceptIt(dave).result).toEqual({ err: 4001n });
  });

  it("4000: a stranger proposes or accepts; 4001: no merchant, or nothing proposed", () => {
    expect(propose(dave).result).toEqual({ err: 4001n });
    expect(acceptIt(dave).result).toEqual({ err: 4001n });
    must(register());
    expect(propose(mallory, mallory).result).toEqual({ err: 4000n });
    expect(acceptIt(dave).result).toEqual({ err: 4001n });
    must(propose(dave));
    for (const who of [mallory, bob]) expect(acceptIt(who).result).toEqual({ err: 4000n });
  });
});

describe("set-payout, apply-payout, cancel-payout (I26)", () => {
  const setPayout = (to: string, who = bob) => gateway("set-payout", [id, Cl.principal(to)], who);
  const apply = (who = mallory) => gateway("apply-payout", [id], who);
  const cancelIt = (who = bob) => gateway("cancel-payout", [id], who);

  it("pays the old address until the new one has waited and is applied", () => {
    openMerchant();
    const eta = BigInt(burnHeight() + 144);
    const queued = setPayout(dave);
    expect(queued.result).toEqual({ ok: eta });
    expect(lastEvent(queued)).toEqual(event("merchant.payout-queued", bob, { to: dave, eta }));
    expect(read("sluice-gateway", "get-next-payout", [id])).toEqual({ to: dave, eta });
    mineStacks(1000);
    mineBurn(143);
    expect(apply().result).toEqual({ err: 4017n });
    expect(paid(carol, payOpen(1000))).toBe(990n);
    mineBurn(1);
    expect(paid(carol, payOpen(1000))).toBe(990n);
    const done = apply();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.payout-applied", mallory, { from: carol, to: dave }));
    expect(paid(dave, payOpen(1000))).toBe(990n);
    expect(apply().result).toEqual({ err: 4001n });
  });

  it("lets the owner drop a change, for example one a thief made", () => {
    must(register());
    must(setPayout(mallory));
    const done = cancelIt();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.payout-canceled", bob, { to: mallory }));
    mineBurn(144);
    expect(apply().result).toEqual({ err: 4001n });
    expect(merchant()).toMatchObject({ payout: carol });
  });

  it("starts waiting again when the change is replaced", () => {
    must(register());
    must(setPayout(dave));
    mineBurn(143);
    must(setPayout(mallory));
    mineBurn(1);
    expect(apply().result).toEqual({ err: 4017n });
  });

  it("4000: a stranger; 4001: no merchant, or nothing waiting", () => {
    expect(setPayout(dave).result).toEqual({ err: 4001n });
    expect(apply().result).toEqual({ err: 4001n });
    must(register());
    expect(setPayout(mallory, mallory).result).toEqual({ err: 4000n });
    expect(cancelIt().result).toEqual({ err: 4001n });
    expect(apply().result).toEqual({ err: 4001n });
    must(setPayout(dave));
    expect(cancelIt(mallory).result).toEqual({ err: 4000n });
  });
});

describe("set-signer", () => {
  const setSigner = (key: string, who = bob) => gateway("set-signer", [id, publicKey(key)], who);

  it("voids what the old key has signed", () => {
    must(register());
    const o = offer();
    const old = sign(offerMessage(o));
    const done = setSigner(OTHER_KEY);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      event("merchant.signer-set", bob, { signer: (publicKey(OTHER_KEY) as { value: string }).value }),
    );
    expect(paySigned(o, old).result).toEqual({ err: 4010n });
    expect(paySigned(o, sign(offerMessage(o), OTHER_KEY)).ok).toBe(true);
  });

  it("4000: a stranger; 4001: no merchant", () => {
    expect(setSigner(KEY).result).toEqual({ err: 4001n });
    must(register());
    expect(setSigner(KEY, mallory).result).toEqual({ err: 4000n });
  });
});

describe("set-active (I28)", () => {
  const setActive = (active: boolean, who = bob) => gateway("set-active", [id, Cl.bool(active)], who);

  it("4013: an inactive merchant cannot be paid, and can still refund", () => {
    openMerchant();
    must(payOpen(1000));
    must(intent());
    const done = setActive(false);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.active-set", bob, { active: false }));
    expect(payOpen(1000).result).toEqual({ err: 4013n });
    expect(payIntent().result).toEqual({ err: 4013n });
    expect(paySigned(offer({ ref: ref("signed") })).result).toEqual({ err: 4013n });
    expect(refund(1000).ok).toBe(true);
    must(setActive(true));
    expect(payIntent().ok).toBe(true);
  });

  it("4000: a stranger; 4001: no merchant", () => {
    expect(setActive(true).result).toEqual({ err: 4001n });
    must(register());
    expect(setActive(false, mallory).result).toEqual({ err: 4000n });
  });
});

describe("set-open and pay-open", () => {
  it("4016: only a merchant who is open to it takes money without an offer", () => {
    must(register());
    expect(payOpen(1000).result).toEqual({ err: 4016n });
    const done = gateway("set-open", [id, Cl.bool(true)]);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.open-set", bob, { open: true }));
    expect(payOpen(1000).result).toEqual({ ok: 1n });
    expect(payOpen(1000).result).toEqual({ ok: 2n }); // the memo is no reference
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("thanks")])).toBeNull();
    expect(payment(2)).toMatchObject({ ref: refHex("thanks"), payer: alice });
  });

  it("4000: a stranger; 4001: no merchant", () => {
    expect(payOpen(1000).result).toEqual({ err: 4001n });
    expect(gateway("set-open", [id, Cl.bool(true)]).result).toEqual({ err: 4001n });
    must(register());
    expect(gateway("set-open", [id, Cl.bool(true)], mallory).result).toEqual({ err: 4000n });
  });
});

describe("set-splits", () => {
  it("shares every later payment; payout + splits + fee = amount (I22)", () => {
    openMerchant();
    const shares: [string, number][] = [[dave, 1000], [mallory, 333], [arbiter, 1], [deployer, 2500], [feeManager, 5]];
    const done = setSplits(shares);
    const list = shares.map(([to, bps]) => ({ to, bps: BigInt(bps) }));
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("merchant.splits-set", bob, { splits: list }));
    expect(read("sluice-gateway", "get-splits", [id])).toEqual(list);
    const settled = payOpen(10_007);
    // fee ⌊100.07⌋ = 100; net 9907: splits 990, 329, 0 (skipped), 2476, 4
    expect([dave, mallory, arbiter, deployer, feeManager].map((who) => paid(who, settled))).toEqual([990n, 329n, 0n, 2476n, 4n]);
    expect([paid(TREASURY, settled), paid(carol, settled)]).toEqual([100n, 6108n]);
    expect(settled.events.at(-1)!.data).toMatchObject({ fee: 100n, "split-total": 3799n });
    expect(settled.moves.reduce((s, m) => s + m.amount, 0n)).toBe(10_007n);
    expect(settled.moves.every((m) => m.from === alice && m.amount > 0n)).toBe(true);
  });

  it("can be emptied again", () => {
    openMerchant();
    must(setSplits([[dave, 1000]]));
    must(setSplits([]));
    expect(paid(dave, payOpen(1000))).toBe(0n);
  });

  it("4015: above 90 % in all, a zero share, a recipient twice, or a merchant in hold mode", () => {
    must(register());
    expect(setSplits([[dave, 9000]]).ok).toBe(true);
    expect(setSplits([[dave, 9000], [mallory, 1]]).result).toEqual({ err: 4015n });
    expect(setSplits([[dave, 0]]).result).toEqual({ err: 4015n });
    expect(setSplits([[dave, 10], [mallory, 10], [dave, 10]]).result).toEqual({ err: 4015n });
    must(register(1, 144));
    const share = Cl.list([Cl.tuple({ to: Cl.principal(dave), bps: Cl.uint(1) })]);
    expect(gateway("set-splits", [Cl.uint(2), share]).result).toEqual({ err: 4015n });
    expect(gateway("set-splits", [Cl.uint(2), Cl.list([])]).ok).toBe(true);
  });

  it("4000: a stranger; 4001: no merchant", () => {
    expect(setSplits([[dave, 1]]).result).toEqual({ err: 4001n });
    must(register());
    expect(setSplits([[mallory, 9000]], mallory).result).toEqual({ err: 4000n });
  });
});

describe("create-intent", () => {
  it("stores what a reference must pay", () => {
    must(register());
    const expires = BigInt(now() + HOUR);
    const done = intent({ payer: alice });
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(envelope("intent.created", {
      id: 1n, actor: bob, token: SBTC, amount: 10_000n,
      data: { ref: refHex("order-1"), expires, payer: alice },
    }));
    expect(read("sluice-gateway", "get-intent", [id, ref("order-1")])).toEqual({
      token: SBTC, amount: 10_000n, expires, payer: alice,
    });
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBeNull();
  });

  it("4000, 4001, 4003, 4004, 4006: stranger, no merchant, no amount, unlisted token, already over", () => {
    expect(intent().result).toEqual({ err: 4001n });
    must(register());
    expect(intent({}, mallory).result).toEqual({ err: 4000n });
    expect(intent({ amount: 0 }).result).toEqual({ err: 4003n });
    simnet.deployContract("unlisted", simnet.getContractSource(HOSTILE)!, { clarityVersion: 4 }, deployer);
    expect(intent({ token: contract("unlisted") }).result).toEqual({ err: 4004n });
    expect(intent({ ttl: 10 }).result).toEqual({ err: 4006n }); // the next block is ten seconds ahead
    expect(intent({ ttl: 11 }).ok).toBe(true);
  });

  it("4007: the reference is stored, canceled or paid already", () => {
    must(register());
    must(intent());
    expect(intent({ amount: 1 }).result).toEqual({ err: 4007n });
    must(gateway("cancel-intent", [id, ref("gone")]));
    expect(intent({ ref: "gone" }).result).toEqual({ err: 4007n });
    must(paySigned(offer({ ref: ref("signed") })));
    expect(intent({ ref: "signed" }).result).toEqual({ err: 4007n });
  });
});

describe("cancel-intent", () => {
  const cancelIt = (r = "order-1", who = bob) => gateway("cancel-intent", [id, ref(r)], who);

  it("makes a stored intent unpayable", () => {
    must(register());
    must(intent());
    const done = cancelIt();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("intent.canceled", bob, { ref: refHex("order-1") }));
    expect(payIntent().result).toEqual({ err: 4007n });
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBe(0n);
  });

  it("revokes a signed offer", () => {
    must(register());
    must(cancelIt());
    expect(paySigned(offer()).result).toEqual({ err: 4007n });
  });

  it("4000: a stranger; 4001: no merchant; 4005: paid or canceled already", () => {
    expect(cancelIt().result).toEqual({ err: 4001n });
    must(register());
    expect(cancelIt("order-1", mallory).result).toEqual({ err: 4000n });
    must(paySigned(offer()));
    expect(cancelIt().result).toEqual({ err: 4005n });
    must(cancelIt("other"));
    expect(cancelIt("other").result).toEqual({ err: 4005n });
  });
});

describe("pay-intent", () => {
  it("moves fee and payout in one transaction and writes the payment down", () => {
    must(register());
    must(intent());
    const done = payIntent();
    expect(done.result).toEqual({ ok: 1n });
    expect(done.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[alice, TREASURY, 100n], [alice, carol, 9900n]]);
    expect(lastEvent(done)).toEqual(envelope("payment.settled", {
      id: 1n, actor: alice, token: SBTC, amount: 10_000n,
      data: {
        merchant: 1n, ref: refHex("order-1"), payer: alice, payout: carol, fee: 100n,
        "split-total": 0n, mode: 0n, escrow: null, open: false,
      },
    }));
    expect(payment()).toEqual({
      merchant: 1n, ref: refHex("order-1"), payer: alice, token: SBTC, amount: 10_000n, fee: 100n,
      refunded: 0n, at: BigInt(now()), escrow: null,
    });
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBe(1n);
    expect(read("sluice-gateway", "get-last-payment")).toBe(1n);
  });

  it("carries the reference as memo on each transfer", () => {
    must(register());
    must(intent());
    const raw = simnet.callPublicFn(GATEWAY, "pay-intent", [id, ref("order-1"), trait(SBTC)], alice);
    const memos = raw.events.flatMap((e) =>
      e.event === "print_event" && e.data.contract_identifier === SBTC ? [e.data.raw_value] : []);
    expect(memos).toEqual(Array(2).fill(`0x0200000020${refHex("order-1")}`));
  });

  it("works in STX", () => {
    must(register());
    must(intent({ token: STX }));
    expect(payIntent(alice, "order-1", STX).moves).toEqual([
      { asset: "stx", amount: 100n, from: alice, to: TREASURY },
      { asset: "stx", amount: 9900n, from: alice, to: carol },
    ]);
  });

  it("4001: never stored; 4004: another token (I7); 4007: twice (I21)", () => {
    must(register());
    expect(payIntent().result).toEqual({ err: 4001n });
    must(intent());
    expect(payIntent(alice, "order-1", STX).result).toEqual({ err: 4004n });
    must(payIntent());
    expect(payIntent(dave).result).toEqual({ err: 4007n });
  });

  it("4011: the second it expires; 4012: meant for another payer", () => {
    must(register());
    must(intent({ ttl: 40 }));
    must(intent({ ref: "late", ttl: 15 }));
    mineStacks(1);
    expect(payIntent(alice, "late").result).toEqual({ err: 4011n });
    must(intent({ ref: "hers", payer: dave }));
    expect(payIntent(alice, "hers").result).toEqual({ err: 4012n });
    expect(payIntent(dave, "hers").ok).toBe(true);
  });

  it("4002: paused or sunset; 4003: outside the token's limits; 4004: disabled", () => {
    must(register());
    must(intent());
    pause("sluice-gateway");
    expect(payIntent().result).toEqual({ err: 4002n });
    mineBurn(10);
    const limits = [trait(SBTC), Cl.uint(10_001), Cl.uint(20_000)];
    must(intent({ ref: "order-2", ttl: 1_000_000 }));
    must(intent({ ref: "order-3", ttl: 1_000_000, amount: 20_001 }));
    scheduleAndWait(read("sluice-tokens", "op-set-limits", limits));
    must(call("sluice-tokens", "set-limits", limits, lister));
    expect(payIntent(alice, "order-2").result).toEqual({ err: 4003n });
    expect(payIntent(alice, "order-3").result).toEqual({ err: 4003n });
    disable(SBTC);
    expect(payIntent(alice, "order-2").result).toEqual({ err: 4004n });
    sunset("sluice-gateway");
    expect(payIntent(alice, "order-2").result).toEqual({ err: 4002n });
  });

  it("passes the token's own error on, and changes nothing (I5)", () => {
    must(register());
    must(intent({ amount: 20_000_000_000 }));
    const before = seq("sluice-gateway");
    expect(payIntent().result).toEqual({ err: 1n });
    expect(seq("sluice-gateway")).toBe(before);
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBeNull();
    expect(read("sluice-gateway", "get-last-payment")).toBe(0n);
  });
});

describe("pay-signed", () => {
  it("accepts exactly what the merchant's key has signed", () => {
    must(register());
    const o = offer({ payer: alice });
    const done = paySigned(o);
    expect(done.result).toEqual({ ok: 1n });
    expect(done.moves.map((m) => [m.to, m.amount])).toEqual([[TREASURY, 100n], [carol, 9900n]]);
    expect(done.events.at(-1)!.data).toMatchObject({ ref: refHex("order-1"), payer: alice });
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBe(1n);
  });

  it("hashes the offer as SIP-018 says", () => {
    const o = offer({ payer: alice });
    expect(read("sluice-gateway", "intent-hash", [
      id, o.ref, Cl.principal(SBTC), Cl.uint(o.amount), Cl.uint(o.expires), payerCv(alice),
    ])).toBe(structuredHash(offerMessage(o)));
  });

  it("4007: once only, also when an intent is stored for the same reference (I21)", () => {
    must(register());
    must(intent());
    must(paySigned(offer()));
    expect(paySigned(offer()).result).toEqual({ err: 4007n });
    expect(payIntent().result).toEqual({ err: 4007n });
  });

  it("4010: any other merchant, ref, token, amount, expiry, payer, contract, chain or key (I24)", () => {
    must(register());
    must(register());
    const signed = offer();
    const signature = sign(offerMessage(signed));
    for (const change of [
      { merchant: 2 }, { ref: ref("order-2") }, { token: STX }, { amount: 9_999 }, { amount: 1 },
      { expires: Number(signed.expires) + 1 }, { payer: alice },
    ]) expect(paySigned({ ...signed, ...change }, signature).result).toEqual({ err: 4010n });
    for (const forged of [
      sign(offerMessage(signed, contract("other-gateway"))),
      sign(offerMessage(signed), KEY, 1),
      sign(offerMessage(signed), OTHER_KEY),
      Cl.bufferFromHex("00".repeat(65)),
    ]) expect(paySigned(signed, forged).result).toEqual({ err: 4010n });
    expect(paySigned(signed, signature).ok).toBe(true);
  });

  it("4001: no merchant; 4011: expired; 4012: meant for another payer", () => {
    expect(paySigned(offer()).result).toEqual({ err: 4001n });
    must(register());
    expect(paySigned(offer({ expires: now() })).result).toEqual({ err: 4011n });
    expect(paySigned(offer({ payer: dave })).result).toEqual({ err: 4012n });
  });

  it("I24 as a property: no single changed bit of a signature is accepted", () => {
    must(register());
    const o = offer({ expires: now() + 1_000_000 });
    const good = (sign(offerMessage(o)) as { value: string }).value;
    fc.assert(fc.property(fc.integer({ min: 0, max: 65 * 8 - 1 }), (bit) => {
      const bytes = Buffer.from(good, "hex");
      bytes[bit >> 3] ^= 1 << (bit & 7);
      expect(paySigned(o, Cl.buffer(bytes)).result).toEqual({ err: 4010n });
    }), { numRuns: 60, seed: 24 });
    expect(paySigned(o, Cl.bufferFromHex(good)).ok).toBe(true);
  });
});

describe("pay-quoted", () => {
  const DIA = contract("sluice-oracle-dia");
  const PYTH = contract("sluice-oracle-pyth");
  const ASSET = "BTC/USD";
  const setPrice = (price: bigint) => must(call(
    "SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle", "set-value",
    [Cl.stringAscii(ASSET), Cl.uint(price), Cl.uint(now() * 1000)], deployer,
  ));
  const setSource = () => {
    const args = [
      Cl.stringAscii(ASSET), Cl.principal(DIA), Cl.none(), Cl.uint(3600), Cl.uint(120), Cl.uint(100), Cl.uint(200),
    ];
    scheduleAndWait(read("sluice-oracle", "op-set-source", args));
    must(call("sluice-oracle", "set-source", args, lister));
  };
  const quote = (change: Partial<Quote> = {}): Quote => ({
    merchant: 1, ref: ref("order-1"), token: SBTC, asset: ASSET, cents: 4999, expires: now() + HOUR, payer: null,
    ...change,
  });
  const payQuoted = (q: Quote, max: number | bigint = 10_000_000_000n, signature = sign(quoteMessage(q)), source = DIA) =>
    gateway("pay-quoted", [
      Cl.uint(q.merchant), q.ref, trait(q.token), Cl.stringAscii(q.asset), Cl.uint(q.cents), Cl.uint(max),
      Cl.uint(q.expires), payerCv(q.payer), signature, trait(source), trait(source),
    ], alice);
  const PRICE = 97_123_45_000_000n; // 97 123.45 USD, times 1e8

  beforeEach(() => {
    must(register());
    setSource();
    setPrice(PRICE);
  });

  it("asks for as many units as the dollars are worth, rounded up", () => {
    const exact = 4999n * 10n ** 14n; // cents · 10^(6 + 8)
    const units = exact / PRICE + 1n;
    const done = payQuoted(quote());
    expect(done.result).toEqual({ ok: 1n });
    expect(payment()).toMatchObject({ amount: units, payer: alice });
    expect(units * PRICE).toBeGreaterThanOrEqual(exact);
    expect((units - 1n) * PRICE).toBeLessThan(exact);
  });

  it("hashes the quote as SIP-018 says", () => {
    const q = quote({ payer: alice });
    expect(read("sluice-gateway", "quote-hash", [
      id, q.ref, Cl.principal(SBTC), Cl.stringAscii(ASSET), Cl.uint(q.cents), Cl.uint(q.expires), payerCv(alice),
    ])).toBe(structuredHash(quoteMessage(q)));
  });

  it("4018: never more than the payer's maximum", () => {
    const units = (4999n * 10n ** 14n) / PRICE + 1n;
    expect(payQuoted(quote(), units - 1n).result).toEqual({ err: 4018n });
    expect(payQuoted(quote(), units).ok).toBe(true);
  });

  it("4010: other dollars, another asset or token, or an offer in units", () => {
    const q = quote();
    const signature = sign(quoteMessage(q));
    for (const change of [{ cents: 1 }, { token: STX }, { ref: ref("x") }, { payer: alice }])
      expect(payQuoted({ ...q, ...change }, undefined, signature).result).toEqual({ err: 4010n });
    expect(payQuoted(q, undefined, sign(offerMessage({ ...q, amount: 4999 }))).result).toEqual({ err: 4010n });
  });

  it("4003: absurd dollars; 4004: unlisted token; 4007: twice; 4011: expired; 4012: another payer", () => {
    expect(payQuoted(quote({ cents: 10n ** 14n + 1n })).result).toEqual({ err: 4003n });
    expect(payQuoted(quote({ cents: 0 })).result).toEqual({ err: 4003n });
    simnet.deployContract("unlisted", simnet.getContractSource(HOSTILE)!, { clarityVersion: 4 }, deployer);
    expect(payQuoted(quote({ token: contract("unlisted") })).result).toEqual({ err: 4004n });
    expect(payQuoted(quote({ expires: now() })).result).toEqual({ err: 4011n });
    expect(payQuoted(quote({ payer: dave })).result).toEqual({ err: 4012n });
    must(payQuoted(quote()));
    expect(payQuoted(quote()).result).toEqual({ err: 4007n });
  });

  it("3001, 3010, 3014: no price, an old price, another adapter", () => {
    expect(payQuoted(quote({ asset: "DOGE/USD" })).result).toEqual({ err: 3001n });
    expect(payQuoted(quote(), undefined, undefined, PYTH).result).toEqual({ err: 3014n });
    mineBurn(7);
    expect(payQuoted(quote()).result).toEqual({ err: 3010n });
  });

  it("rounds up for any dollars, decimals and price, without a panic (property)", () => {
    const check = (cents: bigint, decimals: number, price: bigint) => {
      const exact = cents * 10n ** BigInt(6 + decimals);
      const units = read("sluice-gateway", "quote-amount", [Cl.uint(cents), Cl.uint(decimals), Cl.uint(price)]);
      expect(units).toBe((exact + price - 1n) / price);
    };
    check(10n ** 14n, 18, 2n ** 96n - 1n);
    check(10n ** 14n, 18, 1n);
    fc.assert(fc.property(
      fc.bigInt(0n, 10n ** 14n), fc.integer({ min: 0, max: 18 }), fc.bigInt(1n, 2n ** 96n - 1n), check,
    ), { numRuns: 100, seed: 13 });
  });
});

describe("hold mode", () => {
  const HOLD = 144;
  beforeEach(() => {
    must(register(1, HOLD));
    must(intent());
  });
  const release = (who: string, n = 1) => call("sluice-escrow", "release", [Cl.uint(n), trait(SBTC)], who);

  it("takes the fee and keeps the rest in escrow until the hold ends (I33)", () => {
    const releaseAt = BigInt(burnHeight() + HOLD);
    const done = payIntent();
    expect(done.result).toEqual({ ok: 1n });
    expect(done.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[alice, TREASURY, 100n], [alice, ESCROW, 9900n]]);
    expect(done.events.map((e) => e.ev)).toEqual(["escrow.funded", "payment.settled"]);
    expect(done.events[0]).toMatchObject({
      actor: GATEWAY, token: SBTC, amount: 9900n,
      data: {
        payer: alice, payee: carol, arbiter: contract("sluice-access"), "fee-bps": 0n, state: 3n, review: 144n,
        "release-at": releaseAt, "arb-window": 1008n, "default-payee-bps": 5000n, source: 1n,
      },
    });
    expect(done.events[1].data).toMatchObject({ mode: 1n, escrow: 1n, fee: 100n, "split-total": 0n });
    expect(payment()).toMatchObject({ escrow: 1n, fee: 100n });
    mineBurn(HOLD - 1);
    expect(release(mallory).result).toEqual({ err: 5000n });
    mineBurn(1);
    expect(paid(carol, release(mallory))).toBe(9900n);
  });

  it("lets the payer release early, or dispute; the platform's arbiter decides", () => {
    must(payIntent());
    expect(paid(carol, release(alice))).toBe(9900n);
    must(intent({ ref: "order-2" }));
    must(payIntent(alice, "order-2"));
    must(call("sluice-escrow", "dispute", [Cl.uint(2), Cl.bufferFromHex("00".repeat(32))], alice));
    const decided = call("sluice-escrow", "resolve", [Cl.uint(2), trait(SBTC), Cl.uint(2500)], arbiter);
    expect([paid(carol, decided), paid(alice, decided)]).toEqual([2475n, 7425n]);
    expect(read("sluice-gateway", "get-refunded", [Cl.uint(2)])).toEqual({ ok: 7425n });
  });

  it("refunds out of escrow first, then from the merchant (I25)", () => {
    must(payIntent());
    const part = refund(900);
    expect(part.result).toEqual({ ok: 900n });
    expect(part.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[ESCROW, alice, 900n]]);
    expect(lastEvent(part)).toEqual(envelope("payment.refunded", {
      id: 1n, actor: bob, token: SBTC, amount: 900n,
      data: { ref: refHex("order-1"), to: alice, "from-hold": 900n, "total-refunded": 900n },
    }));
    const rest = refund(9100);
    expect(rest.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[ESCROW, alice, 9000n], [bob, alice, 100n]]);
    expect(rest.events.at(-1)!.data).toMatchObject({ "from-hold": 9000n, "total-refunded": 10_000n });
    expect(read("sluice-gateway", "get-refunded", [id])).toEqual({ ok: 10_000n });
    expect(payment().refunded).toBe(100n);
    expect(refund(1).result).toEqual({ err: 4014n });
  });

  it("counts what an arbiter gave back as refunded", () => {
    must(payIntent());
    must(call("sluice-escrow", "refund-part", [id, trait(SBTC), Cl.uint(4000)], carol));
    must(release(alice));
    expect(refund(6001).result).toEqual({ err: 4014n });
    const done = refund(6000);
    expect(done.moves.map((m) => [m.from, m.amount])).toEqual([[bob, 6000n]]);
    expect(refund(1).result).toEqual({ err: 4014n });
  });

  it("5000: nobody but the gateway and the payee refunds out of a held payment", () => {
    must(payIntent());
    expect(call("sluice-escrow", "refund-part", [id, trait(SBTC), Cl.uint(1)], bob).result).toEqual({ err: 5000n });
  });

  it("5002: takes no money while the escrow is paused", () => {
    pause("sluice-escrow");
    expect(payIntent().result).toEqual({ err: 5002n });
    expect(read("sluice-gateway", "payment-by-ref", [id, ref("order-1")])).toBeNull();
  });

  it("works in STX", () => {
    must(intent({ ref: "stx", token: STX }));
    expect(payIntent(alice, "stx", STX).ok).toBe(true);
    const done = refund(10_000, 1, STX);
    expect(done.moves.map((m) => [m.asset, m.from, m.amount])).toEqual([["stx", ESCROW, 9900n], ["stx", bob, 100n]]);
  });
});

describe("refund", () => {
  beforeEach(() => {
    openMerchant();
    must(payOpen(10_000));
  });

  it("pays the payer back from the merchant's owner, up to what was paid (I25)", () => {
    const done = refund(4000);
    expect(done.result).toEqual({ ok: 4000n });
    expect(done.moves.map((m) => [m.from, m.to, m.amount])).toEqual([[bob, alice, 4000n]]);
    expect(lastEvent(done)).toEqual(envelope("payment.refunded", {
      id: 1n, actor: bob, token: SBTC, amount: 4000n,
      data: { ref: refHex("thanks"), to: alice, "from-hold": 0n, "total-refunded": 4000n },
    }));
    expect(refund(6001).result).toEqual({ err: 4014n });
    expect(refund(6000).result).toEqual({ ok: 10_000n });
    expect(payment().refunded).toBe(10_000n);
    expect(refund(1).result).toEqual({ err: 4014n });
  });

  it("works in STX, while paused, sunset and disabled (I9, I10)", () => {
    must(payOpen(10_000, STX));
    disable(STX);
    disable(SBTC);
    pause("sluice-gateway", 1008);
    sunset("sluice-gateway");
    expect(refund(1, 2, STX).moves).toEqual([{ asset: "stx", amount: 1n, from: bob, to: alice }]);
    expect(refund(1).ok).toBe(true);
  });

  it("4000: only the owner, not the payout address; 4001: no payment; 4003: zero; 4004: another token", () => {
    for (const who of [carol, alice, mallory, deployer]) expect(refund(1, 1, SBTC, who).result).toEqual({ err: 4000n });
    expect(refund(1, 2).result).toEqual({ err: 4001n });
    expect(refund(0).result).toEqual({ err: 4003n });
    expect(refund(1, 1, STX).result).toEqual({ err: 4004n });
  });
});

describe("set-merchant-fee and set-platform-fee", () => {
  const setMerchantFee = (bps: number, who = feeManager) => gateway("set-merchant-fee", [id, Cl.uint(bps)], who);
  const setPlatformFee = (bps: number, who = feeManager) => gateway("set-platform-fee", [Cl.uint(bps)], who);
  const announce = (fn: string, args: ClarityValue[]) => scheduleAndWait(read("sluice-gateway", fn, args));

  it("change later payments and merchants only (I27)", () => {
    openMerchant();
    must(payOpen(10_000));
    announce("op-set-merchant-fee", [id, Cl.uint(500)]);
    const merchantFee = setMerchantFee(500);
    expect(merchantFee.result).toEqual({ ok: true });
    expect(lastEvent(merchantFee)).toEqual(event("merchant.fee-set", feeManager, { bps: 500n }));
    announce("op-set-platform-fee", [Cl.uint(0)]);
    const platformFee = setPlatformFee(0);
    expect(platformFee.result).toEqual({ ok: true });
    expect(lastEvent(platformFee)).toEqual(event("gateway.fee-set", feeManager, { bps: 0n }, 0n));
    expect(read("sluice-gateway", "get-platform-fee")).toBe(0n);
    must(register());
    expect([merchant(1), merchant(2)]).toMatchObject([{ "fee-bps": 500n }, { "fee-bps": 0n }]);
    must(payOpen(10_000));
    expect([payment(1).fee, payment(2).fee]).toEqual([100n, 500n]);
    expect(read("sluice-gateway", "quote-fee", [id, Cl.uint(999)])).toEqual({ ok: 49n });
  });

  it("moves no zero fee (I6)", () => {
    openMerchant();
    expect(payOpen(99).moves.map((m) => [m.to, m.amount])).toEqual([[carol, 99n]]);
  });

  it("4000: no role; 4001: no merchant; 4009: above the cap (I19); 1001, 1006: not announced, too early", () => {
    must(register());
    for (const who of [deployer, bob, mallory]) {
      expect(setMerchantFee(0, who).result).toEqual({ err: 4000n });
      expect(setPlatformFee(0, who).result).toEqual({ err: 4000n });
    }
    expect(gateway("set-merchant-fee", [Cl.uint(2), Cl.uint(0)], feeManager).result).toEqual({ err: 4001n });
    expect([setMerchantFee(501).result, setPlatformFee(501).result]).toEqual([{ err: 4009n }, { err: 4009n }]);
    expect([setMerchantFee(1).result, setPlatformFee(1).result]).toEqual([{ err: 1001n }, { err: 1001n }]);
    schedule(read("sluice-gateway", "op-set-merchant-fee", [id, Cl.uint(1)]));
    schedule(read("sluice-gateway", "op-set-platform-fee", [Cl.uint(1)]));
    expect([setMerchantFee(1).result, setPlatformFee(1).result]).toEqual([{ err: 1006n }, { err: 1006n }]);
  });
});

describe("arithmetic (properties)", () => {
  it("I22: payout + splits + fee = amount for any amount and shares", () => {
    must(register());
    must(gateway("set-open", [id, Cl.bool(true)]));
    const people = [dave, mallory, arbiter, deployer, feeManager];
    fc.assert(fc.property(
      fc.bigInt(1n, 3_000_000n), fc.array(fc.integer({ min: 1, max: 1800 }), { maxLength: 5 }),
      (amount, shares) => {
        must(setSplits(shares.map((bps, n) => [people[n], bps])));
        const done = must(payOpen(amount));
        const fee = amount / 100n;
        const parts = shares.map((bps) => ((amount - fee) * BigInt(bps)) / 10_000n);
        const total = parts.reduce((s, p) => s + p, 0n);
        expect(done.events.at(-1)!.data).toMatchObject({ fee, "split-total": total });
        expect(shares.map((_, n) => paid(people[n], done))).toEqual(parts);
        expect(paid(carol, done)).toBe(amount - fee - total);
        expect(done.moves.reduce((s, m) => s + m.amount, 0n)).toBe(amount);
        expect(done.moves.every((m) => m.amount > 0n && m.from === alice)).toBe(true);
      },
    ), { numRuns: 60, seed: 22 });
  });

  it("I29: two payments never cost more than one unit of fee less or more than one", () => {
    must(register());
    const feeOf = (amount: bigint) => (read("sluice-gateway", "quote-fee", [id, Cl.uint(amount)]) as { ok: bigint }).ok;
    fc.assert(fc.property(fc.bigInt(1n, 2n ** 95n), fc.bigInt(1n, 2n ** 95n), (a, b) => {
      const apart = feeOf(a) + feeOf(b);
      const together = feeOf(a + b);
      expect(apart <= together && together <= apart + 1n).toBe(true);
    }), { numRuns: 100, seed: 29 });
  });
});

describe("hostile tokens (I8, I23)", () => {
  const pay = () => payOpen(1000, HOSTILE);
  beforeEach(openMerchant);

  it("settles while the token is honest", () => {
    expect(pay().moves.map((m) => [m.to, m.amount])).toEqual([[TREASURY, 10n], [carol, 990n]]);
  });

  it("4008: a token that steals the payer's sBTC moves nothing, although he signed for everything", () => {
    setHostileMode(1);
    const before = balance(SBTC, alice);
    expect(pay().result).toEqual({ err: 4008n });
    expect(balance(SBTC, alice)).toBe(before);
  });

  it.each([[2, "moves nothing"], [3, "keeps a unit"], [5, "lies about balances"]])(
    "4008: mode %i, a token that %s", (mode) => {
      setHostileMode(mode);
      expect(pay().result).toEqual({ err: 4008n });
      expect(read("sluice-gateway", "get-last-payment")).toBe(0n);
    });

  it("passes on the refusal of a token that refuses", () => {
    setHostileMode(6);
    expect(pay().result).toEqual({ err: 66n });
  });

  it("4008: a thief hidden in a refund takes nothing from the merchant", () => {
    must(pay());
    setHostileMode(1);
    const before = balance(SBTC, bob);
    expect(refund(1000, 1, HOSTILE).result).toEqual({ err: 4008n });
    expect(balance(SBTC, bob)).toBe(before);
  });
});

describe("views of nothing", () => {
  it("answers none or not found", () => {
    for (const fn of ["get-merchant", "get-next-owner", "get-next-payout", "get-payment"])
      expect(read("sluice-gateway", fn, [id])).toBeNull();
    expect(read("sluice-gateway", "get-splits", [id])).toEqual([]);
    expect(read("sluice-gateway", "get-intent", [id, ref("x")])).toBeNull();
    expect(read("sluice-gateway", "quote-fee", [id, Cl.uint(1)])).toEqual({ err: 4001n });
    must(register());
    expect(read("sluice-gateway", "quote-fee", [id, Cl.uint(2n ** 96n)])).toEqual({ err: 4003n });
    expect(read("sluice-gateway", "quote-fee", [id, Cl.uint(2n ** 96n - 1n)])).toEqual({ ok: (2n ** 96n - 1n) / 100n });
    expect(read("sluice-gateway", "get-refunded", [id])).toEqual({ err: 4001n });
  });
});
