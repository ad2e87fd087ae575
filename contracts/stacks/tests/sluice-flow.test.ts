import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { firstUncovered, scaledDebt, SCALE } from "../vectors/vesting";
import { alice, balance, bob, call, carol, contract, mallory, mineBurn, mineStacks, now, type Outcome, read, seq } from "./helpers/chain";
import { deployHostile, disable, HOSTILE, must, openSuite, phish, SBTC, STX, trait } from "./helpers/suite";
import { ownerOf, transfer } from "./helpers/positions";

beforeEach(openSuite);

const MODULE = "sluice-flow";
const UNIT = 10n ** 12n; // one unit per second
const MAX_RATE = 2n ** 90n;

interface OpenOptions {
  token: string; to: string; rate: bigint; deposit: number | bigint; transferable: boolean; stopOnEmpty: boolean; from: string;
}

function open(options: Partial<OpenOptions> = {}): Outcome {
  const o = { token: SBTC, to: bob, rate: UNIT, deposit: 1_000, transferable: true, stopOnEmpty: false, from: alice, ...options };
  return call(MODULE, "open", [
    trait(o.token), Cl.principal(o.to), Cl.uint(o.rate), Cl.uint(o.deposit),
    Cl.tuple({ transferable: Cl.bool(o.transferable), "stop-on-empty": Cl.bool(o.stopOnEmpty) }),
  ], o.from);
}

const flow = (options: Partial<OpenOptions> = {}): bigint => must(open(options)).value as bigint;

const money = (fn: "fund" | "withdraw" | "refund") =>
  (id: bigint, amount: number | bigint, who: string, token = SBTC): Outcome =>
    call(MODULE, fn, [Cl.uint(id), trait(token), Cl.uint(amount)], who);
const [fund, withdraw, refund] = [money("fund"), money("withdraw"), money("refund")];
const adjust = (id: bigint, rate: bigint, who: string): Outcome => call(MODULE, "adjust", [Cl.uint(id), Cl.uint(rate)], who);
const voidFlow = (id: bigint, who: string): Outcome => call(MODULE, "void", [Cl.uint(id)], who);

interface FlowRow {
  payer: string; token: string; balance: bigint; rate: bigint; "snap-debt": bigint; "snap-time": bigint; voided: boolean;
  transferable: boolean; "stop-on-empty": boolean;
}

const row = (id: bigint): FlowRow => read(MODULE, "get-flow", [Cl.uint(id)]) as unknown as FlowRow;
const at = (fn: string, id: bigint, t: bigint): bigint => read(MODULE, fn, [Cl.uint(id), Cl.uint(t)]) as bigint;
const today = (): bigint => BigInt(now());
const statusOf = (id: bigint) => read(MODULE, "status", [Cl.uint(id)]);
const liability = (token = SBTC) => read(MODULE, "get-liability", [Cl.principal(token)]);

/** The debt the TypeScript mirror sees. */
function mirror(id: bigint, t: bigint): bigint {
  const f = row(id);
  return scaledDebt(f["snap-debt"], f["snap-time"], f.rate, f["stop-on-empty"] ? f.balance * SCALE : null, t);
}

describe("open", () => {
  it("takes the deposit, mints the position and prints the terms", () => {
    const out = open({ rate: 5n, transferable: false, stopOnEmpty: true });
    expect(out.result).toEqual({ ok: 1n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 1n, ev: "flow.opened", id: 1n, actor: alice, token: SBTC, amount: 1_000n,
      data: { payer: alice, payee: bob, rate: 5n, at: today(), transferable: false, "stop-on-empty": true },
    }]);
    expect(out.moves).toEqual([{ asset: `${SBTC}::sbtc-token`, amount: 1_000n, from: alice, to: contract(MODULE) }]);
    expect(row(1n)).toEqual({
      payer: alice, token: SBTC, balance: 1_000n, rate: 5n, "snap-debt": 0n, "snap-time": today(), voided: false,
      transferable: false, "stop-on-empty": true,
    });
    expect(liability()).toBe(1_000n);
    expect(ownerOf(MODULE, 1n)).toBe(bob);
  });

  it("needs no money at once: debt accrues", () => {
    const out = open({ deposit: 0 });
    expect(out.result).toEqual({ ok: 1n });
    expect(out.moves).toEqual([]);
    mineStacks(3);
    expect(statusOf(1n)).toBe(2n);
  });

  it("u6504: of a listed, enabled token, even without money", () => {
    expect(open({ deposit: 0, token: deployHostile("hostile-token", "unlisted-token") }).result).toEqual({ err: 6504n });
    disable(SBTC);
    expect(open({ deposit: 0 }).result).toEqual({ err: 6504n });
  });

  it("u6510: 0 < rate <= 2^90", () => {
    expect(open({ rate: 0n }).result).toEqual({ err: 6510n });
    expect(open({ rate: MAX_RATE + 1n }).result).toEqual({ err: 6510n });
    expect(open({ rate: MAX_RATE }).ok).toBe(true);
  });

  it("u6516: not to this contract", () => {
    expect(open({ to: contract(MODULE) }).result).toEqual({ err: 6516n });
  });

  it("u6503: at most 2^87 - 1, in all", () => {
    expect(open({ deposit: 2n ** 87n }).result).toEqual({ err: 6503n });
    const id = flow();
    expect(fund(id, 2n ** 87n - 1_000n, alice).result).toEqual({ err: 6503n });
    expect(fund(id, 2n ** 128n - 1n, alice).result).toEqual({ err: 6503n });
  });

  it("u1: passes the token's refusal on and leaves nothing behind", () => {
    expect(open({ deposit: 10_000_000_001n }).result).toEqual({ err: 1n });
    expect(row(1n)).toBeNull();
    expect(seq(MODULE)).toBe(0n);
  });
});

