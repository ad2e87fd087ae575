// An answer before it is written to a socket: { status, body, kind, headers }.

export const ok = (body) => ({ status: 200, body });
export const refuse = (status, body) => ({ status, body });
export const text = (status, body) => ({ status, body, kind: "text/plain" });

/** Say no in the words of the API. */
export const missing = (what) => refuse(404, { error: what });
export const invalid = (what) => refuse(400, { statusCode: 400, error: "Bad Request", message: what });

/** Read a page's size and start from a query; a size beyond the limit is refused as the API refuses it. */
export function pageOf(query, { standard, most }) {
  const limit = Number(query.get("limit") ?? standard);
  const offset = Number(query.get("offset") ?? 0);
  if (!Number.isInteger(limit) || limit < 0 || limit > most) throw new BadQuery(`querystring/limit must be <= ${most}`);
  if (!Number.isInteger(offset) || offset < 0) throw new BadQuery("querystring/offset must be >= 0");
  return { limit, offset, cursor: query.get("cursor") };
}

export class BadQuery extends Error {}
