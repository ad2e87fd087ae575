/**
 * Every defect found in earlier gateways, escrows, oracles and access contracts
 * that one of these contracts could repeat, as a test that fails if it does.
 * The text of each test is the defect; streams, market and treasury have theirs
 * in their own files.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, arbiter, balance, bob, burnHeight, call, carol, contract, dave, deployer, feeManager, guardian, lister, mallory,
  mineBurn, mineStacks, now, read,
} from "./helpers/chain";
import { ref, refHex } from "./helpers/clarity";
import { KEY, offerMessage, payerCv, publicKey, sign } from "./helpers/sip018";
import { codeHash, deployHostile, HOSTILE, must, openSuite, pause, SBTC, scheduleAndWait, setHostileMode, STX, trait } from "./helpers/suite";

const ESCROW = contract("sluice-escrow");
const TREASURY = contract("sluice-treasury");
const HASH = Cl.bufferFromHex("00".repeat(32));

const register = (owner = bob, payout = carol, mode = 0, hold = 0) => must(call("sluice-gateway", "register-merchant", [
  Cl.principal(payout), publicKey(KEY), Cl.uint(mode), Cl.uint(hold),
], owner));
const intent = (label: string, amount = 10_000, merchant = 1, who = bob) => call("sluice-gateway", "create-intent", [
  Cl.uint(merchant), ref(label), trait(SBTC), Cl.uint(amount), Cl.uint(now() + 3600), Cl.none(),
], who);
const pay = (label: string, merchant = 1, who = alice, token = SBTC) =>
  call("sluice-gateway", "pay-intent", [Cl.uint(merchant), ref(label), trait(token)], who);
const openEscrow = (amount: number, payer = alice, token = SBTC, judge = carol) => must(call("sluice-escrow", "open", [
  trait(token), Cl.principal(bob), Cl.principal(judge), Cl.uint(amount), Cl.uint(144), Cl.uint(144), Cl.uint(144),
  Cl.uint(5000),
], payer));
const step = (fn: string, id: number, who: string, ...more: Parameters<typeof call>[2]) =>
  call("sluice-escrow", fn, [Cl.uint(id), ...more], who);

beforeEach(openSuite);

describe("gateways of the seeds", () => {
  beforeEach(() => void register());

  it("the caller invents the conversion rate: no function takes a rate or a price", () => {
    const named = simnet.getContractsInterfaces().get(contract("sluice-gateway"))!.functions
      .filter((fn) => fn.access === "public").flatMap((fn) => fn.args.map((arg) => arg.name));
    expect(named.filter((name) => /rate|price|conversion/.test(name))).toEqual([]);
  });

  it("payment ids are global, so anybody can squat on them: a reference belongs to its merchant", () => {
    register(dave, dave);
    expect(intent("order-1", 5, 1, mallory).result).toEqual({ err: 4000n });
    expect(intent("order-1", 5).ok).toBe(true);
    expect(intent("order-1", 7, 2, dave).ok).toBe(true);
    expect([pay("order-1", 1).ok, pay("order-1", 2).ok]).toEqual([true, true]);
  });

  it("anyone marks a payment paid: only money does", () => {
    must(intent("order-1", 20_000_000_000)); // more than anybody has
    for (const who of [alice, bob, mallory, deployer]) expect(pay("order-1", 1, who).ok).toBe(false);
    expect(read("sluice-gateway", "payment-by-ref", [Cl.uint(1), ref("order-1")])).toBeNull();
    const writers = simnet.getContractsInterfaces().get(contract("sluice-gateway"))!.functions
      .filter((fn) => fn.access === "public" && /confirm|complete|process|settle|mark/.test(fn.name));
    expect(writers).toEqual([]);
  });

  it("the payer is an argument: he is whoever pays", () => {
    must(intent("order-1"));
    expect(pay("order-1", 1, dave).events.at(-1)!.data.payer).toBe(dave);
  });

  it("the fee is a counter, a second transaction, or never collected: it moves with the payment", () => {
    must(intent("order-1"));
    const before = balance(SBTC, TREASURY);
    const done = pay("order-1");
    expect(done.events.at(-1)!.data.fee).toBe(100n);
    expect(balance(SBTC, TREASURY) - before).toBe(100n);
  });

  it("a small price makes a zero fee, and a transfer of zero fails the sale", () => {
    must(intent("tiny", 99));
    expect(pay("tiny").ok).toBe(true);
  });

  it("amounts match within 1 %: a signed offer is exact to the unit", () => {
    const offer = { merchant: 1, ref: ref("order-1"), token: SBTC, amount: 10_000, expires: now() + 3600, payer: null };
    const signature = sign(offerMessage(offer));
    for (const amount of [9_999, 10_001, 9_900]) {
      expect(call("sluice-gateway", "pay-signed", [
        Cl.uint(1), offer.ref, trait(SBTC), Cl.uint(amount), Cl.uint(offer.expires), payerCv(null), signature,
      ], alice).result).toEqual({ err: 4010n });
    }
  });

  it("a tip that carries another payment's reference passes for that payment: the event says open", () => {
    must(call("sluice-gateway", "set-open", [Cl.uint(1), Cl.bool(true)], bob));
    must(intent("order-1"));
    const tip = must(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), Cl.uint(1), ref("order-1")], mallory));
    expect(tip.events.at(-1)!.data).toMatchObject({ ref: refHex("order-1"), open: true });
    expect(read("sluice-gateway", "payment-by-ref", [Cl.uint(1), ref("order-1")])).toBeNull();
    expect(must(pay("order-1")).events.at(-1)!.data).toMatchObject({ ref: refHex("order-1"), open: false });
    expect(read("sluice-gateway", "payment-by-ref", [Cl.uint(1), ref("order-1")])).toBe(2n);
  });

  it("under-payment settles silently: the payer does not choose the amount of an intent", () => {
    must(intent("order-1"));
    expect(pay("order-1").moves.reduce((sum, m) => sum + m.amount, 0n)).toBe(10_000n);
    expect(simnet.getContractsInterfaces().get(contract("sluice-gateway"))!.functions
      .find((fn) => fn.name === "pay-intent")!.args.map((arg) => arg.name)).toEqual(["merchant", "ref", "token"]);
  });

  it("expiry is not atomic: the block that passes it refuses the payment", () => {
    must(call("sluice-gateway", "create-intent", [
      Cl.uint(1), ref("late"), trait(SBTC), Cl.uint(5), Cl.uint(now() + 20), Cl.none(),
    ], bob));
    mineStacks(1);
    expect(pay("late").result).toEqual({ err: 4011n });
  });

  it("a second partial refund of the same payment is dropped", () => {
    must(intent("order-1"));
    must(pay("order-1"));
    const refund = () => call("sluice-gateway", "refund", [Cl.uint(1), trait(SBTC), Cl.uint(100)], bob);
    const [first, second] = [refund(), refund()];
    expect([first, second].map((r) => r.events.at(-1)!.data["total-refunded"])).toEqual([100n, 200n]);
    expect(second.events.at(-1)!.seq).toBe(first.events.at(-1)!.seq + 1n);
  });

  it("money is received at an address that a stolen key can change at once", () => {
    must(call("sluice-gateway", "set-payout", [Cl.uint(1), Cl.principal(mallory)], bob));
    must(intent("order-1"));
    expect(pay("order-1").moves.at(-1)!.to).toBe(carol);
  });

  it("names and e-mail addresses are written on chain: no text argument anywhere", () => {
    const texts = simnet.getContractsInterfaces().get(contract("sluice-gateway"))!.functions
      .filter((fn) => fn.access === "public" && fn.name !== "pay-quoted")
      .flatMap((fn) => fn.args.filter((arg) => JSON.stringify(arg.type).includes("string")));
    expect(texts).toEqual([]);
  });
});

describe("escrows of the seeds and of others", () => {
  it("escrow is keyed by the payer, so two of them merge (I37)", () => {
    openEscrow(1000);
    openEscrow(500);
    must(step("release", 1, alice, trait(SBTC)));
    expect(read("sluice-escrow", "get-left", [Cl.uint(1)])).toBe(0n);
    expect(read("sluice-escrow", "get-left", [Cl.uint(2)])).toBe(500n);
    expect(balance(SBTC, ESCROW)).toBe(500n);
    expect(step("release", 1, alice, trait(SBTC)).result).toEqual({ err: 5005n });
  });

  it("there is no way out: every open state has a deadline after which a stranger can close it (I36)", () => {
    for (let id = 1; id <= 4; id++) openEscrow(1000);
    for (const id of [2, 3, 4]) must(step("accept", id, bob));
    must(step("deliver", 3, bob, HASH));
    must(step("dispute", 4, alice, HASH));
    mineBurn(144);
    expect(step("reclaim", 1, mallory, trait(SBTC)).ok).toBe(true);
    expect(step("reclaim", 2, mallory, trait(SBTC)).ok).toBe(true);
    expect(step("release", 3, mallory, trait(SBTC)).ok).toBe(true);
    expect(step("resolve", 4, mallory, trait(SBTC), Cl.uint(5000)).ok).toBe(true);
    expect(balance(SBTC, ESCROW)).toBe(0n);
  });

  it("'24 hours' are 144 Stacks blocks, about a quarter of an hour (I33)", () => {
    openEscrow(1000);
    must(step("accept", 1, bob));
    must(step("deliver", 1, bob, HASH));
    mineStacks(10_000);
    expect(step("release", 1, bob, trait(SBTC)).result).toEqual({ err: 5000n });
    mineBurn(144);
    expect(step("release", 1, bob, trait(SBTC)).ok).toBe(true);
  });

  it("a pause freezes release and refund", () => {
    for (let id = 1; id <= 2; id++) {
      openEscrow(1000);
      must(step("accept", id, bob));
    }
    pause("sluice-escrow", 1008);
    expect(step("release", 1, alice, trait(SBTC)).ok).toBe(true);
    expect(step("refund", 2, bob, trait(SBTC)).ok).toBe(true);
  });

  it("a silent arbiter always favours the same side: the split was agreed when the money went in (I34)", () => {
    openEscrow(1000);
    must(step("accept", 1, bob));
    must(step("dispute", 1, bob, HASH));
    mineBurn(144);
    const done = step("resolve", 1, mallory, trait(SBTC), Cl.uint(5000));
    expect(done.events.at(-1)!.data).toMatchObject({ "to-payee": 495n, "to-payer": 500n, fee: 5n });
  });

  it("one administrator judges every dispute: the parties name the arbiter, and the payee must accept him (I35)", () => {
    openEscrow(1000, alice, SBTC, mallory);
    for (const who of [alice, mallory]) expect(step("dispute", 1, who, HASH).ok).toBe(false);
    expect(step("resolve", 1, mallory, trait(SBTC), Cl.uint(0)).result).toEqual({ err: 5012n });
    expect(step("cancel", 1, alice, trait(SBTC)).ok).toBe(true);
    openEscrow(1000);
    must(step("accept", 2, bob));
    must(step("dispute", 2, bob, HASH));
    for (const who of [deployer, arbiter, guardian])
      expect(step("resolve", 2, who, trait(SBTC), Cl.uint(0)).result).toEqual({ err: 5000n });
  });

  it("a late dispute stops a payment that is due", () => {
    openEscrow(1000);
    must(step("accept", 1, bob));
    must(step("deliver", 1, bob, HASH));
    mineBurn(144);
    expect(step("dispute", 1, alice, HASH).result).toEqual({ err: 5006n });
  });

  it("arguments out of order are a runtime error instead of a code", () => {
    const huge = Cl.uint(2n ** 128n - 1n);
    for (let n = 3; n < 8; n++) {
      const args = [
        trait(SBTC), Cl.principal(bob), Cl.principal(carol), Cl.uint(1), Cl.uint(144), Cl.uint(144), Cl.uint(144),
        Cl.uint(5000),
      ];
      args[n] = huge;
      const code = { 3: 5003n, 4: 5006n, 5: 5006n, 6: 5006n, 7: 5003n }[n];
      expect(call("sluice-escrow", "open", args, alice).result).toEqual({ err: code });
    }
    openEscrow(1000);
    expect(step("release-part", 1, alice, trait(SBTC), huge).result).toEqual({ err: 5003n });
    expect(step("refund-part", 1, bob, trait(SBTC), huge).result).toEqual({ err: 5003n });
    expect(step("propose-split", 1, bob, huge).result).toEqual({ err: 5003n });
    register();
    must(call("sluice-gateway", "set-open", [Cl.uint(1), Cl.bool(true)], bob));
    expect(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), huge, ref("x")], alice).result).toEqual({ err: 4003n });
    must(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), Cl.uint(5), ref("x")], alice));
    expect(call("sluice-gateway", "refund", [Cl.uint(1), trait(SBTC), huge], bob).result).toEqual({ err: 4014n });
    expect(read("sluice-gateway", "quote-fee", [Cl.uint(1), huge])).toEqual({ err: 4003n });
    expect(call("sluice-access", "pause", [Cl.principal(ESCROW), huge], guardian).result).toEqual({ err: 1003n });
  });
});

describe("attacks on Stacks contracts", () => {
  it("a listed token's transfer runs with the vault's authority and empties it (2025, about 8 million dollars)", () => {
    openEscrow(1_000_000);
    openEscrow(1000, alice, HOSTILE);
    setHostileMode(1);
    expect(step("cancel", 2, alice, trait(HOSTILE)).result).toEqual({ err: 5008n });
    expect(balance(SBTC, ESCROW)).toBe(1_000_000n);
    setHostileMode(0);
    expect(step("cancel", 2, alice, trait(HOSTILE)).ok).toBe(true);
    expect(step("cancel", 1, alice, trait(SBTC)).ok).toBe(true);
  });

  it("the same token empties the payer who puts it into escrow", () => {
    setHostileMode(1);
    const before = balance(SBTC, alice);
    const done = call("sluice-escrow", "open", [
      trait(HOSTILE), Cl.principal(bob), Cl.principal(carol), Cl.uint(1000), Cl.uint(144), Cl.uint(144), Cl.uint(144),
      Cl.uint(5000),
    ], alice);
    expect(done.result).toEqual({ err: 5008n });
    expect(balance(SBTC, alice)).toBe(before);
  });

  it.each([[2, "moves nothing"], [3, "takes a fee"], [5, "lies about balances"]])(
    "mode %i: a token that %s books money that never came (I8)", (mode) => {
      setHostileMode(mode);
      expect(call("sluice-escrow", "open", [
        trait(HOSTILE), Cl.principal(bob), Cl.principal(carol), Cl.uint(1000), Cl.uint(144), Cl.uint(144),
        Cl.uint(144), Cl.uint(5000),
      ], alice).result).toEqual({ err: 5008n });
      expect(read("sluice-escrow", "get-liability", [Cl.principal(HOSTILE)])).toBe(0n);
    });

  describe("a token calls back in the middle of a movement", () => {
    /** Lists a token whose transfer calls `attack`; escrow 1 is sBTC and due, escrow 2 is in the token. */
    const prepare = (attack: string) => {
      const token = deployHostile("hostile-token", "reentrant-token", [[
        "(begin (asserts! true (err u0)) (ok true)) ;; RE-ENTER", attack,
      ]]);
      const row = [
        Cl.principal(token), Cl.stringAscii("hostile"), Cl.bool(false), Cl.uint(6), Cl.uint(1), Cl.uint(1_000_000),
        codeHash(token),
      ];
      scheduleAndWait(read("sluice-tokens", "op-list-token", row));
      must(call("sluice-tokens", "list-token", row, lister));
      must(call(token, "mint", [Cl.uint(5000), Cl.principal(alice)], deployer));
      openEscrow(1000);
      must(step("accept", 1, bob));
      must(step("deliver", 1, bob, HASH));
      openEscrow(500, alice, token);
      mineBurn(144);
      must(call(token, "set-mode", [Cl.uint(4)], deployer));
      return token;
    };
    const books = (token: string) => [balance(SBTC, ESCROW), balance(token, ESCROW)];

    it.each(["release", "reclaim", "cancel"])("out of %s: the chain itself refuses the second payout", (fn) => {
      const token = prepare(`(contract-call? '${ESCROW} release u1 '${SBTC})`);
      expect(() => step(fn, 2, alice, trait(token))).toThrow(/CircularReference/);
      expect(books(token)).toEqual([1000n, 500n]);
      must(call(token, "set-mode", [Cl.uint(0)], deployer));
      must(step(fn, 2, alice, trait(token)));
      must(step("release", 1, mallory, trait(SBTC)));
      expect(books(token)).toEqual([0n, 0n]);
    });

    it("out of release: nor can it sweep a surplus to the treasury", () => {
      const token = prepare(`(match (contract-call? '${ESCROW} skim '${SBTC}) n (ok true) e (err e))`);
      must(call(SBTC, "transfer", [Cl.uint(7), Cl.principal(dave), Cl.principal(ESCROW), Cl.none()], dave));
      expect(step("release", 2, alice, trait(token)).result).toEqual({ err: 5008n });
      expect(books(token)).toEqual([1007n, 500n]);
      expect(read("sluice-escrow", "get-left", [Cl.uint(2)])).toBe(500n);
      must(call(token, "set-mode", [Cl.uint(0)], deployer));
      must(step("release", 2, alice, trait(token)));
      expect([...books(token), balance(SBTC, TREASURY)]).toEqual([1007n, 0n, 0n]);
    });

    it("into escrow: a due release inside it pays once, and both books stay right", () => {
      const token = prepare(`(contract-call? '${ESCROW} release u1 '${SBTC})`);
      openEscrow(700, alice, token);
      expect(read(token, "get-hits")).toBe(1n);
      expect(read("sluice-escrow", "get-left", [Cl.uint(1)])).toBe(0n);
      expect(read("sluice-escrow", "get-liability", [Cl.principal(SBTC)])).toBe(0n);
      expect(read("sluice-escrow", "get-liability", [Cl.principal(token)])).toBe(1200n);
      expect(books(token)).toEqual([0n, 1200n]);
    });

    it("into escrow: it cannot skim what is just arriving, nor what others hold", () => {
      const token = prepare(`(match (contract-call? '${ESCROW} skim '${SBTC}) n (ok true) e (err e))`);
      openEscrow(700, alice, token);
      expect(read(token, "get-hits")).toBe(0n);
      expect(books(token)).toEqual([1000n, 1200n]);
    });
  });

  it("a caller-supplied list counts the same entry twice (2024, 322 000 STX)", () => {
    register();
    const share = Cl.tuple({ to: Cl.principal(mallory), bps: Cl.uint(100) });
    expect(call("sluice-gateway", "set-splits", [Cl.uint(1), Cl.list([share, share])], bob).result)
      .toEqual({ err: 4015n });
  });

  it("the token argument is not bound to the stored one (2021, about 1.5 million dollars; I7)", () => {
    must(call(HOSTILE, "mint", [Cl.uint(1_000_000), Cl.principal(ESCROW)], deployer));
    openEscrow(1000);
    must(step("accept", 1, bob));
    for (const token of [HOSTILE, STX]) {
      expect(step("release", 1, alice, trait(token)).result).toEqual({ err: 5004n });
      expect(step("refund", 1, bob, trait(token)).result).toEqual({ err: 5004n });
    }
  });

  it("fees have no cap (I19)", () => {
    for (const [name, fn, op, args, code] of [
      ["sluice-escrow", "set-fee", "op-set-fee", [Cl.uint(501)], 5009n],
      ["sluice-gateway", "set-platform-fee", "op-set-platform-fee", [Cl.uint(501)], 4009n],
    ] as const) {
      scheduleAndWait(read(name, op, [...args]));
      expect(call(name, fn, [...args], feeManager).result).toEqual({ err: code });
    }
  });
});

