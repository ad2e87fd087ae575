// Signs what tests send, with @stacks/transactions: a request a line on stdin, an answer a line on stdout.
//
//   {"kind": "transfer", "key": "…01", "nonce": 0, "fee": 300, "recipient": "ST…", "amount": "5", "memo": "hi"}
//   {"kind": "call", …, "contract": "ST….name", "function": "pay", "args": ["u5", "'ST…"], "mode": "deny",
//    "conditions": [{"who": "origin" | "ST…", "code": "eq", "amount": "5", "asset": "ST….name::token"},
//                   {"who": "ST…", "code": "sent", "nft": "ST….name::token", "value": "u1"}]}
//   {"kind": "deploy", …, "name": "x", "source": "…", "clarity": 4}
//   {"kind": "address", "key": "…01"} or with several keys
// With "sponsor": {key, nonce, fee} it is sponsored, with "sponsored": true it waits for a sponsor; with "keys",
// "required" and "hash_mode" (1, 3, 5, 7; see SIP-005 and SIP-027) it has many signers, of which the first `required`
// sign, or those in "signing".
import { createInterface } from "node:readline";
import {
  Cl, Pc, PostConditionMode, addressFromPublicKeys, addressToString, createMultiSigSpendingCondition, createStacksPublicKey,
  createStandardAuth, getAddressFromPrivateKey, isSequentialMultiSig, makeUnsignedContractCall, makeUnsignedContractDeploy,
  makeUnsignedSTXTokenTransfer, postConditionToWire, privateKeyToPublic, sponsorTransaction,
} from "@stacks/transactions";

const MODES = { allow: PostConditionMode.Allow, deny: PostConditionMode.Deny, originator: PostConditionMode.Originator };
const COMPARISONS = { eq: "willSendEq", gt: "willSendGt", gte: "willSendGte", lt: "willSendLt", lte: "willSendLte" };
const VERSIONS = { testnet: 21, mainnet: 20 };

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await answerTo(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function answerTo(asked) {
  if (asked.kind === "address") return { address: asked.keys ? addressOfMany(asked) : addressOf(asked) };
  const tx = asked.keys ? await signedByMany(asked) : await signedByOne(asked);
  const sponsored = asked.sponsor ? await sponsor(tx, asked) : tx;
  return { hex: sponsored.serialize(), txid: sponsored.txid() };
}

async function signedByOne(asked) {
  const tx = await unsigned(asked, privateKeyToPublic(asked.key));
  tx.signNextOrigin(tx.signBegin(), asked.key);
  return tx;
}

async function signedByMany(asked) {
  const { keys, required, hash_mode: mode, nonce, fee, signing = keys.slice(0, required) } = asked;
  const publics = keys.map(privateKeyToPublic);
  const tx = await unsigned(asked, publics[0]);
  const wired = publics.map(createStacksPublicKey).map(({ data }) => data);
  tx.auth = createStandardAuth(createMultiSigSpendingCondition(mode, required, wired, nonce, fee));
  const initial = tx.signBegin();
  let current = initial;
  for (const [index, key] of keys.entries()) {
    if (!signing.includes(key)) {
      tx.appendPubkey(publics[index]);
      continue;
    }
    const next = tx.signNextOrigin(current, key);
    if (isSequentialMultiSig(mode)) current = next;
  }
  return tx;
}

function sponsor(transaction, { sponsor: { key, nonce, fee }, network = "testnet" }) {
  return sponsorTransaction({ transaction, sponsorPrivateKey: key, sponsorNonce: nonce, fee, network });
}

async function unsigned(asked, publicKey) {
  const { kind, nonce, fee = 0, network = "testnet" } = asked;
  const base = { publicKey, nonce: BigInt(nonce), fee: BigInt(asked.sponsor ?? asked.sponsored ? 0 : fee), network, sponsored: Boolean(asked.sponsor ?? asked.sponsored) };
  if (kind === "transfer") {
    const { recipient, amount, memo = "", conditions = [] } = asked;
    const tx = await makeUnsignedSTXTokenTransfer({ ...base, recipient, amount: BigInt(amount), memo });
    // No builder puts conditions on a transfer; whoever does so anyway must be answered, too.
    tx.postConditions.values.push(...conditions.map(condition).map(postConditionToWire));
    return tx;
  }
  const guarded = { ...base, postConditionMode: MODES[asked.mode ?? "deny"], postConditions: (asked.conditions ?? []).map(condition) };
  if (kind === "call") {
    const [contractAddress, contractName] = asked.contract.split(".");
    return makeUnsignedContractCall({
      ...guarded, contractAddress, contractName, functionName: asked.function, functionArgs: asked.args.map(valueOf),
      validateWithAbi: false,
    });
  }
  return makeUnsignedContractDeploy({ ...guarded, contractName: asked.name, codeBody: asked.source, clarityVersion: asked.clarity ?? 4 });
}

function condition({ who, code, amount, asset, nft, value }) {
  const owner = who === "origin" ? Pc.origin() : Pc.principal(who);
  if (nft) {
    const [contract, token] = nft.split("::");
    const send = { sent: "willSendAsset", not_sent: "willNotSendAsset", maybe_sent: "willMaybeSendAsset" }[code];
    return owner[send]().nft(contract, token, Cl.parse(value));
  }
  const sending = owner[COMPARISONS[code]](BigInt(amount));
  return asset ? sending.ft(...asset.split("::")) : sending.ustx();
}

function addressOf({ key, network = "testnet" }) {
  return getAddressFromPrivateKey(key, network);
}

function addressOfMany({ keys, required, hash_mode: mode, network = "testnet" }) {
  const publics = keys.map(privateKeyToPublic).map(createStacksPublicKey);
  return addressToString(addressFromPublicKeys(VERSIONS[network], mode, required, publics));
}

/** Read an argument: text, or after "bytes:" a value's own bytes, for numbers that the parser of text cannot hold. */
function valueOf(arg) {
  return arg.startsWith("bytes:") ? Cl.deserialize(arg.slice("bytes:".length)) : Cl.parse(arg);
}
