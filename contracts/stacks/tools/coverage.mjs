// Reads the SDK's coverage after a full test run and fails below the gate.
//
//   npx vitest run -- --coverage && node tools/coverage.mjs

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mergeLcov } from "./lib/lcov.mjs";
import { ROOT, readSuite } from "./lib/suite.mjs";

export const GATE = 97; // percent, lines and branches, over the whole suite

const count = (hits) => ({ all: hits.size, run: [...hits.values()].filter((n) => n > 0).length });
const percent = ({ all, run }) => (all ? (100 * run) / all : 100);
const add = (a, b) => ({ all: a.all + b.all, run: a.run + b.run });

/** Lines and branches of each contract and of all together. */
export function coverageOf(lcov, names) {
  const files = mergeLcov(lcov);
  const rows = names.map((name) => {
    const file = files.get(name);
    if (!file) throw new Error(`no coverage of ${name}`);
    const missed = [...file.lines].filter(([, n]) => n === 0).map(([line]) => line);
    const blind = [...new Set([...file.branches].filter(([, n]) => n === 0).map(([place]) => Number(place.split(",")[0])))];
    return { name, lines: count(file.lines), branches: count(file.branches), missed, blind };
  });
  const zero = { all: 0, run: 0 };
  const total = {
    lines: rows.map((row) => row.lines).reduce(add, zero),
    branches: rows.map((row) => row.branches).reduce(add, zero),
  };
  return { rows, total, passes: percent(total.lines) >= GATE && percent(total.branches) >= GATE };
}

const places = (word, list) => (list.length ? `; ${word}: ${list.sort((a, b) => a - b).join(" ")}` : "");
const both = ({ lines, branches }) => `lines ${percent(lines).toFixed(1)} %, branches ${percent(branches).toFixed(1)} %`;

function main() {
  const names = readSuite().map(({ name }) => name).filter((name) => name !== "sluice-traits"); // traits have no code
  const { rows, total, passes } = coverageOf(readFileSync(join(ROOT, ".build/lcov.info"), "utf8"), names);
  for (const row of rows) console.log(`${row.name}: ${both(row)}${places("lines not run", row.missed)}${places("branches not taken at", row.blind)}`);
  console.log(`all: ${both(total)}, gate ${GATE} %`);
  process.exitCode = passes ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
