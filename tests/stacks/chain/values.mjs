// Bytes, hashes and Clarity values as the node and its API write them.
import { createHash } from "node:crypto";
import { deserializeCV, serializeCV } from "@stacks/transactions";

export const sha512_256 = (...parts) => digest("sha512-256", parts);
export const sha256 = (...parts) => digest("sha256", parts);

/** Return hex with the prefix that the API writes before every hash, and the node before few. */
export const prefixed = (hex) => (hex.startsWith("0x") ? hex : `0x${hex}`);

/** Return hex in lower case without prefix, the form in which this chain keeps everything. */
export const bare = (hex) => hex.toLowerCase().replace(/^0x/, "");

export const cvHex = (value) => prefixed(serializeCV(value));

export const cvOfHex = (hex) => deserializeCV(bare(hex));

/** Return a value's hex and text, the pair in which the API shows every Clarity value. */
export const shown = (value) => ({ hex: cvHex(value), repr: repr(value) });

export const shownHex = (hex) => ({ hex: prefixed(hex), repr: repr(cvOfHex(hex)) });

/** Return a memo as v3 shows it: the whole bytes, and what of them can be read. */
export function shownMemo(hex) {
  const text = Buffer.from(hex, "hex").toString("utf8");
  return { hex: prefixed(hex), repr: text.replace(/[\p{Cc}\uFFFD]/gu, "").trim() };
}

/** Write a Clarity value as the node does: a principal is quoted, a tuple keeps the order of its bytes. */
export function repr(cv) {
  switch (cv.type) {
    case "int": return String(cv.value);
    case "uint": return `u${cv.value}`;
    case "buffer": return `0x${cv.value}`;
    case "true": case "false": case "none": return cv.type;
    case "address": case "contract": return `'${cv.value}`;
    case "ok": case "err": case "some": return `(${cv.type} ${repr(cv.value)})`;
    case "list": return cv.value.length ? `(list ${cv.value.map(repr).join(" ")})` : "(list)";
    case "tuple": {
      const fields = Object.keys(cv.value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return `(tuple ${fields.map((name) => `(${name} ${repr(cv.value[name])})`).join(" ")})`;
    }
    case "ascii": return JSON.stringify(cv.value);
    case "utf8": return `u${JSON.stringify(cv.value)}`;
    default: throw new Error(`no such Clarity type: ${cv.type}`);
  }
}

/** Return a 128-bit amount as the node's RPC writes balances. */
export const hex128 = (units) => `0x${units.toString(16).padStart(32, "0")}`;

export const isoTime = (seconds) => new Date(seconds * 1000).toISOString();

function digest(algorithm, parts) {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(typeof part === "string" ? Buffer.from(part, "utf8") : part);
  return hash.digest();
}
