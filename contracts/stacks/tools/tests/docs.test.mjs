// The written pages name only functions that exist, and link only to files that exist.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gapsOf as invariantGaps, shownByProperties, shownByTests, tagsIn } from "../invariants.mjs";
import { gapsOf as regressionGaps, resolve } from "../regressions.mjs";
import { eventsOf } from "../lib/events.mjs";
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

/** Functions of the earlier contracts that no row of their section names, and rows with neither ours nor a reason. */
function unmapped(seeds, page) {
  const sections = new Map(page.split(/^## /m).slice(1).map((part) => [part.slice(0, part.indexOf("\n")), part]));
  return Object.entries(seeds).flatMap(([contract, { section, functions }]) => {
    const rows = [...(sections.get(section) ?? "").matchAll(/^\| (.+?) \| (.+?) \| (.*?) ?\|$/gm)].slice(1);
    const named = new Set(rows.flatMap(([, theirs]) => theirs.replace(/ \(.*\)$/, "").split(", ")));
    const silent = rows.filter(([, , ours, why]) => ours === "–" && !why).map(([, theirs]) => `${contract}: no reason for ${theirs}`);
    return [...functions.filter((name) => !named.has(name)).map((name) => `${contract}: ${name}`), ...silent];
  });
}

test("every function of the earlier contracts is mapped to ours or to a reason", () => {
  const seeds = JSON.parse(readFileSync(new URL("../lib/seeds.json", import.meta.url), "utf8"));
  const page = readFileSync(join(ROOT, "docs/seed-map.md"), "utf8");

  assert.deepEqual(unmapped({ bank: { section: "Bank", functions: ["rob", "pay"] } }, "## Bank\n\n| Theirs | Ours | Why |\n| --- | --- | --- |\n| pay | – | |\n"), [
    "bank: rob", "bank: no reason for pay",
  ]);
  assert.deepEqual(unmapped(seeds, page), []);
});

test("invariants are found where tests name them, and a missing layer is noticed", () => {
  assert.deepEqual(tagsIn("I1–I3, I40 and I5"), [1, 2, 3, 40, 5]);
  assert.deepEqual(
    shownByTests("tests/a.test.ts", 'describe("pay (I3)", () => { it("I4: once", () => {}); it("any", () => fc.assert(x)); });'),
    [{ layer: "U", id: 3, test: "a › pay (I3) › I4: once" }, { layer: "U", id: 4, test: "a › pay (I3) › I4: once" }, { layer: "P", id: 3, test: "a › pay (I3) › any" }],
  );
  assert.deepEqual(shownByTests("tests/model-a.test.ts", "step(); // I7\naudit(); // X: I8").map(({ layer, id }) => [layer, id]), [["M", 7], ["X", 8]]);
  assert.deepEqual(shownByProperties("a.tests.clar", ";; I9.\n(define-read-only (invariant-solvent)\n"), [{ layer: "R", id: 9, test: "a › invariant-solvent" }]);
  assert.deepEqual(invariantGaps([{ layer: "U", id: 1, test: "a" }, { layer: "U", id: 2, test: "b" }], [{ id: 1, layers: "UP" }]), [
    "I1 has no property test", "b names I2, which does not exist",
  ]);
});

test("a defect whose test was renamed is noticed", () => {
  const defects = [{ group: "g", id: "1", tests: [["a", "B1:"]] }, { group: "g", id: "2" }];

  assert.equal(regressionGaps(resolve(defects, () => ["B1: is gone"]))[0], "g 2: neither a test nor a reason");
  assert.equal(regressionGaps(resolve(defects, () => [])).length, 2);
});

test("every error code and every event of the contracts is expected by some test", async () => {
  const { chain, contracts } = await loadSuite();
  const texts = readdirSync(join(ROOT, "tests")).filter((name) => name.endsWith(".test.ts")).map((name) => readFileSync(join(ROOT, "tests", name), "utf8"));
  const text = texts.join("\n");
  // One table serves the modules that hold money: `base + 8n` there is the code 8 of each of them.
  const shared = new Set([...text.matchAll(/\bm\.base \+ (\d+)n/g)].map(([, n]) => Number(n)));
  const bases = [...text.matchAll(/\bbase: (\d+)n/g)].map(([, n]) => Number(n));
  const expected = (code) => new RegExp(`\\b${code}n?\\b`).test(text) || bases.some((base) => shared.has(code - base));

  const unseen = contracts.flatMap((contract) => [
    ...contract.errors().filter(({ code }) => !expected(code)).map(({ name, code }) => `${contract.name} ${name} u${code}`),
    ...[...eventsOf(chain, contract).keys()].filter((ev) => !text.includes(`"${ev}"`)),
  ]);

  assert.deepEqual(unseen, []);
});
