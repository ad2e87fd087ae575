// A version 1 payload: Rosetta-like operations, and the receipt with its events.
import { NO_COST } from "./answers/shared.mjs";
import { prefixed, repr, shownHex } from "./values.mjs";

const TYPES = {
  stx_transfer: "STXTransferEvent", stx_mint: "STXMintEvent", stx_burn: "STXBurnEvent",
  ft_transfer: "FTTransferEvent", ft_mint: "FTMintEvent", ft_burn: "FTBurnEvent",
  nft_transfer: "NFTTransferEvent", nft_mint: "NFTMintEvent", nft_burn: "NFTBurnEvent",
};

export function showV1({ uuid, predicate, undone }, { apply, rollback }) {
  const show = ({ block, receipts }) => showBlock(block, receipts, undone);
  return {
    apply: apply.map(show),
    rollback: rollback.map(show),
    events: [],
    chainhook: { uuid, predicate, is_streaming_blocks: true },
  };
}

function showBlock(block, receipts, undone) {
  const { burn } = block;
  return {
    block_identifier: { index: block.height, hash: prefixed(block.indexHash) },
    parent_block_identifier: { index: Math.max(0, block.height - 1), hash: prefixed(block.parentIndexHash) },
    timestamp: block.time,
    transactions: receipts.map((receipt) => showTransaction(receipt, undone)),
    metadata: {
      bitcoin_anchor_block_identifier: { index: burn.height, hash: prefixed(burn.hash) },
      pox_cycle_index: 0,
      pox_cycle_position: burn.height,
      pox_cycle_length: 1050,
      confirm_microblock_identifier: null,
      stacks_block_hash: prefixed(block.hash),
      block_time: block.time,
      tenure_height: burn.height,
      cycle_number: null,
      reward_set: null,
      signer_bitvec: null,
      signer_signature: [],
      signer_public_keys: null,
    },
  };
}

function showTransaction({ tx, index, status, result, events, undoneEvents }, undone) {
  const told = undone ? [...events, ...undoneEvents] : events;
  const assets = [...new Set(told.map(({ asset }) => asset).filter(Boolean))];
  const contracts = [...new Set([tx.payload.contract, ...told.map(({ contract }) => contract)].filter(Boolean))];
  const { kind, description } = showKind(tx.payload);
  return {
    transaction_identifier: { hash: prefixed(tx.txid) },
    operations: showOperations(told),
    metadata: {
      success: status === "success",
      raw_tx: prefixed(tx.raw.toString("hex")),
      result: repr(result),
      sender: tx.origin.address,
      nonce: tx.origin.nonce,
      fee: Number(tx.fee),
      kind,
      receipt: {
        mutated_contracts_radius: contracts,
        mutated_assets_radius: assets,
        contract_calls_stack: [],
        events: told.map((event) => ({ ...showEvent(event), position: { index: event.index } })),
      },
      description,
      sponsor: tx.sponsor?.address ?? null,
      execution_cost: NO_COST,
      position: { index },
      proof: null,
      contract_abi: null,
    },
  };
}

function showKind({ type, contract, name, args, code, recipient, amount }) {
  if (type === "contract_call") {
    const shown = args.map(plain);
    const data = { contract_identifier: contract, method: name, args: shown };
    return { kind: { type: "ContractCall", data }, description: `invoked: ${contract}::${name}(${shown.join(", ")})` };
  }
  if (type === "smart_contract") {
    const data = { contract_identifier: contract, code };
    return { kind: { type: "ContractDeployment", data }, description: `deployed: ${contract}` };
  }
  return { kind: { type: "NativeTokenTransfer" }, description: `transferred: ${amount} µSTX to ${recipient}` };
}

/** Version 1 writes a principal among the arguments without its quote. */
const plain = (cv) => repr(cv).replace(/^'/, "");

function showEvent({ kind, action, contract, value, sender, recipient, amount, asset, unlock }) {
  if (kind === "print") {
    const { repr: text, hex } = shownHex(value);
    return { type: "SmartContractEvent", data: { contract_identifier: contract, topic: "print", value: text, raw_value: hex } };
  }
  if (kind === "lock") {
    return { type: "STXLockEvent", data: { locked_amount: String(amount), unlock_height: String(unlock), locked_address: sender } };
  }
  const data = {};
  if (kind !== "stx") data[kind === "nft" ? "asset_class_identifier" : "asset_identifier"] = asset;
  if (kind === "nft") data.hex_asset_identifier = value;
  if (sender) data.sender = sender;
  if (recipient) data.recipient = recipient;
  if (kind !== "nft") data.amount = String(amount);
  return { type: TYPES[`${kind}_${action}`], data };
}

/** Return a debit and a credit for each movement; they say SUCCESS even of what was undone, as the real ones do. */
function showOperations(events) {
  const operations = [];
  for (const { kind, sender, recipient, amount = 1n, asset } of events) {
    if (kind === "print" || kind === "lock") continue;
    const first = operations.length;
    const currency = kind === "stx"
      ? { symbol: "STX", decimals: 6 }
      : { symbol: "TOKEN", decimals: 6, metadata: { asset_class_identifier: asset, asset_identifier: null, standard: kind === "ft" ? "SIP10" : "SIP09" } };
    const sides = [["DEBIT", sender], ["CREDIT", recipient]].filter(([, address]) => address);
    for (const [step, [type, address]] of sides.entries()) {
      const related = sides.length === 2 ? { related_operations: [{ index: first + 1 - step }] } : {};
      operations.push({
        operation_identifier: { index: first + step }, ...related, type, status: "SUCCESS",
        account: { address }, amount: { value: Number(amount), currency },
      });
    }
  }
  return operations;
}
