// Mutation testing: breaks the contracts one expression at a time and asks the tests to notice.
//
//   node tools/mutate/run.mjs                 a fixed sample; fails below the target or on an unexplained survivor
//   node tools/mutate/run.mjs --full          every mutant; writes docs/mutation.md
//   node tools/mutate/run.mjs --only streams  one contract; with --list, its mutants and no run
//   node tools/mutate/run.mjs --again         judge the recorded survivors once more, after tests were added
//   node tools/mutate/run.mjs --record        with --sample: keep the results for the report
//   node tools/mutate/run.mjs --learn         as the sample; remembers which tests killed its mutants
//   node tools/mutate/run.mjs --report        docs/mutation.md again, from the results of the last full runs
//
// A mutant counts when it compiles. It is killed when any test fails that runs its lines.
//
// The sample asks first the test that killed the mutant in the last full run (killers.json); only when
// it does not any more, every test that runs the lines is asked. Survivors with a reason stay survivors
// there; full runs judge them again.

import { fork } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ROOT, loadSuite } from "../lib/suite.mjs";
import { mutantsOf, sampleOf } from "./operators.mjs";
import { report } from "./report.mjs";

export const TARGET = 0.9;
const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

// The contracts that hold most money, and the test files that judge their mutants.
export const JUDGED = {
  "sluice-streams": "^(sluice-streams|regressions-streams|custody|actors\\.|authority-modules)",
  "sluice-escrow": "^(sluice-escrow|sluice-gateway|regressions-payments|custody|actors)",
  "sluice-treasury": "^(sluice-treasury|regressions-streams|custody|actors\\.|authority-modules)",
  "sluice-market": "^(sluice-market|regressions-streams|custody|actors\\.|authority-modules)",
};

class Worker {
  constructor(options) {
    this.options = options;
  }

  async start() {
    // What the SDK prints about a failed call is expected here: mutants make calls fail.
    this.process = fork(WORKER, { cwd: ROOT, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    return this.ask("start", this.options);
  }

  ask(task, rest = {}) {
    return new Promise((resolve, reject) => {
      const done = (settle) => (value) => {
        this.process.off("message", onMessage);
        this.process.off("exit", onExit);
        settle(value);
      };
      const onMessage = ({ answer, error }) => (error ? done(reject)(new Error(error)) : done(resolve)(answer));
      const onExit = (status) => done(reject)(new Error(`the worker ended with ${status}`));
      this.process.on("message", onMessage);
      this.process.on("exit", onExit);
      this.process.send({ task, ...rest });
    });
  }

  stop() {
    this.process.kill();
    rmSync(join(ROOT, ".build/mutate", this.options.folder), { recursive: true, force: true });
  }
}

/** Tests that run a line of the mutant, those that killed most per millisecond first. */
function testsFor(mutant, tests, kills) {
  const touches = ({ lines }) =>
    mutant.global || lines.some((line) => line >= mutant.line && line <= mutant.lastLine);
  const killsOf = (test) => (kills.get(`${mutant.fn} ${test.name}`) ?? 0) * 10 + (kills.get(test.name) ?? 0);
  const worth = (test) => (killsOf(test) + 0.1) / test.ms;
  return tests.filter(touches).sort((a, b) => worth(b) - worth(a));
}

const KILLERS = new URL("killers.json", import.meta.url);

/** Mutant → the test that killed it in the last full run. */
const killers = () =>
  new Map(Object.entries(JSON.parse(readFileSync(KILLERS, "utf8"))).flatMap(([test, ids]) => ids.map((id) => [id, test])));

/** The results of a sample: by the test remembered for each mutant, and by all tests where there is none. */
async function judgeSample(name, mutants, jobs) {
  const started = performance.now();
  const known = killers();
  const explained = reasons();
  const worker = new Worker({ contract: name, folder: `${name}-${process.pid}-sample`, files: JUDGED[name] });
  const { tests } = await worker.start();
  const results = [];
  for (const mutant of mutants) {
    const lives = explained[mutant.id] !== undefined;
    const answer = lives ? { verdict: "survived" } : await worker.ask("replay", { mutant, by: known.get(mutant.id) });
    if (answer.verdict === "unsure") continue;
    results.push({ ...mutant, source: undefined, ...answer });
    if (answer.broken) {
      worker.stop();
      await worker.start();
    }
  }
  worker.stop();
  const unsure = mutants.filter(({ id }) => !results.some((result) => result.id === id));
  if (unsure.length) console.log(`  ${name}: ${unsure.length} of ${mutants.length} have no test that is known to kill them`);
  const rest = unsure.length ? await judgeContract(name, unsure, jobs) : { results: [] };
  return { name, results: [...results, ...rest.results], tests, slow: 0, seconds: Math.round((performance.now() - started) / 1000) };
}

async function judgeContract(name, mutants, jobs) {
  const workers = Array.from({ length: jobs }, (_, n) => new Worker({ contract: name, folder: `${name}-${process.pid}-${n}`, files: JUDGED[name] }));
  const started = performance.now();
  for (const worker of workers) await worker.start();
  const { tests, slow } = await workers[0].ask("baseline");
  const kills = new Map();
  const queue = [...mutants];
  const results = [];
  const work = async (worker) => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const chosen = testsFor(mutant, tests, kills).map(({ index, needs }) => ({ index, needs }));
      const { verdict, by, broken } = await worker.ask("judge", { mutant, tests: chosen });
      if (verdict === "killed") for (const key of [by, `${mutant.fn} ${by}`]) kills.set(key, (kills.get(key) ?? 0) + 1);
      results.push({ ...mutant, source: undefined, verdict, by, tests: chosen.length });
      if (broken) {
        worker.stop();
        await worker.start();
      }
      if (results.length % 50 === 0) console.log(`  ${name}: ${results.length} of ${mutants.length}`);
    }
    worker.stop();
  };
  await Promise.all(workers.map(work));
  const place = new Map(mutants.map(({ id }, n) => [id, n]));
  results.sort((a, b) => place.get(a.id) - place.get(b.id));
  return { name, results, tests: tests.length, slow, seconds: Math.round((performance.now() - started) / 1000) };
}

