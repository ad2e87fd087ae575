/** Who may call what in streams, flow, subs, market and treasury; see helpers/doors. */
import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import { alice, bob, call, carol, contract, dave, deployer, mineBurn, read, settler } from "./helpers/chain";
import { announce, type Door, tryDoor, unnamed } from "./helpers/doors";
import { KEY, publicKey } from "./helpers/sip018";
import { approve } from "./helpers/positions";
import { plainCall, proposePayer, stream } from "./helpers/streams";
import { mintSbtc, must, openSuite, SBTC, trait } from "./helpers/suite";

const p = (who: string) => Cl.principal(who);
const u = (n: number | bigint) => Cl.uint(n);
const MARKET = contract("sluice-market");
const FAR = u(4_000_000_000);
const NO_OP = Cl.bufferFromHex("00".repeat(32));

const propose = (fn: string, args: Parameters<typeof call>[2] = []) => must(call("sluice-treasury", fn, args, deployer));
const listed = () => {
  must(approve("sluice-streams", 1n, MARKET, bob));
  must(call("sluice-market", "list-position", [u(1), u(500), p(SBTC), FAR, Cl.none()], bob));
};
const offer = () => must(call("sluice-market", "make-offer", [u(1), trait(SBTC), u(500), u(0), FAR], alice));

