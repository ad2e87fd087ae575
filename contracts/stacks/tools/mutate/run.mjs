// Mutation testing: breaks the contracts one expression at a time and asks the tests to notice.
//
//   node tools/mutate/run.mjs                 a fixed sample; fails below the target or on an unexplained survivor
//   node tools/mutate/run.mjs --full          every mutant not judged yet; goes on where it was interrupted
//   node tools/mutate/run.mjs --again         the survivors once more, also those with a reason, after tests were added
//   node tools/mutate/run.mjs --fresh         with --full: judges everything again
//   node tools/mutate/run.mjs --tests 50      with --full: asks at most so many tests per mutant; what none of them
//                                             kills counts as survived until --again asks all
//   node tools/mutate/run.mjs --most 60       with --full: stops after so many
//   node tools/mutate/run.mjs --only streams  one contract; with --list, its mutants and no run
//   node tools/mutate/run.mjs --report        docs/mutation.md, killers.json and judged.json from what has been judged
//
// A mutant counts when it compiles. It is killed when any test fails that runs its lines. The test that
// killed it before (killers.json) is asked first, then those that killed most per second, so nearly every
// mutant costs one test. The sample is what every build judges. A survivor with a reason counts as one
// without being asked again, but for --again and --fresh.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, loadSuite } from "../lib/suite.mjs";
import { JUDGED, Judging } from "./judging.mjs";
import { Journal } from "./journal.mjs";
import { evenOrder, mutantsOf, sampleOf } from "./operators.mjs";
import { Record } from "./record.mjs";
import { report } from "./report.mjs";

export const TARGET = 0.9;

const REASONS = new URL("survivors.json", import.meta.url);

const record = new Record();
const reasons = () => JSON.parse(readFileSync(REASONS, "utf8"));

async function main() {
  const { values: options } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      fresh: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      only: { type: "string" },
      tests: { type: "string" },
      most: { type: "string" },
      sample: { type: "string", default: "40" },
    },
  });
  const names = Object.keys(JUDGED).filter((name) => !options.only || name === `sluice-${options.only}`);
  const { contracts } = await loadSuite();
  const summaries = [];
  for (const name of names) {
    const contract = contracts.find((one) => one.name === name);
    const all = mutantsOf(contract);
    if (options.list) list(all);
    else if (options.report) summaries.push(summary(contract, all, judgedSoFar(contract, all)));
    else if (options.full || options.again) summaries.push(await judgeAll(contract, all, options));
    else summaries.push(await judgeSample(contract, sampleOf(all, Number(options.sample))));
  }
  if (options.list) return;
  for (const one of summaries) print(one);
  if (options.report) return writeReport(summaries);
  process.exitCode = verdictOf(summaries) ? 0 : 1;
}

/** Every mutant without a verdict, in an order that is an even sample whenever it stops. */
async function judgeAll(contract, all, { again, fresh, tests, most }) {
  const journal = new Journal(contract);
  const known = fresh ? new Map() : judgedSoFar(contract, all);
  const explained = fresh ? {} : reasons();
  const open = evenOrder(all).filter((mutant) => {
    const result = known.get(mutant.id);
    if (!result || !same(result, mutant)) return !again && !explained[mutant.id];
    return again && result.verdict === "survived";
  });
  const judging = new Judging(contract.name, { killers: record.killers(), most: tests && Number(tests) });
  for (const { fn, verdict, by } of journal.read().values()) if (verdict === "killed") judging.learn(fn, by);
  await judging.each(open.slice(0, most && Number(most)), (result) => journal.add(result));
  return summary(contract, all, fresh ? journal.read() : judgedSoFar(contract, all));
}

async function judgeSample(contract, mutants) {
  const explained = reasons();
  const journal = new Journal(contract);
  const verdicts = new Map(mutants.filter(({ id }) => explained[id]).map((mutant) => [mutant.id, plain({ ...mutant, verdict: "survived" })]));
  const judging = new Judging(contract.name, { killers: record.killers() });
  await judging.each(mutants.filter(({ id }) => !explained[id]), (result) => {
    verdicts.set(result.id, result);
    journal.add(result);
  });
  return summary(contract, mutants, verdicts);
}

/**
 * What the record and this machine's journal know, and the survivors with a reason as far as the judging
 * has come: one that is further on would make the part look worse than it is.
 */
function judgedSoFar(contract, all) {
  const explained = reasons();
  const verdicts = record.read(contract, all);
  for (const [id, result] of new Journal(contract).read()) verdicts.set(id, result);
  const order = evenOrder(all);
  let end = order.findLastIndex(({ id }) => verdicts.has(id)) + 1;
  while (end < order.length && explained[order[end].id]) end += 1;
  for (const mutant of order.slice(0, end)) if (explained[mutant.id] && !verdicts.has(mutant.id)) verdicts.set(mutant.id, plain({ ...mutant, verdict: "survived" }));
  return verdicts;
}

const same = (a, b) => a.id === b.id && a.from === b.from && a.to === b.to;
const plain = ({ source: _, ...mutant }) => mutant;

/** What is known of a contract's mutants: `mutants` are all there are, `results` those judged. */
function summary({ name, source }, mutants, verdicts) {
  const results = mutants.map((mutant) => verdicts.get(mutant.id)).filter((result, n) => result && same(result, mutants[n]));
  return { name, source, mutants, of: mutants.length, results, on: results.map(({ on }) => on ?? "").sort().at(-1) };
}

function writeReport(summaries) {
  record.write(summaries);
  writeFileSync(join(ROOT, "docs/mutation.md"), report(summaries, reasons()));
}

const flat = (text) => text.replace(/\s+/g, " ");
const count = (results, verdict) => results.filter((result) => result.verdict === verdict).length;
const percent = (killed, survived) => ((100 * killed) / Math.max(1, killed + survived)).toFixed(1);

function list(mutants) {
  for (const { id, line, from, to } of mutants) console.log(`${id} (line ${line}): ${flat(from)} → ${flat(to)}`);
}

function print({ name, of, results }) {
  const [killed, survived, invalid] = ["killed", "survived", "invalid"].map((verdict) => count(results, verdict));
  for (const { id, line, from, to } of results.filter(({ verdict }) => verdict === "survived"))
    console.log(`  survived: ${id} (line ${line}): ${flat(from)} → ${flat(to)}`);
  console.log(
    `${name}: ${killed} of ${killed + survived} mutants killed (${percent(killed, survived)} %), ` +
      `${invalid} did not compile, ${results.length} of ${of} judged`,
  );
}

function verdictOf(summaries) {
  const explained = reasons();
  let good = true;
  for (const { name, results } of summaries) {
    const killed = count(results, "killed");
    const survived = results.filter(({ verdict }) => verdict === "survived");
    for (const { id } of survived.filter(({ id }) => !explained[id])) {
      console.log(`no reason is given for the survivor ${id}`);
      good = false;
    }
    if (killed < TARGET * (killed + survived.length)) {
      console.log(`${name}: ${percent(killed, survived.length)} % killed, target ${100 * TARGET} %`);
      good = false;
    }
  }
  return good;
}

await main();
