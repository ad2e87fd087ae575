// The house rules for Clarity, each a check over the AST of the whole suite.
//
// A rule is `{ id, about, check }`; `check(contracts, report)` calls `report(contract, node, message)`.
// Exceptions are listed here with their reason, never in the contracts.

import { calledBy, findAll, head, isAtom, items, literal, tupleFields, walk } from "./syntax.mjs";

const ENVELOPE = ["actor", "amount", "data", "ev", "id", "seq", "sluice", "token"];
const SHARED_HELPERS = ["next-seq", "pull", "push", "push-parts", "push-part"];
const SOURCE_BYTES_MAX = 12 * 1024;
const LINE_LENGTH_MAX = 100;

// Codes every module gives the same meaning; sluice-receipt holds no money and so needs few of them.
const COMMON_ERRORS = [
  "NOT-AUTHORIZED", "NOT-FOUND", "PAUSED", "AMOUNT", "TOKEN",
  "STATE", "TIME", "EXISTS", "ASSET-GUARD", "FEE",
];

export const ERROR_RANGES = {
  "sluice-access": [1000, 1099],
  "sluice-tokens": [1100, 1199],
  "sluice-oracle": [3000, 3019],
  "sluice-oracle-dia": [3020, 3039],
  "sluice-oracle-pyth": [3040, 3059],
  "sluice-gateway": [4000, 4099],
  "sluice-escrow": [5000, 5099],
  "sluice-streams": [6000, 6099],
  "sluice-flow": [6500, 6599],
  "sluice-subs": [7000, 7099],
  "sluice-receipt": [7500, 7599],
  "sluice-market": [8000, 8099],
  "sluice-treasury": [9000, 9099],
};

// Public functions that change no state of ours and therefore print no envelope.
export const SILENT = {
  "sluice-stx": "a SIP-010 face over native STX: the native transfer event is the record",
  "sluice-receipt.transfer": "always refuses: receipts are soulbound",
  "sluice-oracle.read-usd": "public only because a read-only function cannot call a trait",
  "sluice-oracle-dia.get-usd": "public only because the price-source trait asks for it",
  "sluice-oracle-pyth.get-usd": "public only because the price-source trait asks for it",
};

// Where tx-sender may be compared: the SIP-010 rule "the sender signs" is the native rule of STX.
const TX_SENDER_ALLOWED = new Set(["sluice-stx"]);

const COMPARES = new Set(["is-eq", "<", "<=", ">", ">=", "and", "or", "not"]);
const LOOKS_UP = new Set(["map-get?", "nft-get-owner?"]);

const everyExpression = (contract, visit) => {
  for (const { node } of contract.definitions) walk(node, visit);
};

const isPrint = (node) => head(node) === "print";
export const isEvent = (node) => isPrint(node) && Boolean(tupleFields(items(node)[1])?.has("ev"));
const isTraitArgument = (arg) => "TraitReference" in arg.type.expr;

