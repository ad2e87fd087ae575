/**
 * The arithmetic of sluice-streams and sluice-flow in plain integers.
 *
 * Every function is the twin of the read-only function of the same name in the contracts and of
 * `vesting.py`; `/` on non-negative bigints is Clarity's division. The vectors in
 * `spec/vectors/streams` hold the three to the same results.
 */

/** Seconds a stream may be paused in all. */
export const MAX_PAUSE = 7_776_000n;
/** Longest time over which a flow accrues in one piece. */
export const MAX_SECONDS = 2n ** 32n - 1n;
/** Parts of a unit in which a flow counts its debt. */
export const SCALE = 10n ** 12n;

export interface Line {
  deposit: bigint;
  start: bigint;
  cliff: bigint;
  end: bigint;
  unlockStart: bigint;
  unlockCliff: bigint;
  step: bigint;
}

export interface Tranche {
  at: bigint;
  amount: bigint;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const less = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);

/** The clock of a stream: chain time `t` less the seconds it was paused. */
export function ownTime(pausedAt: bigint | null, pausedTotal: bigint, t: bigint): bigint {
  const since = less(t, pausedAt ?? t);
  return less(t, pausedTotal + least(since, less(MAX_PAUSE, pausedTotal)));
}

/** What a line, with or without cliff and steps, has vested at own time `t`. */
export function linearVested(line: Line, t: bigint): bigint {
  if (t < line.start) return 0n;
  if (t >= line.end) return line.deposit;
  if (t < line.cliff) return line.unlockStart;
  const unlocked = line.unlockStart + line.unlockCliff;
  const elapsed = ((t - line.cliff) / line.step) * line.step;
  return unlocked + ((line.deposit - unlocked) * elapsed) / (line.end - line.cliff);
}

/** What tranches have vested at own time `t`. */
export function tranchedVested(steps: Tranche[], t: bigint): bigint {
  return steps.reduce((sum, { at, amount }) => (at <= t ? sum + amount : sum), 0n);
}

/** Where a top-up at own time `t` moves the end: the rate does not rise. */
export function extendedEnd(left: bigint, amount: bigint, t: bigint, end: bigint): bigint {
  return t + ((left + amount) * (end - t) + left - 1n) / left;
}

/** The scaled debt of a flow at `t`; `most` bounds what may accrue, not what is owed. */
export function scaledDebt(
  snapDebt: bigint, snapTime: bigint, rate: bigint, most: bigint | null, t: bigint,
): bigint {
  const grown = snapDebt + rate * least(MAX_SECONDS, less(t, snapTime));
  if (most === null) return grown;
  return most > snapDebt ? least(grown, most) : snapDebt;
}

/** The first second at which a flow owes a unit that its balance does not hold. */
export function firstUncovered(
  balance: bigint, snapDebt: bigint, snapTime: bigint, rate: bigint,
): bigint | null {
  const missing = less((balance + 1n) * SCALE, snapDebt);
  if (missing === 0n) return snapTime;
  return rate === 0n ? null : snapTime + (missing + rate - 1n) / rate;
}
