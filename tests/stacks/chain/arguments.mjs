// Whether the arguments of a call fit a public function, as a node asks before it takes a transaction.
import { getTypeString } from "@stacks/transactions";

/** Return why the arguments do not fit, in the node's words, or null. */
export function misfit(described, args) {
  if (described.args.length !== args.length) {
    return `expecting ${described.args.length} arguments, got ${args.length}`;
  }
  for (const [index, { type }] of described.args.entries()) {
    if (!fits(type, args[index])) {
      return `expecting expression of type '${getTypeString(type)}', found '${args[index].type}'`;
    }
  }
  return null;
}

/** Return a function's signature as the API shows it. */
export function signature(described) {
  const args = described.args.map(({ name, type }) => ` (${name} ${getTypeString(type)})`).join("");
  const access = described.access === "read_only" ? "read-only" : described.access;
  return `(define-${access} (${described.name}${args}))`;
}

export const typeName = (type) => getTypeString(type);

function fits(type, cv) {
  if (typeof type === "string") return fitsPlain(type, cv);
  const [kind] = Object.keys(type);
  const inner = type[kind];
  switch (kind) {
    case "buffer": return cv.type === "buffer" && cv.value.length / 2 <= inner.length;
    case "string-ascii": return cv.type === "ascii" && cv.value.length <= inner.length;
    case "string-utf8": return cv.type === "utf8" && [...cv.value].length <= inner.length;
    case "optional": return cv.type === "none" || (cv.type === "some" && fits(inner, cv.value));
    case "response": return (cv.type === "ok" && fits(inner.ok, cv.value)) || (cv.type === "err" && fits(inner.error, cv.value));
    case "list": return cv.type === "list" && cv.value.length <= inner.length && cv.value.every((item) => fits(inner.type, item));
    case "tuple":
      return cv.type === "tuple" && Object.keys(cv.value).length === inner.length
        && inner.every(({ name, type: field }) => name in cv.value && fits(field, cv.value[name]));
    default: return true;
  }
}

function fitsPlain(type, cv) {
  switch (type) {
    case "int128": return cv.type === "int";
    case "uint128": return cv.type === "uint";
    case "bool": return cv.type === "true" || cv.type === "false";
    case "principal": return cv.type === "address" || cv.type === "contract";
    case "trait_reference": return cv.type === "contract";
    default: return true;
  }
}