export const RULES = [
  {
    id: "no-stacks-clock",
    about: "durations never use Stacks blocks: money runs on stacks-block-time, safety on burn-block-height",
    check(contracts, report) {
      const banned = new Set(["stacks-block-height", "block-height", "tenure-height", "at-block"]);
      for (const contract of contracts) {
        everyExpression(contract, (node) => {
          if (isAtom(node) && banned.has(node.expr.Atom)) report(contract, node, `${node.expr.Atom} is not a clock`);
        });
      }
    },
  },
  {
    id: "no-tx-sender-authority",
    about: "authority is contract-caller; tx-sender is only a source of funds, never compared or looked up",
    check(contracts, report) {
      for (const contract of contracts) {
        if (TX_SENDER_ALLOWED.has(contract.name)) continue;
        everyExpression(contract, (node, ancestors) => {
          if (!isAtom(node, "tx-sender")) return;
          const decides = ancestors.some((outer, depth) => {
            const word = head(outer);
            const inner = ancestors[depth + 1] ?? node;
            if (word === "asserts!" || word === "if") return items(outer)[1] === inner;
            return COMPARES.has(word) || LOOKS_UP.has(word);
          });
          const alias = isAlias(node, ancestors);
          if (decides) report(contract, node, "tx-sender decides something here");
          if (alias) report(contract, node, "tx-sender gets another name here");
        });
      }
    },
  },
  {
    id: "exact-allowances",
    about: "outflows are guarded by as-contract? or restrict-assets? with exact amounts of named assets",
    check(contracts, report) {
      for (const contract of contracts) {
        everyExpression(contract, (node) => {
          if (isAtom(node, "as-contract")) report(contract, node, "as-contract has no allowance");
          if (isAtom(node, "with-all-assets-unsafe")) report(contract, node, "with-all-assets-unsafe allows everything");
          const word = head(node);
          if (word === "with-ft") {
            const [, , asset, amount] = items(node);
            if (literal(asset)?.value === "*") report(contract, node, 'asset "*" allows any token of the contract');
            checkAmount(contract, amount, report);
          }
          if (word === "with-stx") checkAmount(contract, items(node)[1], report);
        });
      }
    },
  },
  {
    id: "no-panic",
    about: "unwrap-panic and unwrap-err-panic only around to-consensus-buff? of fixed values",
    check(contracts, report) {
      for (const contract of contracts) {
        everyExpression(contract, (node) => {
          const word = head(node);
          if (word === "unwrap-err-panic") report(contract, node, "a panic on a user's path");
          if (word === "unwrap-panic" && head(items(node)[1]) !== "to-consensus-buff?") {
            report(contract, node, "a panic on a user's path");
          }
        });
      }
    },
  },
  {
    id: "error-codes",
    about: "each error is an ERR- constant with a unique code in its contract's range, used, and explained",
    check(contracts, report) {
      const owners = new Map();
      for (const contract of contracts) {
        const range = ERROR_RANGES[contract.name];
        for (const { name, code, definition } of contract.errors()) {
          const { node } = definition;
          const taken = owners.get(code);
          if (!name.startsWith("ERR-")) report(contract, node, `${name} should be named ERR-…`);
          if (taken) report(contract, node, `u${code} is already ${taken}`);
          owners.set(code, `${contract.name} ${name}`);
          if (range && (code < range[0] || code > range[1])) {
            report(contract, node, `u${code} is outside ${range[0]}–${range[1]}`);
          }
          const common = code % 100 < 10 && !TX_SENDER_ALLOWED.has(contract.name) && COMMON_ERRORS[code % 100];
          if (range && range[0] % 100 === 0 && common && name !== `ERR-${common}`) {
            report(contract, node, `u${code} means ERR-${common} in every module`);
          }
          if (!uses(contract, name)) report(contract, node, `${name} is never used`);
          if (!sentence(contract, node)) report(contract, node, `${name} has no sentence that explains it`);
        }
      }
    },
  },
  {
    id: "no-bare-error",
    about: "an error is given by its constant, never as a bare number",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const fn of contract.functions.values()) {
          walk(fn.node, (node) => {
            if (head(node) === "err" && literal(items(node)[1])) report(contract, node, "a bare error code");
          });
        }
      }
    },
  },
  {
    id: "public-comment",
    about: "the comment of a public function says who may call, what must hold and what it prints",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const fn of contract.of("public")) {
          const comment = contract.text.commentAbove(fn.node).join(" ");
          for (const label of COMMENT_LABELS) {
            const said = comment.split(label)[1]?.trim();
            if (!said || COMMENT_LABELS.some((other) => said.startsWith(other))) {
              report(contract, fn.node, `${fn.name} does not say "${label}"`);
            }
          }
        }
      }
    },
  },
  {
    id: "one-envelope",
    about: "every print is the envelope, and every public function that changes state prints one",
    check(contracts, report) {
      for (const contract of contracts) {
        everyExpression(contract, (node) => {
          if (!isPrint(node)) return;
          const fields = tupleFields(items(node)[1]);
          if (fields?.has("notification")) return undefined; // SIP-019, for wallets and explorers
          if (!fields) return report(contract, node, "prints something else than a tuple");
          const keys = [...fields.keys()].sort().join(" ");
          if (keys !== ENVELOPE.join(" ")) report(contract, node, `the envelope has the keys ${ENVELOPE.join(" ")}`);
          if (literal(fields.get("sluice") ?? node)?.value !== 1n) report(contract, node, "sluice must be u1");
          if (fields.has("data") && !tupleFields(fields.get("data"))) report(contract, node, "data must be a tuple");
        });
        if (SILENT[contract.name]) continue;
        for (const fn of contract.of("public")) {
          if (SILENT[`${contract.name}.${fn.name}`]) continue;
          const prints = contract.reachable(fn).some((f) => findAll(f.node, isPrint).length > 0);
          if (!prints) report(contract, fn.node, `${fn.name} prints no event`);
        }
      }
    },
  },
  {
    id: "comment-names-events",
    about: "the comment of a public function names every event it can print, with the keys of its data",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const fn of contract.of("public")) {
          const said = contract.text.commentAbove(fn.node).join(" ");
          for (const [ev, keys] of eventsOf(contract, fn)) {
            const mention = said.match(new RegExp(`${ev.replaceAll(".", "\\.")}(?![a-z-])(?:\\s*\\{([^}]*)\\})?`));
            if (!mention) report(contract, fn.node, `${fn.name} prints ${ev} but does not say so`);
            else if (mention[1] !== undefined && wordsOf(mention[1]) !== [...keys].sort().join(" ")) {
              report(contract, fn.node, `${ev} carries {${[...keys].join(", ")}}`);
            }
          }
        }
      }
    },
  },
  {
    id: "token-is-bound",
    about: "a token that comes as an argument is compared or looked up by contract-of before it is called",
    check(contracts, report) {
      for (const contract of contracts) {
        if (SILENT[contract.name]) continue;
        for (const fn of contract.of("public")) {
          fn.args.filter(isTraitArgument).forEach((arg) => {
            if (!isBound(contract, fn, arg.name)) report(contract, fn.node, `${arg.name} is never bound by contract-of`);
          });
        }
      }
    },
  },
  {
    id: "same-helpers",
    about: `${SHARED_HELPERS.join(", ")} read the same in each module that has them`,
    check(contracts, report) {
      for (const name of SHARED_HELPERS) {
        let model;
        for (const contract of contracts) {
          const fn = contract.functions.get(name);
          if (!fn) continue;
          const text = contract.text.of(fn.node);
          model ??= { contract: contract.name, text };
          if (text !== model.text) report(contract, fn.node, `${name} differs from the one in ${model.contract}`);
        }
      }
    },
  },
  {
    id: "kebab-case",
    about: "names are kebab-case; constants are UPPER-KEBAB",
    check(contracts, report) {
      const lower = /^[a-z][a-z0-9]*(-[a-z0-9]+)*[?!]?$/;
      const upper = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$/;
      for (const contract of contracts) {
        for (const d of contract.definitions) {
          if (!d.name) continue;
          if (!(d.kind === "constant" ? upper : lower).test(d.name)) report(contract, d.node, `${d.name} is not in house spelling`);
          for (const arg of d.args ?? []) {
            if (!lower.test(arg.name)) report(contract, arg.type, `${arg.name} is not in house spelling`);
          }
        }
        everyExpression(contract, (node) => {
          for (const key of tupleFields(node)?.keys() ?? []) {
            if (!lower.test(key)) report(contract, node, `${key} is not in house spelling`);
          }
        });
      }
    },
  },
  {
    id: "file-order",
    about: "a file reads traits, constants, data, read-only, public, private",
    check(contracts, report) {
      const rank = {
        trait: 0, use: 0, implements: 0, constant: 1, token: 2, variable: 2, map: 2,
        "read-only": 3, public: 4, private: 5,
      };
      for (const contract of contracts) {
        let highest = 0;
        for (const d of contract.definitions) {
          if (!(d.kind in rank)) continue;
          if (rank[d.kind] < highest) report(contract, d.node, `${d.kind} ${d.name ?? ""} comes too late`);
          highest = Math.max(highest, rank[d.kind]);
        }
      }
    },
  },
  {
    id: "source-size",
    about: `a contract has at most ${SOURCE_BYTES_MAX} bytes: each call pays for loading it`,
    check(contracts, report) {
      for (const contract of contracts) {
        const bytes = Buffer.byteLength(contract.source);
        const limit = SOURCE_BYTES_EXCEPTIONS[contract.name]?.limit ?? SOURCE_BYTES_MAX;
        if (bytes > limit) report(contract, contract.definitions[0].node, `${bytes} bytes, limit ${limit}`);
      }
    },
  },
  {
    id: "plain-text",
    about: `lines of at most ${LINE_LENGTH_MAX} ASCII characters, no tabs, no trailing blanks, nothing left to do`,
    check(contracts, report) {
      for (const contract of contracts) {
        contract.text.lines.forEach((line, n) => {
          const here = { span: { start_line: n + 1 } };
          if (line.length > LINE_LENGTH_MAX) report(contract, here, `${line.length} characters`);
          if (/[^\x20-\x7e]/.test(line)) report(contract, here, "not plain ASCII");
          if (/\s$/.test(line)) report(contract, here, "trailing blank");
          if (/\b(TODO|FIXME|XXX|HACK)\b/.test(line)) report(contract, here, "something left to do");
        });
      }
    },
  },
  {
    id: "no-list-per-principal",
    about: "no map keyed by a principal holds a list: it would fill up and lock its owner out",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const { node, name } of contract.of("map")) {
          const [, , key, value] = items(node);
          const byPrincipal = findAll(key, (n) => isAtom(n, "principal")).length > 0;
          if (byPrincipal && findAll(value, (n) => isAtom(n, "list")).length > 0) {
            report(contract, node, `${name} keeps a list per principal`);
          }
        }
      }
    },
  },
  {
    id: "fees-have-caps",
    about: "a function that sets a fee refers to a …-CAP constant",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const fn of contract.of("public")) {
          if (!/^set-.*(fee|royalty)/.test(fn.name)) continue;
          const capped = contract.reachable(fn).some(
            (f) => findAll(f.node, (n) => isAtom(n) && n.expr.Atom.endsWith("-CAP")).length > 0,
          );
          if (!capped) report(contract, fn.node, `${fn.name} knows no cap`);
        }
      }
    },
  },
  {
    id: "nothing-unused",
    about: "no constant, variable, map or private function that nothing uses",
    check(contracts, report) {
      for (const contract of contracts) {
        for (const d of contract.definitions) {
          if (!["constant", "variable", "map", "private"].includes(d.kind)) continue;
          if (UNUSED_ALLOWED[contract.name]?.kind === d.kind) continue;
          if (!uses(contract, d.name)) report(contract, d.node, `${d.name} is never used`);
        }
      }
    },
  },
];

