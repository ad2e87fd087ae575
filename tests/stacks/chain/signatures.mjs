// Who signed a transaction: every key is recovered and must hash to the account that pays or acts.
import {
  AuthType, StacksWireType, addressFromPublicKeys, intoInitialSighashAuth, isNonSequentialMultiSig,
  isSequentialMultiSig, isSingleSig, nextVerification, publicKeyIsCompressed, serializeAuthorizationBytes,
} from "@stacks/transactions";
import { sha512_256 } from "./values.mjs";

const HALF_ORDER = BigInt("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
const WITNESS_MODES = new Set([2, 3, 7]); // P2WPKH and P2WSH take compressed keys only
const UNCOMPRESSED = 1;

/** Check all signatures of a transaction; what is wrong is thrown as an Error with a sentence. */
export function checkSignatures(tx) {
  const head = tx.raw.subarray(0, 5);
  const cleared = serializeAuthorizationBytes(intoInitialSighashAuth(tx.auth));
  const initial = sha512_256(head, cleared, tx.tail).toString("hex");
  // The origin signs with the standard flag even inside a sponsored transaction.
  const signed = checkCondition(tx.auth.spendingCondition, initial, AuthType.Standard);
  if (tx.sponsor) checkCondition(tx.auth.sponsorSpendingCondition, signed, AuthType.Sponsored);
}

function checkCondition(condition, initial, flag) {
  return isSingleSig(condition) ? checkSingle(condition, initial, flag) : checkMultiple(condition, initial, flag);
}

function checkSingle(condition, initial, flag) {
  const { keyEncoding, signature } = condition;
  const { key, next } = recover(initial, flag, condition, keyEncoding, signature.data);
  refuseUncompressed(condition, keyEncoding === UNCOMPRESSED);
  refuseStranger(condition, 1, [key]);
  return next;
}

function checkMultiple(condition, initial, flag) {
  const keys = [];
  let current = initial;
  let signatures = 0;
  let uncompressed = false;
  for (const { contents, pubKeyEncoding } of condition.fields) {
    if (contents.type === StacksWireType.PublicKey) {
      uncompressed ||= !publicKeyIsCompressed(contents.data);
      keys.push(contents);
      continue;
    }
    const { key, next } = recover(current, flag, condition, pubKeyEncoding, contents.data);
    uncompressed ||= pubKeyEncoding === UNCOMPRESSED;
    // In a sequence each signs what the one before left; otherwise all sign the same.
    if (isSequentialMultiSig(condition.hashMode)) current = next;
    keys.push(key);
    signatures += 1;
  }
  const required = condition.signaturesRequired;
  const enough = isNonSequentialMultiSig(condition.hashMode) ? signatures >= required : signatures === required;
  if (!enough) throw new Error(`Incorrect number of signatures: ${signatures} of ${required}`);
  refuseUncompressed(condition, uncompressed);
  refuseStranger(condition, required, keys);
  return current;
}

function recover(current, flag, { fee, nonce }, encoding, signature) {
  if (BigInt(`0x${signature.slice(66)}`) > HALF_ORDER) throw new Error("Invalid signature: high-S");
  try {
    const { pubKey, nextSigHash } = nextVerification(current, flag, fee, nonce, encoding, signature);
    return { key: pubKey, next: nextSigHash };
  } catch (error) {
    throw new Error(`Failed to recover public key: ${error.message}`);
  }
}

function refuseUncompressed({ hashMode }, uncompressed) {
  if (uncompressed && WITNESS_MODES.has(hashMode)) throw new Error("Uncompressed keys are not allowed in this hash mode");
}

function refuseStranger({ hashMode, signer }, required, keys) {
  const { hash160 } = addressFromPublicKeys(0, hashMode, required, keys);
  if (hash160 !== signer) throw new Error(`Signer hash does not equal hash of public key(s): ${hash160} != ${signer}`);
}
