// Reading Clarity through the SDK's own parser: small helpers over its AST.
//
// A node is `{ expr, span }`. Sugar is gone in the AST: `{a: u1}` is `(tuple (a u1))`, and the parts
// the parser invented carry a zero span. Spans are one-based and inclusive.

export const isList = (node) => "List" in node.expr;
export const isAtom = (node, name) =>
  "Atom" in node.expr && (name === undefined || node.expr.Atom === name);
export const items = (node) => (isList(node) ? node.expr.List : []);

/** The first word of a list: `let` for `(let …)`, otherwise undefined. */
export const head = (node) => {
  const [first] = items(node);
  return first && isAtom(first) ? first.expr.Atom : undefined;
};

/** A literal as `{ type, value }`, or undefined when the node is not one. */
export function literal(node) {
  const value = node.expr.LiteralValue ?? node.expr.AtomValue;
  if (value === undefined) return undefined;
  if ("UInt" in value) return { type: "uint", value: BigInt(value.UInt) };
  if ("Int" in value) return { type: "int", value: BigInt(value.Int) };
  if ("Principal" in value) {
    return { type: "principal", value: value.Principal.Contract?.name ?? "standard" };
  }
  const ascii = value.Sequence?.String?.ASCII?.data;
  if (ascii) return { type: "string", value: String.fromCharCode(...ascii) };
  return { type: "other", value };
}

/** Calls `visit(node, ancestors)` for the node and everything under it, parents first. */
export function walk(node, visit, ancestors = []) {
  visit(node, ancestors);
  const inner = [...ancestors, node];
  for (const child of items(node)) walk(child, visit, inner);
}

export function findAll(node, wanted) {
  const found = [];
  walk(node, (n, ancestors) => {
    if (wanted(n, ancestors)) found.push(n);
  });
  return found;
}

/** `(tuple (a x) (b y))` as a Map of key to value node. */
export function tupleFields(node) {
  if (head(node) !== "tuple") return undefined;
  return new Map(items(node).slice(1).map((pair) => [items(pair)[0].expr.Atom, items(pair)[1]]));
}

/** Turns spans into offsets of one source text. */
export class Text {
  constructor(source) {
    this.source = source;
    this.lines = source.split("\n");
    this.starts = [0];
    for (const line of this.lines) this.starts.push(this.starts.at(-1) + line.length + 1);
  }

  /** `[from, to)` of a node, or undefined for nodes the parser invented. */
  range({ span }) {
    if (!span.start_line) return undefined;
    return [
      this.starts[span.start_line - 1] + span.start_column - 1,
      this.starts[span.end_line - 1] + span.end_column,
    ];
  }

  of(node) {
    const range = this.range(node);
    return range && this.source.slice(...range);
  }

  replace(node, replacement) {
    const [from, to] = this.range(node);
    return this.source.slice(0, from) + replacement + this.source.slice(to);
  }

  /** The block of `;;` lines that ends right above the node, without the semicolons. */
  commentAbove(node) {
    const block = [];
    for (let n = node.span.start_line - 2; n >= 0 && /^\s*;;/.test(this.lines[n]); n--) {
      block.unshift(this.lines[n].replace(/^\s*;+ ?/, ""));
    }
    return block;
  }
}

const HIGHER_ORDER = new Set(["fold", "map", "filter"]);

/** The name of the function a list applies: its head or, for fold, map and filter, their first word. */
export function calledBy(node) {
  const word = head(node);
  return HIGHER_ORDER.has(word) ? items(node)[1]?.expr.Atom : word;
}

/** Inside `{name value}` of a tuple or `(name value)` of a let, where the first word is no call. */
function isPair(ancestors) {
  const form = ancestors.at(-2);
  return head(ancestors.at(-1) ?? { expr: {} }) === "tuple" || (form && head(form) === "let" && items(form)[1] === ancestors.at(-1));
}

const FUNCTIONS = {
  "define-public": "public",
  "define-read-only": "read-only",
  "define-private": "private",
};

/** One top-level form: what it defines, under which name. */
function definition(node) {
  const word = head(node);
  const [, subject] = items(node);
  if (word in FUNCTIONS) {
    const [name, ...args] = items(subject);
    return {
      node,
      kind: FUNCTIONS[word],
      name: name.expr.Atom,
      args: args.map((arg) => ({ name: items(arg)[0].expr.Atom, type: items(arg)[1] })),
      body: items(node).slice(2),
    };
  }
  const kinds = {
    "define-constant": "constant",
    "define-data-var": "variable",
    "define-map": "map",
    "define-fungible-token": "token",
    "define-non-fungible-token": "token",
    "define-trait": "trait",
    "use-trait": "use",
    "impl-trait": "implements",
  };
  const name = subject && isAtom(subject) ? subject.expr.Atom : undefined;
  return { node, kind: kinds[word] ?? "statement", name, word };
}

/** A parsed contract: its text, its definitions in source order, and who calls whom inside it. */
export class Contract {
  constructor(name, source, ast) {
    this.name = name;
    this.source = source;
    this.text = new Text(source);
    // The SDK hands the definitions over sorted by dependency; readers want them as written.
    const written = [...ast.expressions].sort((a, b) => a.span.start_line - b.span.start_line);
    this.definitions = written.map(definition);
    this.functions = new Map(
      this.definitions.filter((d) => d.args).map((d) => [d.name, d]),
    );
  }

  of(kind) {
    return this.definitions.filter((d) => d.kind === kind);
  }

  constants() {
    return new Map(this.of("constant").map((d) => [d.name, items(d.node)[2]]));
  }

  /** The error constants, as `{ name, code, definition }`. */
  errors() {
    return this.of("constant").flatMap((d) => {
      const value = items(d.node)[2];
      if (head(value) !== "err") return [];
      return [{ name: d.name, code: Number(literal(items(value)[1])?.value), definition: d }];
    });
  }

  /** Names of the contract's own functions that a function calls, folds or maps with. */
  callees(fn) {
    const names = new Set();
    for (const part of fn.body) {
      walk(part, (node, ancestors) => {
        const name = calledBy(node);
        if (this.functions.has(name) && !isPair(ancestors)) names.add(name);
      });
    }
    return names;
  }

  /** The function and all it can reach inside the contract. */
  reach(fn, seen = new Set()) {
    if (seen.has(fn.name)) return seen;
    seen.add(fn.name);
    for (const name of this.callees(fn)) this.reach(this.functions.get(name), seen);
    return seen;
  }

  reachable(fn) {
    return [...this.reach(fn)].map((name) => this.functions.get(name));
  }
}
