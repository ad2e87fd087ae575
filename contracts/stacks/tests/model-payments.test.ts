/**
 * Long random sequences over gateway and escrow against a model written from the
 * rules, not from the contracts: the model says which error or which movements
 * each call must give, and after every step the books must balance.
 *
 * I1–I5, I8, I10, I12 (money), I21, I22, I25, I28 (gateway), I30–I32, I34, I36,
 * I37 (escrow).
 */
import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import {
  alice, bob, burnHeight, call, carol, contract, dave, deployer, entry, feeManager, holding, mallory, mineBurn, mineStacks, now,
  type Outcome, read, seq,
} from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { Ledger } from "./helpers/ledger";
import { Random } from "./helpers/random";
import { KEY, offerMessage, payerCv, publicKey, sign } from "./helpers/sip018";
import { HOSTILE, must, openSuite, SBTC, setHostileMode, STX, trait } from "./helpers/suite";

const ESCROW = contract("sluice-escrow");
const TREASURY = contract("sluice-treasury");
const PEOPLE = [alice, bob, carol, dave, mallory];
const TOKENS = [SBTC, SBTC, STX, HOSTILE];
const FEE = 100n;
const [FUNDED, ACTIVE, DELIVERED, RELEASED, REFUNDED, DISPUTED, SPLIT, CANCELED] = [1, 2, 3, 4, 5, 6, 7, 8];

interface Escrow {
  payer: string; payee: string; arbiter: string; token: string;
  amount: bigint; paid: bigint; returned: bigint; fee: bigint; state: number;
  deliverBy: number; review: number; releaseAt: number; window: number; arbUntil: number; defaultBps: bigint;
  proposal: { by: string; bps: bigint } | null; source: number | null;
}
interface Payment {
  merchant: number; payer: string; token: string; amount: bigint; fee: bigint; refunded: bigint; escrow: number | null;
}
type Part = [to: string, amount: bigint];
/** What a call must do: fail with a code, fail somehow (a token misbehaves), or move these parts. */
type Verdict = { err: bigint } | { fails: true } | { parts: Part[] };

const share = (amount: bigint, bps: bigint) => (amount * bps) / 10_000n;
const held = (e: Escrow) => e.amount - e.paid - e.returned;
const isOpen = (e: Escrow) => e.state <= DELIVERED || e.state === DISPUTED;
const err = (code: number): Verdict => ({ err: BigInt(code) });
const fails: Verdict = { fails: true };
const asset = (token: string) =>
  token === SBTC ? `${SBTC}::sbtc-token` : token === STX ? "stx" : `${HOSTILE}::hostile`;

/** The rules of escrow and gateway, in plain words of TypeScript. */
class Model {
  escrows: Escrow[] = [];
  payments: Payment[] = [];
  usedRefs = new Set<string>();
  hostile = 0;
  fee = FEE;

  merchants = [
    { owner: bob, payout: carol, hold: 0, splits: [[dave, 1000n], [mallory, 2500n]] as Part[] },
    { owner: dave, payout: bob, hold: 200, splits: [] as Part[] },
  ];

  owed(token: string): bigint {
    return this.escrows.filter((e) => e.token === token).reduce((sum, e) => sum + held(e), 0n);
  }

  /** Paying somebody in a misbehaving token; null: nothing special. */
  inflow(token: string, payer: string): Verdict | null {
    if (token !== HOSTILE || [0, 4].includes(this.hostile)) return null;
    return this.hostile === 1 && holding(SBTC, payer) === 0n ? null : fails;
  }

  /**
   * Money leaving escrow in a misbehaving token. A token that moves nothing or takes
   * a unit only hurts who is paid in it; one that steals must be stopped.
   */
  outflow(token: string, parts: Part[]): Verdict | null {
    const real = parts.filter(([, amount]) => amount > 0n);
    if (token !== HOSTILE || real.length === 0) return null;
    if (this.hostile === 1) return this.owed(SBTC) > 0n ? fails : null;
    if (this.hostile === 3) return real.some(([, amount]) => amount === 1n) ? fails : null;
    return this.hostile === 6 ? fails : null;
  }