const UNUSED_ALLOWED = {
  "sluice-access": { kind: "constant", because: "the one place that names every role" },
};

export const COMMENT_LABELS = ["Who:", "Holds:", "Prints:"];

// Contracts above the limit. A call pays 1 read byte per source byte of each contract it loads, but the
// reads of a tenure run out long before its read bytes do (docs/reference/costs.md), and splitting a
// module would put its money and its rules into two places.
const KIB = 1024;
export const SOURCE_BYTES_EXCEPTIONS = {
  "sluice-streams": { limit: 32 * KIB },
  "sluice-gateway": { limit: 32 * KIB },
  "sluice-treasury": { limit: 28 * KIB },
  "sluice-escrow": { limit: 24 * KIB },
  "sluice-flow": { limit: 20 * KIB },
  "sluice-market": { limit: 20 * KIB },
  "sluice-subs": { limit: 20 * KIB },
};

const wordsOf = (list) => list.split(/[\s,]+/).filter(Boolean).sort().join(" ");

/** The events a function can print, its private helpers included: name to the keys of its data. */
export function eventsOf(contract, fn) {
  const events = new Map();
  for (const f of contract.reachable(fn)) {
    for (const print of findAll(f.node, isEvent)) {
      const fields = tupleFields(items(print)[1]);
      const keys = [...(tupleFields(fields.get("data") ?? print)?.keys() ?? [])];
      for (const name of eventNames(contract, f, fields.get("ev"), contract.reach(fn))) {
        events.set(name, keys);
      }
    }
  }
  return events;
}

