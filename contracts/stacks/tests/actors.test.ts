/**
 * A contract may be a party of everything: payee, recipient, seller, signer.
 * Then it is the contract that acts and stands in the event as actor, not the
 * person whose transaction reached it.
 */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, balance, bob, call, contract, deployer, mallory, mineBurn, mineStacks, type Outcome, read } from "./helpers/chain";
import { DELAY, must, openSuite, phish, ROLE, SBTC, scheduleAndWait, trait } from "./helpers/suite";
import { proposePayer, stream } from "./helpers/streams";

beforeEach(openSuite);

const AGENT = `${mallory}.agent`;

/** Lets the agent make these calls one after the other, in a transaction that alice signs. */
function agentCalls(...calls: string[]): Outcome {
  const steps = calls.map((text) => `(try! (contract-call? '${deployer}.${text}))`).join(" ");
  return must(phish(`(begin ${steps} (ok true))`, alice, "agent"));
}

const actors = (done: Outcome) => done.events.map(({ ev, actor }) => `${ev} ${actor}`);
const byAgent = (...names: string[]) => names.map((ev) => `${ev} ${AGENT}`);
const sbtc = `'${SBTC}`;
const evidence = `0x${"ee".repeat(32)}`;

function openEscrow(arbiter = bob): void {
  must(call("sluice-escrow", "open", [
    trait(SBTC), Cl.principal(AGENT), Cl.principal(arbiter), Cl.uint(100_001), Cl.uint(144), Cl.uint(72), Cl.uint(288), Cl.uint(5000),
  ], alice));
}

