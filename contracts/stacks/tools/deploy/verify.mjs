// Compares what is deployed with deployments/code-hashes.json.
//
//   node tools/deploy/verify.mjs --node https://api.hiro.so --deployer SP… --network mainnet
//
// Asks a Stacks node (or API) for the source of each contract, hashes it as the chain does, and fails
// when one is missing or differs.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { HASHES, NETWORKS, codeHash, contractsFor } from "./plan.mjs";

const TIMEOUT_MS = 15_000;

/** One of `same`, `differs`, `missing` or `unreachable` for each contract. */
export async function verify({ node, deployer, names, hashes }) {
  const answers = [];
  for (const name of names) answers.push({ name, ...(await verifyOne(node, deployer, name, hashes[name])) });
  return answers;
}

async function verifyOne(node, deployer, name, expected) {
  const url = new URL(`/v2/contracts/source/${deployer}/${name}?proof=0`, node);
  let response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    return { verdict: "unreachable", detail: error.cause?.message ?? error.message };
  }
  if (response.status === 404) return { verdict: "missing", detail: url.href };
  if (!response.ok) return { verdict: "unreachable", detail: `${url.href} answered ${response.status}` };
  const { source } = await response.json();
  const found = codeHash(source);
  return found === expected ? { verdict: "same", detail: found } : { verdict: "differs", detail: `${found}, expected ${expected}` };
}

async function main() {
  const { values: options } = parseArgs({
    options: { node: { type: "string" }, deployer: { type: "string" }, network: { type: "string", default: "mainnet" } },
  });
  if (!options.deployer || !NETWORKS[options.network]) {
    console.log("usage: node tools/deploy/verify.mjs --deployer ADDRESS [--network devnet|testnet|mainnet] [--node URL]");
    process.exitCode = 2;
    return;
  }
  const answers = await verify({
    node: options.node ?? NETWORKS[options.network].node,
    deployer: options.deployer,
    names: contractsFor(options.network).map(({ name }) => name),
    hashes: JSON.parse(readFileSync(HASHES, "utf8")),
  });
  for (const { name, verdict, detail } of answers) console.log(`${name}: ${verdict} (${detail})`);
  process.exitCode = answers.every(({ verdict }) => verdict === "same") ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