/**
 * The names an `ev` expression can take: the string literals in it or, where it is a parameter, the
 * literals that the callers pass. `among` limits the callers to those names of functions.
 */
export function eventNames(contract, fn, ev, among = new Set(contract.functions.keys())) {
  const position = fn.args.findIndex((arg) => isAtom(ev, arg.name));
  if (position < 0) {
    return findAll(ev, (n) => literal(n)?.type === "string").map((n) => literal(n).value);
  }
  const names = [];
  for (const name of among) {
    const caller = contract.functions.get(name);
    for (const call of findAll(caller.node, (n) => head(n) === fn.name)) {
      const passed = items(call)[1 + position];
      if (passed) names.push(...eventNames(contract, caller, passed, among));
    }
  }
  return names;
}

function isAlias(node, ancestors) {
  const pair = ancestors.at(-1);
  const bindings = ancestors.at(-2);
  const form = ancestors.at(-3);
  return Boolean(form) && head(form) === "let" && items(form)[1] === bindings && items(pair)[1] === node;
}

function checkAmount(contract, amount, report) {
  const bound = findAll(amount, (n) => isAtom(n) && /^[A-Z][A-Z0-9-]*$/.test(n.expr.Atom));
  if (bound.length) report(contract, amount, "an allowance is the exact amount, not a bound");
  const value = literal(amount);
  if (value && value.value !== 0n) report(contract, amount, "an allowance is the exact amount, not a constant");
}

