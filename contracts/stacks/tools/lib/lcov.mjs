// Reading the SDK's coverage. It writes one section per test and contract; a line or branch counts as
// run when any section ran it.

/** Merges all sections: contract name → `{ lines, branches, functions }`, each a Map of place to hits. */
export function mergeLcov(text) {
  const files = new Map();
  let file;
  for (const line of text.split("\n")) {
    const [word, rest] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
    if (word === "SF") {
      const name = rest.split("/").at(-1).replace(/\.clar$/, "");
      file = files.get(name) ?? { lines: new Map(), branches: new Map(), functions: new Map() };
      files.set(name, file);
    } else if (word === "DA") {
      const [place, hits] = rest.split(",");
      add(file.lines, Number(place), Number(hits));
    } else if (word === "BRDA") {
      const [place, block, branch, hits] = rest.split(",");
      add(file.branches, `${place},${block},${branch}`, hits === "-" ? 0 : Number(hits));
    } else if (word === "FNDA") {
      const [hits, name] = rest.split(",");
      add(file.functions, name, Number(hits));
    }
  }
  return files;
}

const add = (map, key, hits) => map.set(key, (map.get(key) ?? 0) + hits);

/** Contract name → the lines that ran. */
export const linesRun = (text) =>
  new Map([...mergeLcov(text)].map(([name, { lines }]) => [name, new Set([...lines].filter(([, hits]) => hits > 0).map(([line]) => line))]));
