// Clarity types as the analysis writes them, read into values and written back in source notation.

/** `(tuple (a uint) (b (optional principal)))` → `{ tuple: { a: "uint", b: { optional: "principal" } } }`. */
export function readType(text) {
  const words = text.match(/[()]|[^\s()]+/g);
  let at = 0;
  const next = () => {
    const word = words[at++];
    if (word !== "(") return word;
    const parts = [];
    while (words[at] !== ")") parts.push(next());
    at++;
    return parts;
  };
  return fromParts(next());
}

function fromParts(parts) {
  if (!Array.isArray(parts)) {
    if (parts === "UnknownType" || parts === "NoType") throw new Error("a type the analysis cannot tell");
    return parts;
  }
  const [word, ...rest] = parts;
  switch (word) {
    case "tuple":
      return { tuple: Object.fromEntries(rest.map(([key, type]) => [key, fromParts(type)])) };
    case "optional":
      return { optional: fromParts(rest[0]) };
    case "list":
      return { list: fromParts(rest[1]), max: Number(rest[0]) };
    case "principal": // the type of a contract named in the source
      return "principal";
    case "buff":
    case "string-ascii":
    case "string-utf8":
      return { [word]: Number(rest[0]) };
    default:
      throw new Error(`an unknown type: ${word}`);
  }
}

export function writeType(type) {
  if (typeof type === "string") return type;
  if (type.tuple) {
    return `{${Object.entries(type.tuple).map(([key, of]) => `${key}: ${writeType(of)}`).join(", ")}}`;
  }
  if (type.optional) return `(optional ${writeType(type.optional)})`;
  if (type.list) return `(list ${type.max} ${writeType(type.list)})`;
  const [[word, length]] = Object.entries(type);
  return `(${word} ${length})`;
}

/** The smallest type that holds both; they may differ only in length. */
export function joinTypes(a, b) {
  if (typeof a === "string" || typeof b === "string") {
    if (a !== b) throw new Error(`${writeType(a)} and ${writeType(b)} do not fit together`);
    return a;
  }
  const [kind] = Object.keys(a);
  if (!(kind in b)) throw new Error(`${writeType(a)} and ${writeType(b)} do not fit together`);
  if (kind === "tuple") {
    const keys = Object.keys(a.tuple);
    if (keys.join() !== Object.keys(b.tuple).join()) throw new Error(`${writeType(a)} and ${writeType(b)} have other keys`);
    return { tuple: Object.fromEntries(keys.map((key) => [key, joinTypes(a.tuple[key], b.tuple[key])])) };
  }
  if (kind === "optional") return { optional: joinTypes(a.optional, b.optional) };
  if (kind === "list") return { list: joinTypes(a.list, b.list), max: Math.max(a.max, b.max) };
  return { [kind]: Math.max(a[kind], b[kind]) };
}
