// Chainhook as a receiver sees it: version 1 (self-hosted) and 2.0 (Hiro's), apply and rollback.
import { createHash } from "node:crypto";
import { showV1 } from "./chainhook_v1.mjs";
import { showV2 } from "./chainhook_v2.mjs";
import { matchesV1, matchesV2 } from "./chainhook_filters.mjs";
import { Deliveries } from "./deliveries.mjs";

export class Chainhooks {
  #hooks = new Map();
  #count = 0;
  #removed = [];
  secret = null;

  constructor(networkName) {
    this.networkName = networkName;
  }

  /**
   * Register a hook and return it. `version` 1 takes a `predicate` and sends `authorization` as it is;
   * 2 takes `filters` and `options` and sends the secret. An unnamed one is called in the order it came.
   */
  add({ version, name, url, uuid, predicate = null, filters = null, options = {}, authorization = null, undone = false, tries, definition = null }) {
    this.#count += 1;
    const hook = {
      version, name: name ?? `hook ${this.#count}`, url, predicate, filters, options, authorization, undone, definition,
      uuid: uuid ?? uuidOf(this.#count), enabled: version === 1 || options.enable_on_registration !== false, deliveries: new Deliveries({ tries }),
    };
    this.#hooks.set(hook.uuid, hook);
    return hook;
  }

  find(uuid) { return this.#hooks.get(uuid); }
  all() { return [...this.#hooks.values()]; }

  remove(uuid) {
    this.#hooks.get(uuid)?.deliveries.stop();
    return this.#hooks.delete(uuid);
  }

  clear() {
    for (const uuid of this.#hooks.keys()) this.remove(uuid);
    this.#count = 0;
    this.#removed = [];
    this.secret = null;
  }

  hear({ type, block, removed }) {
    if (type === "fork") this.#removed.push(...removed.toReversed());
    if (type !== "block") return;
    const rollback = this.#removed;
    this.#removed = [];
    for (const hook of this.all()) {
      if (hook.enabled) this.#tell(hook, { apply: [block], rollback });
    }
  }

  /** Send one block to a hook, again or for the first time. */
  evaluate(hook, block) { return this.#tell(hook, { apply: [block], rollback: [] }); }

  #tell(hook, { apply, rollback }) {
    const [matches, show] = hook.version === 1 ? [matchesV1, showV1] : [matchesV2, showV2];
    const chosen = (blocks) => blocks
      .map((block) => ({ block, receipts: block.receipts.filter((receipt) => matches(hook, receipt)) }))
      .filter(({ receipts }) => receipts.length > 0);
    const told = { apply: chosen(apply), rollback: chosen(rollback) };
    if (told.apply.length + told.rollback.length === 0) return false;
    hook.deliveries.post(hook.url, show(hook, told, this.networkName()), this.#headers(hook));
    return true;
  }

  #headers({ version, authorization }) {
    if (version === 1) return authorization ? { authorization } : {};
    // Hiro's documents name two headers for the secret; a receiver must take either, so both are sent.
    return this.secret ? { authorization: `Bearer ${this.secret}`, "x-chainhook-consumer-secret": this.secret } : {};
  }
}

/** Return an id in the form of a UUID that depends on nothing but the order of registration. */
function uuidOf(count) {
  const hex = createHash("sha256").update(`hook ${count}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}
