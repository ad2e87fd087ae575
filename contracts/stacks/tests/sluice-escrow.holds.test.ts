/** A payment the gateway holds here costs its fee once, at the gateway. */
import { Cl } from "@stacks/transactions";
import { beforeEach, expect, it } from "vitest";
import { alice, balance, bob, burnHeight, call, dave, mallory, mineBurn, read } from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { KEY, publicKey } from "./helpers/sip018";
import { must, openSuite, SBTC, trait } from "./helpers/suite";

beforeEach(openSuite);

it("is delivered from the start, carries no fee of the escrow, and all of it is released after the hold", () => {
  must(call("sluice-gateway", "register-merchant", [Cl.principal(dave), publicKey(KEY), Cl.uint(1), Cl.uint(20)], bob));
  must(call("sluice-gateway", "set-open", [Cl.uint(1), Cl.bool(true)], bob));
  must(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), Cl.uint(1_000_000), ref("tip")], alice));

  expect(read("sluice-escrow", "get-escrow", [Cl.uint(1)])).toMatchObject({
    state: 3n, "fee-bps": 0n, "deliver-by": BigInt(burnHeight()), "release-at": BigInt(burnHeight() + 20),
  });
  const before = balance(SBTC, dave);
  mineBurn(20);
  must(call("sluice-escrow", "release", [Cl.uint(1), trait(SBTC)], mallory));
  expect(balance(SBTC, dave) - before).toBe(990_000n);
});
