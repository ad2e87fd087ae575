import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, call, deployer, envelope, guardian, lastEvent, lister, mallory, mineBurn, read, seq,
} from "./helpers/chain";
import {
  codeHash, DELAY, deployHostile, disable, MAX_AMOUNT, must, openSuite, SBTC, schedule, scheduleAndWait,
  STX, type TokenRow,
} from "./helpers/suite";

const tokens = (fn: string, args: Parameters<typeof call>[2], sender: string) =>
  call("sluice-tokens", fn, args, sender);
const lookup = (token: string) => read("sluice-tokens", "lookup", [Cl.principal(token)]);

let fresh: string;
beforeEach(() => {
  openSuite();
  fresh = deployHostile("hostile-token", "fresh-token");
});

describe("list-token", () => {
  const args = (change: Partial<TokenRow> = {}, hash = codeHash(change.token ?? fresh)) => {
    const row = { token: fresh, asset: "hostile", stx: false, decimals: 6, min: 10, max: 1000, ...change };
    return [
      Cl.principal(row.token), Cl.stringAscii(row.asset), Cl.bool(row.stx), Cl.uint(row.decimals),
      Cl.uint(row.min), Cl.uint(row.max), hash,
    ];
  };
  const announce = (a: ReturnType<typeof args>) => schedule(read("sluice-tokens", "op-list-token", a));
  const list = (a = args(), sender = lister) => tokens("list-token", a, sender);

  it("accepts a token after the delay", () => {
    const a = args();
    announce(a);
    mineBurn(DELAY);
    const done = list(a);
    expect(done.result).toEqual({ ok: true });
    const hash = (codeHash(fresh) as { value: string }).value;
    const facts = { asset: "hostile", stx: false, decimals: 6n, min: 10n, max: 1000n, hash };
    expect(lastEvent(done)).toEqual(envelope("token.listed", { actor: lister, token: fresh, data: facts }));
    expect(lookup(fresh)).toEqual({ ...facts, enabled: true });
  });

  it("1100: only a LISTER, not even the owner", () => {
    announce(args());
    mineBurn(DELAY);
    for (const who of [deployer, guardian, mallory]) expect(list(args(), who).result).toEqual({ err: 1100n });
  });

  it("1001: not announced, or announced with other terms (I17)", () => {
    announce(args());
    mineBurn(DELAY);
    for (const other of [{ max: 1001 }, { min: 11 }, { decimals: 7 }, { asset: "other" }])
      expect(list(args(other)).result).toEqual({ err: 1001n });
  });

  it("1006: too early", () => {
    announce(args());
    mineBurn(DELAY - 1);
    expect(list().result).toEqual({ err: 1006n });
  });

  it("1103: limits out of order or range, or too many decimals", () => {
    for (const bad of [
      { min: 0 }, { min: 1001 }, { max: MAX_AMOUNT + 1n }, { decimals: 19 },
    ]) expect(list(args(bad)).result).toEqual({ err: 1103n });
  });

  it("1104: other code, no code, or wrongly marked as STX", () => {
    expect(list(args({}, codeHash(SBTC))).result).toEqual({ err: 1104n });
    expect(list(args({ token: alice }, codeHash(fresh))).result).toEqual({ err: 1104n });
    expect(list(args({ stx: true })).result).toEqual({ err: 1104n });
    expect(list(args({ token: STX, stx: false })).result).toEqual({ err: 1104n });
  });

  it("1107: listed already, and the row stays", () => {
    const a = args({ token: SBTC, asset: "other" });
    announce(a);
    mineBurn(DELAY);
    expect(list(a).result).toEqual({ err: 1107n });
    expect(lookup(SBTC)).toMatchObject({ asset: "sbtc-token" });
  });
});