describe("access contracts of the seeds", () => {
  const access = (fn: string, args: Parameters<typeof call>[2], who = deployer) => call("sluice-access", fn, args, who);

  it("'transfer of ownership' only adds an administrator: the old owner keeps nothing", () => {
    must(access("propose-owner", [Cl.principal(dave)]));
    must(access("accept-owner", [], dave));
    expect(access("propose-owner", [Cl.principal(deployer)]).result).toEqual({ err: 1000n });
  });

  it("any administrator lets any contract into the vault at once: a module waits a day and can be vetoed", () => {
    const module = contract("anything");
    const args = [Cl.principal(module), Cl.bool(true), Cl.bool(false)];
    expect(access("set-module", args).result).toEqual({ err: 1001n });
    const op = Cl.bufferFromHex(read("sluice-access", "op-set-module", args) as string);
    must(access("schedule", [op]));
    mineBurn(143);
    expect(access("set-module", args).result).toEqual({ err: 1006n });
    must(access("veto", [op], guardian));
    mineBurn(1);
    expect(access("set-module", args).result).toEqual({ err: 1001n });
  });

  it("time locks of '24 hours' run on Stacks blocks", () => {
    const op = Cl.bufferFromHex("55".repeat(32));
    const eta = must(access("schedule", [op])).value;
    mineStacks(10_000);
    expect(eta).toBe(BigInt(burnHeight() + 144));
  });

  it("a pause lasts until somebody ends it (I18)", () => {
    pause("sluice-escrow", 1008);
    mineBurn(1008);
    expect(openEscrow(5).ok).toBe(true);
    expect(access("pause", [Cl.principal(ESCROW), Cl.uint(1)], guardian).result).toEqual({ err: 1006n });
  });
});

