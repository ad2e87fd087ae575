// How many transactions a second @stacks/transactions decodes: node codec.mjs MODULES SECONDS < hex lines
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, seconds] = process.argv.slice(2);
const { deserializeTransaction } = createRequire(`${modules}/`)("@stacks/transactions");
const inputs = readFileSync(0, "ascii").trim().split("\n").map((line) => Buffer.from(line, "hex"));

function decodeFor(milliseconds) {
  let decoded = 0;
  const started = process.cpuUsage();
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    for (const input of inputs) deserializeTransaction(input);
    decoded += inputs.length;
  }
  const { user, system } = process.cpuUsage(started);
  return Math.round((decoded * 1e6) / (user + system));
}

decodeFor(1000 * Number(seconds)); // the compiler's warm-up
process.stdout.write(JSON.stringify({ per_s: decodeFor(1000 * Number(seconds)) }));
