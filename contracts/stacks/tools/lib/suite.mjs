// The suite on disk: which contracts there are, in which order they deploy, and a session to put them in.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { getSDK } from "@stacks/clarinet-sdk";
import { Contract } from "./syntax.mjs";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const REPOSITORY = join(ROOT, "../..");
export const SOURCES = join(ROOT, "contracts");
const EXTERNALS = join(ROOT, "tests/externals/requirements");
export const DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
export const EPOCH = "3.3";
export const CLARITY = 4;

const PREFIX = "sluice-";

export const withoutComments = (source) => source.replace(/;;.*$/gm, "");

const NEEDS = /(?:contract-call\?|use-trait\s+\S+|impl-trait)\s+\.(sluice-[a-z0-9-]+)/g;

/**
 * Names of the suite's contracts that must be on the chain before a source deploys. A contract that
 * is only named, as a recipient or as the one caller allowed, may come later.
 */
export const dependencies = (source) =>
  new Set([...withoutComments(source).matchAll(NEEDS)].map((m) => m[1]));

/** The suite as `[{ name, source }]`, each contract after all it depends on; ties by name. */
export function readSuite(folder = SOURCES) {
  const sources = new Map(
    readdirSync(folder)
      .filter((file) => file.startsWith(PREFIX) && /^[a-z0-9-]+\.clar$/.test(file))
      .sort()
      .map((file) => [file.slice(0, -".clar".length), readFileSync(join(folder, file), "utf8")]),
  );
  return inOrder(sources);
}

export function inOrder(sources) {
  const ordered = [];
  const state = new Map();
  const place = (name) => {
    if (state.get(name) === "placed") return;
    if (state.get(name) === "visiting") throw new Error(`${name} depends on itself`);
    state.set(name, "visiting");
    for (const needed of [...dependencies(sources.get(name))].sort()) {
      if (needed === name) continue;
      if (!sources.has(needed)) throw new Error(`${name} needs ${needed}, which is not in the suite`);
      place(needed);
    }
    state.set(name, "placed");
    ordered.push({ name, source: sources.get(name) });
  };
  for (const name of sources.keys()) place(name);
  return ordered;
}

/** A chain with nothing of ours on it, only the foreign contracts that ours call. */
export async function emptyChain({ epoch = EPOCH, ...options } = {}) {
  const chain = await getSDK(options);
  await chain.initEmptySession({ enabled: false });
  chain.setEpoch(epoch);
  for (const file of readdirSync(EXTERNALS).filter((name) => name.endsWith(".clar"))) {
    const [address, name] = file.split(".");
    const source = readFileSync(join(EXTERNALS, file), "utf8");
    muted(() => chain.deployContract(name, source, { clarityVersion: 3 }, address));
  }
  return chain;
}

export function deploy(chain, { name, source }, clarityVersion = CLARITY) {
  const { result } = muted(() => chain.deployContract(name, source, { clarityVersion }, DEPLOYER));
  return result;
}

/** The parsed form of a contract that is deployed on the chain. */
export function parse(chain, { name, source }) {
  return new Contract(name, source, chain.getContractAST(`${DEPLOYER}.${name}`));
}

/** Deploys and parses the whole suite. */
export async function loadSuite({ suite = readSuite(), ...options } = {}) {
  const chain = await emptyChain(options);
  const contracts = suite.map((contract) => {
    deploy(chain, contract);
    return parse(chain, contract);
  });
  return { chain, contracts };
}

/** The SDK echoes every print event; tools speak for themselves. */
export function muted(work) {
  const { log } = console;
  console.log = () => {};
  try {
    return work();
  } finally {
    console.log = log;
  }
}