  /** A merchant's own money going back to a payer. */
  giveBack(token: string, amount: bigint, from: string, to: string): Verdict | null {
    const mode = token === HOSTILE ? this.hostile : 0;
    if (mode === 2) return null; // nothing moves, and nothing is held that could be missed
    if (mode === 6 || (mode === 3 && amount === 1n)) return fails;
    if (mode === 1 && holding(SBTC, from) > 0n) return fails;
    return from === to ? fails : null;
  }
}

/** Drives the chain and the model side by side. */
class Duel {
  model = new Model();
  random: Random;
  steps = 0;
  accepted = 0;
  ledger = new Ledger([SBTC, STX, HOSTILE]);

  constructor(seed: number) {
    this.random = new Random(seed);
    openSuite();
    for (const m of this.model.merchants)
      must(call("sluice-gateway", "register-merchant", [
        Cl.principal(m.payout), publicKey(KEY), Cl.uint(m.hold ? 1 : 0), Cl.uint(m.hold),
      ], m.owner));
    this.model.merchants.forEach((m, n) => {
      must(call("sluice-gateway", "set-open", [Cl.uint(n + 1), Cl.bool(true)], m.owner));
      if (m.splits.length) must(call("sluice-gateway", "set-splits", [Cl.uint(n + 1), Cl.list(
        m.splits.map(([to, bps]) => Cl.tuple({ to: Cl.principal(to), bps: Cl.uint(bps) })),
      )], m.owner));
    });
  }

  /** Compares one call with its verdict; `commit` changes the model when the call may pass. */
  judge(what: string, done: Outcome, verdict: Verdict, token: string, commit: () => void, before: bigint[]) {
    const label = `step ${this.steps}: ${what}`;
    if ("err" in verdict || "fails" in verdict) {
      expect([label, done.ok]).toEqual([label, false]);
      if ("err" in verdict) expect([label, done.result]).toEqual([label, verdict]);
      expect(this.counters()).toEqual(before); // I5
      return;
    }
    expect([label, done.ok, done.value]).toEqual([label, true, done.value]);
    this.accepted++;
    const parts = verdict.parts.filter(([, amount]) => amount > 0n);
    if (token !== HOSTILE || this.model.hostile === 0 || this.model.hostile === 4) {
      const moves = done.moves.map((m) => [m.asset, m.to, m.amount]);
      expect([label, moves]).toEqual([label, parts.map(([to, amount]) => [asset(token), to, amount])]); // I12
    }
    commit();
    this.ledger.apply(done, token !== HOSTILE || this.model.hostile === 0); // X: I1–I3, I12
  }

  counters = () => [seq("sluice-escrow"), seq("sluice-gateway")];

  /** I1–I3, I8, I37: what the contract owes is what its open escrows hold, and it has at least that. */
  solvent() {
    for (const token of [SBTC, STX, HOSTILE]) {
      const owed = this.model.owed(token);
      expect(entry("sluice-escrow", "liabilities", Cl.principal(token)) ?? 0n).toBe(owed);
      const has = holding(token, ESCROW);
      if (token === HOSTILE) expect(has >= owed).toBe(true);
      else expect([token, has]).toEqual([token, owed]); // nobody donates here
    }
  }

  /** I4, I30: the row on chain is the model's row. */
  sameRow(n: number) {
    const e = this.model.escrows[n - 1];
    expect(entry("sluice-escrow", "escrows", Cl.uint(n))).toEqual({
      payer: e.payer, payee: e.payee, arbiter: e.arbiter, token: e.token, amount: e.amount, paid: e.paid,
      returned: e.returned, "fee-bps": e.fee, state: BigInt(e.state), "deliver-by": BigInt(e.deliverBy),
      review: BigInt(e.review), "release-at": BigInt(e.releaseAt), "arb-window": BigInt(e.window),
      "arb-until": BigInt(e.arbUntil), "default-payee-bps": e.defaultBps,
      proposal: e.proposal && { by: e.proposal.by, "payee-bps": e.proposal.bps },
      source: e.source === null ? null : BigInt(e.source),
    });
  }

