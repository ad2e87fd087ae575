// Compiles ./src and prints what is put on a network; `--check` says whether the file kept of it is still right.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const here = import.meta.dirname;
// One pinned compiler for our contracts and for the tests' own.
const solc = createRequire(join(here, "../../tests/evm/package.json"))("solc");
const kept = join(here, "../../src/sluice/engine/chains/evm/deposits.json");
const names = ["Deposit", "DepositFactory"];

const sources = Object.fromEntries(
  readdirSync(join(here, "src"))
    .sort()
    .map((name) => [name, { content: readFileSync(join(here, "src", name), "utf8") }]),
);
const settings = {
  optimizer: { enabled: true, runs: 200 },
  // Without PUSH0, so that the same bytes, and so the same addresses, serve every network.
  evmVersion: "paris",
  // Neither paths nor comments change the bytes.
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
const complaints = output.errors ?? [];
if (complaints.length > 0) {
  console.error(complaints.map((one) => one.formattedMessage).join("\n"));
  process.exit(1);
}
const made = { compiler: solc.version(), evm: settings.evmVersion };
for (const name of names) {
  const contract = output.contracts[`${name}.sol`][name];
  made[name] = { code: `0x${contract.evm.bytecode.object}`, abi: contract.abi };
}
const text = `${JSON.stringify(made, null, 1)}\n`;
if (process.argv.includes("--write")) writeFileSync(kept, text);
else if (process.argv.includes("--check")) process.exit(readFileSync(kept, "utf8") === text ? 0 : 1);
else process.stdout.write(text);
