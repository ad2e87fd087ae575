// Fuzzes the contracts that hold most money.
//
//   node run.mjs                   every target: invariants between random calls, then properties
//   node run.mjs --only streams    one target
//   node run.mjs --seed 3 --runs 2000
//   node run.mjs --plants --runs 1000   breaks each contract on purpose; every break must be found
//
// Without --runs each target gets its budget of calls. A run fails when an invariant or a property fails,
// and also when a driver never once succeeded or an invariant was never checked: then the fuzzer did not go
// where it should.

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { TARGETS, buildProject } from "./build.mjs";
import { PLANTS } from "./plants.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const FUZZER = join(HERE, "node_modules/.bin/rv");

// What a build can pay for: enough that every driver succeeds and every invariant is checked a dozen times
// or more. A call costs up to a sixth of a second; deep runs (make fuzz-deep) ask for more.
const BUDGET = 120;
const BUDGET_MANY_STATES = { "sluice-escrow": 400, "sluice-streams": 400 };
const budget = (target, type) => (type === "invariant" && BUDGET_MANY_STATES[target]) || BUDGET;

const COLOURS = /\x1b\[[0-9;]*m/g;

function fuzz(folder, target, type, { runs = budget(target, type), seed }) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(FUZZER, [folder, target, type, `--runs=${runs}`, `--seed=${seed}`, "--bail"], { cwd: HERE });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("close", (status) => resolve({
      target, type, status, output: output.replace(COLOURS, ""), seconds: Math.round((performance.now() - started) / 1000),
    }));
  });
}

/** `name: xCOUNT` lines of one block of the fuzzer's statistics. */
function counts(output, title, list) {
  const block = output.slice(output.lastIndexOf(title));
  const part = block.slice(block.indexOf(list));
  const found = new Map();
  for (const line of part.split("\n").slice(1)) {
    const [, name, count] = line.match(/([a-z0-9-]+): x(\d+)/) ?? [];
    if (name) found.set(name, Number(count));
    else if (found.size) break;
  }
  return found;
}

const sum = (map) => [...map.values()].reduce((a, b) => a + b, 0);

function judge({ target, type, status, output, seconds }) {
  const problems = [];
  const title = type === "invariant" ? "INVARIANT CHECKS" : "PROPERTY TEST CALLS";
  const passed = counts(output, title, "PASSED");
  const calls = type === "invariant" ? counts(output, "FUNCTION CALLS", "SUCCESSFUL") : new Map();
  if (status !== 0) problems.push(`failed:\n${failure(output)}`);
  if (!passed.size) problems.push("checked nothing");
  const idle = [...passed, ...[...calls].filter(([name]) => name.startsWith("drive-"))].filter(([, n]) => n === 0);
  if (status === 0 && idle.length) problems.push(`never reached: ${idle.map(([name]) => name).join(", ")}`);
  console.log(
    `${target} ${type}: ${type === "invariant" ? `${sum(calls)} successful calls, ` : ""}` +
      `${sum(passed)} checks of ${passed.size} ${type === "invariant" ? "invariants" : "properties"}, ${seconds} s`,
  );
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length === 0;
}

const failure = (output) => output.split("\n").filter((line) => /\[FAIL\]|Counterexample|Error|error:|invariant-|test-/.test(line)).slice(-12).join("\n");

async function inParallel(jobs, tasks) {
  const queue = [...tasks];
  const results = [];
  const work = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) results.push(await task());
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      only: { type: "string" },
      runs: { type: "string" },
      seed: { type: "string", default: "7" },
      jobs: { type: "string", default: "2" },
      plants: { type: "boolean", default: false },
    },
  });
  const targets = Object.keys(TARGETS).filter((name) => !options.only || name === `sluice-${options.only}`);
  const results = options.plants ? await runPlants(targets, options) : await runTargets(targets, options);
  process.exitCode = results.every(Boolean) ? 0 : 1;
}

function runTargets(targets, options) {
  const tasks = targets.flatMap((target) => {
    const folder = buildProject(target);
    return ["invariant", "test"].map((type) => async () => judge(await fuzz(folder, target, type, options)));
  });
  return inParallel(Number(options.jobs), tasks);
}

function runPlants(targets, options) {
  const tasks = targets.flatMap((target) =>
    PLANTS[target].map(({ what, plant, type = "invariant" }, n) => async () => {
      const folder = buildProject(target, { folder: join(HERE, ".build", `${target}-plant-${n}`), plant });
      const { status, output, seconds } = await fuzz(folder, target, type, options);
      const found = status !== 0 && /\[FAIL\]/.test(output);
      console.log(`${target}: ${what}: ${found ? "found" : "NOT FOUND"}, ${seconds} s`);
      return found;
    }),
  );
  return inParallel(Number(options.jobs), tasks);
}

await main();