  step() {
    this.steps++;
    const { random, model } = this;
    const roll = random.below(100);
    if (roll < 4) return setMode(model, random);
    if (roll < 10) return void mineBurn(random.between(1, 60));
    if (roll < 12) return void mineStacks(random.between(1, 500));
    if (roll === 12 && random.chance(50)) return this.setFee();
    if (roll < 30) this.open();
    else if (roll < 42) this.pay();
    else if (roll < 50) this.refund();
    else if (model.escrows.length > 0) this.act();
    this.solvent();
  }

  /** I19: an announced fee comes into force when it is due, within the cap, and for later escrows. */
  setFee() {
    const bps = this.random.pick([0, 1, 250, 500, 501, 10_000]);
    const op = read("sluice-escrow", "op-set-fee", [Cl.uint(bps)]) as string;
    must(call("sluice-access", "schedule", [Cl.bufferFromHex(op)], deployer));
    mineBurn(144);
    const done = call("sluice-escrow", "set-fee", [Cl.uint(bps)], feeManager);
    expect(done.result).toEqual(bps <= 500 ? { ok: true } : { err: 5009n });
    if (bps <= 500) this.model.fee = BigInt(bps);
    else must(call("sluice-access", "veto", [Cl.bufferFromHex(op)], deployer));
    expect(read("sluice-escrow", "get-fee-bps")).toBe(this.model.fee);
  }

  open() {
    const { random, model } = this;
    const first = random.below(5);
    const [payer, payee, arbiter] = random.chance(85)
      ? [PEOPLE[first], PEOPLE[(first + 1) % 5], PEOPLE[(first + 3) % 5]]
      : [random.pick(PEOPLE), random.pick(PEOPLE), random.pick(PEOPLE)];
    const token = random.pick(TOKENS);
    const amount = BigInt(random.chance(3) ? 0 : random.pick([1, 2, 99, 100, 101, 9_999, 123_457]));
    const [deliverIn, review, window] = [random.between(5, 80), random.between(6, 40), random.between(144, 200)];
    const defaultBps = BigInt(random.pick([0, 3333, 5000, 10_000, 10_001]));
    const height = burnHeight();
    const verdict: Verdict =
      deliverIn < 6 ? err(5006)
      : defaultBps > 10_000n ? err(5003)
      : new Set([payer, payee, arbiter]).size < 3 ? err(5010)
      : amount === 0n ? err(5003)
      : model.inflow(token, payer) ?? { parts: [[ESCROW, amount]] };
    const before = this.counters();
    const done = call("sluice-escrow", "open", [
      trait(token), Cl.principal(payee), Cl.principal(arbiter), Cl.uint(amount), Cl.uint(deliverIn),
      Cl.uint(review), Cl.uint(window), Cl.uint(defaultBps),
    ], payer);
    this.judge("open", done, verdict, token, () => {
      model.escrows.push({
        payer, payee, arbiter, token, amount, paid: 0n, returned: 0n, fee: model.fee, state: FUNDED,
        deliverBy: height + deliverIn, review, releaseAt: 0, window, arbUntil: 0, defaultBps,
        proposal: null, source: null,
      });
      expect(done.value).toBe(BigInt(model.escrows.length));
      this.sameRow(model.escrows.length);
    }, before);
  }