describe("set-limits", () => {
  const args = (token: string, min: number, max: number | bigint) => [Cl.principal(token), Cl.uint(min), Cl.uint(max)];
  const announce = (a: ReturnType<typeof args>) => scheduleAndWait(read("sluice-tokens", "op-set-limits", a));

  it("changes the bounds of one payment", () => {
    announce(args(SBTC, 546, 10_000));
    const done = tokens("set-limits", args(SBTC, 546, 10_000), lister);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      envelope("token.limits-set", { actor: lister, token: SBTC, data: { min: 546n, max: 10_000n } }),
    );
    expect(lookup(SBTC)).toMatchObject({ min: 546n, max: 10_000n, enabled: true, asset: "sbtc-token" });
  });

  it("1100, 1101, 1103, 1001, 1006: role, listing, range, announcement, delay", () => {
    expect(tokens("set-limits", args(SBTC, 1, 2), guardian).result).toEqual({ err: 1100n });
    expect(tokens("set-limits", args(fresh, 1, 2), lister).result).toEqual({ err: 1101n });
    expect(tokens("set-limits", args(SBTC, 0, 2), lister).result).toEqual({ err: 1103n });
    expect(tokens("set-limits", args(SBTC, 3, 2), lister).result).toEqual({ err: 1103n });
    expect(tokens("set-limits", args(SBTC, 1, MAX_AMOUNT + 1n), lister).result).toEqual({ err: 1103n });
    expect(tokens("set-limits", args(SBTC, 1, 2), lister).result).toEqual({ err: 1001n });
    schedule(read("sluice-tokens", "op-set-limits", args(SBTC, 1, 2)));
    expect(tokens("set-limits", args(SBTC, 1, 2), lister).result).toEqual({ err: 1006n });
  });
});

describe("disable", () => {
  it("works at once for a guardian", () => {
    const done = tokens("disable", [Cl.principal(SBTC)], guardian);
    expect(done.result).toEqual({ ok: true });
    const { asset, hash, enabled } = lookup(SBTC) as { asset: string; hash: string; enabled: boolean };
    expect(lastEvent(done)).toEqual(
      envelope("token.disabled", { actor: guardian, token: SBTC, data: { asset, hash } }),
    );
    expect(enabled).toBe(false);
  });

  it("1100: other roles; 1101: not listed; 1105: disabled already", () => {
    expect(tokens("disable", [Cl.principal(SBTC)], lister).result).toEqual({ err: 1100n });
    expect(tokens("disable", [Cl.principal(fresh)], guardian).result).toEqual({ err: 1101n });
    disable(SBTC);
    expect(tokens("disable", [Cl.principal(SBTC)], guardian).result).toEqual({ err: 1105n });
  });
});

describe("enable", () => {
  const announce = () => scheduleAndWait(read("sluice-tokens", "op-enable", [Cl.principal(SBTC)]));
  const enable = (token = SBTC, sender = lister) => tokens("enable", [Cl.principal(token)], sender);

  it("takes new money again after the delay", () => {
    disable(SBTC);
    announce();
    const done = enable();
    expect(done.result).toEqual({ ok: true });
    const { asset, hash, enabled } = lookup(SBTC) as { asset: string; hash: string; enabled: boolean };
    expect(lastEvent(done)).toEqual(
      envelope("token.enabled", { actor: lister, token: SBTC, data: { asset, hash } }),
    );
    expect(enabled).toBe(true);
  });

  it("1100, 1101, 1105, 1001, 1006: role, listing, state, announcement, delay", () => {
    expect(enable(SBTC, guardian).result).toEqual({ err: 1100n });
    expect(enable(fresh).result).toEqual({ err: 1101n });
    expect(enable().result).toEqual({ err: 1105n });
    disable(SBTC);
    expect(enable().result).toEqual({ err: 1001n });
    schedule(read("sluice-tokens", "op-enable", [Cl.principal(SBTC)]));
    expect(enable().result).toEqual({ err: 1006n });
  });
});

describe("lookup", () => {
  it("knows nothing of a token that was never listed", () => {
    expect(lookup(fresh)).toBeNull();
  });
});

describe("seq", () => {
  it("grows by one per event and stands still on failure (I5)", () => {
    const before = seq("sluice-tokens");
    expect(tokens("disable", [Cl.principal(SBTC)], mallory).ok).toBe(false);
    expect(seq("sluice-tokens")).toBe(before);
    expect(must(tokens("disable", [Cl.principal(SBTC)], guardian)).events.at(-1)!.seq).toBe(before + 1n);
  });
});
