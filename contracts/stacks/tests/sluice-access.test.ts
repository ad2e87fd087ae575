import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, bob, burnHeight, call, contract, deployer, envelope, feeManager, guardian, lastEvent, mallory,
  mineBurn, mineStacks, read, seq,
} from "./helpers/chain";
import { DELAY, deployHostile, must, openSuite, ROLE, schedule, scheduleAndWait } from "./helpers/suite";

const ACCESS = contract("sluice-access");
const GATEWAY = contract("sluice-gateway");
const OP = "11".repeat(32);

const access = (fn: string, args: Parameters<typeof call>[2], sender = deployer) =>
  call("sluice-access", fn, args, sender);
const event = (ev: string, actor: string, data: Parameters<typeof envelope>[1]["data"], id = 0n) =>
  envelope(ev, { id, actor, token: ACCESS, data });
const p = Cl.principal;
const op = Cl.bufferFromHex(OP);

beforeEach(openSuite);

describe("propose-owner", () => {
  it("names the next owner, who is not owner yet", () => {
    const done = access("propose-owner", [p(alice)]);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.owner-proposed", deployer, { to: alice }));
    expect(read("sluice-access", "get-pending-owner")).toBe(alice);
    expect(read("sluice-access", "get-owner")).toBe(deployer);
  });

  it("1000: a stranger", () => {
    expect(access("propose-owner", [p(mallory)], mallory).result).toEqual({ err: 1000n });
  });
});

describe("cancel-owner", () => {
  it("takes the proposal back", () => {
    must(access("propose-owner", [p(alice)]));
    const done = access("cancel-owner", []);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.owner-canceled", deployer, { to: alice }));
    expect(access("accept-owner", [], alice).result).toEqual({ err: 1001n });
  });

  it("1000: a stranger", () => {
    must(access("propose-owner", [p(alice)]));
    expect(access("cancel-owner", [], alice).result).toEqual({ err: 1000n });
  });

  it("1001: nothing was proposed", () => {
    expect(access("cancel-owner", []).result).toEqual({ err: 1001n });
  });
});

describe("accept-owner (I14: only propose + accept moves the owner)", () => {
  it("moves ownership to the proposed principal", () => {
    must(access("propose-owner", [p(alice)]));
    const done = access("accept-owner", [], alice);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.owner-changed", alice, { from: deployer, to: alice }));
    expect(read("sluice-access", "get-owner")).toBe(alice);
    expect(read("sluice-access", "get-pending-owner")).toBeNull();
    expect(access("propose-owner", [p(bob)], deployer).result).toEqual({ err: 1000n });
  });

  it("1000: somebody else accepts, even the owner", () => {
    must(access("propose-owner", [p(alice)]));
    expect(access("accept-owner", [], mallory).result).toEqual({ err: 1000n });
    expect(access("accept-owner", [], deployer).result).toEqual({ err: 1000n });
  });

  it("1001: nothing was proposed", () => {
    expect(access("accept-owner", [], alice).result).toEqual({ err: 1001n });
  });

  it("1001: a proposal is used only once", () => {
    must(access("propose-owner", [p(alice)]));
    must(access("accept-owner", [], alice));
    expect(access("accept-owner", [], alice).result).toEqual({ err: 1001n });
  });
});

describe("schedule", () => {
  it("sets the height from which the operation may run", () => {
    const eta = BigInt(burnHeight() + DELAY);
    const done = access("schedule", [op]);
    expect(done.result).toEqual({ ok: eta });
    expect(lastEvent(done)).toEqual(event("access.op-scheduled", deployer, { op: OP, eta }));
    expect(read("sluice-access", "op-eta", [op])).toBe(eta);
  });

  it("1000: a stranger, and a guardian", () => {
    expect(access("schedule", [op], mallory).result).toEqual({ err: 1000n });
    expect(access("schedule", [op], guardian).result).toEqual({ err: 1000n });
  });

  it("1007: it waits already", () => {
    must(access("schedule", [op]));
    expect(access("schedule", [op]).result).toEqual({ err: 1007n });
  });
});

describe("veto", () => {
  it("strikes an operation, by the owner or a guardian", () => {
    for (const who of [deployer, guardian]) {
      must(access("schedule", [op]));
      const done = access("veto", [op], who);
      expect(done.result).toEqual({ ok: true });
      expect(lastEvent(done)).toEqual(event("access.op-vetoed", who, { op: OP }));
      expect(read("sluice-access", "op-eta", [op])).toBeNull();
    }
  });

  it("1000: a stranger, and another role", () => {
    must(access("schedule", [op]));
    expect(access("veto", [op], mallory).result).toEqual({ err: 1000n });
    expect(access("veto", [op], feeManager).result).toEqual({ err: 1000n });
  });

  it("1001: not scheduled", () => {
    expect(access("veto", [op]).result).toEqual({ err: 1001n });
  });
});