describe("oracles of the seeds and of others", () => {
  const DIA = contract("sluice-oracle-dia");
  const FEED = "SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle";
  const KEYED = Cl.stringAscii("STX/USD");
  const setSource = (adapter = DIA) => {
    const args = [KEYED, Cl.principal(adapter), Cl.none(), Cl.uint(3600), Cl.uint(60), Cl.uint(100), Cl.uint(100)];
    scheduleAndWait(read("sluice-oracle", "op-set-source", args));
    must(call("sluice-oracle", "set-source", args, lister));
  };
  const say = (price: bigint, at: number) =>
    must(call(FEED, "set-value", [KEYED, Cl.uint(price), Cl.uint(at * 1000)], deployer));
  const readUsd = (adapter = DIA) => call("sluice-oracle", "read-usd", [KEYED, trait(adapter), trait(adapter)], alice).result;

  it("the STX price is read with six decimals and milliseconds as seconds", () => {
    setSource();
    const at = now();
    say(85_000_000n, at); // 0.85 dollars
    expect(readUsd()).toEqual({ ok: { price: 85_000_000n, at: BigInt(at), used: 1n } });
  });

  it("a constant stands in when there is no price: there is an error", () => {
    setSource();
    expect(readUsd()).toEqual({ err: 3020n });
    say(0n, now());
    expect(readUsd()).toEqual({ err: 3020n });
  });

  it("a price from the future blocks all later ones", () => {
    setSource();
    say(1n, now() + 100_000);
    expect(readUsd()).toEqual({ err: 3011n });
    say(2n, now());
    expect(readUsd()).toMatchObject({ ok: { price: 2n } });
  });

  it("a hard-wired feed that moves bricks its readers: the adapter is replaceable", () => {
    setSource();
    const next = deployHostile("price-source", "next-adapter");
    setSource(next);
    expect(readUsd(next)).toMatchObject({ ok: { price: 1n } });
    expect(readUsd(DIA)).toEqual({ err: 3014n });
  });

  it("a payment or an exit depends on a price: only quoted payments read one", () => {
    const sources = ["sluice-escrow", "sluice-gateway"].map((name) => simnet.getContractSource(contract(name))!);
    expect(sources[0]).not.toContain("sluice-oracle");
    expect(sources[1].match(/contract-call\? \.sluice-oracle/g)).toHaveLength(1);
  });
});
