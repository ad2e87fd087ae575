// Writes the deployment plans and the code hashes of the suite.
//
//   node tools/deploy/plan.mjs                                   write deployments/
//   node tools/deploy/plan.mjs --check                           fail if the committed files differ
//   node tools/deploy/plan.mjs --network mainnet --deployer SP…  print one plan with its sender filled in

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { CLARITY, DEPLOYER, EPOCH, ROOT, readSuite } from "../lib/suite.mjs";

const FOLDER = join(ROOT, "deployments");
const SENDER = "$DEPLOYER"; // testnet and mainnet: filled in by whoever deploys
const FEE_PER_BYTE = 10; // micro-STX

// The price feeds these call live on mainnet only.
const MAINNET_ONLY = new Set(["sluice-oracle-dia", "sluice-oracle-pyth"]);

export const NETWORKS = {
  devnet: { node: "http://localhost:20443", bitcoin: "http://devnet:devnet@localhost:18443", sender: DEPLOYER },
  testnet: { node: "https://api.testnet.hiro.so", bitcoin: "http://blockstack:blockstacksystem@bitcoind.testnet.stacks.co:18332", sender: SENDER },
  mainnet: { node: "https://api.hiro.so", bitcoin: "http://blockstack:blockstacksystem@bitcoin.blockstack.com:8332", sender: SENDER },
};

/** The contracts a network gets, in dependency order. */
export const contractsFor = (network, suite = readSuite()) =>
  suite.filter(({ name }) => network === "mainnet" || !MAINNET_ONLY.has(name));

/** What `contract-hash?` answers for this source: SHA-512/256 of its text. */
export const codeHash = (source) => createHash("sha512-256").update(source).digest("hex");

export function planFor(network, { sender = NETWORKS[network].sender, suite } = {}) {
  const { node, bitcoin } = NETWORKS[network];
  const publish = ({ name, source }) => [
    "    - transaction-type: contract-publish",
    `      contract-name: ${name}`,
    `      expected-sender: ${sender}`,
    `      cost: ${Buffer.byteLength(source) * FEE_PER_BYTE}`,
    `      path: contracts/${name}.clar`,
    "      anchor-block-only: true",
    `      clarity-version: ${CLARITY}`,
  ];
  return `${[
    "id: 0",
    `name: Sluice on ${network}`,
    `network: ${network}`,
    `stacks-node: ${node}`,
    `bitcoin-node: ${bitcoin}`,
    "plan:",
    "  batches:",
    "  - id: 0",
    "    transactions:",
    ...contractsFor(network, suite).flatMap(publish),
    `    epoch: '${EPOCH}'`,
  ].join("\n")}\n`;
}

const planPath = (network) => join(FOLDER, `default.${network}-plan.yaml`);
export const HASHES = join(FOLDER, "code-hashes.json");

export function deploymentFiles(suite = readSuite()) {
  const hashes = Object.fromEntries(suite.map(({ name, source }) => [name, codeHash(source)]));
  return new Map([
    ...Object.keys(NETWORKS).map((network) => [planPath(network), planFor(network, { suite })]),
    [HASHES, `${JSON.stringify(hashes, null, 2)}\n`],
  ]);
}

function main() {
  const { values: options } = parseArgs({
    options: { check: { type: "boolean", default: false }, network: { type: "string" }, deployer: { type: "string" } },
  });
  if (options.network) {
    process.stdout.write(planFor(options.network, { sender: options.deployer }));
    return;
  }
  const files = deploymentFiles();
  const changed = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  if (options.check) {
    for (const [path] of changed) console.log(`${path.slice(ROOT.length + 1)} is out of date`);
    console.log(`${files.size} deployment files, ${changed.length} out of date`);
    process.exitCode = changed.length ? 1 : 0;
    return;
  }
  mkdirSync(FOLDER, { recursive: true });
  for (const [path, text] of files) writeFileSync(path, text);
  console.log(`${files.size} deployment files written`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