describe("consume", () => {
  // A module of the suite is a contract; this one does nothing but use the operation.
  let module: string;
  const consume = () => call(module, "lure", [], mallory);
  const setLive = (live: boolean) =>
    must(access("set-module", [p(module), Cl.bool(live), Cl.bool(false)]));

  beforeEach(() => {
    module = deployHostile("phisher", "module", [
      ["(ok true) ;; ATTACK", `(contract-call? '${ACCESS} consume 0x${OP})`],
    ]);
    scheduleAndWait(read("sluice-access", "op-set-module", [p(module), Cl.bool(true), Cl.bool(false)]));
    setLive(true);
  });

  it("uses up a due operation, for a live module, once (I17)", () => {
    scheduleAndWait(OP);
    const done = consume();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.op-consumed", module, { op: OP }));
    expect(consume().result).toEqual({ err: 1001n });
  });

  it("1000: only live modules, not even the owner", () => {
    scheduleAndWait(OP);
    expect(access("consume", [op]).result).toEqual({ err: 1000n });
    setLive(false);
    expect(consume().result).toEqual({ err: 1000n });
  });

  it("1001: not scheduled", () => {
    expect(consume().result).toEqual({ err: 1001n });
  });

  it("1006: one Bitcoin block too early; Stacks blocks do not count", () => {
    schedule(OP);
    mineStacks(1000);
    mineBurn(DELAY - 1);
    expect(consume().result).toEqual({ err: 1006n });
    mineBurn(1);
    expect(consume().result).toEqual({ ok: true });
  });
});

describe("set-delay", () => {
  const setDelay = (blocks: number, sender = deployer) => access("set-delay", [Cl.uint(blocks)], sender);
  const announce = (blocks: number) => scheduleAndWait(read("sluice-access", "op-set-delay", [Cl.uint(blocks)]));

  it("changes the wait of later operations only", () => {
    schedule(OP);
    const eta = read("sluice-access", "op-eta", [op]);
    announce(4320);
    const done = setDelay(4320);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.delay-set", deployer, { blocks: 4320n }));
    expect(read("sluice-access", "get-delay")).toBe(4320n);
    expect(read("sluice-access", "op-eta", [op])).toBe(eta);
    const later = access("schedule", [Cl.bufferFromHex("22".repeat(32))]);
    expect(later.value).toBe(BigInt(burnHeight()) + 4320n);
  });

  it("1000: a stranger", () => {
    expect(setDelay(144, mallory).result).toEqual({ err: 1000n });
  });

  it("1003: below one day or above thirty", () => {
    announce(143);
    expect(setDelay(143).result).toEqual({ err: 1003n });
    announce(4321);
    expect(setDelay(4321).result).toEqual({ err: 1003n });
  });

  it("1001: not announced, or with another number (I17)", () => {
    announce(200);
    expect(setDelay(201).result).toEqual({ err: 1001n });
  });

  it("1006: too early", () => {
    schedule(read("sluice-access", "op-set-delay", [Cl.uint(200)]));
    expect(setDelay(200).result).toEqual({ err: 1006n });
  });
});

describe("grant-role", () => {
  const grant = (role: number, who: string, sender = deployer) =>
    access("grant-role", [Cl.uint(role), p(who)], sender);
  const announce = (role: number, who: string) =>
    scheduleAndWait(read("sluice-access", "op-grant-role", [Cl.uint(role), p(who)]));

  it("gives each of the five roles", () => {
    for (const role of Object.values(ROLE)) {
      announce(role, alice);
      const done = grant(role, alice);
      expect(done.result).toEqual({ ok: true });
      expect(lastEvent(done)).toEqual(
        event("access.role-granted", deployer, { role: BigInt(role), who: alice }, BigInt(role)),
      );
      expect(read("sluice-access", "has-role", [Cl.uint(role), p(alice)])).toBe(true);
    }
  });

  it("1000: a stranger", () => {
    announce(ROLE.lister, mallory);
    expect(grant(ROLE.lister, mallory, mallory).result).toEqual({ err: 1000n });
  });

  it("1001: no such role, or not announced for this principal", () => {
    announce(0, alice);
    expect(grant(0, alice).result).toEqual({ err: 1001n });
    announce(6, alice);
    expect(grant(6, alice).result).toEqual({ err: 1001n });
    announce(ROLE.lister, alice);
    expect(grant(ROLE.lister, mallory).result).toEqual({ err: 1001n });
    expect(grant(ROLE.guardian, alice).result).toEqual({ err: 1001n });
  });

  it("1006: too early", () => {
    schedule(read("sluice-access", "op-grant-role", [Cl.uint(ROLE.lister), p(alice)]));
    expect(grant(ROLE.lister, alice).result).toEqual({ err: 1006n });
  });

  it("1007: held already", () => {
    announce(ROLE.guardian, guardian);
    expect(grant(ROLE.guardian, guardian).result).toEqual({ err: 1007n });
  });
});

