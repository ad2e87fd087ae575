// One worker and one process: the Clarity VM takes seconds to start and then
// resets in tens of milliseconds, so every test begins on a fresh chain.
// Costs are always measured, because tests assert their ceilings.
import { mkdirSync } from "node:fs";
import { getClarinetVitestsArgv, vitestSetupFilePath } from "@stacks/clarinet-sdk/vitest";
import { defineConfig } from "vitest/config";

mkdirSync(".build", { recursive: true });

const argv = getClarinetVitestsArgv();
const report = (name) => (name.includes("/") ? name : `.build/${name}`);

export default defineConfig({
  test: {
    environment: "clarinet",
    pool: "forks",
    isolate: false,
    maxWorkers: 1,
    include: ["tests/**/*.test.ts"],
    setupFiles: [vitestSetupFilePath],
    testTimeout: 300_000, // for machines that are shared; no test takes half a minute of its own
    hookTimeout: 300_000,
    environmentOptions: {
      clarinet: {
        ...argv,
        costs: true,
        costsFilename: report(argv.costsFilename),
        coverageFilename: report(argv.coverageFilename),
      },
    },
  },
});
