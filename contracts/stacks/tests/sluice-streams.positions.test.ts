import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, bob, call, carol, contract, dave, mallory, mineBurn, read } from "./helpers/chain";
import { must, openSuite, phish, SBTC, trait } from "./helpers/suite";
import { approve, burn, type Collection, isOperator, nonceOf, ownerOf, revoke, transfer } from "./helpers/positions";
import { ALL, cancel, stream, withdrawMax } from "./helpers/streams";

beforeEach(openSuite);

/** A position of bob's in either collection, paid by alice. */
function position(collection: Collection, transferable = true): bigint {
  if (collection === "sluice-streams") return stream({ flags: { ...ALL, transferable } });
  return must(call("sluice-flow", "open", [
    trait(SBTC), Cl.principal(bob), Cl.uint(10n ** 12n), Cl.uint(1_000_003),
    Cl.tuple({ transferable: Cl.bool(transferable), "stop-on-empty": Cl.bool(false) }),
  ], alice)).value as bigint;
}

describe.each([
  { collection: "sluice-streams" as Collection, base: 6000n, holds: 1_000_003n },
  { collection: "sluice-flow" as Collection, base: 6500n, holds: 1_000_003n },
])("positions of $collection", ({ collection, base, holds }) => {
  const soulbound = collection === "sluice-streams" ? 6010n : 6514n;
  const self = collection === "sluice-streams" ? 6016n : 6516n;

  it("are SIP-009: last id, owner, no URI", () => {
    const id = position(collection);
    expect(read(collection, "get-last-token-id")).toEqual({ ok: id });
    expect(read(collection, "get-owner", [Cl.uint(id)])).toEqual({ ok: bob });
    expect(read(collection, "get-owner", [Cl.uint(99)])).toEqual({ ok: null });
    expect(read(collection, "get-token-uri", [Cl.uint(id)])).toEqual({ ok: null });
    expect(nonceOf(collection, id)).toBe(0n);
  });

  it("I56: change hands by their owner, with a new nonce", () => {
    const id = position(collection);
    const out = transfer(collection, id, bob, carol, bob);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "position.transferred", id, actor: bob, token: SBTC, amount: holds,
      data: { from: bob, to: carol, nonce: 1n },
    }]);
    expect(ownerOf(collection, id)).toBe(carol);
    expect(nonceOf(collection, id)).toBe(1n);
  });

  it("I56: or by the operator he approved, once: the approval dies with the change", () => {
    const id = position(collection);
    const out = approve(collection, id, dave, bob);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 2n, ev: "position.approved", id, actor: bob, token: contract(collection), amount: 0n,
      data: { operator: dave, nonce: 0n },
    }]);
    expect(isOperator(collection, id, dave)).toBe(true);
    expect(transfer(collection, id, bob, carol, dave).ok).toBe(true);
    expect(isOperator(collection, id, dave)).toBe(false);
    expect(transfer(collection, id, carol, dave, dave).result).toEqual({ err: base });
    must(transfer(collection, id, carol, bob, carol));
    expect(transfer(collection, id, bob, dave, dave).result).toEqual({ err: base });
  });

  it("keep one operator at a time, until the owner takes the approval back", () => {
    const id = position(collection);
    must(approve(collection, id, dave, bob));
    must(approve(collection, id, carol, bob));
    expect(isOperator(collection, id, dave)).toBe(false);
    const out = revoke(collection, id, bob);
    expect(out.events).toEqual([{
      sluice: 1n, seq: 4n, ev: "position.revoked", id, actor: bob, token: contract(collection), amount: 0n, data: { nonce: 0n },
    }]);
    expect(transfer(collection, id, bob, carol, carol).result).toEqual({ err: base });
  });

  it("xx00: nobody else moves, approves or revokes", () => {
    const id = position(collection);
    expect(transfer(collection, id, bob, mallory, mallory).result).toEqual({ err: base });
    expect(transfer(collection, id, mallory, carol, mallory).result).toEqual({ err: base });
    expect(approve(collection, id, mallory, mallory).result).toEqual({ err: base });
    expect(approve(collection, id, mallory, alice).result).toEqual({ err: base });
    must(approve(collection, id, dave, bob));
    expect(revoke(collection, id, mallory).result).toEqual({ err: base });
    expect(approve(collection, id, mallory, dave).result).toEqual({ err: base });
  });

  it("xx00, I16: not through a phishing contract either", () => {
    const id = position(collection);
    const lure = (body: string, name: string) => phish(`(contract-call? '${contract(collection)} ${body})`, bob, name).result;
    expect(lure(`transfer u${id} '${bob} '${mallory}`, "p1")).toEqual({ err: base });
    expect(lure(`approve u${id} '${mallory}`, "p2")).toEqual({ err: base });
    expect(lure(`revoke u${id}`, "p3")).toEqual({ err: base });
    expect(lure(`burn u${id}`, "p4")).toEqual({ err: base });
  });

  it("xx01: no such position", () => {
    expect(transfer(collection, 9n, bob, carol, bob).result).toEqual({ err: base + 1n });
    expect(approve(collection, 9n, carol, bob).result).toEqual({ err: base + 1n });
    expect(revoke(collection, 9n, bob).result).toEqual({ err: base + 1n });
    expect(burn(collection, 9n, bob).result).toEqual({ err: base + 1n });
  });

  it("xx05: nothing to revoke", () => {
    expect(revoke(collection, position(collection), bob).result).toEqual({ err: base + 5n });
  });

  it("I57: soulbound ones never change hands", () => {
    const id = position(collection, false);
    expect(transfer(collection, id, bob, carol, bob).result).toEqual({ err: soulbound });
    must(approve(collection, id, dave, bob));
    expect(transfer(collection, id, bob, carol, dave).result).toEqual({ err: soulbound });
    expect(ownerOf(collection, id)).toBe(bob);
  });

  it("cannot go to their owner, nor to the contract that pays them", () => {
    const id = position(collection);
    expect(transfer(collection, id, bob, bob, bob).result).toEqual({ err: self });
    expect(transfer(collection, id, bob, contract(collection), bob).result).toEqual({ err: self });
  });
});