describe("revoke-role", () => {
  const revoke = (role: number, who: string, sender: string) =>
    access("revoke-role", [Cl.uint(role), p(who)], sender);

  it("works at once for the owner and for the holder himself", () => {
    for (const [role, who, sender] of [
      [ROLE.guardian, guardian, deployer], [ROLE.feeManager, feeManager, feeManager],
    ] as const) {
      const done = revoke(role, who, sender);
      expect(done.result).toEqual({ ok: true });
      expect(lastEvent(done)).toEqual(
        event("access.role-revoked", sender, { role: BigInt(role), who }, BigInt(role)),
      );
      expect(read("sluice-access", "has-role", [Cl.uint(role), p(who)])).toBe(false);
    }
  });

  it("1000: a stranger takes nothing from others", () => {
    expect(revoke(ROLE.guardian, guardian, mallory).result).toEqual({ err: 1000n });
  });

  it("1001: not held", () => {
    expect(revoke(ROLE.guardian, alice, alice).result).toEqual({ err: 1001n });
  });
});

describe("set-module", () => {
  const setModule = (m: string, live: boolean, sunset: boolean, sender = deployer) =>
    access("set-module", [p(m), Cl.bool(live), Cl.bool(sunset)], sender);
  const announce = (m: string, live: boolean, sunset: boolean) =>
    scheduleAndWait(read("sluice-access", "op-set-module", [p(m), Cl.bool(live), Cl.bool(sunset)]));
  const takesMoney = (m: string) => read("sluice-access", "accepts-money", [p(m)]);

  it("registers a module after the delay", () => {
    const fresh = contract("sluice-new");
    expect(setModule(fresh, true, false).result).toEqual({ err: 1001n });
    announce(fresh, true, false);
    const done = setModule(fresh, true, false);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      event("access.module-set", deployer, { module: fresh, live: true, sunset: false }),
    );
    expect(takesMoney(fresh)).toBe(true);
    expect(read("sluice-access", "is-live", [p(fresh)])).toBe(true);
    expect(read("sluice-access", "get-module", [p(fresh)])).toEqual({
      live: true, sunset: false, "paused-until": 0n,
    });
  });

  it("closes at once: sunset, then not live", () => {
    expect(setModule(GATEWAY, true, true).result).toEqual({ ok: true });
    expect(takesMoney(GATEWAY)).toBe(false);
    expect(read("sluice-access", "is-live", [p(GATEWAY)])).toBe(true);
    expect(setModule(GATEWAY, false, true).result).toEqual({ ok: true });
    expect(read("sluice-access", "is-live", [p(GATEWAY)])).toBe(false);
  });

  it("1001: reopening a sunset or dead module needs its own announced operation", () => {
    must(setModule(GATEWAY, true, true));
    expect(setModule(GATEWAY, true, false).result).toEqual({ err: 1001n });
    must(setModule(GATEWAY, false, true));
    expect(setModule(GATEWAY, true, true).result).toEqual({ err: 1001n });
    expect(setModule(GATEWAY, false, false).result).toEqual({ err: 1001n });
    announce(GATEWAY, true, false);
    expect(setModule(GATEWAY, true, false).result).toEqual({ ok: true });
    expect(takesMoney(GATEWAY)).toBe(true);
  });

  it("1000: a stranger, and a guardian", () => {
    expect(setModule(GATEWAY, false, true, mallory).result).toEqual({ err: 1000n });
    expect(setModule(GATEWAY, false, true, guardian).result).toEqual({ err: 1000n });
  });

  it("1006: too early", () => {
    const fresh = contract("sluice-new");
    schedule(read("sluice-access", "op-set-module", [p(fresh), Cl.bool(true), Cl.bool(false)]));
    expect(setModule(fresh, true, false).result).toEqual({ err: 1006n });
  });

  it("keeps a running pause", () => {
    must(access("pause", [p(GATEWAY), Cl.uint(100)], guardian));
    must(setModule(GATEWAY, true, false));
    expect(takesMoney(GATEWAY)).toBe(false);
  });
});

