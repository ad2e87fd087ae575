/** Who may call what in access, tokens, gateway, escrow, oracle and receipt; see helpers/doors. */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, bob, call, carol, contract, dave, deployer, guardian, lister, mineBurn, read } from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { announce, type Door, everybody, tryDoor, unnamed, type Who } from "./helpers/doors";
import { KEY, publicKey } from "./helpers/sip018";
import { codeHash, deployHostile, must, openSuite, pause, ROLE, SBTC, STX, trait } from "./helpers/suite";

const p = (who: string) => Cl.principal(who);
const u = (n: number) => Cl.uint(n);
const yes = Cl.bool(true);
const no = Cl.bool(false);
const OP = Cl.bufferFromHex("33".repeat(32));
const HASH = Cl.bufferFromHex("44".repeat(32));
const GATEWAY = contract("sluice-gateway");
const FRESH = contract("fresh-token");

const owner: Who[] = ["deployer"];
const listing = () => [p(FRESH), Cl.stringAscii("hostile"), no, u(6), u(1), u(100), codeHash(FRESH)];
const source = () => [
  Cl.stringAscii("BTC/USD"), p(contract("sluice-oracle-dia")), Cl.none(), u(60), u(60), u(100), u(100),
];

// Merchant 1 belongs to bob, is paid out to carol, and alice paid it; escrow 1 is
// alice's with bob, judged by carol.
const merchantDoors: Door[] = [
  { name: "propose-merchant-owner", args: () => [u(1), p(dave)] },
  { name: "set-payout", args: () => [u(1), p(dave)] },
  { name: "cancel-payout", args: () => [u(1)], given: () => must(call("sluice-gateway", "set-payout", [u(1), p(dave)], bob)) },
  { name: "set-signer", args: () => [u(1), publicKey(KEY)] },
  { name: "set-active", args: () => [u(1), no] },
  { name: "set-open", args: () => [u(1), yes] },
  { name: "set-splits", args: () => [u(1), Cl.list([Cl.tuple({ to: p(dave), bps: u(9000) })])] },
  { name: "create-intent", args: () => [u(1), ref("new"), trait(SBTC), u(5), u(9_999_999_999), Cl.none()] },
  { name: "cancel-intent", args: () => [u(1), ref("new")] },
  { name: "refund", args: () => [u(1), trait(SBTC), u(5)] },
].map((door) => ({ ...door, may: ["bob" as const], refusal: 4000n }));

const escrowStep = (fn: string, who: string, ...more: ClarityValue[]) =>
  must(call("sluice-escrow", fn, [u(1), ...more], who));
const accepted = () => escrowStep("accept", bob);
const disputed = () => { accepted(); escrowStep("dispute", alice, HASH); };

