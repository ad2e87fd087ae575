/**
 * An index that sees only events: what each module owes, per token and per entity. The movements of
 * money are the second book, and both must agree after every call.
 */
import { Cl } from "@stacks/transactions";
import { expect } from "vitest";
import { contract, entry, holding, type Outcome, read } from "./chain";

type Effect = { module: string; sign: 1n | -1n; owed: boolean };

const comesIn = (module: string): Effect => ({ module, sign: 1n, owed: true });
const leaves = (module: string): Effect => ({ module, sign: -1n, owed: true });
const surplus = (module: string): Effect => ({ module, sign: -1n, owed: false });

/** Every event that moves money of a module; `amount` is what moved. */
const EFFECTS: { [ev: string]: Effect } = {
  "stream.created": comesIn("sluice-streams"),
  "stream.topped-up": comesIn("sluice-streams"),
  "stream.withdrawn": leaves("sluice-streams"),
  "stream.canceled": leaves("sluice-streams"),
  "streams.skimmed": surplus("sluice-streams"),
  "flow.opened": comesIn("sluice-flow"),
  "flow.funded": comesIn("sluice-flow"),
  "flow.withdrawn": leaves("sluice-flow"),
  "flow.refunded": leaves("sluice-flow"),
  "flow.skimmed": surplus("sluice-flow"),
  "sub.started": comesIn("sluice-subs"),
  "sub.topped-up": comesIn("sluice-subs"),
  "sub.charged": leaves("sluice-subs"),
  "sub.canceled": leaves("sluice-subs"),
  "subs.skimmed": surplus("sluice-subs"),
  "market.offer-made": comesIn("sluice-market"),
  "market.offer-accepted": leaves("sluice-market"),
  "market.offer-canceled": leaves("sluice-market"),
  "market.offer-expired": leaves("sluice-market"),
  "market.skimmed": surplus("sluice-market"),
  "escrow.funded": comesIn("sluice-escrow"),
  "escrow.part-released": leaves("sluice-escrow"),
  "escrow.part-refunded": leaves("sluice-escrow"),
  "escrow.closed": leaves("sluice-escrow"),
  "escrow.skimmed": surplus("sluice-escrow"),
};
const MODULES = [...new Set(Object.values(EFFECTS).map(({ module }) => module))];

const assetOf = (token: string) => (token.endsWith(".sluice-stx") ? "stx" : `${token}::`);

export class Ledger {
  private owed = new Map<string, bigint>();
  private entities = new Map<string, bigint>();
  private seqs = new Map<string, bigint>();

  constructor(private tokens: string[]) {}

  /** Reads the events of one call; when its token is honest, the money must have moved as they say. */
  apply(done: Outcome, honest: boolean): void {
    const changes = new Map<string, bigint>();
    for (const { ev, id, token, amount, seq } of done.events) {
      const effect = EFFECTS[ev];
      if (!effect) continue;
      expect(seq > (this.seqs.get(effect.module) ?? 0n)).toBe(true);
      this.seqs.set(effect.module, seq);
      const key = `${effect.module} ${token}`;
      changes.set(key, (changes.get(key) ?? 0n) + effect.sign * amount);
      if (!effect.owed) continue;
      this.owed.set(key, (this.owed.get(key) ?? 0n) + effect.sign * amount);
      const entity = `${effect.module} ${id}`;
      const left = (this.entities.get(entity) ?? 0n) + effect.sign * amount;
      expect([entity, left >= 0n]).toEqual([entity, true]);
      this.entities.set(entity, left);
    }
    if (!honest) return;
    for (const module of MODULES)
      for (const token of this.tokens) {
        const mine = done.moves.filter(({ asset }) => asset.startsWith(assetOf(token)));
        const total = (end: "from" | "to") => mine.filter((m) => m[end] === contract(module)).reduce((sum, m) => sum + m.amount, 0n);
        const said = changes.get(`${module} ${token}`) ?? 0n;
        expect([module, token, total("to") - total("from")]).toEqual([module, token, said]);
      }
  }

  /** The books of the index against those of the chain. */
  audit(): void {
    for (const module of MODULES)
      for (const token of this.tokens) {
        const owed = this.owed.get(`${module} ${token}`) ?? 0n;
        expect([module, token, entry(module, "liabilities", Cl.principal(token)) ?? 0n]).toEqual([module, token, owed]);
        expect(holding(token, contract(module))).toBeGreaterThanOrEqual(owed);
      }
    for (const [entity, left] of this.entities) {
      const [module, id] = entity.split(" ");
      expect([entity, leftOnChain(module, BigInt(id))]).toEqual([entity, left]);
    }
  }
}

function leftOnChain(module: string, id: bigint): bigint {
  if (module === "sluice-streams") return read(module, "remaining", [Cl.uint(id)]) as bigint;
  if (module === "sluice-escrow") return read(module, "get-left", [Cl.uint(id)]) as bigint;
  const row = (map: string) => entry(module, map, Cl.uint(id)) as { [key: string]: bigint };
  if (module === "sluice-flow") return row("flows").balance;
  if (module === "sluice-subs") return row("subs").balance;
  const offer = row("offers");
  return offer.state === 1n ? offer.amount : 0n;
}
