/** Offers signed off chain, as a merchant's server signs them (SIP-018). */
import { createHash } from "node:crypto";
import { Cl, type ClarityValue, privateKeyToPublic, serializeCVBytes, signStructuredData } from "@stacks/transactions";
import { contract } from "./chain";

export interface Offer {
  merchant: number;
  ref: ClarityValue;
  token: string;
  amount: number | bigint;
  expires: number | bigint;
  payer: string | null;
}

export interface Quote extends Omit<Offer, "amount"> {
  asset: string;
  cents: number | bigint;
}

/** Keys of test merchants. Public, like every key in a repository. */
export const KEY = `${"07".repeat(32)}01`;
export const OTHER_KEY = `${"08".repeat(32)}01`;
export const publicKey = (key: string): ClarityValue => Cl.bufferFromHex(privateKeyToPublic(key) as string);

export const TESTNET = 2147483648;

const domain = (chainId = TESTNET) =>
  Cl.tuple({ name: Cl.stringAscii("Sluice"), version: Cl.stringAscii("1"), "chain-id": Cl.uint(chainId) });

export const payerCv = (payer: string | null): ClarityValue =>
  payer === null ? Cl.none() : Cl.some(Cl.principal(payer));

const terms = (o: Omit<Offer, "amount">, gateway: string) => ({
  merchant: Cl.uint(o.merchant), ref: o.ref, token: Cl.principal(o.token), expires: Cl.uint(o.expires),
  payer: payerCv(o.payer), contract: Cl.principal(gateway),
});

export const offerMessage = (o: Offer, gateway = contract("sluice-gateway")): ClarityValue =>
  Cl.tuple({ ...terms(o, gateway), amount: Cl.uint(o.amount) });

export const quoteMessage = (q: Quote, gateway = contract("sluice-gateway")): ClarityValue =>
  Cl.tuple({ ...terms(q, gateway), asset: Cl.stringAscii(q.asset), cents: Cl.uint(q.cents) });

export function sign(message: ClarityValue, key = KEY, chainId = TESTNET): ClarityValue {
  return Cl.bufferFromHex(signStructuredData({ message, domain: domain(chainId), privateKey: key }));
}

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** What is signed, computed here by the text of SIP-018 and by nothing of the contract's. */
export function structuredHash(message: ClarityValue, chainId = TESTNET): string {
  return sha256(
    Buffer.from("SIP018"), sha256(serializeCVBytes(domain(chainId))), sha256(serializeCVBytes(message)),
  ).toString("hex");
}
