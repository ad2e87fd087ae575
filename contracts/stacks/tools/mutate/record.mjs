// What whole runs have found, kept in the repository, so that a run goes on in any clone: killers.json
// names the test that killed each mutant, judged.json those that none killed and those still open.
//
// A verdict holds for one text of its contract. Of another text only the killers are of use, as the tests
// to ask first.

import { readFileSync, writeFileSync } from "node:fs";
import { hashOf } from "./journal.mjs";

const FOLDER = new URL("./", import.meta.url);

export class Record {
  constructor(folder = FOLDER) {
    this.paths = { killers: new URL("killers.json", folder), judged: new URL("judged.json", folder) };
  }

  load(name) {
    return JSON.parse(readFileSync(this.paths[name], "utf8"));
  }

  save(name, content) {
    writeFileSync(this.paths[name], `${JSON.stringify(content, null, 1)}\n`);
  }

  /** Mutant → the test that killed it, in this or an earlier text of the contract. */
  killers() {
    return new Map(Object.entries(this.load("killers")).flatMap(([test, ids]) => ids.map((id) => [id, test])));
  }

  /** The verdicts on the mutants of a contract, by id; none when its text has changed. */
  read({ name, source }, mutants) {
    const { on, source: judged, survived = [], invalid = [], open = [] } = this.load("judged")[name] ?? {};
    if (judged !== hashOf(source)) return new Map();
    const [lives, wrong, unknown, killers] = [new Set(survived), new Set(invalid), new Set(open), this.killers()];
    const verdicts = new Map();
    for (const { source: _, ...mutant } of mutants) {
      const { id } = mutant;
      if (unknown.has(id)) continue;
      if (lives.has(id)) verdicts.set(id, { ...mutant, verdict: "survived", on });
      else if (wrong.has(id)) verdicts.set(id, { ...mutant, verdict: "invalid", on });
      else if (killers.has(id)) verdicts.set(id, { ...mutant, verdict: "killed", by: killers.get(id), on });
    }
    return verdicts;
  }

  /** Writes down the results of each contract: `mutants` are all there are, `results` those judged. */
  write(summaries) {
    const killers = this.killers();
    const judged = this.load("judged");
    for (const { name, source, mutants, results, on } of summaries) {
      const done = new Set(results.map(({ id }) => id));
      for (const { id, verdict, by } of results) {
        if (verdict === "killed") killers.set(id, by);
        else killers.delete(id);
      }
      const of = (verdict) => results.filter((result) => result.verdict === verdict).map(({ id }) => id).sort();
      const open = mutants.map(({ id }) => id).filter((id) => !done.has(id)).sort();
      judged[name] = { source: hashOf(source), on, survived: of("survived"), invalid: of("invalid"), open };
    }
    const tests = [...new Set(killers.values())].sort();
    this.save("killers", Object.fromEntries(tests.map((test) => [test, [...killers].filter(([, by]) => by === test).map(([id]) => id).sort()])));
    this.save("judged", judged);
  }
}
