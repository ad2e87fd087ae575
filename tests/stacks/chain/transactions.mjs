// From raw bytes to a transaction that the rest of the chain can read; nothing is checked but the form.
import {
  BytesReader, FungibleConditionCode, NonFungibleConditionCode, PayloadType, PostConditionMode,
  PostConditionPrincipalId, PostConditionType, addressFromVersionHash, addressToString,
  deserializeTransaction, serializeAuthorizationBytes,
} from "@stacks/transactions";
import { versionOf } from "./network.mjs";
import { cvHex, sha512_256 } from "./values.mjs";

const MEMO_BYTES = 34;
const BYTES_MAX = 2 * 1024 * 1024; // a transaction's limit, in stacks-core's codec

const MODES = {
  [PostConditionMode.Allow]: "allow",
  [PostConditionMode.Deny]: "deny",
  [PostConditionMode.Originator]: "originator",
};
const COMPARISONS = {
  [FungibleConditionCode.Equal]: "sent_equal_to",
  [FungibleConditionCode.Greater]: "sent_greater_than",
  [FungibleConditionCode.GreaterEqual]: "sent_greater_than_or_equal_to",
  [FungibleConditionCode.Less]: "sent_less_than",
  [FungibleConditionCode.LessEqual]: "sent_less_than_or_equal_to",
};
const SENDINGS = {
  [NonFungibleConditionCode.Sends]: "sent",
  [NonFungibleConditionCode.DoesNotSend]: "not_sent",
  [NonFungibleConditionCode.MaybeSent]: "maybe_sent",
};

/** Read a transaction; whatever is not exactly one throws. */
export function readTransaction(raw, network) {
  if (raw.length > BYTES_MAX) throw new Error(`${raw.length} bytes are too many for a transaction`);
  const reader = new BytesReader(raw);
  const wire = deserializeTransaction(reader);
  if (reader.consumed !== raw.length) throw new Error(`${raw.length - reader.consumed} bytes follow the transaction`);

  const { spendingCondition, sponsorSpendingCondition } = wire.auth;
  const origin = account(spendingCondition, network);
  const sponsor = sponsorSpendingCondition ? account(sponsorSpendingCondition, network) : null;
  return {
    txid: sha512_256(raw).toString("hex"),
    raw: Buffer.from(raw),
    auth: wire.auth,
    tail: raw.subarray(5 + serializeAuthorizationBytes(wire.auth).length),
    version: wire.transactionVersion,
    chainId: wire.chainId,
    anchorMode: wire.anchorMode,
    origin,
    sponsor,
    payer: sponsor ?? origin,
    fee: (sponsor ?? origin).fee,
    mode: MODES[wire.postConditionMode],
    conditions: wire.postConditions.values.map((condition) => readCondition(condition, origin.address)),
    payload: readPayload(wire.payload, raw, origin.address),
  };
}

function account(condition, network) {
  const version = versionOf(network, condition.hashMode);
  return {
    address: addressToString(addressFromVersionHash(version, condition.signer)),
    nonce: Number(condition.nonce),
    fee: condition.fee,
  };
}

function readPayload(payload, raw, sender) {
  switch (payload.payloadType) {
    case PayloadType.TokenTransfer:
      return {
        type: "token_transfer",
        recipient: payload.recipient.value,
        amount: payload.amount,
        memo: raw.subarray(raw.length - MEMO_BYTES).toString("hex"),
      };
    case PayloadType.ContractCall:
      return {
        type: "contract_call",
        address: payload.contractAddress,
        contract: `${addressToString(payload.contractAddress)}.${payload.contractName.content}`,
        name: payload.functionName.content,
        args: payload.functionArgs,
      };
    case PayloadType.SmartContract:
    case PayloadType.VersionedSmartContract:
      return {
        type: "smart_contract",
        contract: `${sender}.${payload.contractName.content}`,
        name: payload.contractName.content,
        code: payload.codeBody.content,
        clarity: payload.clarityVersion ?? null,
      };
    case PayloadType.TenureChange: return { type: "tenure_change" };
    case PayloadType.PoisonMicroblock: return { type: "poison_microblock" };
    default: return { type: "coinbase" };
  }
}

function readCondition(condition, origin) {
  const { principal, who } = readPrincipal(condition.principal, origin);
  switch (condition.conditionType) {
    case PostConditionType.STX:
      return { type: "stx", principal, who, code: COMPARISONS[condition.conditionCode], amount: condition.amount };
    case PostConditionType.Fungible:
      return {
        type: "fungible", principal, who, code: COMPARISONS[condition.conditionCode], amount: condition.amount,
        asset: readAsset(condition.asset),
      };
    case PostConditionType.NonFungible:
      return {
        type: "non_fungible", principal, who, code: SENDINGS[condition.conditionCode],
        asset: readAsset(condition.asset), value: condition.assetName, valueHex: cvHex(condition.assetName),
      };
    default:
      return { type: "staking", principal, who };
  }
}

function readPrincipal(principal, origin) {
  if (principal.prefix === PostConditionPrincipalId.Origin) {
    return { principal: { type_id: "principal_origin" }, who: origin };
  }
  const address = addressToString(principal.address);
  if (principal.prefix === PostConditionPrincipalId.Standard) {
    return { principal: { type_id: "principal_standard", address }, who: address };
  }
  const name = principal.contractName.content;
  return {
    principal: { type_id: "principal_contract", address, contract_name: name },
    who: `${address}.${name}`,
  };
}

function readAsset(asset) {
  const shown = {
    asset_name: asset.assetName.content,
    contract_address: addressToString(asset.address),
    contract_name: asset.contractName.content,
  };
  return { id: `${shown.contract_address}.${shown.contract_name}::${shown.asset_name}`, shown };
}
