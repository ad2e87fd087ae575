import { readFileSync, readdirSync, mkdirSync, writeFileSync, appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { initSimnet } from "@stacks/clarinet-sdk";
import ts from "typescript";
const ROOT = process.cwd();
const folder = join(ROOT, ".build/prof/t" + process.pid);
const shimUrl = pathToFileURL(join(ROOT, "tools/mutate/vitest-shim.mjs")).href;
const files = ["tests", "vectors"].flatMap((s) => readdirSync(join(ROOT, s), { recursive: true }).filter((f) => f.endsWith(".ts")).map((f) => join(s, f)));
for (const file of files) {
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), "utf8"), { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  const linked = outputText.replace(/(from\s+|import\s+)"vitest"/g, `$1"${shimUrl}"`).replace(/(from\s+|import\s*\(?\s*)"(\.[^"]*?)(\.ts)?"/g, (w, word, path) => (/\.(mjs|json)$/.test(path) ? w : `${word}"${path}.mjs"`));
  const target = join(folder, file.replace(/\.ts$/, ".mjs"));
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, linked);
}
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const out = process.argv[2]; rmSync(out, { force: true });
const log = (o) => appendFileSync(out, JSON.stringify(o) + "\n");
const manifest = join(ROOT, "Clarinet.toml");
const cov = process.argv[3] !== "nocov";
let t = cpu();
const L = console.log; console.log = () => {}; console.warn = () => {};
globalThis.simnet = await initSimnet(manifest, true, { trackCosts: true, trackCoverage: cov });
log({ first: cpu() - t });
const shim = await import("./vitest-shim.mjs");
const only = new RegExp(process.argv[4] ?? ".");
for (const f of readdirSync(join(ROOT, "tests")).filter((f) => f.endsWith(".test.ts") && only.test(f)).sort()) {
  shim.fileStarts(f);
  await import(pathToFileURL(join(folder, "tests", f.replace(/\.ts$/, ".mjs"))).href);
}
for (const test of shim.collected) {
  const a = cpu(); await simnet.initSession(ROOT, manifest); if (cov) simnet.setCurrentTestName(test.name);
  const b = cpu(); let err; try { await shim.runTest(test); } catch (e) { err = String(e).slice(0, 200); }
  const c = cpu(); const r = simnet.collectReport(false, ""); const d = cpu();
  log({ name: test.name, file: test.file, init: b - a, run: c - b, report: d - c, cov: r.coverage.length, costs: r.costs.length, err });
}
