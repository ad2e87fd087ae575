// The written pages name only functions that exist, and link only to files that exist.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT, loadSuite } from "../lib/suite.mjs";

const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).map((name) => join("docs", name))];

/** `contract.function` mentions of a text that no contract has. */
function unknownFunctions(text, known) {
  return [...text.matchAll(/`(sluice-[a-z-]+\.[a-z0-9-]+)`/g)].map((match) => match[1]).filter((name) => !known.has(name));
}

test("every function a page names exists", async () => {
  const { contracts } = await loadSuite();
  const known = new Set(contracts.flatMap((contract) => [...contract.functions.keys()].map((name) => `${contract.name}.${name}`)));

  assert.deepEqual(unknownFunctions("see `sluice-escrow.vanish`", known), ["sluice-escrow.vanish"]);
  for (const page of pages) assert.deepEqual(unknownFunctions(readFileSync(join(ROOT, page), "utf8"), known), [], page);
});

test("every link between pages leads somewhere", () => {
  for (const page of pages) {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} links to ${target}`);
    }
  }
});

test("every deployed contract is in the README", async () => {
  const { contracts } = await loadSuite();
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");

  for (const { name } of contracts) assert.ok(readme.includes(name) || readme.includes(`-${name.split("-").at(-1)}\``), name);
});