const doors: { [name: string]: Door[] } = {
  "sluice-access": [
    { name: "propose-owner", args: () => [p(dave)], may: owner, refusal: 1000n },
    {
      name: "cancel-owner", args: () => [], may: owner, refusal: 1000n,
      given: () => must(call("sluice-access", "propose-owner", [p(dave)], deployer)),
    },
    {
      name: "accept-owner", args: () => [], may: ["dave"], refusal: 1000n,
      given: () => must(call("sluice-access", "propose-owner", [p(dave)], deployer)),
    },
    { name: "schedule", args: () => [OP], may: owner, refusal: 1000n },
    {
      name: "veto", args: () => [OP], may: ["guardian", "deployer"], refusal: 1000n,
      given: () => must(call("sluice-access", "schedule", [OP], deployer)),
    },
    {
      name: "set-delay", args: () => [u(200)], may: owner, refusal: 1000n,
      given: () => announce("sluice-access", "op-set-delay", [u(200)]),
    },
    {
      name: "grant-role", args: () => [u(ROLE.lister), p(dave)], may: owner, refusal: 1000n,
      given: () => announce("sluice-access", "op-grant-role", [u(ROLE.lister), p(dave)]),
    },
    { name: "revoke-role", args: () => [u(ROLE.lister), p(lister)], may: ["deployer", "lister"], refusal: 1000n },
    { name: "set-module", args: () => [p(GATEWAY), yes, yes], may: owner, refusal: 1000n },
    { name: "pause", args: () => [p(GATEWAY), u(9)], may: ["guardian", "deployer"], refusal: 1000n },
    {
      name: "unpause", args: () => [p(GATEWAY)], may: ["guardian", "deployer"], refusal: 1000n,
      given: () => pause("sluice-gateway"),
    },
  ],
  "sluice-tokens": [
    {
      name: "list-token", args: listing, may: ["lister"], refusal: 1100n,
      given: () => announce("sluice-tokens", "op-list-token", listing()),
    },
    {
      name: "set-limits", args: () => [p(SBTC), u(1), u(9)], may: ["lister"], refusal: 1100n,
      given: () => announce("sluice-tokens", "op-set-limits", [p(SBTC), u(1), u(9)]),
    },
    { name: "disable", args: () => [p(SBTC)], may: ["guardian"], refusal: 1100n },
    {
      name: "enable", args: () => [p(STX)], may: ["lister"], refusal: 1100n,
      given: () => {
        must(call("sluice-tokens", "disable", [p(STX)], guardian));
        announce("sluice-tokens", "op-enable", [p(STX)]);
      },
    },
  ],
  "sluice-gateway": [
    ...merchantDoors,
    {
      name: "accept-merchant-owner", args: () => [u(1)], may: ["dave"], refusal: 4000n,
      given: () => must(call("sluice-gateway", "propose-merchant-owner", [u(1), p(dave)], bob)),
    },
    {
      name: "set-merchant-fee", args: () => [u(1), u(500)], may: ["feeManager"], refusal: 4000n,
      given: () => announce("sluice-gateway", "op-set-merchant-fee", [u(1), u(500)]),
    },
    {
      name: "set-platform-fee", args: () => [u(500)], may: ["feeManager"], refusal: 4000n,
      given: () => announce("sluice-gateway", "op-set-platform-fee", [u(500)]),
    },
  ],
  "sluice-escrow": [
    { name: "accept", args: () => [u(1)], may: ["bob"], refusal: 5000n },
    { name: "deliver", args: () => [u(1), HASH], may: ["bob"], refusal: 5000n, given: accepted },
    { name: "dispute", args: () => [u(1), HASH], may: ["alice", "bob"], refusal: 5000n, given: accepted },
    { name: "cancel", args: () => [u(1), trait(SBTC)], may: ["alice"], refusal: 5000n },
    { name: "release", args: () => [u(1), trait(SBTC)], may: ["alice"], refusal: 5000n, given: accepted },
    { name: "release-part", args: () => [u(1), trait(SBTC), u(5)], may: ["alice"], refusal: 5000n, given: accepted },
    { name: "refund", args: () => [u(1), trait(SBTC)], may: ["bob"], refusal: 5000n, given: disputed },
    { name: "refund-part", args: () => [u(1), trait(SBTC), u(5)], may: ["bob"], refusal: 5000n, given: accepted },
    { name: "propose-split", args: () => [u(1), u(5)], may: ["alice", "bob"], refusal: 5000n, given: accepted },
    {
      name: "accept-split", args: () => [u(1), trait(SBTC), u(5)], may: ["bob"], refusal: 5000n,
      given: () => escrowStep("propose-split", alice, u(5)),
    },
    { name: "resolve", args: () => [u(1), trait(SBTC), u(5)], may: ["carol"], refusal: 5000n, given: disputed },
    {
      name: "set-fee", args: () => [u(500)], may: ["feeManager"], refusal: 5000n,
      given: () => announce("sluice-escrow", "op-set-fee", [u(500)]),
    },
  ],
  "sluice-oracle": [
    {
      name: "set-source", args: source, may: ["lister"], refusal: 3000n,
      given: () => announce("sluice-oracle", "op-set-source", source()),
    },
    {
      name: "drop-source", args: () => [Cl.stringAscii("BTC/USD")], may: ["guardian"], refusal: 3000n,
      given: () => {
        announce("sluice-oracle", "op-set-source", source());
        must(call("sluice-oracle", "set-source", source(), lister));
      },
    },
  ],
  "sluice-receipt": [
    { name: "claim-payment", args: () => [u(1)], may: ["alice", "bob"], refusal: 7500n },
    {
      name: "burn", args: () => [u(1)], may: ["alice"], refusal: 7500n,
      given: () => must(call("sluice-receipt", "claim-payment", [u(1)], alice)),
    },
    { name: "set-base-uri", args: () => [Cl.stringAscii("x")], may: ["lister"], refusal: 7500n },
  ],
};

beforeEach(() => {
  openSuite();
  deployHostile("hostile-token", "fresh-token");
  must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
  must(call("sluice-gateway", "set-open", [u(1), yes], bob));
  must(call("sluice-gateway", "pay-open", [u(1), trait(SBTC), u(1000), ref("x")], alice));
  must(call("sluice-escrow", "open", [
    trait(SBTC), p(bob), p(carol), u(1000), u(5000), u(72), u(288), u(5000),
  ], alice));
});

for (const [name, list] of Object.entries(doors)) {
  describe(`${name} (I15, I16)`, () => {
    for (const door of list) {
      it(`${door.name}: only ${door.may.join(" or ")}, and never through another contract`, () => tryDoor(name, door));
    }
  });
}

describe("doors without a named principal", () => {
  it("1000 and 5000: consume and open-for refuse every person", () => {
    must(call("sluice-access", "schedule", [OP], deployer));
    mineBurn(144);
    const hold = [trait(SBTC), p(bob), u(100), u(144), u(1)];
    for (const address of Object.values(everybody)) {
      expect(call("sluice-access", "consume", [OP], address).result).toEqual({ err: 1000n });
      expect(call("sluice-escrow", "open-for", hold, address).result).toEqual({ err: 5000n });
    }
  });

  it("the table above names every public function but those anyone may call", () => {
    const anyone = new Set([
      "sluice-access.consume", "sluice-gateway.register-merchant",
      "sluice-gateway.apply-payout", "sluice-gateway.pay-intent", "sluice-gateway.pay-signed",
      "sluice-gateway.pay-quoted", "sluice-gateway.pay-open", "sluice-escrow.open", "sluice-escrow.open-for",
      "sluice-escrow.reclaim", "sluice-escrow.skim", "sluice-oracle.read-usd", "sluice-receipt.claim-stream",
      "sluice-receipt.transfer",
    ]);
    expect(unnamed(doors, anyone)).toEqual([]);
  });
});

describe("I20: after the hand-over the deployer can do nothing", () => {
  it("leaves every owner's door closed to him", () => {
    must(call("sluice-access", "propose-owner", [p(dave)], deployer));
    must(call("sluice-access", "accept-owner", [], dave));
    for (const door of doors["sluice-access"].filter((d) => d.may.includes("deployer") && d.name !== "cancel-owner"))
      expect([door.name, call("sluice-access", door.name, door.args(), deployer).result])
        .toEqual([door.name, { err: 1000n }]);
    for (const role of Object.values(ROLE))
      expect(read("sluice-access", "has-role", [u(role), p(deployer)])).toBe(false);
  });
});