describe("burn of a stream position", () => {
  it("is for an empty one, by its owner", () => {
    const id = stream({ end: 30 });
    mineBurn(1);
    expect(burn("sluice-streams", id, bob).result).toEqual({ err: 6018n });
    must(withdrawMax(id, bob));
    expect(burn("sluice-streams", id, mallory).result).toEqual({ err: 6000n });
    const out = burn("sluice-streams", id, bob);
    expect(out.result).toEqual({ ok: true });
    expect(out.events).toEqual([{
      sluice: 1n, seq: 3n, ev: "position.burned", id, actor: bob, token: contract("sluice-streams"), amount: 0n,
      data: { owner: bob },
    }]);
    expect(ownerOf("sluice-streams", id)).toBeNull();
    expect(withdrawMax(id, bob).result).toEqual({ err: 6001n });
  });

  it("I53: leaves the number used up", () => {
    const id = stream({ start: 900, cliff: 900, end: 9_000 });
    must(cancel(id, alice));
    must(burn("sluice-streams", id, bob));
    expect(stream()).toBe(id + 1n);
  });
});

describe("burn of a flow position", () => {
  it("is for a voided and empty one, by its owner", () => {
    const id = position("sluice-flow");
    expect(burn("sluice-flow", id, bob).result).toEqual({ err: 6505n });
    must(call("sluice-flow", "void", [Cl.uint(id)], alice));
    expect(burn("sluice-flow", id, bob).result).toEqual({ err: 6505n });
    for (const [fn, view, who] of [["withdraw", "covered-at", bob], ["refund", "refundable-at", alice]] as const) {
      const amount = read("sluice-flow", view, [Cl.uint(id), Cl.uint(9_999_999_999)]) as bigint;
      must(call("sluice-flow", fn, [Cl.uint(id), trait(SBTC), Cl.uint(amount)], who));
    }
    expect(burn("sluice-flow", id, mallory).result).toEqual({ err: 6500n });
    const out = burn("sluice-flow", id, bob);
    expect(out.events[0]).toMatchObject({ ev: "position.burned", id, actor: bob, data: { owner: bob } });
    expect(ownerOf("sluice-flow", id)).toBeNull();
  });
});
