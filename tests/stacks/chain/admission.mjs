// What a node asks before a transaction may wait, in its order, and how it says no.
//
// Source: stacks-core, `can_admit_mempool_semantic`, `can_include_tx` and `MemPoolRejection::into_json`.
import { c32addressDecode } from "c32check";
import { misfit } from "./arguments.mjs";
import { SBTC_DEPLOYER, belongs } from "./network.mjs";
import { checkSignatures } from "./signatures.mjs";
import { hex128 } from "./values.mjs";

const FEE_PER_BYTE = 1n;
const CHAINED_MAX = 25; // MAXIMUM_MEMPOOL_TX_CHAINING

export class Rejection extends Error {
  constructor(reason, data) {
    super(reason);
    this.reason = reason;
    this.data = data;
  }

  body(txid) {
    const body = { error: "transaction rejected", reason: this.reason, txid };
    return this.data ? { ...body, reason_data: this.data } : body;
  }
}

/** Say no to a transaction by throwing a Rejection; return the entry that it replaces, or undefined. */
export function admit(tx, { network, branch, mempool, machine }) {
  checkMeaning(tx, network);
  checkPrecondition(tx, network);
  checkFee(tx);
  if (tx.conditions.some(({ type }) => type === "staking")) {
    throw new Rejection("ServerFailureOther", { message: "Transaction is not supported in this epoch" });
  }
  checkNonces(tx, branch);
  checkFunds(tx, branch);
  checkPayload(tx, { network, machine });
  return checkConflict(tx, mempool);
}

function checkMeaning(tx, network) {
  if (tx.version !== network.version) throw new Rejection("BadTransactionVersion");
  const { type, recipient, amount } = tx.payload;
  if (type === "token_transfer") {
    if (recipient === tx.origin.address) throw new Rejection("TransferRecipientCannotEqualSender", { recipient });
    if (amount === 0n) throw new Rejection("TransferAmountMustBePositive");
    if (!isOurs(recipient, network)) throw new Rejection("BadAddressVersionByte");
  }
  if (type === "poison_microblock") {
    throw new Rejection("ServerFailureOther", { message: "PoisonMicroblock transactions not accepted via mempool" });
  }
}

function checkPrecondition(tx, network) {
  try {
    checkSignatures(tx);
  } catch (error) {
    throw new Rejection("SignatureValidation", { message: error.message });
  }
  if (tx.chainId !== network.chainId) {
    const message = `Invalid tx ${tx.txid}: invalid chain ID ${tx.chainId} (expected ${network.chainId})`;
    throw new Rejection("SignatureValidation", { message });
  }
}

function checkFee({ fee, raw }) {
  const expected = BigInt(raw.length) * FEE_PER_BYTE;
  if (fee < expected) throw new Rejection("FeeTooLow", { expected: Number(expected), actual: Number(fee) });
}

function checkNonces(tx, branch) {
  const accounts = [[tx.origin, true], ...(tx.sponsor ? [[tx.sponsor, false]] : [])];
  for (const [{ address, nonce }, isOrigin] of accounts) {
    const expected = branch.nonceOf(address);
    const data = { expected, actual: nonce, principal: address, is_origin: isOrigin };
    if (nonce < expected) throw new Rejection("BadNonce", data);
    const highest = expected + 1 + CHAINED_MAX;
    if (nonce > highest) {
      const message = "Nonce would exceed chaining limit in mempool";
      throw new Rejection("TooMuchChaining", { ...data, message, expected: highest });
    }
  }
}

function checkFunds({ payload, origin, payer, fee }, branch) {
  const need = (account, units) => {
    const { balance } = branch.ledger.of(account.address).stx;
    if (balance < units) throw new Rejection("NotEnoughFunds", { expected: hex128(units), actual: hex128(balance) });
  };
  const paysItself = origin.address === payer.address;
  if (payload.type !== "token_transfer") return need(payer, fee);
  need(origin, payload.amount + (paysItself ? fee : 0n));
  if (!paysItself) need(payer, fee);
}

function checkPayload({ payload }, { network, machine }) {
  switch (payload.type) {
    case "contract_call": {
      // The SDK's sBTC has its mainnet address on every network.
      const isSbtc = payload.contract.startsWith(`${SBTC_DEPLOYER}.`);
      if (!isSbtc && !belongs(network, payload.address.version)) throw new Rejection("BadAddressVersionByte");
      const described = machine.interfaceOf(payload.contract);
      if (!described) throw new Rejection("NoSuchContract");
      const called = described.functions.find(({ name, access }) => name === payload.name && access === "public");
      if (!called) throw new Rejection("NoSuchPublicFunction");
      const message = misfit(called, payload.args);
      if (message) throw new Rejection("BadFunctionArgument", { message });
      return;
    }
    case "smart_contract":
      if (machine.interfaceOf(payload.contract)) {
        throw new Rejection("ContractAlreadyExists", { contract_identifier: payload.contract });
      }
      return;
    case "coinbase": throw new Rejection("NoCoinbaseViaMempool");
    case "tenure_change": throw new Rejection("NoTenureChangeViaMempool");
    default:
  }
}

function checkConflict(tx, mempool) {
  const entry = mempool.conflict(tx);
  if (entry && tx.fee <= entry.tx.fee) throw new Rejection("ConflictingNonceInMempool");
  return entry;
}

function isOurs(principal, network) {
  const [version] = c32addressDecode(principal.split(".")[0]);
  return belongs(network, version);
}
