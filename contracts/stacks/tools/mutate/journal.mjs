// What has been judged: one line on disk per mutant, so that an interrupted run goes on where it stopped.
//
// A verdict holds for one text of the contract. Tests may be added meanwhile: what was killed stays
// killed, and survivors are judged again with --again.

import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/suite.mjs";

const FOLDER = join(ROOT, ".build/mutate");

export const hashOf = (...texts) => {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}\n${text}`);
  return hash.digest("hex").slice(0, 16);
};

export class Journal {
  constructor({ name, source }) {
    mkdirSync(FOLDER, { recursive: true });
    this.name = name;
    this.source = hashOf(source);
    this.path = join(FOLDER, `${name}.jsonl`);
  }

  /** The last verdict of each mutant of this very source, by id. */
  read() {
    if (!existsSync(this.path)) return new Map();
    const lines = readFileSync(this.path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return new Map(lines.filter(({ source }) => source === this.source).map((result) => [result.id, result]));
  }

  add(result) {
    appendFileSync(this.path, `${JSON.stringify({ ...result, source: this.source, on: new Date().toISOString().slice(0, 10) })}\n`);
  }
}

/** The answer of `measure`, remembered under the hash of all it depends on. */
export async function remembered(name, hash, measure) {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${name}.json`);
  const known = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  if (known?.hash === hash) return known.answer;
  const answer = await measure();
  writeFileSync(path, JSON.stringify({ hash, answer }));
  return answer;
}
