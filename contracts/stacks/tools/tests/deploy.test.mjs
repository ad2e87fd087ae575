// Deployment: the plans deploy, the bootstrap leaves the deployer without power, the check sees a difference.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { Cl, cvToString } from "@stacks/transactions";
import { DELAY, bootstrap, chainFor } from "../deploy/bootstrap.mjs";
import { NETWORKS, codeHash, contractsFor, deploymentFiles, planFor } from "../deploy/plan.mjs";
import { verify } from "../deploy/verify.mjs";
import { DEPLOYER, dependencies, muted, readSuite } from "../lib/suite.mjs";

const SIGNERS = ["ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5", "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG", "ST2JHG361ZXG51QTKY2NQCVBPPRRE2KZB1HR05NNC"];
const GUARDIAN = "ST2NEB84ASENDXKYGJPQW86YXQCEFEX2ZQPG87ND";
const LISTER = "ST2REHHS5J3CERCRBEPMGH7921Q6PYKAADT7JP2VB";
const OTHERS = ["ST3AM1A56AK2C1XAFJ4115ZSV26EB49BVQ10MGCS0", "ST3PF13W7Z0RRM42A8VZRVFQ75SV1K26RXEP8YGKJ", "ST3NBRSFKX28FQ2ZJ1MAKX58HKHSDGNV5N7R21XCP"];

const publishedNames = (plan) => [...plan.matchAll(/contract-name: (\S+)/g)].map((match) => match[1]);

for (const network of Object.keys(NETWORKS)) {
  test(`the ${network} plan deploys every contract after what it needs`, () => {
    const names = publishedNames(planFor(network));

    const sources = new Map(readSuite().map(({ name, source }) => [name, source]));
    assert.equal(names.length, contractsFor(network).length);
    names.forEach((name, n) => {
      for (const needed of dependencies(sources.get(name))) assert.ok(names.slice(0, n).includes(needed), `${name} before ${needed}`);
    });
  });
}

test("only mainnet, where the price feeds are, gets their adapters", () => {
  const left = publishedNames(planFor("mainnet")).filter((name) => !publishedNames(planFor("testnet")).includes(name));

  assert.deepEqual(left.sort(), ["sluice-oracle-dia", "sluice-oracle-pyth"]);
});

test("a plan carries the deployer it is given", () => {
  assert.ok(planFor("mainnet").includes("expected-sender: $DEPLOYER"));
  assert.ok(!planFor("mainnet", { sender: "SP000000000000000000002Q6VF78" }).includes("$DEPLOYER"));
});

test("the plans change when a contract changes", () => {
  const suite = readSuite();
  const changed = suite.map((contract, n) => (n ? contract : { ...contract, source: `${contract.source}\n` }));

  assert.notDeepEqual([...deploymentFiles(suite)], [...deploymentFiles(changed)]);
});

test("the code hash is the one the chain computes", async () => {
  const suite = readSuite();
  const chain = await chainFor(DEPLOYER, suite);

  for (const { name, source } of suite) {
    const { result } = chain.execute(`(contract-hash? '${DEPLOYER}.${name})`);
    assert.equal(cvToString(result), `(ok 0x${codeHash(source)})`);
  }
});

test("after the bootstrap the suite works and the deployer has no power", async () => {
  const chain = await chainFor(DEPLOYER);
  const stx = readSuite().find(({ name }) => name === "sluice-stx");
  const [feeManager, arbiter, settler] = OTHERS;
  const people = {
    deployer: DEPLOYER, signers: SIGNERS, threshold: 2, guardian: GUARDIAN, lister: LISTER, feeManager, arbiter, settler,
    tokens: [{ token: `${DEPLOYER}.sluice-stx`, asset: "stx", stx: true, decimals: 6, min: 1, max: 1_000_000_000_000, hash: codeHash(stx.source) }],
  };

  for (const { wait, sender, contract, fn, args, why } of bootstrap(chain, people)) {
    if (wait) chain.mineEmptyBurnBlocks(wait);
    const { result } = muted(() => chain.callPublicFn(`${DEPLOYER}.${contract}`, fn, args, sender));
    assert.equal(result.type, "ok", `${why}: ${cvToString(result)}`);
  }

  const ask = (contract, fn, args = []) => cvToString(chain.callReadOnlyFn(`${DEPLOYER}.${contract}`, fn, args, DEPLOYER).result);
  assert.equal(DELAY, Number(ask("sluice-access", "get-delay").slice(1)));
  assert.equal(ask("sluice-access", "get-owner"), `${DEPLOYER}.sluice-treasury`);
  assert.equal(ask("sluice-treasury", "is-signer", [Cl.principal(DEPLOYER)]), "false");
  for (let role = 1; role <= 5; role++) {
    assert.equal(ask("sluice-access", "has-role", [Cl.uint(role), Cl.principal(DEPLOYER)]), "false");
  }
  for (const who of SIGNERS) assert.equal(ask("sluice-treasury", "is-signer", [Cl.principal(who)]), "true");
  assert.match(ask("sluice-treasury", "get-rules"), /\(threshold u2\)/);
  assert.equal(ask("sluice-access", "accepts-money", [Cl.principal(`${DEPLOYER}.sluice-streams`)]), "true");
  for (const [contract, fn, args] of [
    ["sluice-access", "schedule", [Cl.bufferFromHex("00".repeat(32))]],
    ["sluice-access", "propose-owner", [Cl.principal(DEPLOYER)]],
    ["sluice-access", "pause", [Cl.principal(`${DEPLOYER}.sluice-streams`), Cl.uint(1)]],
    ["sluice-treasury", "propose-add", [Cl.principal(DEPLOYER)]],
    ["sluice-treasury", "propose-transfer", [Cl.principal(`${DEPLOYER}.sluice-stx`), Cl.principal(DEPLOYER), Cl.uint(1)]],
  ]) {
    const { result } = muted(() => chain.callPublicFn(`${DEPLOYER}.${contract}`, fn, args, DEPLOYER));
    assert.equal(result.type, "err", `the deployer can still ${fn}`);
  }
});

/** A node that serves contract sources in the Stacks node's form. */
async function nodeWith(sources) {
  const server = createServer((request, response) => {
    const [, deployer, name] = request.url.match(/^\/v2\/contracts\/source\/([^/]+)\/([^?]+)\?proof=0$/) ?? [];
    const source = deployer === DEPLOYER ? sources.get(name) : undefined;
    response.writeHead(source === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(source === undefined ? "No contract source data found" : JSON.stringify({ source, publish_height: 1, proof: null }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

test("the check tells what is the same, what differs, what is missing and what cannot be reached", async () => {
  const suite = readSuite();
  const hashes = Object.fromEntries(suite.map(({ name, source }) => [name, codeHash(source)]));
  const names = suite.map(({ name }) => name);
  const served = new Map(suite.map(({ name, source }) => [name, source]));
  served.set("sluice-escrow", served.get("sluice-escrow").replace("u10000", "u10001"));
  served.delete("sluice-flow");
  const node = await nodeWith(served);

  const answers = await verify({ node: node.url, deployer: DEPLOYER, names, hashes });

  await node.close();
  const verdicts = Object.fromEntries(answers.map(({ name, verdict }) => [name, verdict]));
  const expected = Object.fromEntries(names.map((name) => [name, "same"]));
  assert.deepEqual(verdicts, { ...expected, "sluice-escrow": "differs", "sluice-flow": "missing" });
  const [gone] = await verify({ node: node.url, deployer: DEPLOYER, names: ["sluice-stx"], hashes });
  assert.equal(gone.verdict, "unreachable");
});
