// Judges mutants in one process: told by its parent what to do, answers one line of JSON per mutant.
//
// The suite before the mutated contract comes from the SDK's cached session; the mutant and what
// depends on it are deployed on top, so a test starts in tens of milliseconds.

import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { initSimnet } from "@stacks/clarinet-sdk";
import ts from "typescript";
import { CLARITY, ROOT, SOURCES, dependencies, readSuite } from "../lib/suite.mjs";
import { linesRun } from "../lib/lcov.mjs";

const BUILD = join(ROOT, ".build/mutate");
const TEST_MS_MAX = 4000;

const say = (message) => process.send(message);
const silence = () => {
  console.log = () => {};
  console.warn = () => {};
};

const SCRIPTS = ["tests", "vectors"];

/** The tests and what they import as modules this process can import, with "vitest" pointing to the shim. */
function transpileTests(folder) {
  const shim = pathToFileURL(join(ROOT, "tools/mutate/vitest-shim.mjs")).href;
  const files = SCRIPTS.flatMap((script) =>
    readdirSync(join(ROOT, script), { recursive: true }).filter((file) => file.endsWith(".ts")).map((file) => join(script, file)),
  );
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), "utf8"), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const linked = outputText
      .replace(/(from\s+|import\s+)"vitest"/g, `$1"${shim}"`)
      .replace(/(from\s+|import\s*\(?\s*)"(\.[^"]*?)(\.ts)?"/g, (whole, word, path) => (/\.(mjs|json)$/.test(path) ? whole : `${word}"${path}.mjs"`));
    const target = join(folder, file.replace(/\.ts$/, ".mjs"));
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, linked);
  }
  const tests = files.filter((file) => file.startsWith("tests/") && file.endsWith(".test.ts"));
  return tests.map((file) => file.slice("tests/".length).replace(/\.ts$/, ".mjs"));
}

/** Contracts that need the mutated one, directly or through others, in deploy order. */
function dependents(suite, name) {
  const needing = new Set([name]);
  for (const { name: other, source } of suite) {
    if ([...dependencies(source)].some((needed) => needing.has(needed))) needing.add(other);
  }
  return suite.filter((contract) => needing.has(contract.name));
}

/** A project that holds only what the mutated contract does not touch. */
function writeProject(folder, dropped) {
  const names = new Set(dropped.map(({ name }) => name));
  const manifest = readFileSync(join(ROOT, "Clarinet.toml"), "utf8")
    .split(/^(?=\[)/m)
    .filter((part) => !names.has(part.match(/^\[contracts\.([a-z0-9-]+)\]/)?.[1]))
    .join("");
  cpSync(SOURCES, join(folder, "contracts"), { recursive: true });
  cpSync(join(ROOT, "settings"), join(folder, "settings"), { recursive: true });
  cpSync(join(ROOT, "tests/externals"), join(folder, "tests/externals"), { recursive: true });
  writeFileSync(join(folder, "Clarinet.toml"), manifest);
}

class Judge {
  constructor(contract, folder) {
    this.suite = readSuite();
    this.onTop = dependents(this.suite, contract);
    this.contract = contract;
    this.folder = folder;
    this.manifest = join(folder, "Clarinet.toml");
  }

  async start() {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    writeProject(this.folder, this.onTop);
    this.testFiles = transpileTests(this.folder);
    globalThis.simnet = await initSimnet(this.manifest, true, { trackCosts: true });
    this.shim = await import("./vitest-shim.mjs");
  }

  /** Imports the test files that speak of the contract. */
  async collect(wanted) {
    for (const file of this.testFiles.filter(wanted)) {
      this.shim.fileStarts(file.replace(/\.mjs$/, ".ts"));
      await import(pathToFileURL(join(this.folder, "tests", file)).href);
    }
    return this.shim.collected;
  }

  /** Resets the chain; of what depends on the mutant only `needed` is deployed again. */
  async freshChain(source, needed) {
    await simnet.initSession(ROOT, this.manifest);
    for (const contract of this.onTop) {
      if (contract.name !== this.contract && !needed.has(contract.name)) continue;
      const text = contract.name === this.contract ? source : contract.source;
      simnet.deployContract(contract.name, text, { clarityVersion: CLARITY }, simnet.deployer);
    }
  }

  /** Runs every test on the untouched contract: how long each takes and which lines it runs. */
  async baseline() {
    // Coverage is kept only for contracts of the manifest, so this runs on the whole project.
    const bare = simnet;
    const manifest = join(ROOT, "Clarinet.toml");
    globalThis.simnet = await initSimnet(manifest, true, { trackCosts: true, trackCoverage: true });
    const tests = [];
    for (const test of this.shim.collected) {
      const started = process.cpuUsage(); // not the clock: others may use the machine
      await simnet.initSession(ROOT, manifest);
      simnet.setCurrentTestName(test.name);
      await this.shim.runTest(test);
      const { user, system } = process.cpuUsage(started);
      const ms = (user + system) / 1000;
      const run = linesRun(simnet.collectReport(false, "").coverage);
      const touched = new Set([...run].filter(([, lines]) => lines.size).map(([name]) => name));
      tests.push({ name: test.name, ms, lines: [...(run.get(this.contract) ?? [])], needs: this.closure(touched) });
    }
    globalThis.simnet = bare;
    return tests;
  }

  /** What must be deployed on top of the project so that these contracts are there. */
  closure(names) {
    const needed = new Set(names);
    for (const { name, source } of [...this.suite].reverse()) {
      if (needed.has(name)) for (const other of dependencies(source)) needed.add(other);
    }
    return [...needed];
  }

  /**
   * `killed` with the test that saw it, `survived`, or `invalid` when it or what depends on it does not
   * compile. The test named `first` is asked first; `unsure` when it sees nothing and no others are given.
   */
  async judge(mutant, first, tests) {
    const everything = new Set(this.onTop.map(({ name }) => name));
    try {
      await this.freshChain(mutant.source, everything);
    } catch (error) {
      return { verdict: "invalid", by: String(error).slice(0, 200) };
    }
    const byName = new Map(this.shim.collected.map((test) => [test.name, test]));
    const asked = (tests ?? []).filter(({ name }) => name !== first).map(({ name, needs }) => ({ test: byName.get(name), needs: new Set(needs) }));
    if (byName.has(first)) asked.unshift({ test: byName.get(first), needs: everything });
    let fresh = true;
    for (const { test, needs } of asked) {
      try {
        if (!fresh) await this.freshChain(mutant.source, needs);
        fresh = false;
        await this.shim.runTest(test);
      } catch (error) {
        return { verdict: "killed", by: test.name, broken: isBroken(error) };
      }
    }
    return { verdict: tests ? "survived" : "unsure" };
  }
}

/** Has the failed call taken the VM with it? */
const isBroken = (error) => /unreachable|recursive use/.test(String(error));

let judge;

const tasks = {
  async start({ contract, folder, files }) {
    silence();
    judge = new Judge(contract, join(BUILD, folder));
    await judge.start();
    const wanted = new RegExp(files);
    await judge.collect((file) => wanted.test(file));
    return { tests: judge.shim.collected.length };
  },
  async baseline() {
    const tests = await judge.baseline();
    return tests.filter(({ ms }) => ms <= TEST_MS_MAX).sort((a, b) => a.ms - b.ms);
  },
  judge: ({ mutant, first, tests }) => judge.judge(mutant, first, tests),
};

process.on("message", async ({ task, ...rest }) => {
  try {
    say({ answer: await tasks[task](rest) });
  } catch (error) {
    say({ error: error.stack ?? String(error) });
  }
});
