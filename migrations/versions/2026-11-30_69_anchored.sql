-- depends: 2026-11-30_20_rates_history
-- How deep a network lies in the chain beneath it (Stacks in Bitcoin), for amounts that wait for so many blocks there:
-- the number of blocks -> the newest height under as many.
-- Deploy-safe: a column with a default; the release before neither reads nor writes it, and knows no such tiers.

ALTER TABLE chains ADD COLUMN anchored jsonb NOT NULL DEFAULT '{}';
