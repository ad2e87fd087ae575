// The events of the suite: names from the AST, types from the analysis itself.
//
// To learn the type of a printed tuple, the contract is analysed once more with `(not …)` around
// that tuple: the analysis refuses it and names the type it found. No type rules are repeated here.

import { eventNames, isEvent } from "./rules.mjs";
import { findAll, items, tupleFields } from "./syntax.mjs";
import { deploy } from "./suite.mjs";
import { joinTypes, readType } from "./types.mjs";

export const SCHEMA = 1;

/** All events of a contract: name → `{ type, printedBy }`, by name. */
export function eventsOf(chain, contract) {
  const events = new Map();
  for (const fn of contract.functions.values()) {
    for (const print of findAll(fn.node, isEvent)) {
      const tuple = items(print)[1];
      const type = printedType(chain, contract, tuple);
      for (const name of eventNames(contract, fn, tupleFields(tuple).get("ev"))) {
        const known = events.get(name);
        events.set(name, { type: known ? joinTypes(known.type, type) : type, printers: new Set([...(known?.printers ?? []), fn.name]) });
      }
    }
  }
  return new Map(
    [...events].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { type, printers }]) => [
      name,
      { type, printedBy: contract.of("public").filter((fn) => canPrint(contract, fn, name, printers)).map((fn) => fn.name) },
    ]),
  );
}

let probes = 0;

function printedType(chain, contract, tuple) {
  const source = contract.text.replace(tuple, `(not ${contract.text.of(tuple)})`);
  try {
    deploy(chain, { name: `${contract.name}-probe-${probes++}`, source });
  } catch (error) {
    const found = String(error).match(/expecting expression of type 'bool', found '(.*)'/s)?.[1];
    if (!found) throw new Error(`${contract.name}: ${error}`);
    return readType(found);
  }
  throw new Error(`${contract.name}: a print that is a bool`);
}

function canPrint(contract, fn, name, printers) {
  const reach = contract.reach(fn);
  return [...printers].some((printer) => {
    if (!reach.has(printer)) return false;
    const holder = contract.functions.get(printer);
    return findAll(holder.node, isEvent).some((print) =>
      eventNames(contract, holder, tupleFields(items(print)[1]).get("ev"), reach).includes(name),
    );
  });
}
