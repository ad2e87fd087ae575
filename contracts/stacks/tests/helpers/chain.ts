/** Calls, events, balances and clocks of the simulated chain. */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { plain, type Plain } from "./clarity";

type Result = ReturnType<typeof simnet.callPublicFn>;

/** The one event shape of the suite. */
export interface Envelope {
  sluice: bigint;
  seq: bigint;
  ev: string;
  id: bigint;
  actor: string;
  token: string;
  amount: bigint;
  data: { [key: string]: Plain };
}

/** One movement of money: what, how much, from whom, to whom. */
export interface Move {
  asset: string;
  amount: bigint;
  from: string;
  to: string;
}

export interface Outcome {
  /** `{ ok: … }` or `{ err: … }`. */
  result: Plain;
  ok: boolean;
  /** The value inside ok or err. */
  value: Plain;
  /** Envelopes of every Sluice contract the call touched, in order. */
  events: Envelope[];
  moves: Move[];
  costs: NonNullable<Result["costs"]>["total"];
}

const accounts = () => simnet.getAccounts();

export const deployer = accounts().get("deployer")!;
export const alice = accounts().get("wallet_1")!; // usually pays
export const bob = accounts().get("wallet_2")!; // usually is paid
export const carol = accounts().get("wallet_3")!; // usually arbitrates
export const dave = accounts().get("wallet_4")!;
export const mallory = accounts().get("wallet_5")!; // usually attacks
export const guardian = accounts().get("wallet_6")!;
export const lister = accounts().get("wallet_7")!;
export const feeManager = accounts().get("wallet_8")!;
export const arbiter = accounts().get("wallet_9")!; // holds the ARBITER role
export const settler = accounts().get("wallet_10")!;

/** The full name of one of our contracts. */
export const contract = (name: string): string =>
  name.includes(".") ? name : `${deployer}.${name}`;

/** Calls a public function as `sender` in a block of its own. */
export function call(name: string, fn: string, args: ClarityValue[], sender: string): Outcome {
  return outcome(simnet.callPublicFn(contract(name), fn, args, sender));
}

/** Calls a read-only function. */
export function read(name: string, fn: string, args: ClarityValue[] = []): Plain {
  return plain(simnet.callReadOnlyFn(contract(name), fn, args, deployer).result);
}

/** Calls a private function, for arithmetic that has no public door. */
export function callPrivate(name: string, fn: string, args: ClarityValue[]): Plain {
  return plain(simnet.callPrivateFn(contract(name), fn, args, deployer).result);
}

export function outcome(raw: Result): Outcome {
  const result = plain(raw.result) as { ok?: Plain; err?: Plain };
  const ok = "ok" in result;
  return {
    result,
    ok,
    value: (ok ? result.ok : result.err) as Plain,
    events: raw.events.flatMap((e) => {
      if (e.event !== "print_event" || !e.data.value) return [];
      const value = plain(e.data.value);
      return isEnvelope(value) ? [value] : [];
    }),
    moves: raw.events.flatMap((e) => {
      const d = e.data;
      if (e.event === "ft_transfer_event")
        return [{ asset: d.asset_identifier, amount: BigInt(d.amount), from: d.sender, to: d.recipient }];
      if (e.event === "stx_transfer_event")
        return [{ asset: "stx", amount: BigInt(d.amount), from: d.sender, to: d.recipient }];
      return [];
    }),
    costs: raw.costs!.total,
  };
}

function isEnvelope(value: Plain): value is Plain & Envelope {
  return typeof value === "object" && value !== null && !Array.isArray(value) && value.sluice === 1n;
}

/** What `who` holds of a SIP-010 token (the STX face included). */
export function balance(token: string, who: string): bigint {
  const answer = read(token, "get-balance", [Cl.principal(who)]) as { ok: bigint };
  return answer.ok;
}

/** The event counter of a contract: unchanged means nothing was announced. */
export const seq = (name: string): bigint => plain(simnet.getDataVar(contract(name), "seq")) as bigint;

/** Unix seconds of the current Stacks block. */
export const now = (): number => Number(simnet.getBlockTime());

export const burnHeight = (): number => simnet.burnBlockHeight;

/** Mines Bitcoin blocks: safety clocks move. */
export const mineBurn = (blocks: number): void => void simnet.mineEmptyBurnBlocks(blocks);

/** Mines Stacks blocks: each adds ten seconds and no Bitcoin block. */
export const mineStacks = (blocks: number): void => void simnet.mineEmptyStacksBlocks(blocks);

/** The envelope of an event without its `seq`, as a test expects it. */
export function envelope(
  ev: string,
  fields: { id?: bigint; actor: string; token: string; amount?: bigint; data: { [key: string]: Plain } },
): Omit<Envelope, "seq"> {
  return { sluice: 1n, ev, id: 0n, amount: 0n, ...fields };
}

/** The last event of a call, which is the one of the contract that was called, without `seq`. */
export function lastEvent(result: Outcome): Omit<Envelope, "seq"> | undefined {
  const last = result.events.at(-1);
  if (!last) return undefined;
  const { seq: _, ...rest } = last;
  return rest;
}

/** What `who` really holds, from the chain's own books: quick, and no token can lie about it. */
export function holding(token: string, who: string): bigint {
  const name = token.split(".")[1];
  for (const [asset, holders] of simnet.getAssetsMap())
    if (asset.startsWith(`.${name}.`) || (asset === "STX" && name === "sluice-stx")) return holders.get(who) ?? 0n;
  return 0n;
}

/** A row of a contract's map, or null: quicker than a read-only call. */
export function entry(name: string, map: string, key: ClarityValue): Plain {
  try {
    return plain(simnet.getMapEntry(contract(name), map, key));
  } catch (problem) {
    if (String(problem).includes("value not found")) return null;
    throw problem;
  }
}
