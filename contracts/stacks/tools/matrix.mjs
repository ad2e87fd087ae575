// Compiles the suite, unchanged, as every Clarity version and in every epoch it must live in.

import { pathToFileURL } from "node:url";
import { deploy, emptyChain, readSuite } from "./lib/suite.mjs";

export const MATRIX = [
  { epoch: "3.3", clarity: 4 },
  { epoch: "3.4", clarity: 4 },
  { epoch: "3.4", clarity: 5 },
  { epoch: "4.0", clarity: 4 },
  { epoch: "4.0", clarity: 5 },
  { epoch: "4.0", clarity: 6 },
];

/** The contracts that do not deploy in this cell, with the compiler's words. */
export async function failuresIn({ epoch, clarity }, suite = readSuite()) {
  const chain = await emptyChain({ epoch });
  const failures = [];
  for (const contract of suite) {
    try {
      deploy(chain, contract, clarity);
    } catch (error) {
      failures.push(`${contract.name}: ${error}`);
    }
  }
  return failures;
}

async function main() {
  for (const cell of MATRIX) {
    const failures = await failuresIn(cell);
    console.log(`epoch ${cell.epoch}, Clarity ${cell.clarity}: ${failures.length ? failures.join("\n  ") : "compiles"}`);
    if (failures.length) process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
