// Compiles every contract of ./contracts and prints {"Name": "0x<creation code>"}.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import solc from "solc";

const folder = join(import.meta.dirname, "contracts");
const sources = Object.fromEntries(
  readdirSync(folder).map((name) => [name, { content: readFileSync(join(folder, name), "utf8") }]),
);
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources,
      settings: {
        optimizer: { enabled: true, runs: 200 },
        evmVersion: "prague",
        outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
      },
    }),
  ),
);
const errors = (output.errors ?? []).filter((error) => error.severity === "error");
if (errors.length > 0) {
  console.error(errors.map((error) => error.formattedMessage).join("\n"));
  process.exit(1);
}
const codes = {};
for (const contracts of Object.values(output.contracts)) {
  for (const [name, contract] of Object.entries(contracts)) {
    if (contract.evm.bytecode.object) codes[name] = `0x${contract.evm.bytecode.object}`;
  }
}
console.log(JSON.stringify(codes));