async function main() {
  const { values: options } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      learn: { type: "boolean", default: false },
      only: { type: "string" },
      sample: { type: "string", default: "40" },
      jobs: { type: "string", default: "2" },
    },
  });
  if (options.report) return writeReport();
  const names = Object.keys(JUDGED).filter((name) => !options.only || name === `sluice-${options.only}`);
  const { contracts } = await loadSuite();
  const summaries = [];
  for (const name of names) {
    const all = mutantsOf(contracts.find((contract) => contract.name === name));
    const known = options.again ? JSON.parse(readFileSync(resultsOf(name), "utf8")) : undefined;
    const mutants = options.full ? all : known ? unsettled(known, all) : sampleOf(all, Number(options.sample));
    if (options.list) {
      for (const { id, line, from, to } of mutants) console.log(`${id} (line ${line}): ${flat(from)} → ${flat(to)}`);
      continue;
    }
    const judge = options.full || options.again || options.record ? judgeContract : judgeSample;
    const judged = await judge(name, mutants, Number(options.jobs));
    const summary = { ...(known ? merge(known, judged, all) : judged), of: all.length, whole: options.full || Boolean(known?.whole), on: new Date().toISOString().slice(0, 10) };
    if (options.full || options.again || options.record) writeFileSync(resultsOf(name), JSON.stringify(summary, null, 1));
    summaries.push(summary);
    print(summary);
  }
  if (options.list) return;
  if (options.learn) writeKillers(summaries);
  if (options.full && !options.only) writeReport();
  process.exitCode = verdictOf(summaries) ? 0 : 1;
}

const same = (a, b) => a.id === b.id && a.from === b.from && a.to === b.to;

/** What to judge once more: recorded survivors and, after a full run, what the contract did not have then. */
function unsettled({ results, whole }, all) {
  return all.filter((mutant) => {
    const result = results.find((known) => same(known, mutant));
    return result ? result.verdict === "survived" : whole;
  });
}

/** The known results of mutants that are still there, with the new ones. */
function merge(known, judged, all) {
  const place = new Map(all.map(({ id }, n) => [id, n]));
  const kept = known.results.filter((result) => all.some((mutant) => same(mutant, result)) && !judged.results.some((news) => news.id === result.id));
  const results = [...kept, ...judged.results].sort((a, b) => place.get(a.id) - place.get(b.id));
  return { ...judged, seconds: known.seconds + judged.seconds, results };
}

const resultsOf = (name) => join(ROOT, `.build/mutate/${name}.json`);

function writeReport() {
  const summaries = Object.keys(JUDGED).filter((name) => existsSync(resultsOf(name))).map((name) => JSON.parse(readFileSync(resultsOf(name), "utf8")));
  writeKillers(summaries);
  writeFileSync(join(ROOT, "docs/mutation.md"), report(summaries, reasons()));
}

/** Remembers which test was the first to kill each mutant, beside what is known of others. */
function writeKillers(summaries) {
  const known = killers();
  for (const { id, verdict, by } of summaries.flatMap(({ results }) => results)) if (verdict === "killed") known.set(id, by);
  const tests = [...new Set(known.values())].sort();
  const grouped = tests.map((test) => [test, [...known].filter(([, by]) => by === test).map(([id]) => id).sort()]);
  writeFileSync(KILLERS, `${JSON.stringify(Object.fromEntries(grouped), null, 1)}\n`);
}

const flat = (text) => text.replace(/\s+/g, " ");
const reasons = () => JSON.parse(readFileSync(new URL("survivors.json", import.meta.url), "utf8"));
const count = (results, verdict) => results.filter((result) => result.verdict === verdict).length;

function print({ name, results, tests, seconds }) {
  const killed = count(results, "killed");
  const survived = results.filter(({ verdict }) => verdict === "survived");
  for (const { id, line, from, to } of survived) console.log(`  survived: ${id} (line ${line}): ${flat(from)} → ${flat(to)}`);
  console.log(
    `${name}: ${killed} of ${killed + survived.length} mutants killed (${percent(killed, survived.length)} %), ` +
      `${count(results, "invalid")} did not compile, ${tests} tests, ${seconds} s`,
  );
}

const percent = (killed, survived) => ((100 * killed) / Math.max(1, killed + survived)).toFixed(1);

function verdictOf(summaries) {
  const results = summaries.flatMap((summary) => summary.results);
  const killed = count(results, "killed");
  const survived = results.filter(({ verdict }) => verdict === "survived");
  const known = reasons();
  const unexplained = survived.filter(({ id }) => !known[id]);
  for (const { id } of unexplained) console.log(`no reason is given for the survivor ${id}`);
  console.log(`all: ${percent(killed, survived.length)} % killed, target ${100 * TARGET} %`);
  return killed >= TARGET * (killed + survived.length) && unexplained.length === 0;
}

await main();
