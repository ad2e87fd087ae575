import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, balance, bob, call, deployer, read } from "./helpers/chain";
import { HOSTILE, mintHostile, openSuite, SBTC, STX } from "./helpers/suite";

beforeEach(openSuite);

const transfer = (amount: number, from: string, to: string, memo: string | null, sender: string) =>
  call("sluice-stx", "transfer", [
    Cl.uint(amount), Cl.principal(from), Cl.principal(to),
    memo === null ? Cl.none() : Cl.some(Cl.bufferFromHex(memo)),
  ], sender);

describe("sluice-stx transfer", () => {
  it("moves native STX", () => {
    const before = balance(STX, bob);
    const sent = transfer(7, alice, bob, null, alice);
    expect(sent.result).toEqual({ ok: true });
    expect(sent.moves).toEqual([{ asset: "stx", amount: 7n, from: alice, to: bob }]);
    expect(sent.events).toEqual([]);
    expect(balance(STX, bob)).toBe(before + 7n);
  });

  it("carries a memo on the native event", () => {
    const raw = simnet.callPublicFn(
      STX, "transfer",
      [Cl.uint(7), Cl.principal(alice), Cl.principal(bob), Cl.some(Cl.bufferFromHex("c0ffee"))], alice,
    );
    expect(raw.events.map((e) => [e.event, e.data.memo])).toEqual([["stx_transfer_event", "c0ffee"]]);
  });

  it("u4: only the sender moves his own STX", () => {
    expect(transfer(7, alice, bob, null, bob).result).toEqual({ err: 4n });
  });

  it("passes the native errors on: u1 balance, u2 to himself, u3 zero", () => {
    expect(transfer(Number.MAX_SAFE_INTEGER, alice, bob, null, alice).result).toEqual({ err: 1n });
    expect(transfer(7, alice, alice, null, alice).result).toEqual({ err: 2n });
    expect(transfer(0, alice, bob, null, alice).result).toEqual({ err: 3n });
  });
});

describe("sluice-stx views", () => {
  it("names the token", () => {
    expect(read("sluice-stx", "get-name")).toEqual({ ok: "Stacks" });
    expect(read("sluice-stx", "get-symbol")).toEqual({ ok: "STX" });
    expect(read("sluice-stx", "get-decimals")).toEqual({ ok: 6n });
    expect(read("sluice-stx", "get-token-uri")).toEqual({ ok: null });
    expect((read("sluice-stx", "get-total-supply") as { ok: bigint }).ok).toBeGreaterThan(0n);
  });
});

describe("the test suite's own start", () => {
  it("lists the real sBTC, STX and the hostile token", () => {
    for (const [token, asset] of [[SBTC, "sbtc-token"], [STX, "stx"], [HOSTILE, "hostile"]])
      expect(read("sluice-tokens", "lookup", [Cl.principal(token)])).toMatchObject({ asset, enabled: true });
    expect(balance(SBTC, alice)).toBe(10_000_000_000n);
    mintHostile(deployer, 1);
    expect(balance(HOSTILE, deployer)).toBe(1n);
  });
});
