/** Clarity values as plain JavaScript: uint → bigint, principal → string, buffer → hex, none → null. */
import { Cl, ClarityType, type ClarityValue } from "@stacks/transactions";

export type Plain =
  | bigint
  | boolean
  | string
  | null
  | Plain[]
  | { [key: string]: Plain };

export function plain(cv: ClarityValue): Plain {
  switch (cv.type) {
    case ClarityType.UInt:
    case ClarityType.Int:
      return BigInt(cv.value);
    case ClarityType.BoolTrue:
      return true;
    case ClarityType.BoolFalse:
      return false;
    case ClarityType.OptionalNone:
      return null;
    case ClarityType.OptionalSome:
      return plain(cv.value);
    case ClarityType.ResponseOk:
      return { ok: plain(cv.value) };
    case ClarityType.ResponseErr:
      return { err: plain(cv.value) };
    case ClarityType.List:
      return cv.value.map(plain);
    case ClarityType.Tuple:
      return Object.fromEntries(Object.entries(cv.value).map(([k, v]) => [k, plain(v)]));
    default:
      return cv.value; // principals, buffers (hex), strings
  }
}

/** A principal of either kind from its text form. */
export const principal = (text: string): ClarityValue => Cl.principal(text);

/** A 32-byte reference from a short label, padded with zero bytes. */
export function ref(label: string): ClarityValue {
  return Cl.bufferFromHex(refHex(label));
}

export function refHex(label: string): string {
  return Buffer.from(label.padEnd(32, "\0")).toString("hex");
}
