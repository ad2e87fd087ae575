// What several versions of the API show in the same way.
import { cvHex, prefixed, repr, shownHex } from "../values.mjs";

/** The VM runs without counting costs, which would slow it to a third: the API's cost fields are zero. */
export const NO_COST = { read_count: 0, read_length: 0, runtime: 0, write_count: 0, write_length: 0 };

/** Return post-conditions as v1 and v3 alike show them. */
export function showConditions(tx) {
  return tx.conditions.map(({ type, principal, code, amount, asset, value, valueHex }) => {
    const shown = { principal, condition_code: code, type };
    if (type !== "non_fungible") shown.amount = String(amount);
    else shown.asset_value = { hex: valueHex, repr: repr(value) };
    return type === "stx" ? shown : { ...shown, asset: asset.shown };
  });
}

export const showArgs = (args) => args.map((cv) => ({ hex: cvHex(cv), repr: repr(cv) }));

/** Return the value of an event that carries one. */
export const showValue = (event) => shownHex(event.value);

/** Return a part of a list as v1 and v2 page: by offset. */
export function pageByOffset(items, { limit, offset }, show) {
  return { limit, offset, total: items.length, results: items.slice(offset, offset + limit).map(show) };
}

/**
 * Return a part of a list as v3 pages: from a cursor that names the first item of the page. A cursor that
 * names nothing (its block has left the chain) returns null.
 */
export function pageByCursor(items, { limit, cursor }, cursorOf, show) {
  const start = cursor ? items.findIndex((item) => cursorOf(item) === cursor) : 0;
  if (start === -1) return null;
  const named = (index) => (items[index] ? cursorOf(items[index]) : null);
  return {
    total: items.length,
    limit,
    cursor: {
      next: named(start + limit),
      previous: start > 0 ? named(Math.max(0, start - limit)) : null,
      current: named(start),
    },
    results: items.slice(start, start + limit).map(show),
  };
}

/** Return the cursor of a mined transaction: height, microblock (there are none any more), index. */
export const receiptCursor = ({ block, index }) => `${block.height}:2147483647:${index}`;

export const id = prefixed;
