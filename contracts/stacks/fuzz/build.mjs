// Puts a project together for the fuzzer: the contracts as they are, doubles for what would keep the
// fuzzer out, and the properties beside their contract.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const SUITE = join(HERE, "../contracts");

// Deployed before everything else, so that properties may name them freely.
const FIRST = ["sluice-traits", "sluice-stx", "stand-in", "sluice-tokens", "sluice-access"];

// Each target with the real contracts it needs; the rest of the suite is left out.
export const TARGETS = {
  "sluice-access": [],
  "sluice-gateway": ["sluice-escrow", "sluice-oracle"],
  "sluice-flow": [],
  "sluice-streams": [],
  "sluice-escrow": [],
  "sluice-market": ["sluice-streams"],
  "sluice-treasury": ["sluice-escrow"],
};

// Targets whose own functions only the drivers may call, so that every movement of money is seen and
// no call is wasted on arguments that never fit: there they are made private, but for the transfer of
// positions, which a trait asks for.
const DRIVEN = new Set(["sluice-access", "sluice-gateway", "sluice-flow", "sluice-treasury"]);

// Few people meet often: with ten wallets most calls come from the wrong one.
const PEOPLE = ["deployer", "wallet_1", "wallet_2"];

/** Builds the project of one target and returns its folder. */
export function buildProject(target, { folder = join(HERE, ".build", target), plant } = {}) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "contracts"), { recursive: true });
  writeSettings(folder);
  const names = [...FIRST.filter((name) => name !== target), ...TARGETS[target], target];
  for (const name of names) {
    const double = join(HERE, "doubles", `${name}.clar`);
    const extra = join(HERE, "doubles", `${name}.extra.clar`);
    const source = readFileSync(name !== target && existsSync(double) ? double : join(SUITE, `${name}.clar`), "utf8");
    const closed = DRIVEN.has(name) && name === target;
    const opened = closed ? source.replace(/\(define-public \((?!transfer )/g, "(define-private (") : source;
    const more = name !== target && existsSync(extra) ? readFileSync(extra, "utf8") : "";
    writeFileSync(join(folder, "contracts", `${name}.clar`), `${opened}${more}`);
  }
  if (plant) breakContract(join(folder, "contracts", `${target}.clar`), plant);
  copyFileSync(join(HERE, "properties", `${target}.tests.clar`), join(folder, "contracts", `${target}.tests.clar`));
  writeFileSync(join(folder, "Clarinet.toml"), manifest(target, names));
  return folder;
}

function breakContract(path, [from, to]) {
  const source = readFileSync(path, "utf8");
  if (!source.includes(from)) throw new Error(`nothing to break at ${from}`);
  writeFileSync(path, source.replace(from, to));
}

function writeSettings(folder) {
  const parts = readFileSync(join(HERE, "../settings/Devnet.toml"), "utf8").split(/^(?=\[)/m);
  const kept = parts.filter((part) => {
    const person = part.match(/^\[accounts\.(\w+)\]/)?.[1];
    return !person || PEOPLE.includes(person);
  });
  mkdirSync(join(folder, "settings"));
  writeFileSync(join(folder, "settings/Devnet.toml"), kept.join(""));
}

// The fuzzer knows no dependencies between the properties and other contracts: what must be there
// first belongs to an earlier epoch.
function manifest(target, names) {
  const entry = (name) => {
    const early = FIRST.includes(name) && name !== target;
    return [
      `[contracts.${name}]`,
      `path = "contracts/${name}.clar"`,
      `clarity_version = ${early ? 3 : 4}`,
      `epoch = "${early ? "3.0" : "3.3"}"`,
    ].join("\n");
  };
  return `${['[project]\nname = "fuzz"\ntelemetry = false\nrequirements = []\ncache_dir = "./.cache"\n\n[repl]\nlog_print_events = "none"', ...names.map(entry)].join("\n\n")}\n`;
}