describe("pause (I18: it ends by itself and cannot be renewed at once)", () => {
  const pauseFor = (blocks: number, sender = guardian, m = GATEWAY) =>
    access("pause", [p(m), Cl.uint(blocks)], sender);
  const isPaused = () => read("sluice-access", "is-paused", [p(GATEWAY)]);

  it("stops new money until its height, by the owner or a guardian", () => {
    const until = BigInt(burnHeight() + 1008);
    const done = pauseFor(1008);
    expect(done.result).toEqual({ ok: until });
    expect(lastEvent(done)).toEqual(event("access.paused", guardian, { module: GATEWAY, until }));
    mineBurn(1007);
    expect(isPaused()).toBe(true);
    expect(read("sluice-access", "accepts-money", [p(GATEWAY)])).toBe(false);
    mineBurn(1);
    expect(isPaused()).toBe(false);
    expect(read("sluice-access", "accepts-money", [p(GATEWAY)])).toBe(true);
    mineBurn(144);
    expect(pauseFor(1, deployer).ok).toBe(true);
  });

  it("1000: a stranger", () => {
    expect(pauseFor(10, mallory).result).toEqual({ err: 1000n });
  });

  it("1001: not a module", () => {
    expect(pauseFor(10, guardian, alice).result).toEqual({ err: 1001n });
  });

  it("1003: no blocks, or more than 1008", () => {
    expect(pauseFor(0).result).toEqual({ err: 1003n });
    expect(pauseFor(1009).result).toEqual({ err: 1003n });
  });

  it("1006: while paused, and during the cool-down after it", () => {
    must(pauseFor(10));
    expect(pauseFor(10).result).toEqual({ err: 1006n });
    mineBurn(10 + 143);
    expect(pauseFor(10).result).toEqual({ err: 1006n });
    mineBurn(1);
    expect(pauseFor(10).ok).toBe(true);
  });
});

describe("unpause", () => {
  const unpause = (sender: string) => access("unpause", [p(GATEWAY)], sender);

  it("ends a pause early and starts the cool-down", () => {
    must(access("pause", [p(GATEWAY), Cl.uint(1000)], guardian));
    const done = unpause(guardian);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("access.unpaused", guardian, { module: GATEWAY }));
    expect(read("sluice-access", "accepts-money", [p(GATEWAY)])).toBe(true);
    expect(access("pause", [p(GATEWAY), Cl.uint(10)], guardian).result).toEqual({ err: 1006n });
    mineBurn(144);
    expect(access("pause", [p(GATEWAY), Cl.uint(10)], guardian).ok).toBe(true);
  });

  it("1000: a stranger", () => {
    must(access("pause", [p(GATEWAY), Cl.uint(10)], guardian));
    expect(unpause(mallory).result).toEqual({ err: 1000n });
  });

  it("1005: not paused, or not any more", () => {
    expect(unpause(deployer).result).toEqual({ err: 1005n });
    must(access("pause", [p(GATEWAY), Cl.uint(10)], guardian));
    mineBurn(10);
    expect(unpause(deployer).result).toEqual({ err: 1005n });
  });
});

describe("views of nothing", () => {
  it("an unknown module takes no money and is not paused", () => {
    expect(read("sluice-access", "accepts-money", [p(alice)])).toBe(false);
    expect(read("sluice-access", "is-live", [p(alice)])).toBe(false);
    expect(read("sluice-access", "is-paused", [p(alice)])).toBe(false);
    expect(read("sluice-access", "get-module", [p(alice)])).toBeNull();
    expect(read("sluice-access", "has-role", [Cl.uint(1), p(alice)])).toBe(false);
  });
});

describe("seq", () => {
  it("grows by one per event and stands still on failure (I5)", () => {
    const before = seq("sluice-access");
    const first = access("schedule", [op]);
    expect(first.events[0].seq).toBe(before + 1n);
    expect(access("schedule", [op]).ok).toBe(false);
    expect(access("veto", [op]).events[0].seq).toBe(before + 2n);
    expect(seq("sluice-access")).toBe(before + 2n);
  });
});
