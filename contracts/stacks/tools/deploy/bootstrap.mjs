// The calls that take a fresh deployment into service, in order, with the waits between them.
//
//   node tools/deploy/bootstrap.mjs people.json     print the calls for these people
//
// people.json: { deployer, signers: [three or more], threshold, guardian, lister, feeManager, arbiter,
// settler, tokens: [{ token, asset, stx, decimals, min, max, hash }] }. The operation ids depend on the
// deployer's address, so they are computed here on a simulated chain that holds the same contracts.
// After the last call the deployer has no power left: not owner, not signer, no role.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Cl, cvToString } from "@stacks/transactions";
import { CLARITY, emptyChain, muted, readSuite } from "../lib/suite.mjs";

export const DELAY = 144; // burn blocks, both of sluice-access and of the treasury
const ROLES = { guardian: 1, lister: 2, arbiter: 3, settler: 4, feeManager: 5 };

// Modules that take money or use delayed operations.
const MODULES = [
  "sluice-tokens", "sluice-oracle", "sluice-gateway", "sluice-escrow", "sluice-streams",
  "sluice-flow", "sluice-subs", "sluice-receipt", "sluice-market", "sluice-treasury",
];

/** A chain that holds the suite under the deployer's own address. */
export async function chainFor(deployer, suite = readSuite(), options = {}) {
  const chain = await emptyChain(options);
  for (const { name, source } of suite) {
    muted(() => chain.deployContract(name, source, { clarityVersion: CLARITY }, deployer));
  }
  return chain;
}

/** The calls as `{ wait, sender, contract, fn, args, why }`; `wait` burn blocks come before the call. */
export function bootstrap(chain, people) {
  const { deployer, signers, threshold } = people;
  const principal = (name) => Cl.principal(`${deployer}.${name}`);
  const op = (contract, fn, args) => {
    const { result } = muted(() => chain.callReadOnlyFn(`${deployer}.${contract}`, fn, args, deployer));
    return result;
  };
  const step = (sender, contract, fn, args, why, wait = 0) => ({ wait, sender, contract, fn, args, why });

  const delayed = [
    ...Object.entries(ROLES).map(([role, number]) => ({
      sender: deployer, contract: "sluice-access", fn: "grant-role",
      args: [Cl.uint(number), Cl.principal(people[role])], why: `${role} gets his role`,
    })),
    ...MODULES.map((name) => ({
      sender: deployer, contract: "sluice-access", fn: "set-module",
      args: [principal(name), Cl.bool(true), Cl.bool(false)], why: `${name} goes live`,
    })),
    ...people.tokens.map(({ token, asset, stx, decimals, min, max, hash }) => ({
      sender: people.lister, contract: "sluice-tokens", fn: "list-token",
      args: [
        Cl.principal(token), Cl.stringAscii(asset), Cl.bool(stx), Cl.uint(decimals),
        Cl.uint(min), Cl.uint(max), Cl.bufferFromHex(hash),
      ],
      why: `${token} is accepted`,
    })),
  ];
  const announced = delayed.map(({ contract, fn, args, why }) =>
    step(deployer, "sluice-access", "schedule", [op(contract, `op-${fn}`, args)], `announce: ${why}`));
  const run = delayed.map(({ sender, contract, fn, args, why }, n) => step(sender, contract, fn, args, why, n ? 0 : DELAY));

  const handOver = [
    step(deployer, "sluice-access", "propose-owner", [principal("sluice-treasury")], "the treasury shall own the suite"),
    step(deployer, "sluice-treasury", "take-ownership", [], "the treasury owns the suite"),
  ];

  // Each change of signers ends the epoch, so they go one after the other; the deployer leaves last but one.
  let proposals = 0;
  const change = (sender, fn, args, why) => {
    proposals += 1;
    return [
      step(sender, "sluice-treasury", fn, args, `propose: ${why}`),
      step(sender, "sluice-treasury", "execute-admin", [Cl.uint(proposals)], why, DELAY),
    ];
  };
  const [first, ...others] = signers;
  const changes = [
    ...others.flatMap((who) => change(deployer, "propose-add", [Cl.principal(who)], `${who} signs`)),
    ...change(deployer, "propose-swap", [Cl.principal(deployer), Cl.principal(first)], `${first} signs in place of the deployer`),
    ...change(first, "propose-threshold", [Cl.uint(threshold)], `${threshold} approvals are needed`),
  ];
  return [...announced, ...run, ...handOver, ...changes];
}

async function main() {
  const people = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const chain = await chainFor(people.deployer);
  bootstrap(chain, people).forEach(({ wait, sender, contract, fn, args, why }, n) => {
    if (wait) console.log(`    wait ${wait} Bitcoin blocks`);
    console.log(`${n + 1}. ${why}\n    ${sender} calls ${contract}.${fn}(${args.map((arg) => cvToString(arg)).join(", ")})`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