// Stream 1, flow 1 and subscription 1 are alice's; bob owns both positions and the merchant of plan 1.
const doors: { [name: string]: Door[] } = {
  "sluice-streams": [
    { name: "withdraw-to", args: () => [u(1), trait(SBTC), u(5), p(dave)], may: ["bob"], refusal: 6000n },
    { name: "set-open-withdraw", args: () => [u(1), Cl.bool(false)], may: ["bob"], refusal: 6000n },
    { name: "cancel", args: () => [u(1), trait(SBTC)], may: ["alice"], refusal: 6000n },
    { name: "cancel-many", args: () => [Cl.list([u(1)]), trait(SBTC)], may: ["alice"], refusal: 6000n },
    { name: "renounce", args: () => [u(1)], may: ["alice"], refusal: 6000n },
    { name: "pause", args: () => [u(1)], may: ["alice"], refusal: 6000n },
    { name: "resume", args: () => [u(1)], may: ["alice"], refusal: 6000n, given: () => must(plainCall("pause", 1n, alice)) },
    { name: "propose-payer", args: () => [u(1), p(dave)], may: ["alice"], refusal: 6000n },
    { name: "accept-payer", args: () => [u(1)], may: ["dave"], refusal: 6000n, given: () => must(proposePayer(1n, dave, alice)) },
    { name: "approve", args: () => [u(1), p(dave)], may: ["bob"], refusal: 6000n },
    { name: "revoke", args: () => [u(1)], may: ["bob"], refusal: 6000n, given: () => must(approve("sluice-streams", 1n, dave, bob)) },
    {
      name: "transfer", args: () => [u(1), p(bob), p(MARKET)], may: ["bob", "dave"], refusal: 6000n,
      given: () => must(approve("sluice-streams", 1n, dave, bob)),
    },
    {
      name: "burn", args: () => [u(1)], may: ["bob"], refusal: 6000n,
      given: () => { mineBurn(200); must(call("sluice-streams", "withdraw-max", [u(1), trait(SBTC)], dave)); },
    },
  ],
  "sluice-flow": [
    { name: "refund", args: () => [u(1), trait(SBTC), u(5)], may: ["alice"], refusal: 6500n },
    { name: "adjust", args: () => [u(1), u(7)], may: ["alice"], refusal: 6500n },
    { name: "void", args: () => [u(1)], may: ["alice", "bob"], refusal: 6500n },
    { name: "approve", args: () => [u(1), p(dave)], may: ["bob"], refusal: 6500n },
    { name: "revoke", args: () => [u(1)], may: ["bob"], refusal: 6500n, given: () => must(approve("sluice-flow", 1n, dave, bob)) },
    {
      name: "transfer", args: () => [u(1), p(bob), p(MARKET)], may: ["bob", "dave"], refusal: 6500n,
      given: () => must(approve("sluice-flow", 1n, dave, bob)),
    },
    {
      name: "burn", args: () => [u(1)], may: ["bob"], refusal: 6500n,
      given: () => {
        must(call("sluice-flow", "adjust", [u(1), u(0)], alice));
        must(call("sluice-flow", "void", [u(1)], alice));
        const held = (what: string) => u(read("sluice-flow", what, [u(1), FAR]) as bigint);
        must(call("sluice-flow", "withdraw", [u(1), trait(SBTC), held("covered-at")], dave));
        must(call("sluice-flow", "refund", [u(1), trait(SBTC), held("refundable-at")], alice));
      },
    },
  ],
  "sluice-subs": [
    { name: "create-plan", args: () => [u(1), p(SBTC), u(9), u(60), u(0), u(60)], may: ["bob"], refusal: 7000n },
    { name: "set-plan", args: () => [u(1), u(9), Cl.bool(false)], may: ["bob"], refusal: 7000n },
    { name: "pause-sub", args: () => [u(1)], may: ["alice"], refusal: 7000n },
    { name: "resume-sub", args: () => [u(1)], may: ["alice"], refusal: 7000n, given: () => must(call("sluice-subs", "pause-sub", [u(1)], alice)) },
    { name: "cancel-sub", args: () => [u(1), trait(SBTC)], may: ["alice", "bob"], refusal: 7000n },
  ],
  "sluice-market": [
    {
      name: "list-position", args: () => [u(1), u(500), p(SBTC), FAR, Cl.none()], may: ["bob"], refusal: 8000n,
      given: () => must(approve("sluice-streams", 1n, MARKET, bob)),
    },
    { name: "update-price", args: () => [u(1), u(7)], may: ["bob"], refusal: 8000n, given: listed },
    { name: "unlist", args: () => [u(1)], may: ["bob"], refusal: 8000n, given: listed },
    { name: "buy-for", args: () => [u(1), trait(SBTC), u(500), u(0), p(dave)], may: ["settler"], refusal: 8000n, given: () => { listed(); mintSbtc(settler, 500); } },
    { name: "cancel-offer", args: () => [u(1), trait(SBTC)], may: ["alice"], refusal: 8000n, given: offer },
    {
      name: "accept-offer", args: () => [u(1), trait(SBTC), u(0)], may: ["bob"], refusal: 8000n,
      given: () => { must(approve("sluice-streams", 1n, MARKET, bob)); offer(); },
    },
    { name: "set-fee", args: () => [u(500)], may: ["feeManager"], refusal: 8000n, given: () => announce("sluice-market", "op-set-fee", [u(500)]) },
  ],
  "sluice-treasury": [
    { name: "propose-transfer", args: () => [p(SBTC), p(dave), u(5)], may: ["deployer"], refusal: 9000n },
    {
      name: "propose-sweep", args: () => [p(SBTC)], may: ["deployer"], refusal: 9000n,
      given: () => {
        const id = propose("propose-cold", [p(dave)]).value as bigint;
        mineBurn(144);
        must(call("sluice-treasury", "execute-admin", [u(id)], dave));
      },
    },
    { name: "propose-resolve", args: () => [u(1), p(SBTC), u(5)], may: ["deployer"], refusal: 9000n },
    { name: "propose-add", args: () => [p(dave)], may: ["deployer"], refusal: 9000n },
    { name: "propose-remove", args: () => [p(deployer)], may: ["deployer"], refusal: 9000n },
    { name: "propose-swap", args: () => [p(deployer), p(dave)], may: ["deployer"], refusal: 9000n },
    { name: "propose-threshold", args: () => [u(1)], may: ["deployer"], refusal: 9000n },
    { name: "propose-limit", args: () => [p(SBTC), Cl.bool(true), u(9), u(9)], may: ["deployer"], refusal: 9000n },
    { name: "propose-shares", args: () => [Cl.list([Cl.tuple({ to: p(dave), bps: u(10_000) })])], may: ["deployer"], refusal: 9000n },
    { name: "propose-cold", args: () => [p(dave)], may: ["deployer"], refusal: 9000n },
    { name: "propose-access", args: () => [Cl.stringAscii("owner"), p(dave), u(0), NO_OP], may: ["deployer"], refusal: 9000n },
    {
      name: "approve", args: () => [u(2)], may: ["dave", "deployer"], refusal: 9000n,
      given: () => {
        propose("propose-add", [p(dave)]);
        mineBurn(144);
        must(call("sluice-treasury", "execute-admin", [u(1)], dave));
        propose("propose-add", [p(carol)]);
        must(call("sluice-treasury", "revoke-approval", [u(2)], deployer)); // or he could not approve again
      },
    },
    { name: "veto", args: () => [u(1)], may: ["guardian"], refusal: 9000n, given: () => propose("propose-add", [p(dave)]) },
    {
      name: "take-ownership", args: () => [], may: ["deployer"], refusal: 9000n,
      given: () => must(call("sluice-access", "propose-owner", [p(contract("sluice-treasury"))], deployer)),
    },
    {
      name: "spend", args: () => [trait(SBTC), p(dave), u(5)], may: ["deployer"], refusal: 9000n,
      given: () => {
        const id = propose("propose-limit", [p(SBTC), Cl.bool(true), u(9), u(9)]).value as bigint;
        mineBurn(144);
        must(call("sluice-treasury", "execute-admin", [u(id)], dave));
        must(call(SBTC, "transfer", [u(100), p(alice), p(contract("sluice-treasury")), Cl.none()], alice));
      },
    },
  ],
};


