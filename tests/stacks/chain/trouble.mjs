// What can go wrong between a provider and its client, on demand: each provider has its own rules.
//
// The same chain is served under /p/<name>/ for any name, so that one process is as many providers as a
// test needs; without a prefix the name is empty.
import { setTimeout as sleep } from "node:timers/promises";
import { Rejection } from "./admission.mjs";
import { sha512_256 } from "./values.mjs";

const KINDS = new Set(["status", "reject", "limited", "slow", "hangup", "swallow", "garbage", "stale", "lie"]);

export class Providers {
  #rules = [];
  #rates = new Map();
  #asked = new Map();
  areOldPathsGone = false;

  /** Start a rule: { provider, path, method, kind, times, ... }; see README.md. Without `times` it stays. */
  add(rule) {
    if (!KINDS.has(rule.kind)) throw new Error(`there is no trouble ${rule.kind}: ${[...KINDS].join(", ")}`);
    this.#rules.push({ provider: "", path: "", ...rule, pattern: new RegExp(rule.path ?? "") });
  }

  /** End every rule, of one provider or of all. */
  clear(provider = null) {
    this.#rules = provider === null ? [] : this.#rules.filter((rule) => rule.provider !== provider);
    if (provider === null) {
      this.#rates.clear();
      this.#asked.clear();
      this.areOldPathsGone = false;
    }
  }

  /** Allow so many requests in a window, from now on. */
  limit(provider, limit, windowS) {
    this.#rates.set(provider, { limit, windowMs: windowS * 1000, start: performance.now(), used: 0 });
  }

  asked(provider) { return this.#asked.get(provider) ?? []; }

  /** Note a request and return the rule that befalls it, or undefined. */
  meet(provider, method, path) {
    if (!this.#asked.has(provider)) this.#asked.set(provider, []);
    this.#asked.get(provider).push(`${method} ${path}`);
    const rule = this.#rules.find((one) => one.provider === provider && (one.times ?? 1) > 0
      && (!one.method || one.method === method) && one.pattern.test(path));
    if (rule?.times !== undefined) rule.times -= 1;
    return rule;
  }

  /** Return the headers that tell of a provider's limit, and whether this request goes beyond it. */
  count(provider) {
    const rate = this.#rates.get(provider) ?? { limit: 50, windowMs: 60_000, start: performance.now(), used: -1 };
    const now = performance.now();
    if (now - rate.start >= rate.windowMs) Object.assign(rate, { start: now, used: 0 });
    rate.used += 1;
    const resetS = Math.ceil((rate.start + rate.windowMs - now) / 1000);
    const left = Math.max(0, rate.limit - rate.used);
    return { isOver: rate.used > rate.limit, resetS, headers: limitHeaders(rate.limit, left, resetS) };
  }
}

/** Answer a request's body in the chain's stead, or return null to let the chain answer. */
export async function troubled(rule, body) {
  switch (rule?.kind) {
    case "slow":
      await sleep(rule.delay_ms);
      return null;
    case "status": return { status: rule.status, body: rule.body ?? { error: "trouble" }, headers: rule.headers };
    case "reject": return { status: 400, body: new Rejection(rule.reason, rule.reason_data).body(sha512_256(body).toString("hex")) };
    case "limited": return tooMany(rule.retry_after_s ?? 1);
    case "garbage": return { status: rule.status ?? 200, body: rule.body ?? "<html>502 Bad Gateway</html>", kind: "text/html" };
    case "hangup": return { hangup: true };
    default: return null;
  }
}

export function tooMany(retryAfterS) {
  return {
    status: 429,
    body: { error: "Too many requests", message: "Per-minute rate limit exceeded" },
    headers: { ...limitHeaders(50, 0, retryAfterS), "retry-after": String(retryAfterS) },
  };
}

/** Change an answer: `set` maps a path such as "results.*.status" to what is said there instead. */
export function bend(body, set) {
  const bent = structuredClone(body);
  for (const [path, value] of Object.entries(set)) put(bent, path.split("."), value);
  return bent;
}

function put(node, [name, ...rest], value) {
  if (node === null || typeof node !== "object") return;
  for (const key of name === "*" ? Object.keys(node) : [name]) {
    if (rest.length === 0) node[key] = value;
    else put(node[key], rest, value);
  }
}

function limitHeaders(limit, left, resetS) {
  return {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(left),
    "ratelimit-reset": String(resetS),
    "x-ratelimit-limit-stacks-minute": String(limit),
    "x-ratelimit-remaining-stacks-minute": String(left),
    "x-ratelimit-cost-stacks": "1",
  };
}
