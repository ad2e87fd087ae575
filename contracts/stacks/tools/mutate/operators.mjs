// The ways a contract can be made wrong. Each operator looks at one AST node and offers replacement texts.
//
// An operator is `{ name, mutate(node, at) }`; `at` gives `text(node)` and the ancestors. What does not
// compile is thrown away by the runner, so an operator may offer more than fits.

import { head, isAtom, items, literal, walk } from "../lib/syntax.mjs";

const BOUNDARY = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const ARITHMETIC = { "+": "-", "-": "+", "*": "+", "/": "*" };

// Names that stand for a person or a quantity, each with what it could be mistaken for.
const MISTAKEN = {
  "contract-caller": "tx-sender",
  "tx-sender": "contract-caller",
  payer: "payee",
  payee: "payer",
  arbiter: "payee",
  seller: "buyer",
  buyer: "seller",
  sender: "recipient",
  recipient: "sender",
  from: "to",
  to: "from",
  deposit: "withdrawn",
  withdrawn: "refunded",
  refunded: "withdrawn",
  start: "cliff",
  cliff: "end",
  end: "start",
  "release-at": "deliver-by",
  "deliver-by": "arb-until",
  "arb-until": "release-at",
  eta: "expires",
  expires: "eta",
  "burn-block-height": "stacks-block-height",
  "stacks-block-time": "(+ stacks-block-time u1)",
  threshold: "n-signers",
};

const replaceHead = (node, at, word) => {
  const [first] = items(node);
  const [from, to] = at.range(first);
  const [start, end] = at.range(node);
  return at.source.slice(start, from) + word + at.source.slice(to, end);
};

export const OPERATORS = [
  {
    name: "comparison boundary",
    mutate: (node, at) => (BOUNDARY[head(node)] ? [replaceHead(node, at, BOUNDARY[head(node)])] : []),
  },
  {
    name: "comparison negated",
    mutate: (node, at) => (["is-eq", "<", "<=", ">", ">=", "is-some", "is-none"].includes(head(node)) ? [`(not ${at.text(node)})`] : []),
  },
  {
    name: "arithmetic",
    mutate: (node, at) => (ARITHMETIC[head(node)] ? [replaceHead(node, at, ARITHMETIC[head(node)])] : []),
  },
  {
    name: "rounding",
    mutate: (node, at) => {
      if (head(node) !== "/") return [];
      const [, over, under] = items(node).map(at.text);
      return [`(/ (+ ${over} (- ${under} u1)) ${under})`];
    },
  },
  {
    name: "boolean",
    mutate: (node, at) => {
      if (head(node) === "and") return [replaceHead(node, at, "or")];
      if (head(node) === "or") return [replaceHead(node, at, "and")];
      if (head(node) === "not") return [at.text(items(node)[1])];
      if (isAtom(node, "true")) return ["false"];
      if (isAtom(node, "false")) return ["true"];
      return [];
    },
  },
  {
    name: "condition dropped",
    mutate: (node, at) =>
      ["and", "or"].includes(head(node)) && items(node).length > 2
        ? items(node).slice(1).map((part) => without(node, part, at))
        : [],
  },
  {
    name: "branch swapped",
    mutate: (node, at) => {
      if (head(node) !== "if") return [];
      const [, condition, yes, no] = items(node).map(at.text);
      return [`(if ${condition} ${no} ${yes})`];
    },
  },
  {
    name: "constant",
    mutate: (node, at) => {
      const value = literal(node);
      if (value?.type !== "uint" || at.text(node) !== `u${value.value}`) return [];
      return value.value === 0n ? ["u1"] : [`u${value.value + 1n}`, `u${value.value - 1n}`];
    },
  },
  {
    name: "assert dropped",
    mutate: (node) => (head(node) === "asserts!" ? ["true"] : []),
  },
  {
    name: "statement dropped",
    mutate: (node, at) =>
      ["map-set", "map-delete", "map-insert", "var-set", "print", "try!", "unwrap!"].includes(head(node)) && at.isStatement
        ? ["true"]
        : [],
  },
  {
    name: "insert overwrites",
    mutate: (node, at) => (head(node) === "map-insert" ? [replaceHead(node, at, "map-set")] : []),
  },
  {
    name: "change forgotten",
    mutate: (node, at) => (head(node) === "merge" ? [at.text(items(node)[1])] : []),
  },
  {
    name: "mistaken name",
    mutate: (node) => (isAtom(node) && MISTAKEN[node.expr.Atom] ? [MISTAKEN[node.expr.Atom]] : []),
  },
  {
    name: "allowance opened",
    mutate: (node, at) => {
      if (head(node) !== "as-contract?") return [];
      return [at.text(node).replace(at.text(items(node)[1]), "((with-all-assets-unsafe))")];
    },
  },
];

