// The mutation tester's own parts, and the places of the faults that the fuzzer must find.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { PLANTS } from "../../fuzz/plants.mjs";
import { readSuite } from "../lib/suite.mjs";
import { Journal, remembered } from "../mutate/journal.mjs";
import { evenOrder, sampleOf } from "../mutate/operators.mjs";
import { Record } from "../mutate/record.mjs";
import { report } from "../mutate/report.mjs";

const numbers = Array.from({ length: 100 }, (_, n) => n);

test("the order of a whole run is an even sample wherever it stops, and leaves nothing out", () => {
  const order = evenOrder(numbers);

  assert.deepEqual([...order].sort((a, b) => a - b), numbers);
  for (const stop of [10, 20, 50]) {
    const perTenth = Array(10).fill(0);
    for (const n of order.slice(0, stop)) perTenth[Math.floor(n / 10)] += 1;
    for (const count of perTenth) assert.ok(Math.abs(count - stop / 10) <= 2, `${stop}: ${perTenth}`);
  }
});

test("a sample is always the same, and what a whole run judges first", () => {
  assert.deepEqual(sampleOf(numbers, 4), evenOrder(numbers).slice(0, 4));
  assert.equal(sampleOf(numbers, 200).length, 100);
});

test("the journal keeps the last verdict of this source, and forgets those of another", () => {
  const journal = new Journal({ name: "test-journal", source: "(one)" });
  try {
    journal.add({ id: "a", verdict: "survived" });
    journal.add({ id: "b", verdict: "killed", by: "x" });
    journal.add({ id: "a", verdict: "killed", by: "y" });

    assert.deepEqual([...journal.read()].map(([id, { verdict, by }]) => [id, verdict, by]), [["a", "killed", "y"], ["b", "killed", "x"]]);
    assert.equal(new Journal({ name: "test-journal", source: "(two)" }).read().size, 0);
  } finally {
    rmSync(journal.path);
  }
});

test("the record gives back every verdict in another clone, and none for another text of the contract", () => {
  const folder = mkdtempSync(join(tmpdir(), "record-"));
  const clone = () => new Record(pathToFileURL(`${folder}/`));
  const mutants = ["a", "b", "c", "d"].map((id) => ({ id, source: "(mutated)" }));
  try {
    writeFileSync(join(folder, "killers.json"), '{"an old test": ["c", "d"]}');
    writeFileSync(join(folder, "judged.json"), "{}");
    const results = [{ id: "a", verdict: "killed", by: "x" }, { id: "b", verdict: "survived" }, { id: "c", verdict: "invalid" }];
    clone().write([{ name: "one", source: "(text)", mutants, results, on: "2026-01-01" }]);

    const read = (source) => [...clone().read({ name: "one", source }, mutants).values()].map(({ id, verdict, by, on }) => [id, verdict, by, on]);
    assert.deepEqual(read("(text)"), [
      ["a", "killed", "x", "2026-01-01"], ["b", "survived", undefined, "2026-01-01"], ["c", "invalid", undefined, "2026-01-01"],
    ]);
    assert.deepEqual(read("(another text)"), []);
    assert.deepEqual([...clone().killers()], [["d", "an old test"], ["a", "x"]]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what was measured is measured again when anything it depends on has changed", async () => {
  let measured = 0;
  const ask = (hash) => remembered("test-remembered", hash, async () => (measured += 1));
  try {
    assert.deepEqual([await ask("one"), await ask("one"), await ask("two")], [1, 1, 2]);
  } finally {
    rmSync(new URL("../../.build/mutate/test-remembered.json", import.meta.url));
  }
});

test("the report names every survivor, and says when a reason is missing", () => {
  const survivor = (id) => ({ id: `c ${id}`, operator: "boolean", line: 3, from: "true", to: "false", verdict: "survived" });
  const text = report([{ name: "c", of: 9, on: "2026-01-01", results: [survivor("f boolean 1"), survivor("f boolean 2"), { operator: "boolean", verdict: "killed" }] }], { "c f boolean 1": "because" });

  assert.match(text, /\| c \| 2026-01-01 \| 9 \| 3 \| 1 \| 2 \| 33\.3 \| 0 \|/);
  assert.match(text, /f boolean 1 .*because/);
  assert.match(text, /f boolean 2 .*not explained/);
});

test("every planted fault finds its place, once", () => {
  const sources = new Map(readSuite().map(({ name, source }) => [name, source]));
  for (const [name, plants] of Object.entries(PLANTS)) {
    for (const { what, plant: [from] } of plants) assert.equal(sources.get(name).split(from).length - 1, 1, `${name}: ${what}`);
  }
});
