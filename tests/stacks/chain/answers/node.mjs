// What a stacks-node answers on its own RPC, which the API passes on at the same address.
import { SBTC_DEPLOYER, MINER } from "../network.mjs";
import { cvHex, cvOfHex, hex128, repr } from "../values.mjs";

export const SERVER = "stacks-node 4.0.2 (development chain, clarinet-sdk 3.21.0)";

const CYCLE = { length: 1050, prepare: 50 };
const LIQUID_USTX = 1_800_000_000_000_000;
const BLOCK_LIMIT = { read_count: 15000, read_length: 100000000, write_count: 15000, write_length: 15000000, runtime: 5000000000 };
const ZERO_HASH = "0".repeat(64);

export function showInfo({ network }, { tip }) {
  const { burn } = tip;
  return {
    peer_version: network.peer,
    pox_consensus: burn.consensusHash,
    burn_block_height: burn.height,
    stable_pox_consensus: burn.consensusHash,
    stable_burn_block_height: burn.height,
    server_version: SERVER,
    network_id: network.chainId,
    parent_network_id: network.name === "mainnet" ? 3652501241 : 118034699,
    stacks_tip_height: tip.height,
    stacks_tip: tip.hash,
    stacks_tip_consensus_hash: burn.consensusHash,
    genesis_chainstate_hash: ZERO_HASH,
    unanchored_tip: ZERO_HASH,
    unanchored_seq: 0,
    tenure_height: burn.height,
    exit_at_block_height: null,
    is_fully_synced: true,
    node_public_key: `02${"00".repeat(32)}`,
    node_public_key_hash: "0".repeat(40),
    affirmations: {},
    last_pox_anchor: { anchor_block_hash: ZERO_HASH, anchor_block_txid: ZERO_HASH },
    stackerdbs: [],
  };
}

export function showAccount(branch, principal, withProof) {
  const { balance } = branch.ledger.of(principal).stx;
  const proofs = withProof ? { balance_proof: "0x", nonce_proof: "0x" } : {};
  return { balance: hex128(balance), locked: hex128(0n), unlock_height: 0, nonce: branch.nonceOf(principal), ...proofs };
}

export function showPox({ network, machine }, { tip }) {
  const boot = MINER[network.name];
  const height = tip.burn.height;
  const id = Math.floor(height / CYCLE.length);
  const next = (id + 1) * CYCLE.length - height;
  return {
    contract_id: `${boot}.pox-5`,
    pox_activation_threshold_ustx: LIQUID_USTX / 20,
    first_burnchain_block_height: 0,
    current_burnchain_block_height: height,
    current_epoch: `Epoch${machine.epoch.replace(".", "")}`,
    prepare_phase_block_length: CYCLE.prepare,
    reward_phase_block_length: CYCLE.length - CYCLE.prepare,
    reward_slots: 2 * (CYCLE.length - CYCLE.prepare),
    rejection_fraction: null,
    total_liquid_supply_ustx: LIQUID_USTX,
    current_cycle: { id, min_threshold_ustx: 0, stacked_ustx: 0, is_pox_active: false },
    next_cycle: {
      id: id + 1, min_threshold_ustx: 0, min_increment_ustx: 0, stacked_ustx: 0,
      prepare_phase_start_block_height: height + next - CYCLE.prepare,
      blocks_until_prepare_phase: next - CYCLE.prepare,
      reward_phase_start_block_height: height + next,
      blocks_until_reward_phase: next,
      ustx_until_pox_rejection: null,
    },
    min_amount_ustx: 0,
    prepare_cycle_length: CYCLE.prepare,
    reward_cycle_id: id,
    reward_cycle_length: CYCLE.length,
    rejection_votes_left_required: null,
    next_reward_cycle_in: next,
    contract_versions: [{ contract_id: `${boot}.pox-5`, activation_burnchain_block_height: 0, first_reward_cycle_id: 0 }],
    epochs: [{ epoch_id: `Epoch${machine.epoch.replace(".", "")}`, start_height: 0, end_height: Number.MAX_SAFE_INTEGER, block_limit: BLOCK_LIMIT, network_epoch: 16 }],
    pox_5_sbtc_contract: `${SBTC_DEPLOYER}.sbtc-token`,
    pox_5_sbtc_registry_contract: `${SBTC_DEPLOYER}.sbtc-registry`,
  };
}

/** Call a read-only function as anyone; what goes wrong is an answer, as the node gives it. */
export function callReadOnly({ machine }, contract, name, { sender, arguments: args }) {
  const described = machine.interfaceOf(contract)?.functions.find((one) => one.name === name);
  if (!described) {
    const what = machine.interfaceOf(contract) ? `UndefinedFunction("${name}")` : `NoSuchContract("${contract}")`;
    return { okay: false, cause: `Unchecked(${what})` };
  }
  if (described.access !== "read_only") return { okay: false, cause: "NotReadOnly" };
  try {
    return { okay: true, result: cvHex(machine.readOnly(contract, name, args.map(cvOfHex), sender)) };
  } catch (error) {
    return { okay: false, cause: String(error) };
  }
}

export function showMapEntry({ machine }, contract, map, key) {
  return { data: cvHex(machine.mapEntry(contract, map, cvOfHex(key))), proof: "0x" };
}

export const showDataVar = ({ machine }, contract, name) => ({ data: cvHex(machine.dataVar(contract, name)), proof: "0x" });

export function showSource({ machine }, branch, contract) {
  const published = branch.contracts.get(contract)?.block.height ?? 0;
  return { source: machine.source(contract), publish_height: published, proof: "0x" };
}

/** Estimate a fee as the node does: three rates, none below a micro-STX for each byte. */
export function estimateFee({ transaction_payload: payload, estimated_len: length }) {
  const size = Math.max(length ?? 0, payload.length / 2);
  return {
    estimated_cost: { read_count: 5, read_length: 2441, runtime: 7807, write_count: 2, write_length: 1 },
    estimated_cost_scalar: size,
    cost_scalar_change_by_byte: 0.00476837158203125,
    estimations: [1, 2, 4].map((rate) => ({ fee: size * rate, fee_rate: rate })),
  };
}

/** Show a mined transaction as a node does that keeps an index of them. */
export function showIndexed({ block, tx, result }) {
  return {
    index_block_hash: block.indexHash,
    tx: tx.raw.toString("hex"),
    result: repr(result),
    block_height: block.height,
    is_canonical: true,
  };
}

export function showTenure({ blocks, tip }) {
  const first = blocks.findLast(({ startsTenure }) => startsTenure);
  const before = first.parent ? blocks.findLast(({ startsTenure, height }) => startsTenure && height < first.height) : first;
  return {
    consensus_hash: tip.burn.consensusHash,
    tenure_start_block_id: first.indexHash,
    parent_consensus_hash: before.burn.consensusHash,
    parent_tenure_start_block_id: before.indexHash,
    tip_block_id: tip.indexHash,
    tip_height: tip.height,
    reward_cycle: Math.floor(tip.burn.height / CYCLE.length),
  };
}