beforeEach(() => {
  openSuite();
  must(call("sluice-gateway", "register-merchant", [p(carol), publicKey(KEY), u(0), u(0)], bob));
  must(call("sluice-subs", "create-plan", [u(1), p(SBTC), u(100), u(3_600), u(0), u(36_000)], bob));
  must(call("sluice-subs", "subscribe", [u(1), trait(SBTC), u(4), u(100)], alice));
  stream({ end: 100_000, start: -10_000, cliff: -10_000 });
  must(call("sluice-flow", "open", [
    trait(SBTC), p(bob), u(10n ** 12n), u(1_000_000), Cl.tuple({ transferable: Cl.bool(true), "stop-on-empty": Cl.bool(false) }),
  ], alice));
});

for (const [name, list] of Object.entries(doors)) {
  describe(`${name} (I15, I16)`, () => {
    for (const door of list) {
      it(`${door.name}: only ${door.may.join(" or ")}, and never through another contract`, () => tryDoor(name, door));
    }
  });
}

it("the table names every public function but those anyone may call, and those that ask for a vote", () => {
  const anyone = new Set([
    "sluice-streams.create-linear", "sluice-streams.create-tranched", "sluice-streams.create-many", "sluice-streams.top-up",
    "sluice-streams.withdraw-max", "sluice-streams.withdraw-many", "sluice-streams.skim",
    "sluice-flow.open", "sluice-flow.fund", "sluice-flow.withdraw", "sluice-flow.skim",
    "sluice-subs.subscribe", "sluice-subs.top-up-sub", "sluice-subs.charge", "sluice-subs.charge-many", "sluice-subs.skim",
    "sluice-market.buy", "sluice-market.make-offer", "sluice-market.expire-offer", "sluice-market.skim",
    "sluice-treasury.expire", "sluice-treasury.execute-transfer", "sluice-treasury.execute-sweep",
    "sluice-treasury.execute-resolve", "sluice-treasury.execute-admin", "sluice-treasury.execute-access",
    "sluice-treasury.distribute", "sluice-treasury.revoke-approval",
  ]);

  expect(unnamed(doors, anyone)).toEqual([]);
});
