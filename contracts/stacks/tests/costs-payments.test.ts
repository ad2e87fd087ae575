/**
 * What a call costs. The number of reads is the scarce dimension of a tenure, so
 * each call has a ceiling of reads; runtime and bytes stay below a fraction of
 * the limits; and nothing grows with the number of users.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, bob, call, carol, contract, dave, deployer, feeManager, guardian, lister, mallory, mineBurn, now, type Outcome,
  read,
} from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { KEY, offerMessage, payerCv, publicKey, quoteMessage, sign } from "./helpers/sip018";
import { codeHash, deployHostile, must, openSuite, pause, SBTC, schedule, scheduleAndWait, STX, trait } from "./helpers/suite";

/** The budget of one tenure, which everybody shares; reads have a ceiling per call. */
const TENURE = { runtime: 5_000_000_000, readLength: 100_000_000, writeCount: 15_000, writeLength: 15_000_000 };
/** No call may take more than this share of any other dimension. */
const SHARE = 0.003;

const p = Cl.principal;
const u = Cl.uint;
const HASH = Cl.bufferFromHex("00".repeat(32));
const DIA = contract("sluice-oracle-dia");

function expectCost(done: Outcome, reads: number) {
  expect(done.result).toHaveProperty("ok");
  expect(done.costs.readCount).toBeLessThanOrEqual(reads);
  for (const [dimension, limit] of Object.entries(TENURE))
    expect([dimension, done.costs[dimension as keyof typeof TENURE] <= limit * SHARE]).toEqual([dimension, true]);
}

const openEscrow = (token = SBTC) => call("sluice-escrow", "open", [
  trait(token), p(bob), p(carol), u(100_001), u(5000), u(144), u(144), u(5000),
], alice);
const escrow = (fn: string, who: string, ...more: Parameters<typeof call>[2]) =>
  call("sluice-escrow", fn, [u(1), ...more], who);
const gateway = (fn: string, who: string, ...args: Parameters<typeof call>[2]) => call("sluice-gateway", fn, args, who);
const register = (mode = 0, hold = 0) =>
  must(gateway("register-merchant", bob, p(carol), publicKey(KEY), u(mode), u(hold)));
const paySigned = (token: string, label = "order-1", merchant = 1) => {
  const o = { merchant, ref: ref(label), token, amount: 100_000, expires: now() + 3600, payer: null };
  return gateway("pay-signed", alice, u(merchant), o.ref, trait(token), u(o.amount), u(o.expires), payerCv(null), sign(offerMessage(o)));
};

beforeEach(openSuite);

describe("escrow", () => {
  const accepted = () => { must(openEscrow()); must(escrow("accept", bob)); };
  const disputed = () => { accepted(); must(escrow("dispute", alice, HASH)); };
  const ceilings: [string, number, () => Outcome][] = [
    ["open", 40, () => openEscrow()],
    ["open in STX", 40, () => openEscrow(STX)],
    ["accept", 10, () => { must(openEscrow()); return escrow("accept", bob); }],
    ["deliver", 10, () => { accepted(); return escrow("deliver", bob, HASH); }],
    ["dispute", 10, () => { accepted(); return escrow("dispute", alice, HASH); }],
    ["propose-split", 9, () => { accepted(); return escrow("propose-split", alice, u(1)); }],
    ["cancel", 20, () => { must(openEscrow()); return escrow("cancel", alice, trait(SBTC)); }],
    ["release", 26, () => { accepted(); return escrow("release", alice, trait(SBTC)); }],
    ["release-part", 25, () => { accepted(); return escrow("release-part", alice, trait(SBTC), u(1000)); }],
    ["refund", 20, () => { accepted(); return escrow("refund", bob, trait(SBTC)); }],
    ["refund-part", 20, () => { accepted(); return escrow("refund-part", bob, trait(SBTC), u(5)); }],
    ["reclaim", 21, () => { accepted(); mineBurn(5000); return escrow("reclaim", mallory, trait(SBTC)); }],
    ["accept-split", 30, () => {
      accepted();
      must(escrow("propose-split", alice, u(5000)));
      return escrow("accept-split", bob, trait(SBTC), u(5000));
    }],
    ["resolve", 31, () => { disputed(); return escrow("resolve", carol, trait(SBTC), u(5000)); }],
    ["skim", 25, () => {
      must(call(SBTC, "transfer", [u(5), p(dave), p(contract("sluice-escrow")), Cl.none()], dave));
      return call("sluice-escrow", "skim", [trait(SBTC)], mallory);
    }],
    ["set-fee", 20, () => {
      scheduleAndWait(read("sluice-escrow", "op-set-fee", [u(5)]));
      return call("sluice-escrow", "set-fee", [u(5)], feeManager);
    }],
  ];
  it.each(ceilings)("%s: at most %i reads", (_, reads, run) => expectCost(run(), reads));
});

