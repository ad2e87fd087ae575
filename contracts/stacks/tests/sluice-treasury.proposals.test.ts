/** Each kind of proposal stores and announces exactly what it will do, and nothing else. */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { beforeEach, expect, it } from "vitest";
import { alice, bob, call, contract, deployer, mineBurn, read } from "./helpers/chain";
import { DELAY, MAX_AMOUNT, must, openSuite, SBTC } from "./helpers/suite";

const TREASURY = contract("sluice-treasury");
const OP = "ab".repeat(32);

beforeEach(openSuite);

interface Kind { fn: string; args: () => ClarityValue[]; kind: string; subject?: string; to?: string; amount?: bigint; number?: bigint; arg?: string }

const sbtc = () => Cl.principal(SBTC);

const KINDS: Kind[] = [
  { fn: "propose-transfer", args: () => [sbtc(), Cl.principal(bob), Cl.uint(MAX_AMOUNT)], kind: "transfer", subject: SBTC, to: bob, amount: MAX_AMOUNT },
  { fn: "propose-sweep", args: () => [sbtc()], kind: "sweep", subject: SBTC, to: alice },
  { fn: "propose-resolve", args: () => [Cl.uint(7), sbtc(), Cl.uint(10_000)], kind: "resolve", subject: SBTC, amount: 10_000n, number: 7n },
  { fn: "propose-add", args: () => [Cl.principal(bob)], kind: "add", to: bob },
  { fn: "propose-remove", args: () => [Cl.principal(deployer)], kind: "remove", subject: deployer },
  { fn: "propose-swap", args: () => [Cl.principal(deployer), Cl.principal(bob)], kind: "swap", subject: deployer, to: bob },
  { fn: "propose-threshold", args: () => [Cl.uint(1)], kind: "threshold", amount: 1n },
  { fn: "propose-limit", args: () => [sbtc(), Cl.bool(true), Cl.uint(9), Cl.uint(5)], kind: "spend-limit", subject: SBTC, amount: 5n, number: 9n },
  { fn: "propose-limit", args: () => [sbtc(), Cl.bool(false), Cl.uint(9), Cl.uint(5)], kind: "transfer-limit", subject: SBTC, amount: 5n, number: 9n },
  { fn: "propose-shares", args: () => [Cl.list([Cl.tuple({ to: Cl.principal(bob), bps: Cl.uint(10_000) })])], kind: "shares" },
  { fn: "propose-cold", args: () => [Cl.principal(bob)], kind: "cold", to: bob },
  { fn: "propose-access", args: () => [Cl.stringAscii("grant"), Cl.principal(bob), Cl.uint(2), Cl.bufferFromHex(OP)], kind: "grant", to: bob, number: 2n, arg: OP },
  { fn: "propose-transfer", args: () => [sbtc(), Cl.principal(bob), Cl.uint(1)], kind: "transfer", subject: SBTC, to: bob, amount: 1n },
];

it.each(KINDS)("$fn: a proposal of kind $kind", ({ fn, args, kind, subject = TREASURY, to = TREASURY, amount = 0n, number = 0n, arg = "" }) => {
  must(call("sluice-treasury", "propose-cold", [Cl.principal(alice)], deployer)); // a sweep needs somewhere to go
  mineBurn(DELAY);
  must(call("sluice-treasury", "execute-admin", [Cl.uint(1)], bob));

  const done = must(call("sluice-treasury", fn, args(), deployer));

  const row = read("sluice-treasury", "get-proposal", [Cl.uint(2)]) as { [key: string]: bigint };
  expect(row).toMatchObject({ kind, subject, to, amount, number, arg, epoch: 1n, approvals: 1n, state: 1n });
  const proposed = done.events.find(({ ev }) => ev === "treasury.proposed");
  expect(proposed).toMatchObject({
    id: 2n, actor: deployer, token: subject, amount, data: { kind, subject, to, number, arg, epoch: 1n, expires: row.expires },
  });
  // One approval is enough here; only what will be paid is set aside.
  expect(read("sluice-treasury", "get-reserved", [sbtc()])).toBe(kind === "transfer" ? amount : 0n);
  expect(read("sluice-treasury", "get-reserved", [Cl.principal(TREASURY)])).toBe(0n);

  const revoked = must(call("sluice-treasury", "revoke-approval", [Cl.uint(2)], deployer)).events.at(-1);
  expect(revoked).toMatchObject({ ev: "treasury.revoked", id: 2n, token: TREASURY, amount: 0n, data: { approvals: 0n, eta: 0n } });
  expect(read("sluice-treasury", "get-reserved", [sbtc()])).toBe(0n);
});