describe("fund", () => {
  it("adds to the balance, from anybody", () => {
    const id = flow();
    mineStacks(2);
    const out = fund(id, 500, carol);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "flow.funded", id, actor: carol, token: SBTC, amount: 500n,
      data: { balance: 1_500n, "debt-scaled": row(id)["snap-debt"], at: today() },
    }]);
    expect(row(id)).toMatchObject({ balance: 1_500n, "snap-time": today() });
    expect(liability()).toBe(1_500n);
  });

  it("makes old debt payable", () => {
    const id = flow({ deposit: 10 });
    mineStacks(10);
    const owed = at("debt-at", id, today());
    expect(at("covered-at", id, today())).toBe(10n);
    must(fund(id, 1_000, alice));
    expect(at("covered-at", id, today())).toBe(owed + 10n);
    expect(at("uncovered-at", id, today())).toBe(0n);
  });

  it("u6501, u6503, u6504, u6511", () => {
    const id = flow();
    expect(fund(9n, 1, alice).result).toEqual({ err: 6501n });
    expect(fund(id, 0, alice).result).toEqual({ err: 6503n });
    expect(fund(id, 1, alice, STX).result).toEqual({ err: 6504n });
    must(voidFlow(id, alice));
    expect(fund(id, 1, alice).result).toEqual({ err: 6511n });
  });
});

describe("withdraw", () => {
  it("I64: takes the same from the debt and from the balance, and pays the owner", () => {
    const id = flow({ rate: UNIT / 3n });
    const opened = today();
    mineStacks(30);
    const before = balance(SBTC, bob);
    const out = withdraw(id, 50, mallory);
    const t = today();
    expect(out.result).toEqual({ ok: 50n });
    expect(row(id)["snap-debt"]).toBe((t - opened) * (UNIT / 3n) - 50n * UNIT);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "flow.withdrawn", id, actor: mallory, token: SBTC, amount: 50n,
      data: { to: bob, balance: 950n, "debt-scaled": row(id)["snap-debt"], at: t },
    }]);
    expect(out.moves).toEqual([{ asset: `${SBTC}::sbtc-token`, amount: 50n, from: contract(MODULE), to: bob }]);
    expect(balance(SBTC, bob)).toBe(before + 50n);
    expect(liability()).toBe(950n);
  });

  it("loses no fraction: many withdrawals give what one gives", () => {
    const [often, once] = [flow({ rate: UNIT / 7n }), flow({ rate: UNIT / 7n })];
    const lag = row(once)["snap-time"] - row(often)["snap-time"];
    let paid = 0n;
    for (let i = 0; i < 12; i++) {
      mineStacks(3);
      const due = at("covered-at", often, today() + 10n);
      if (due > 0n) paid += must(withdraw(often, due, bob)).value as bigint;
    }
    const t = today();
    expect(paid + at("debt-at", often, t)).toBe(at("debt-at", once, t + lag));
  });

  it("I55: follows the position to its new owner", () => {
    const id = flow();
    must(transfer(MODULE, id, bob, carol, bob));
    mineStacks(2);
    expect(withdraw(id, 1, bob).moves.map((m) => m.to)).toEqual([carol]);
  });

  it("u6512: never more than is covered", () => {
    const id = flow({ deposit: 100 });
    mineBurn(1);
    expect(withdraw(id, 101, bob).result).toEqual({ err: 6512n });
    expect(withdraw(id, 2n ** 128n - 1n, bob).result).toEqual({ err: 6512n });
    expect(withdraw(id, 100, bob).ok).toBe(true);
    expect(withdraw(id, 1, bob).result).toEqual({ err: 6512n });
  });

  it("u6501, u6503, u6504", () => {
    const id = flow();
    mineStacks(2);
    expect(withdraw(9n, 1, bob).result).toEqual({ err: 6501n });
    expect(withdraw(id, 0, bob).result).toEqual({ err: 6503n });
    expect(withdraw(id, 1, bob, STX).result).toEqual({ err: 6504n });
  });
});