  pay() {
    const { random, model } = this;
    const n = random.below(2);
    const m = model.merchants[n];
    const payer = random.pick(PEOPLE);
    const token = random.pick(TOKENS);
    const amount = BigInt(random.pick([0, 1, 99, 100, 10_007, 54_321]));
    const label = `ref-${random.below(40)}`;
    const signed = random.chance(60);
    const fee = share(amount, FEE);
    const net = amount - fee;
    const splits: Part[] = m.splits.map(([to, bps]) => [to, share(net, bps)]);
    const rest = net - splits.reduce((sum, [, part]) => sum + part, 0n);
    const parts: Part[] = [[TREASURY, fee], ...(m.hold ? [[ESCROW, net] as Part] : [...splits, [m.payout, rest] as Part])];
    const toHimself = parts.some(([to, part]) => to === payer && part > 0n);
    const used = signed && model.usedRefs.has(`${n} ${label}`);
    const escrow = m.hold ? model.escrows.length + 1 : null;
    const verdict: Verdict =
      used ? err(4007)
      : amount === 0n ? err(4003)
      : model.inflow(token, payer) ?? (
        m.hold && payer === m.payout ? err(5010)
        : toHimself ? err(2)
        : { parts });
    const before = this.counters();
    const offer = { merchant: n + 1, ref: ref(label), token, amount, expires: now() + 3600, payer: null };
    const done = signed
      ? call("sluice-gateway", "pay-signed", [
        Cl.uint(n + 1), offer.ref, trait(token), Cl.uint(amount), Cl.uint(offer.expires), payerCv(null),
        sign(offerMessage(offer)),
      ], payer)
      : call("sluice-gateway", "pay-open", [Cl.uint(n + 1), trait(token), Cl.uint(amount), ref(label)], payer);
    this.judge(`pay ${m.hold ? "hold" : "push"}`, done, verdict, token, () => {
      model.payments.push({ merchant: n, payer, token, amount, fee, refunded: 0n, escrow });
      expect(done.value).toBe(BigInt(model.payments.length));
      if (signed) model.usedRefs.add(`${n} ${label}`); // I21
      if (escrow !== null) {
        const height = burnHeight();
        model.escrows.push({
          payer, payee: m.payout, arbiter: contract("sluice-access"), token, amount: net, paid: 0n, returned: 0n,
          fee: 0n, state: DELIVERED, deliverBy: height, review: m.hold, releaseAt: height + m.hold, window: 1008,
          arbUntil: 0, defaultBps: 5000n, proposal: null, source: model.payments.length,
        });
        this.sameRow(escrow);
      }
    }, before);
  }

  refund() {
    const { random, model } = this;
    if (model.payments.length === 0) return;
    const n = random.below(model.payments.length) + 1;
    const p = model.payments[n - 1];
    const m = model.merchants[p.merchant];
    const who = random.chance(85) ? m.owner : random.pick(PEOPLE);
    const e = p.escrow === null ? null : model.escrows[p.escrow - 1];
    const amount = BigInt(random.pick([0, 1, Number(p.amount), Number(p.amount / 2n), Number(p.amount / 3n)]));
    const left = e ? held(e) : 0n;
    const fromHold = amount < left ? amount : left;
    const own = amount - fromHold;
    const before = p.refunded + (e ? e.returned : 0n);
    const holdOut: Part[] = [[p.payer, fromHold]];
    const verdict: Verdict =
      who !== m.owner ? err(4000)
      : amount === 0n ? err(4003)
      : before + amount > p.amount ? err(4014)
      : model.outflow(p.token, holdOut)
      ?? (own > 0n ? model.giveBack(p.token, own, m.owner, p.payer) : null)
      ?? { parts: [...holdOut, [p.payer, own]] };
    const counters = this.counters();
    const done = call("sluice-gateway", "refund", [Cl.uint(n), trait(p.token), Cl.uint(amount)], who);
    this.judge("refund", done, verdict, p.token, () => {
      p.refunded += own;
      if (e && fromHold > 0n) {
        e.returned += fromHold;
        if (held(e) === 0n) { e.state = REFUNDED; e.proposal = null; }
        this.sameRow(p.escrow!);
      }
      const total = p.refunded + (e ? e.returned : 0n);
      expect(done.value).toBe(total);
      expect(total <= p.amount).toBe(true); // I25
    }, counters);
  }

