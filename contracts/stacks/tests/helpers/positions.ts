/** Positions: the NFTs of sluice-streams and sluice-flow, which follow the same rules. */
import { Cl } from "@stacks/transactions";
import { call, type Outcome, read } from "./chain";

export type Collection = "sluice-streams" | "sluice-flow";

export const ownerOf = (collection: Collection, id: bigint): string | null =>
  (read(collection, "get-owner", [Cl.uint(id)]) as { ok: string | null }).ok;

export const nonceOf = (collection: Collection, id: bigint): bigint =>
  read(collection, "get-nonce", [Cl.uint(id)]) as bigint;

export const isOperator = (collection: Collection, id: bigint, who: string): boolean =>
  read(collection, "is-operator", [Cl.uint(id), Cl.principal(who)]) as boolean;

export const transfer = (collection: Collection, id: bigint, from: string, to: string, who: string): Outcome =>
  call(collection, "transfer", [Cl.uint(id), Cl.principal(from), Cl.principal(to)], who);

export const approve = (collection: Collection, id: bigint, operator: string, who: string): Outcome =>
  call(collection, "approve", [Cl.uint(id), Cl.principal(operator)], who);

export const revoke = (collection: Collection, id: bigint, who: string): Outcome =>
  call(collection, "revoke", [Cl.uint(id)], who);

export const burn = (collection: Collection, id: bigint, who: string): Outcome =>
  call(collection, "burn", [Cl.uint(id)], who);
