// Checks the contracts against the house rules: `node tools/lint.mjs`.

import { pathToFileURL } from "node:url";
import { RULES } from "./lib/rules.mjs";
import { loadSuite } from "./lib/suite.mjs";

/** All findings as `{ contract, line, rule, message }`, in the order of the contracts. */
export function lint(contracts, rules = RULES) {
  const findings = [];
  for (const rule of rules) {
    rule.check(contracts, (contract, node, message) => {
      findings.push({ contract: contract.name, line: node.span.start_line, rule: rule.id, message });
    });
  }
  const place = new Map(contracts.map(({ name }, n) => [name, n]));
  return findings.sort((a, b) => place.get(a.contract) - place.get(b.contract) || a.line - b.line);
}

async function main() {
  const { contracts } = await loadSuite();
  const findings = lint(contracts);
  for (const { contract, line, rule, message } of findings) {
    console.log(`contracts/${contract}.clar:${line}: ${rule}: ${message}`);
  }
  console.log(`${contracts.length} contracts, ${RULES.length} rules, ${findings.length} findings`);
  process.exitCode = findings.length ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