describe("gateway", () => {
  const PRICED = Cl.stringAscii("BTC/USD");
  const ceilings: [string, number, () => Outcome][] = [
    ["register-merchant", 10, () => register()],
    ["propose-merchant-owner", 10, () => { register(); return gateway("propose-merchant-owner", bob, u(1), p(dave)); }],
    ["accept-merchant-owner", 10, () => {
      register();
      must(gateway("propose-merchant-owner", bob, u(1), p(dave)));
      return gateway("accept-merchant-owner", dave, u(1));
    }],
    ["set-payout", 10, () => { register(); return gateway("set-payout", bob, u(1), p(dave)); }],
    ["cancel-payout", 10, () => {
      register();
      must(gateway("set-payout", bob, u(1), p(dave)));
      return gateway("cancel-payout", bob, u(1));
    }],
    ["apply-payout", 10, () => {
      register();
      must(gateway("set-payout", bob, u(1), p(dave)));
      mineBurn(144);
      return gateway("apply-payout", mallory, u(1));
    }],
    ["set-signer", 10, () => { register(); return gateway("set-signer", bob, u(1), publicKey(KEY)); }],
    ["set-active", 10, () => { register(); return gateway("set-active", bob, u(1), Cl.bool(false)); }],
    ["set-open", 10, () => { register(); return gateway("set-open", bob, u(1), Cl.bool(true)); }],
    ["set-splits", 10, () => { register(); return gateway("set-splits", bob, u(1), Cl.list([])); }],
    ["create-intent", 14, () => {
      register();
      return gateway("create-intent", bob, u(1), ref("x"), trait(SBTC), u(5), u(now() + 99), Cl.none());
    }],
    ["cancel-intent", 10, () => { register(); return gateway("cancel-intent", bob, u(1), ref("x")); }],
    ["pay-intent", 43, () => {
      register();
      must(gateway("create-intent", bob, u(1), ref("x"), trait(SBTC), u(500), u(now() + 99), Cl.none()));
      return gateway("pay-intent", alice, u(1), ref("x"), trait(SBTC));
    }],
    ["pay-open", 41, () => {
      register();
      must(gateway("set-open", bob, u(1), Cl.bool(true)));
      return gateway("pay-open", alice, u(1), trait(SBTC), u(500), ref("x"));
    }],
    ["pay-signed", 43, () => { register(); return paySigned(SBTC); }],
    ["pay-signed in STX", 42, () => { register(); return paySigned(STX); }],
    ["pay-signed with five splits", 72, () => {
      register();
      must(gateway("set-splits", bob, u(1), Cl.list(
        [dave, mallory, guardian, lister, deployer].map((to) => Cl.tuple({ to: p(to), bps: u(100) })),
      )));
      return paySigned(SBTC);
    }],
    ["pay-signed into escrow", 69, () => { register(1, 144); return paySigned(SBTC); }],
    ["pay-quoted", 66, () => {
      register();
      const source = [PRICED, p(DIA), Cl.none(), u(3600), u(60), u(100), u(100)];
      scheduleAndWait(read("sluice-oracle", "op-set-source", source));
      must(call("sluice-oracle", "set-source", source, lister));
      must(call("SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle", "set-value", [
        PRICED, u(10_000_000_000_000n), u(now() * 1000),
      ], deployer));
      const q = { merchant: 1, ref: ref("q"), token: SBTC, asset: "BTC/USD", cents: 5000, expires: now() + 3600, payer: null };
      return gateway("pay-quoted", alice, u(1), q.ref, trait(SBTC), PRICED, u(q.cents), u(10_000_000), u(q.expires),
        Cl.none(), sign(quoteMessage(q)), trait(DIA), trait(DIA));
    }],
    ["refund", 18, () => { register(); must(paySigned(SBTC)); return gateway("refund", bob, u(1), trait(SBTC), u(5)); }],
    ["refund out of escrow and pocket", 57, () => {
      register(1, 144);
      must(paySigned(SBTC));
      return gateway("refund", bob, u(1), trait(SBTC), u(100_000));
    }],
    ["set-merchant-fee", 21, () => {
      register();
      scheduleAndWait(read("sluice-gateway", "op-set-merchant-fee", [u(1), u(5)]));
      return gateway("set-merchant-fee", feeManager, u(1), u(5));
    }],
    ["set-platform-fee", 20, () => {
      scheduleAndWait(read("sluice-gateway", "op-set-platform-fee", [u(5)]));
      return gateway("set-platform-fee", feeManager, u(5));
    }],
  ];
  it.each(ceilings)("%s: at most %i reads", (_, reads, run) => expectCost(run(), reads));
});