function uses(contract, name) {
  return contract.definitions.some((d) =>
    findAll(d.node, (n) => isAtom(n, name)).some((n) => n !== items(d.node)[1] && n !== items(items(d.node)[1] ?? n)[0]),
  );
}

/** An error constant is explained by a comment on its own line or right above it. */
function sentence(contract, node) {
  const line = contract.text.lines[node.span.start_line - 1];
  const beside = line.slice(node.span.end_column).match(/;;\s*(\S.*)/)?.[1];
  return beside ?? contract.text.commentAbove(node).at(-1);
}

export const errorSentence = sentence;

/**
 * Bound here, in a helper that gets the token (alone or in the start value of a fold), or in another
 * contract of the suite that gets it and is held to the same rule.
 */
function isBound(contract, fn, name, seen = new Set()) {
  if (seen.has(`${fn.name} ${name}`)) return false;
  seen.add(`${fn.name} ${name}`);
  const binds = (node) => {
    if (head(node) === "contract-of") return isAtom(items(node)[1], name);
    const given = items(node).slice(1);
    if (head(node) === "contract-call?") {
      return literal(given[0])?.type === "principal" && given.slice(2).some((part) => isAtom(part, name));
    }
    const callee = contract.functions.get(calledBy(node));
    if (!callee) return false;
    if (head(node) === "fold") {
      const carried = findAll(given.at(-1), (part) => isAtom(part, name)).length > 0;
      return carried && contract.reachable(callee).some((f) => findAll(f.node, (n) => head(n) === "contract-of").length > 0);
    }
    return given.some((part, n) => isAtom(part, name) && isBound(contract, callee, callee.args[n].name, seen));
  };
  return fn.body.some((part) => findAll(part, binds).length > 0);
}