  /** One random step on one random escrow, by somebody who may or may not. */
  act() {
    const { random, model } = this;
    const open = model.escrows.flatMap((escrow, index) => (isOpen(escrow) ? [index + 1] : []));
    const n = open.length > 0 && random.chance(90) ? random.pick(open) : random.below(model.escrows.length) + 1;
    const e = model.escrows[n - 1];
    const who = random.chance(75) ? random.pick([e.payer, e.payee, PEOPLE.includes(e.arbiter) ? e.arbiter : dave]) : random.pick(PEOPLE);
    const token = random.chance(95) ? e.token : random.pick(TOKENS);
    const bps = BigInt(random.pick([0, 1, 3333, 5000, 10_000, 10_001]));
    const height = burnHeight();
    const left = held(e);
    const party = who === e.payer || who === e.payee;
    const fn = random.pick([
      "accept", "accept", "accept", "deliver", "deliver", "dispute", "cancel", "release", "release-part", "release-part",
      "refund", "refund-part", "refund-part", "reclaim", "propose-split", "accept-split", "resolve", "resolve",
    ]);
    const part = BigInt(random.pick([0, 1, Math.floor(Number(left) / 3), Number(left), Number(left) + 1]));
    const before = this.counters();
    const run = (args: Parameters<typeof call>[2], verdict: Verdict, commit: () => void) =>
      this.judge(`${fn} ${n}`, call("sluice-escrow", fn, [Cl.uint(n), ...args], who), isOpen(e) ? verdict : err(5005),
        e.token, () => { commit(); this.sameRow(n); }, before);
    const t = trait(token);
    const hash = Cl.bufferFromHex("00".repeat(32));

    /** Ends the escrow with `gross` for the payee, if who and when are right. */
    const close = (refusal: Verdict | null, args: Parameters<typeof call>[2], state: number, gross: () => bigint) => {
      const g = refusal ? 0n : gross();
      const fee = share(e.paid + g, e.fee) - share(e.paid, e.fee);
      const parts: Part[] = [[e.payee, g - fee], [e.payer, left - g], [TREASURY, fee]];
      const verdict = refusal ?? (token !== e.token ? err(5004) : model.outflow(token, parts) ?? { parts });
      run(args, verdict, () => {
        expect(g - fee + (left - g) + fee).toBe(left); // I31
        e.paid += g; e.returned += left - g; e.state = state; e.proposal = null;
      });
    };
    const unless = (allowed: boolean, code: number): Verdict | null => (allowed ? null : err(code));

    switch (fn) {
      case "accept":
        return run([], unless(who === e.payee, 5000) ?? unless(e.state === FUNDED, 5005)
          ?? unless(height < e.deliverBy, 5006) ?? { parts: [] }, () => { e.state = ACTIVE; e.proposal = null; });
      case "deliver":
        return run([hash], unless(who === e.payee, 5000) ?? unless(e.state === ACTIVE, 5005)
          ?? unless(height < e.deliverBy, 5006) ?? { parts: [] },
        () => { e.state = DELIVERED; e.releaseAt = height + e.review; e.proposal = null; });
      case "dispute":
        return run([hash], unless(party, 5000) ?? unless(e.state === ACTIVE || e.state === DELIVERED, 5005)
          ?? unless(height < (e.state === ACTIVE ? e.deliverBy : e.releaseAt), 5006) ?? { parts: [] },
        () => { e.state = DISPUTED; e.arbUntil = height + e.window; e.proposal = null; });
      case "propose-split":
        return run([Cl.uint(bps)], unless(party, 5000) ?? unless(bps <= 10_000n, 5003) ?? { parts: [] },
          () => { e.proposal = { by: who, bps }; });
      case "cancel":
        return close(unless(who === e.payer, 5000) ?? unless(e.state === FUNDED, 5005), [t], CANCELED, () => 0n);
      case "release":
        return close(unless(who === e.payer || (e.state === DELIVERED && height >= e.releaseAt), 5000), [t], RELEASED, () => left);
      case "refund":
        return close(unless(who === e.payee, 5000), [t], REFUNDED, () => 0n);
      case "reclaim":
        return close(unless(e.state === FUNDED || e.state === ACTIVE, 5005) ?? unless(height >= e.deliverBy, 5006),
          [t], REFUNDED, () => 0n);
      case "accept-split": {
        const given = e.proposal && random.chance(70) ? e.proposal.bps : bps;
        return close(unless(e.proposal !== null, 5013) ?? unless(party && who !== e.proposal!.by, 5000)
          ?? unless(given === e.proposal!.bps, 5013), [t, Cl.uint(given)], SPLIT, () => share(left, given));
      }
      case "resolve": {
        const judge = who === e.arbiter;
        return close(unless(e.state === DISPUTED, 5012) ?? unless(bps <= 10_000n, 5003)
          ?? (height < e.arbUntil ? unless(judge, 5000) : unless(bps === e.defaultBps, 5011)),
        [t, Cl.uint(bps)], SPLIT, () => share(left, bps));
      }
      case "release-part": {
        const fee = share(e.paid + part, e.fee) - share(e.paid, e.fee);
        const parts: Part[] = [[e.payee, part - fee], [TREASURY, fee]];
        return run([t, Cl.uint(part)], unless(who === e.payer, 5000) ?? unless(token === e.token, 5004)
          ?? unless(part > 0n && part < left, 5003) ?? model.outflow(token, parts) ?? { parts },
        () => { e.paid += part; });
      }
      case "refund-part": {
        const parts: Part[] = [[e.payer, part]];
        return run([t, Cl.uint(part)], unless(who === e.payee, 5000) ?? unless(token === e.token, 5004)
          ?? unless(part > 0n && part <= left, 5003) ?? model.outflow(token, parts) ?? { parts },
        () => {
          e.returned += part;
          if (part === left) { e.state = REFUNDED; e.proposal = null; }
        });
      }
    }
  }

