// What the test files import as "vitest" while mutants are judged: the same words, run in this process.
//
// Starting vitest for each mutant would cost seconds; here a test costs what its calls cost.

import { JestAsymmetricMatchers, JestChaiExpect, JestExtend, ASYMMETRIC_MATCHERS_OBJECT } from "@vitest/expect";
import * as chai from "chai";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);

/** Every test of the files imported so far, as `{ name, file, hooks, run }`. */
export const collected = [];

let scope = newScope("");
let file = "";

function newScope(name, parent) {
  return { name, parent, beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
}

export const fileStarts = (name) => {
  file = name;
  scope = newScope("");
};

export function describe(name, body) {
  const outer = scope;
  scope = newScope(name, outer);
  body();
  scope = outer;
}

export function test(name, ...rest) {
  const run = rest.find((part) => typeof part === "function");
  const path = [];
  for (let s = scope; s; s = s.parent) path.unshift(s.name);
  collected.push({ name: [file, ...path.filter(Boolean), name].join(" > "), file, scope, run });
}

const each = (define) => (rows) => (name, body) =>
  rows.forEach((row, n) => {
    const values = Array.isArray(row) ? row : [row];
    define(`${name} [${n}]`, () => body(...values));
  });

test.each = each(test);
describe.each = each(describe);
export const it = test;

export const beforeAll = (hook) => scope.beforeAll.push(hook);
export const beforeEach = (hook) => scope.beforeEach.push(hook);
export const afterEach = (hook) => scope.afterEach.push(hook);
export const afterAll = (hook) => scope.afterAll.push(hook);

/** Runs one test alone, with the hooks of the scopes it stands in. */
export async function runTest({ scope: own, run }) {
  const scopes = [];
  for (let s = own; s; s = s.parent) scopes.unshift(s);
  for (const s of scopes) for (const hook of s.beforeAll) await hook({});
  for (const s of scopes) for (const hook of s.beforeEach) await hook({});
  await run({ expect });
  for (const s of scopes.reverse()) for (const hook of [...s.afterEach, ...s.afterAll]) await hook({});
}
