// Which test shows which invariant, layer by layer: docs/invariants.md, generated from the tests themselves.
//
//   node tools/invariants.mjs           write the page
//   node tools/invariants.mjs --check   fail when it is out of date, or a layer of an invariant has no test

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { INVARIANTS } from "./lib/invariants.mjs";
import { ROOT } from "./lib/suite.mjs";

const PAGE = join(ROOT, "docs/invariants.md");
const LAYERS = { U: "unit", P: "property", R: "rendezvous", M: "model", X: "audit" };
const WORDS = new Set(["it", "test", "describe"]);

/** The invariants a text names: `I3`, `I1–I5`. */
export function tagsIn(text) {
  return [...text.matchAll(/\bI(\d+)(?:\s*[–-]\s*I(\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => Number(from) + n),
  );
}

/** What a test file shows, as `{ layer, id, test }`. */
export function shownByTests(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const name = basename(file, ".test.ts");
  const shown = [];
  const visit = (node, path) => {
    const title = titleOf(node);
    const here = title === undefined ? path : [...path, title];
    if (title !== undefined && !isGroup(node)) {
      const layer = layerOf(name, node.getText(source));
      for (const id of tagsIn(here.join(" "))) shown.push({ layer, id, test: `${name} › ${here.join(" › ")}` });
    }
    ts.forEachChild(node, (child) => visit(child, here));
  };
  visit(source, []);
  return [...shown, ...(name.startsWith("model-") ? shownByComments(name, text) : [])];
}

/** The titles of all tests of a file, without those of their groups. */
export function titlesOf(text) {
  const source = ts.createSourceFile("test.ts", text, ts.ScriptTarget.ES2022, true);
  const titles = [];
  const visit = (node) => {
    const title = titleOf(node);
    if (title !== undefined && !isGroup(node)) titles.push(title);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

const layerOf = (name, body) =>
  name.startsWith("model-") ? "M" : name.startsWith("properties-") || name.startsWith("vesting-") || body.includes("fc.assert(") ? "P" : "U";

function titleOf(node) {
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  if (!first || !wordOf(node)) return undefined;
  if (ts.isStringLiteralLike(first)) return first.text;
  return ts.isTemplateExpression(first) ? first.getText().slice(1, -1) : undefined;
}

/** `it` of `it(…)`, `it.each(…)(…)` and their like. */
function wordOf({ expression }) {
  let callee = ts.isCallExpression(expression) ? expression.expression : expression;
  if (ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && WORDS.has(callee.text) ? callee.text : undefined;
}

const isGroup = (node) => wordOf(node) === "describe";

/** Checks inside a long sequence name their invariants in line comments; `X:` marks those of the audit. */
function shownByComments(name, text) {
  return text.split("\n").flatMap((line, n) => {
    const comment = line.match(/(?:\/\/|\/\*\*) (.*)$/)?.[1];
    if (!comment || line.trim().startsWith("*")) return [];
    const layer = /\bX:/.test(comment) ? "X" : "M";
    return tagsIn(comment).map((id) => ({ layer, id, test: `${name}, line ${n + 1}` }));
  });
}

/** What the fuzzer's properties show: names in the comment above a definition. */
export function shownByProperties(file, text) {
  const name = basename(file, ".tests.clar");
  const lines = text.split("\n");
  return lines.flatMap((line, n) => {
    const definition = line.match(/^\(define-(?:public|read-only) \((?:(?:invariant|test|drive)-[a-z-]+)/)?.[0].split("(").at(-1);
    if (!definition) return [];
    const comment = [];
    for (let above = n - 1; above >= 0 && lines[above].startsWith(";;"); above--) comment.unshift(lines[above]);
    return tagsIn(comment.join(" ")).map((id) => ({ layer: "R", id, test: `${name} › ${definition}` }));
  });
}

const filesOf = (folder, end) => readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(end)).sort().map((file) => join(folder, file));
const textOf = (file) => readFileSync(join(ROOT, file), "utf8");

export function shown() {
  return [
    ...filesOf("tests", ".test.ts").flatMap((file) => shownByTests(file, textOf(file))),
    ...filesOf("fuzz/properties", ".tests.clar").flatMap((file) => shownByProperties(file, textOf(file))),
  ];
}

/** Layers without a test, and names of invariants that do not exist. */
export function gapsOf(all, invariants = INVARIANTS) {
  const missing = invariants.flatMap(({ id, layers }) =>
    [...layers].filter((layer) => !all.some((one) => one.id === id && one.layer === layer)).map((layer) => `I${id} has no ${LAYERS[layer]} test`),
  );
  const unknown = all.filter(({ id }) => !invariants.some((one) => one.id === id)).map(({ id, test }) => `${test} names I${id}, which does not exist`);
  return [...missing, ...unknown];
}

export function page(all) {
  const groups = [...new Set(INVARIANTS.map(({ group }) => group))];
  const parts = groups.map((group) => `## ${group}\n\n${INVARIANTS.filter((one) => one.group === group).map((one) => entry(one, all)).join("\n\n")}`);
  const intro = [
    "What must hold at all times, and the tests that show it, in each layer asked for: unit tests, properties",
    "for random input, rendezvous (random calls against the contract itself), model-based sequences of many",
    "steps, and the audit of an index that has only events. `make check` fails when a layer has no test or",
    "this page is out of date. Tests beyond the layers asked for are not listed.",
  ].join("\n");
  return `<!-- Generated by tools/invariants.mjs from the tests. -->\n\n# Invariants\n\n${intro}\n\n${parts.join("\n\n")}\n`;
}

function entry({ id, text, layers }, all) {
  const lines = [...layers].map((layer) => {
    const tests = [...new Set(all.filter((one) => one.id === id && one.layer === layer).map(({ test }) => withoutLine(test)))];
    return `- ${LAYERS[layer]}: ${tests.join("; ")}`;
  });
  return `**I${id}.** ${text}\n\n${lines.join("\n")}`;
}

// Line numbers move with every edit; the file is enough.
const withoutLine = (test) => test.replace(/, line \d+$/, "");

function main() {
  const all = shown();
  const gaps = gapsOf(all);
  for (const gap of gaps) console.log(gap);
  const text = page(all);
  const current = existsSync(PAGE) && readFileSync(PAGE, "utf8") === text;
  if (!process.argv.includes("--check")) writeFileSync(PAGE, text);
  else if (!current) console.log("docs/invariants.md is out of date");
  const claims = INVARIANTS.reduce((sum, { layers }) => sum + layers.length, 0);
  console.log(`${INVARIANTS.length} invariants in ${claims} layers, ${gaps.length} without a test`);
  process.exitCode = gaps.length || (process.argv.includes("--check") && !current) ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