  /** I36: whoever disappears, a stranger can end every escrow once its time has come. */
  finish() {
    setHostileMode(0);
    this.model.hostile = 0;
    mineBurn(2000);
    this.model.escrows.forEach((e, index) => {
      if (!isOpen(e)) return;
      const args = [Cl.uint(index + 1), trait(e.token)];
      const last = e.state === DISPUTED
        ? call("sluice-escrow", "resolve", [...args, Cl.uint(e.defaultBps)], deployer)
        : call("sluice-escrow", e.state === DELIVERED ? "release" : "reclaim", args, deployer);
      expect([index + 1, e.state, last.ok]).toEqual([index + 1, e.state, true]);
    });
    for (const token of [SBTC, STX, HOSTILE])
      expect(read("sluice-escrow", "get-liability", [Cl.principal(token)])).toBe(0n);
    expect([holding(SBTC, ESCROW), holding(STX, ESCROW)]).toEqual([0n, 0n]);
  }
}

function setMode(model: Model, random: Random) {
  model.hostile = random.pick([0, 0, 0, 1, 2, 3, 4, 5, 6]);
  setHostileMode(model.hostile);
}

describe("gateway and escrow against their model", () => {
  it.each([1, 2, 3, 4])("700 steps with five people and three tokens (seed %i)", (seed) => {
    const duel = new Duel(seed);
    for (let i = 0; i < 700; i++) duel.step();
    expect(duel.accepted).toBeGreaterThan(150);
    expect(duel.model.escrows.length).toBeGreaterThan(40);
    duel.ledger.audit(); // X: I1–I3
    duel.finish();
  });
});