describe("refund", () => {
  it("I63: gives the payer what is not owed, and no more", () => {
    const id = flow();
    mineStacks(10);
    const free = at("refundable-at", id, today() + 10n);
    expect(refund(id, free + 1n, alice).result).toEqual({ err: 6512n });
    const out = refund(id, free - 10n, alice);
    expect(out.result).toEqual({ ok: free - 10n });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "flow.refunded", id, actor: alice, token: SBTC, amount: free - 10n,
      data: { balance: 1_000n - free + 10n, "debt-scaled": row(id)["snap-debt"], at: today() },
    }]);
    expect(out.moves.map((m) => m.to)).toEqual([alice]);
    expect(row(id).balance).toBe(1_000n - free + 10n);
  });

  it("u6500, u6501, u6503, u6504: the payer alone, in its token", () => {
    const id = flow();
    expect(refund(id, 1, bob).result).toEqual({ err: 6500n });
    expect(phish(`(contract-call? '${contract(MODULE)} refund u${id} '${SBTC} u1)`, alice).result).toEqual({ err: 6500n });
    expect(refund(9n, 1, alice).result).toEqual({ err: 6501n });
    expect(refund(id, 0, alice).result).toEqual({ err: 6503n });
    expect(refund(id, 1, alice, STX).result).toEqual({ err: 6504n });
  });
});

describe("adjust", () => {
  it("changes the rate from now on; what is owed stays owed", () => {
    const id = flow();
    mineStacks(10);
    const out = adjust(id, 3n * UNIT, alice);
    const t = today();
    const debt = row(id)["snap-debt"];
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "flow.adjusted", id, actor: alice, token: SBTC, amount: 0n,
      data: { old: UNIT, new: 3n * UNIT, "debt-scaled": debt, at: t },
    }]);
    expect(at("debt-scaled-at", id, t + 7n)).toBe(debt + 21n * UNIT);
  });

  it("stops and restarts", () => {
    const id = flow();
    mineStacks(2);
    must(adjust(id, 0n, alice));
    const owed = at("debt-at", id, today());
    expect(statusOf(id)).toBe(3n);
    mineBurn(9);
    expect(at("debt-at", id, today())).toBe(owed);
    must(adjust(id, UNIT, alice));
    expect(statusOf(id)).toBe(1n);
    expect(at("debt-at", id, today() + 5n)).toBe(owed + 5n);
  });

  it("u6500, u6501, u6510, u6511, u6513", () => {
    const id = flow();
    expect(adjust(id, 2n * UNIT, bob).result).toEqual({ err: 6500n });
    expect(phish(`(contract-call? '${contract(MODULE)} adjust u${id} u7)`, alice).result).toEqual({ err: 6500n });
    expect(adjust(9n, UNIT, alice).result).toEqual({ err: 6501n });
    expect(adjust(id, MAX_RATE + 1n, alice).result).toEqual({ err: 6510n });
    expect(adjust(id, UNIT, alice).result).toEqual({ err: 6513n });
    must(voidFlow(id, bob));
    expect(adjust(id, 2n * UNIT, alice).result).toEqual({ err: 6511n });
  });
});

describe("void", () => {
  it("writes off what is not covered; what is covered stays payable", () => {
    const id = flow({ deposit: 100 });
    const opened = today();
    mineBurn(1);
    const out = voidFlow(id, alice);
    const lost = today() - opened - 100n;
    expect(out.result).toEqual({ ok: lost });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "flow.voided", id, actor: alice, token: SBTC, amount: 0n,
      data: { "written-off": lost, "debt-scaled": 100n * UNIT, at: today() },
    }]);
    expect(row(id)).toMatchObject({ voided: true, rate: 0n });
    expect(statusOf(id)).toBe(5n);
    mineBurn(5);
    expect(withdraw(id, 101, bob).result).toEqual({ err: 6512n });
    expect(withdraw(id, 100, bob).ok).toBe(true);
  });

  it("by the owner too; the payer takes the rest", () => {
    const id = flow();
    mineStacks(3);
    must(voidFlow(id, bob));
    const covered = at("covered-at", id, today());
    must(withdraw(id, covered, bob));
    expect(refund(id, 1_000n - covered, alice).ok).toBe(true);
    expect(liability()).toBe(0n);
  });

  it("u6500, u6501, u6511", () => {
    const id = flow();
    expect(voidFlow(id, mallory).result).toEqual({ err: 6500n });
    expect(phish(`(contract-call? '${contract(MODULE)} void u${id})`, alice).result).toEqual({ err: 6500n });
    expect(voidFlow(9n, alice).result).toEqual({ err: 6501n });
    must(voidFlow(id, alice));
    expect(voidFlow(id, bob).result).toEqual({ err: 6511n });
  });
});