describe("a contract is the actor", () => {
  it("as payee of an escrow", () => {
    openEscrow();

    const done = agentCalls(
      "sluice-escrow accept u1", `sluice-escrow deliver u1 ${evidence}`, "sluice-escrow propose-split u1 u5000",
      `sluice-escrow refund-part u1 ${sbtc} u1`, `sluice-escrow dispute u1 ${evidence}`, `sluice-escrow refund u1 ${sbtc}`,
    );

    expect(actors(done)).toEqual(byAgent(
      "escrow.accepted", "escrow.delivered", "escrow.split-proposed", "escrow.part-refunded", "escrow.disputed", "escrow.closed",
    ));
  });

  it("as payee who settles, or who proposes a split that the payer accepts", () => {
    openEscrow();
    openEscrow();
    must(call("sluice-escrow", "propose-split", [Cl.uint(1), Cl.uint(10_000)], alice));

    agentCalls(`sluice-escrow accept-split u1 ${sbtc} u10000`, "sluice-escrow propose-split u2 u2500");

    expect(must(call("sluice-escrow", "accept-split", [Cl.uint(2), trait(SBTC), Cl.uint(2500)], alice)).ok).toBe(true);
    expect(balance(SBTC, AGENT)).toBe(100_001n - 1_000n + 25_000n - 250n);
  });

  it("as arbiter", () => {
    must(call("sluice-escrow", "open", [
      trait(SBTC), Cl.principal(bob), Cl.principal(AGENT), Cl.uint(100_001), Cl.uint(144), Cl.uint(72), Cl.uint(288), Cl.uint(5000),
    ], alice));
    must(call("sluice-escrow", "accept", [Cl.uint(1)], bob));
    must(call("sluice-escrow", "dispute", [Cl.uint(1), Cl.bufferFromHex("ee".repeat(32))], bob));

    const done = agentCalls(`sluice-escrow resolve u1 ${sbtc} u0`);

    expect(actors(done)).toEqual(byAgent("escrow.closed"));
  });

  it("as anybody who may call: withdrawing for an owner, skimming", () => {
    stream({ to: bob });
    mineStacks(10);
    for (const module of ["sluice-escrow", "sluice-streams", "sluice-market"]) {
      must(call(SBTC, "transfer", [Cl.uint(7), Cl.principal(alice), Cl.principal(contract(module)), Cl.none()], alice));
    }

    const done = agentCalls(
      `sluice-streams withdraw-max u1 ${sbtc}`, `sluice-escrow skim ${sbtc}`, `sluice-streams skim ${sbtc}`, `sluice-market skim ${sbtc}`,
    );

    expect(actors(done)).toEqual(byAgent("stream.withdrawn", "escrow.skimmed", "streams.skimmed", "market.skimmed"));
  });

  it("as owner of a position and as payer of a stream", () => {
    const id = stream({ to: AGENT });
    must(proposePayer(id, AGENT, alice));
    mineStacks(10);

    const done = agentCalls(
      `sluice-streams accept-payer u${id}`, `sluice-streams set-open-withdraw u${id} false`, `sluice-streams withdraw-to u${id} ${sbtc} u5 '${bob}`,
      `sluice-streams approve u${id} '${bob}`, `sluice-streams revoke u${id}`, `sluice-streams pause u${id}`, `sluice-streams resume u${id}`,
      `sluice-streams propose-payer u${id} '${bob}`, `sluice-streams cancel u${id} ${sbtc}`, `sluice-streams withdraw-max u${id} ${sbtc}`,
      `sluice-streams burn u${id}`,
    );

    expect(actors(done)).toEqual(byAgent(
      "stream.payer-changed", "stream.open-withdraw-set", "stream.withdrawn", "position.approved", "position.revoked", "stream.paused",
      "stream.resumed", "stream.payer-proposed", "stream.canceled", "stream.withdrawn", "position.burned",
    ));
    expect(read("sluice-streams", "get-stream", [Cl.uint(id)])).toMatchObject({ payer: AGENT });
  });

  it("as payer who gives up his rights, and as seller of a position", () => {
    const id = stream({ to: AGENT, end: 500_000 });
    must(proposePayer(id, AGENT, alice));
    const expires = 4_000_000_000;

    const done = agentCalls(
      `sluice-streams accept-payer u${id}`, `sluice-streams renounce u${id}`, `sluice-streams approve u${id} '${contract("sluice-market")}`,
      `sluice-market list-position u${id} u500 ${sbtc} u${expires} none`, `sluice-market update-price u${id} u600`, `sluice-market unlist u${id}`,
      `sluice-streams transfer u${id} '${AGENT} '${bob}`,
    );

    expect(actors(done)).toEqual(byAgent(
      "stream.payer-changed", "stream.renounced", "position.approved", "market.listed", "market.updated", "market.unlisted", "position.transferred",
    ));
  });

  it("as seller who accepts an offer", () => {
    const id = stream({ to: AGENT, end: 500_000 });
    must(call("sluice-market", "make-offer", [Cl.uint(id), trait(SBTC), Cl.uint(500), Cl.uint(1), Cl.uint(4_000_000_000)], bob));

    const done = agentCalls(`sluice-streams approve u${id} '${contract("sluice-market")}`, `sluice-market accept-offer u1 ${sbtc} u0`);

    expect(actors(done)).toEqual([
      ...byAgent("position.approved"), `position.transferred ${contract("sluice-market")}`, ...byAgent("market.offer-accepted"),
    ]);
    expect(balance(SBTC, AGENT)).toBe(495n);
  });

  it("as signer of the treasury", () => {
    must(call("sluice-treasury", "propose-add", [Cl.principal(AGENT)], deployer));
    mineBurn(DELAY);
    must(call("sluice-treasury", "execute-admin", [Cl.uint(1)], bob));

    const done = agentCalls(
      "sluice-treasury propose-threshold u2", "sluice-treasury revoke-approval u2", "sluice-treasury approve u2",
      `sluice-treasury propose-shares (list {to: '${bob}, bps: u10000})`,
    );

    expect(actors(done)).toEqual(byAgent(
      "treasury.proposed", "treasury.approved", "treasury.revoked", "treasury.approved", "treasury.shares-proposed", "treasury.proposed", "treasury.approved",
    ));
    expect(read("sluice-treasury", "has-approved", [Cl.uint(2), Cl.principal(AGENT)])).toBe(true);
  });

  it("as signer who spends at once", () => {
    must(call("sluice-treasury", "propose-limit", [Cl.principal(SBTC), Cl.bool(true), Cl.uint(1000), Cl.uint(500)], deployer));
    mineBurn(DELAY);
    must(call("sluice-treasury", "execute-admin", [Cl.uint(1)], bob));
    must(call("sluice-treasury", "propose-add", [Cl.principal(AGENT)], deployer));
    mineBurn(DELAY);
    must(call("sluice-treasury", "execute-admin", [Cl.uint(2)], bob));
    must(call(SBTC, "transfer", [Cl.uint(700), Cl.principal(alice), Cl.principal(contract("sluice-treasury")), Cl.none()], alice));

    const done = agentCalls(`sluice-treasury spend ${sbtc} '${bob} u5`);

    expect(actors(done)).toEqual(byAgent("treasury.spent"));
  });

  it("as guardian of the treasury and as who executes, expires and distributes", () => {
    scheduleAndWait(read("sluice-access", "op-grant-role", [Cl.uint(ROLE.guardian), Cl.principal(AGENT)]));
    must(call("sluice-access", "grant-role", [Cl.uint(ROLE.guardian), Cl.principal(AGENT)], deployer));
    must(call("sluice-treasury", "propose-shares", [Cl.list([Cl.tuple({ to: Cl.principal(bob), bps: Cl.uint(10_000) })])], deployer));
    must(call("sluice-treasury", "propose-cold", [Cl.principal(bob)], deployer));
    mineBurn(DELAY);
    must(call(SBTC, "transfer", [Cl.uint(700), Cl.principal(alice), Cl.principal(contract("sluice-treasury")), Cl.none()], alice));

    const done = agentCalls("sluice-treasury veto u2", "sluice-treasury execute-admin u1", `sluice-treasury distribute ${sbtc}`);

    expect(actors(done)).toEqual(byAgent("treasury.vetoed", "treasury.executed", "treasury.distributed"));
  });
});
