// Judges mutants of one contract, one after the other, in a process that can be replaced when it breaks.

import { fork } from "node:child_process";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../lib/suite.mjs";
import { hashOf, remembered } from "./journal.mjs";

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

export class Judging {
  constructor(name, { killers, most }) {
    this.name = name;
    this.killers = killers;
    this.most = most;
    this.kills = new Map();
    for (const [id, by] of killers) if (id.startsWith(`${name} `)) this.learn(id.split(" ")[1], by);
  }

  learn(fn, by) {
    for (const key of [by, `${fn} ${by}`]) this.kills.set(key, (this.kills.get(key) ?? 0) + 1);
  }

  /** Judges the mutants and hands each result over as soon as it is there. */
  async each(mutants, onResult) {
    if (!mutants.length) return;
    const worker = new Worker({ contract: this.name, folder: `${this.name}-${process.pid}`, files: JUDGED[this.name] });
    await worker.start();
    try {
      // Which lines each test runs is measured only for a mutant that its known killer, if any, does not kill.
      const measured = () => remembered(`${this.name}.tests`, hashOf(...everything()), () => worker.ask("baseline"));
      let asked;
      for (const [n, mutant] of mutants.entries()) {
        let answer = await worker.ask("judge", { mutant, first: this.killers.get(mutant.id), tests: asked && this.inOrder(mutant, asked) });
        if (answer.verdict === "unsure") {
          asked = await measured();
          answer = await worker.ask("judge", { mutant, tests: this.inOrder(mutant, asked) });
        }
        const { source: _, ...rest } = mutant;
        const { broken, ...verdict } = answer;
        if (verdict.verdict === "killed") this.learn(mutant.fn, verdict.by);
        onResult({ ...rest, ...verdict });
        if (broken) {
          worker.stop();
          await worker.start();
        }
        if ((n + 1) % 50 === 0) console.log(`  ${this.name}: ${n + 1} of ${mutants.length}`);
      }
    } finally {
      worker.stop();
    }
  }

  /** Tests that run a line of the mutant, those that killed most per millisecond first. */
  inOrder(mutant, tests) {
    const touches = ({ lines }) => mutant.global || lines.some((line) => line >= mutant.line && line <= mutant.lastLine);
    const killsOf = ({ name }) => (this.kills.get(`${mutant.fn} ${name}`) ?? 0) * 10 + (this.kills.get(name) ?? 0);
    const worth = (test) => (killsOf(test) + 0.1) / test.ms;
    return tests.filter(touches).sort((a, b) => worth(b) - worth(a)).slice(0, this.most).map(({ name, needs }) => ({ name, needs }));
  }
}

/** The texts of all contracts and tests. */
function everything() {
  return ["contracts", "tests", "vectors"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map((file) => join(ROOT, folder, file))
      .filter((path) => /\.(clar|ts)$/.test(path) && statSync(path).isFile())
      .sort()
      .map((path) => readFileSync(path, "utf8")),
  );
}