function without(node, part, at) {
  const [start, end] = at.range(node);
  const [from, to] = at.range(part);
  return at.source.slice(start, from).trimEnd() + at.source.slice(to, end);
}

/** Every mutant of a contract, as `{ id, operator, fn, line, from, to, source }`, in source order. */
export function mutantsOf(contract) {
  const mutants = [];
  const counters = new Map();
  for (const d of contract.definitions) {
    const roots = mutable(contract, d);
    for (const root of roots) {
      walk(root, (node, ancestors) => {
        const range = contract.text.range(node);
        if (!range || isFixed(node, ancestors)) return;
        const at = {
          source: contract.source,
          range: (n) => contract.text.range(n),
          text: (n) => contract.text.of(n),
          isStatement: isStatement(node, ancestors, root),
        };
        for (const operator of OPERATORS) {
          for (const to of operator.mutate(node, at)) {
            const from = contract.text.of(node);
            if (to === from) continue;
            const key = `${d.name} ${operator.name}`;
            counters.set(key, (counters.get(key) ?? 0) + 1);
            mutants.push({
              id: `${contract.name} ${key} ${counters.get(key)}`,
              operator: operator.name,
              fn: d.name,
              global: !d.body, // a constant or variable: every test may notice
              line: node.span.start_line,
              lastLine: node.span.end_line,
              from,
              to,
              source: contract.text.replace(node, to),
            });
          }
        }
      });
    }
  }
  return mutants;
}

/** The expressions of a definition that may change: values and bodies, never types or error codes. */
function mutable(contract, d) {
  if (d.body) return d.body;
  if (d.kind === "constant") {
    const value = items(d.node)[2];
    return head(value) === "err" ? [] : [value];
  }
  if (d.kind === "variable") return [items(d.node)[3]];
  return [];
}

// The version of the envelope, names being bound and the words of a form are not behaviour.
function isFixed(node, ancestors) {
  const parent = ancestors.at(-1);
  if (!parent) return false;
  const [first] = items(parent);
  const inTuple = ancestors.at(-2) && head(ancestors.at(-2)) === "tuple";
  if (inTuple && first === node) return true;
  if (inTuple && isAtom(first, "sluice")) return true;
  const form = ancestors.at(-2);
  if (isAtom(node) && head(form ?? node) === undefined && isBinding(ancestors) && first === node) return true;
  return false;
}

const isBinding = (ancestors) => {
  const form = ancestors.at(-3);
  return Boolean(form) && head(form) === "let" && items(form)[1] === ancestors.at(-2);
};

/** A form whose value nobody uses: in the body of begin, let or a function, but not its last one. */
function isStatement(node, ancestors) {
  const parent = ancestors.at(-1);
  if (!parent) return false;
  const word = head(parent);
  if (word !== "begin" && word !== "let" && word !== "and") return false;
  if (word === "let" && items(parent)[1] === node) return false;
  return items(parent).at(-1) !== node || word === "and";
}

/** All of them, in an order whose beginning is spread evenly over the list, wherever one stops. */
export function evenOrder(mutants) {
  const turn = (Math.sqrt(5) - 1) / 2;
  return mutants.map((mutant, n) => [(n * turn) % 1, mutant]).sort(([a], [b]) => a - b).map(([, mutant]) => mutant);
}

/** A fixed sample: those that a whole run judges first. */
export const sampleOf = (mutants, size) => evenOrder(mutants).slice(0, size);