describe("stop-on-empty", () => {
  it("owes nothing beyond its balance, and a later fund starts it again from there", () => {
    const id = flow({ deposit: 100, stopOnEmpty: true });
    mineBurn(1);
    expect(at("debt-at", id, today())).toBe(100n);
    expect(at("uncovered-at", id, today())).toBe(0n);
    must(fund(id, 100, alice));
    expect(at("debt-at", id, today())).toBe(100n);
    expect(at("debt-at", id, today() + 5n)).toBe(105n);
  });

  it("I65: never forgets a fraction that was already owed", () => {
    const id = flow({ deposit: 100, rate: UNIT / 7n, stopOnEmpty: true });
    mineStacks(10);
    must(refund(id, at("refundable-at", id, today() + 10n), alice));
    const owed = row(id)["snap-debt"];
    expect(at("debt-scaled-at", id, today() + 1_000n)).toBe(owed);
  });
});

describe("debt", () => {
  it("I63, I65: covered + refundable = balance, covered + uncovered = debt, and it never falls by itself", () => {
    fc.assert(fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 15n }), fc.integer({ min: 0, max: 5_000 }), fc.boolean(),
      fc.array(fc.nat(9_000), { minLength: 3, maxLength: 3 }),
      (rate, deposit, stopOnEmpty, waits) => {
        const id = flow({ rate, deposit, stopOnEmpty });
        let last = 0n;
        for (const t of waits.sort((a, b) => a - b).map((s) => today() + BigInt(s))) {
          const debt = at("debt-scaled-at", id, t);
          expect(debt).toBe(mirror(id, t));
          expect(debt).toBeGreaterThanOrEqual(last);
          expect(at("covered-at", id, t) + at("refundable-at", id, t)).toBe(row(id).balance);
          expect(at("covered-at", id, t) + at("uncovered-at", id, t)).toBe(debt / SCALE);
          last = debt;
        }
      },
    ), { numRuns: 40, seed: 3 });
  });

  it("I66: names the second at which the money runs out", () => {
    const id = flow({ deposit: 1_000, rate: 3n * UNIT + 1n });
    const f = row(id);
    const dry = read(MODULE, "depletion-time", [Cl.uint(id)]) as bigint;
    expect(dry).toBe(firstUncovered(f.balance, f["snap-debt"], f["snap-time"], f.rate));
    expect(at("uncovered-at", id, dry - 1n)).toBe(0n);
    expect(at("uncovered-at", id, dry)).toBeGreaterThanOrEqual(1n);
    must(adjust(id, 0n, alice));
    expect(read(MODULE, "depletion-time", [Cl.uint(id)])).toBeNull();
  });

  it("has run out already when the debt is larger", () => {
    const id = flow({ deposit: 0 });
    mineBurn(1);
    must(adjust(id, 0n, alice));
    expect(statusOf(id)).toBe(4n);
    expect(read(MODULE, "depletion-time", [Cl.uint(id)])).toBe(row(id)["snap-time"]);
  });

  it("I52: fits at the bounds, for any time a view is asked for", () => {
    const id = flow({ rate: MAX_RATE, deposit: 1 });
    expect(at("debt-scaled-at", id, 2n ** 128n - 1n)).toBe(MAX_RATE * (2n ** 32n - 1n));
    expect(at("debt-at", id, 0n)).toBe(0n);
  });

  it("views of nothing are nothing", () => {
    for (const fn of ["debt-scaled-at", "debt-at", "covered-at", "uncovered-at", "refundable-at"]) expect(at(fn, 77n, 5n)).toBe(0n);
    for (const fn of ["status", "depletion-time", "get-flow"]) expect(read(MODULE, fn, [Cl.uint(77)])).toBeNull();
  });

  it("runs in any listed token", () => {
    for (const token of [STX, HOSTILE]) {
      const id = flow({ token });
      mineStacks(2);
      expect(withdraw(id, 5, bob, token).ok).toBe(true);
      expect(refund(id, 5, alice, token).ok).toBe(true);
    }
  });
});
