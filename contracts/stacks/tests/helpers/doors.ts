/**
 * Who may call what, as a table: nobody but the entitled succeeds, whatever other role he holds (I15);
 * he himself cannot be made to do it through a contract he was lured into (I16); and the same call by
 * him works, so the refusals prove something.
 */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { expect } from "vitest";
import {
  alice, arbiter, bob, call, carol, contract, dave, deployer, feeManager, guardian, lister, mallory, read, settler,
} from "./chain";
import { phish, schedule, waitDelay } from "./suite";

export const everybody = {
  deployer, alice, bob, carol, dave, mallory, guardian, lister, feeManager, arbiter, settler,
};
export type Who = keyof typeof everybody;

export interface Door {
  name: string;
  args: () => ClarityValue[];
  /** Who may; the first one is tried. */
  may: Who[];
  refusal: bigint;
  /** What must be so before. */
  given?: () => void;
}

/** Announces an operation and waits until it is due. */
export const announce = (name: string, op: string, args: ClarityValue[]): void => {
  schedule(read(name, op, args));
  waitDelay();
};

/** Tries a door with everybody, then through a contract with those who may, then for real. */
export function tryDoor(name: string, door: Door): void {
  door.given?.();
  const args = door.args();
  const refused = { err: door.refusal };
  for (const [who, address] of Object.entries(everybody)) {
    if (door.may.includes(who as Who)) continue;
    expect([who, call(name, door.name, args, address).result]).toEqual([who, refused]);
  }
  const text = `(contract-call? '${contract(name)} ${door.name} ${args.map((a) => Cl.prettyPrint(a)).join(" ")})`;
  door.may.forEach((who, n) => {
    expect([who, phish(text, everybody[who], `lure-${n}`).result]).toEqual([who, refused]);
  });
  expect(call(name, door.name, args, everybody[door.may[0]]).ok).toBe(true);
}

/** Public functions that neither the table nor the list of those open to anyone names. */
export function unnamed(doors: { [name: string]: Door[] }, anyone: Set<string>): string[] {
  return Object.entries(doors).flatMap(([name, list]) => {
    const named = new Set(list.map((door) => door.name));
    return simnet.getContractsInterfaces().get(contract(name))!.functions
      .filter((fn) => fn.access === "public" && !named.has(fn.name) && !anyone.has(`${name}.${fn.name}`))
      .map((fn) => `${name}.${fn.name}`);
  });
}