describe("access, tokens, oracle, receipt", () => {
  const OP = "66".repeat(32);
  const MODULE = contract("sluice-gateway");
  const listing = () => [
    p(contract("fresh")), Cl.stringAscii("hostile"), Cl.bool(false), u(6), u(1), u(9), codeHash(contract("fresh")),
  ];
  const source = [Cl.stringAscii("BTC/USD"), p(DIA), Cl.none(), u(60), u(60), u(100), u(100)];
  const access = (fn: string, who: string, ...args: Parameters<typeof call>[2]) => call("sluice-access", fn, args, who);
  const ceilings: [string, number, () => Outcome][] = [
    ["propose-owner", 8, () => access("propose-owner", deployer, p(dave))],
    ["cancel-owner", 9, () => { must(access("propose-owner", deployer, p(dave))); return access("cancel-owner", deployer); }],
    ["accept-owner", 10, () => { must(access("propose-owner", deployer, p(dave))); return access("accept-owner", dave); }],
    ["schedule", 10, () => access("schedule", deployer, Cl.bufferFromHex(OP))],
    ["veto", 8, () => { schedule(OP); return access("veto", guardian, Cl.bufferFromHex(OP)); }],
    ["set-delay", 11, () => {
      scheduleAndWait(read("sluice-access", "op-set-delay", [u(200)]));
      return access("set-delay", deployer, u(200));
    }],
    ["grant-role", 11, () => {
      scheduleAndWait(read("sluice-access", "op-grant-role", [u(2), p(dave)]));
      return access("grant-role", deployer, u(2), p(dave));
    }],
    ["revoke-role", 8, () => access("revoke-role", deployer, u(2), p(lister))],
    ["set-module", 8, () => access("set-module", deployer, p(MODULE), Cl.bool(true), Cl.bool(true))],
    ["pause", 11, () => access("pause", guardian, p(MODULE), u(5))],
    ["unpause", 13, () => { pause("sluice-gateway"); return access("unpause", guardian, p(MODULE)); }],
    ["list-token", 21, () => {
      deployHostile("hostile-token", "fresh");
      scheduleAndWait(read("sluice-tokens", "op-list-token", listing()));
      return call("sluice-tokens", "list-token", listing(), lister);
    }],
    ["set-limits", 21, () => {
      scheduleAndWait(read("sluice-tokens", "op-set-limits", [p(SBTC), u(1), u(9)]));
      return call("sluice-tokens", "set-limits", [p(SBTC), u(1), u(9)], lister);
    }],
    ["disable", 12, () => call("sluice-tokens", "disable", [p(SBTC)], guardian)],
    ["enable", 21, () => {
      must(call("sluice-tokens", "disable", [p(SBTC)], guardian));
      scheduleAndWait(read("sluice-tokens", "op-enable", [p(SBTC)]));
      return call("sluice-tokens", "enable", [p(SBTC)], lister);
    }],
    ["set-source", 20, () => {
      scheduleAndWait(read("sluice-oracle", "op-set-source", source));
      return call("sluice-oracle", "set-source", source, lister);
    }],
    ["drop-source", 10, () => {
      scheduleAndWait(read("sluice-oracle", "op-set-source", source));
      must(call("sluice-oracle", "set-source", source, lister));
      return call("sluice-oracle", "drop-source", [Cl.stringAscii("BTC/USD")], guardian);
    }],
    ["claim-payment", 19, () => {
      register();
      must(paySigned(SBTC));
      return call("sluice-receipt", "claim-payment", [u(1)], alice);
    }],
    ["burn", 10, () => {
      register();
      must(paySigned(SBTC));
      must(call("sluice-receipt", "claim-payment", [u(1)], alice));
      return call("sluice-receipt", "burn", [u(1)], alice);
    }],
  ];
  it.each(ceilings)("%s: at most %i reads", (_, reads, run) => expectCost(run(), reads));
});

describe("nothing grows with use", () => {
  it("the hundredth payment and escrow cost what the second did", () => {
    register();
    const pay = (n: number) => must(paySigned(SBTC, `order-${n}`)).costs.readCount;
    const open = () => must(openEscrow()).costs.readCount;
    pay(1);
    open();
    const [secondPay, secondOpen] = [pay(2), open()];
    for (let n = 3; n < 100; n++) {
      pay(n);
      open();
    }
    expect([pay(100), open()]).toEqual([secondPay, secondOpen]);
  });
});
