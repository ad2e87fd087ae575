/** Streams as the tests make them: a line of 1,000,003 sats over 1,000 seconds from now. */
import { Cl, type ClarityValue } from "@stacks/transactions";
import { alice, bob, call, now, type Outcome, read } from "./chain";
import { must, SBTC, trait } from "./suite";

export interface Flags {
  cancelable: boolean;
  transferable: boolean;
  pausable: boolean;
  openWithdraw: boolean;
  royalty: number;
}

export const ALL: Flags = { cancelable: true, transferable: true, pausable: true, openWithdraw: true, royalty: 0 };

export const flagTuple = (f: Flags): ClarityValue =>
  Cl.tuple({
    cancelable: Cl.bool(f.cancelable), transferable: Cl.bool(f.transferable), pausable: Cl.bool(f.pausable),
    "open-withdraw": Cl.bool(f.openWithdraw), "royalty-bps": Cl.uint(f.royalty),
  });

export interface LinearOptions {
  token: string;
  to: string;
  deposit: number | bigint;
  /** Seconds from now; the cliff and the end too. */
  start: number;
  cliff: number;
  end: number;
  unlockStart: number | bigint;
  unlockCliff: number | bigint;
  step: number | bigint;
  flags: Partial<Flags>;
  from: string;
}

export const LINE: LinearOptions = {
  token: SBTC, to: bob, deposit: 1_000_003, start: 0, cliff: 0, end: 1_000, unlockStart: 0, unlockCliff: 0, step: 1,
  flags: {}, from: alice,
};

export function createLinear(options: Partial<LinearOptions> = {}): Outcome {
  const o = { ...LINE, ...options };
  const base = now();
  return call("sluice-streams", "create-linear", [
    trait(o.token), Cl.principal(o.to), Cl.uint(o.deposit), Cl.uint(base + o.start), Cl.uint(base + o.cliff),
    Cl.uint(base + o.end), Cl.uint(o.unlockStart), Cl.uint(o.unlockCliff), Cl.uint(o.step),
    flagTuple({ ...ALL, ...o.flags }),
  ], o.from);
}

/** A stream that must come about; its id. */
export const stream = (options: Partial<LinearOptions> = {}): bigint => must(createLinear(options)).value as bigint;

export interface TrancheRow { at: number | bigint; amount: number | bigint }

/** Dates in seconds from now. */
export function createTranched(steps: TrancheRow[], options: Partial<LinearOptions> = {}): Outcome {
  const o = { ...LINE, ...options };
  const base = BigInt(now());
  const rows = steps.map(({ at, amount }) => Cl.tuple({ at: Cl.uint(base + BigInt(at)), amount: Cl.uint(amount) }));
  return call("sluice-streams", "create-tranched", [
    trait(o.token), Cl.principal(o.to), Cl.uint(base + BigInt(o.start)), Cl.list(rows),
    flagTuple({ ...ALL, ...o.flags }),
  ], o.from);
}

export interface BatchRow { to: string; amount: number | bigint; start: number; cliff: number; end: number }

export function createMany(rows: BatchRow[], options: Partial<LinearOptions> = {}): Outcome {
  const o = { ...LINE, ...options };
  const base = now();
  return call("sluice-streams", "create-many", [
    trait(o.token),
    Cl.list(rows.map((r) => Cl.tuple({
      to: Cl.principal(r.to), amount: Cl.uint(r.amount), start: Cl.uint(base + r.start),
      cliff: Cl.uint(base + r.cliff), end: Cl.uint(base + r.end),
    }))),
    flagTuple({ ...ALL, ...o.flags }),
  ], o.from);
}

export interface StreamRow {
  payer: string;
  "pending-payer": string | null;
  token: string;
  deposit: bigint;
  withdrawn: bigint;
  refunded: bigint;
  start: bigint;
  cliff: bigint;
  end: bigint;
  "unlock-start": bigint;
  "unlock-cliff": bigint;
  step: bigint;
  "paused-at": bigint | null;
  "paused-total": bigint;
  tranched: boolean;
  canceled: boolean;
  cancelable: boolean;
  transferable: boolean;
  pausable: boolean;
  "open-withdraw": boolean;
  "royalty-bps": bigint;
}

export const row = (id: bigint): StreamRow =>
  read("sluice-streams", "get-stream", [Cl.uint(id)]) as unknown as StreamRow;

export const vestedAt = (id: bigint, t: bigint): bigint =>
  read("sluice-streams", "vested-at", [Cl.uint(id), Cl.uint(t)]) as bigint;

export const streamLiability = (token = SBTC): bigint =>
  read("sluice-streams", "get-liability", [Cl.principal(token)]) as bigint;

export const status = (id: bigint): bigint => read("sluice-streams", "status", [Cl.uint(id)]) as bigint;

export const STATUS = { pending: 0n, streaming: 1n, settled: 2n, canceled: 3n, depleted: 4n, paused: 5n } as const;


export const withdrawMax = (id: bigint, who: string, token = SBTC): Outcome =>
  call("sluice-streams", "withdraw-max", [Cl.uint(id), trait(token)], who);

export const withdrawTo = (id: bigint, amount: number | bigint, to: string, who: string, token = SBTC): Outcome =>
  call("sluice-streams", "withdraw-to", [Cl.uint(id), trait(token), Cl.uint(amount), Cl.principal(to)], who);

export const withdrawMany = (ids: bigint[], who: string, token = SBTC): Outcome =>
  call("sluice-streams", "withdraw-many", [Cl.list(ids.map((n) => Cl.uint(n))), trait(token)], who);

export const cancel = (id: bigint, who: string, token = SBTC): Outcome =>
  call("sluice-streams", "cancel", [Cl.uint(id), trait(token)], who);

export const cancelMany = (ids: bigint[], who: string, token = SBTC): Outcome =>
  call("sluice-streams", "cancel-many", [Cl.list(ids.map((n) => Cl.uint(n))), trait(token)], who);

export const topUp = (id: bigint, amount: number | bigint, who: string, token = SBTC): Outcome =>
  call("sluice-streams", "top-up", [Cl.uint(id), trait(token), Cl.uint(amount)], who);

/** renounce, pause, resume, accept-payer, revoke, burn: calls that take the id alone. */
export const plainCall = (fn: string, id: bigint, who: string): Outcome =>
  call("sluice-streams", fn, [Cl.uint(id)], who);

export const proposePayer = (id: bigint, to: string, who: string): Outcome =>
  call("sluice-streams", "propose-payer", [Cl.uint(id), Cl.principal(to)], who);
