-- depends: 2026-11-30_81_withdrawals
-- What a network took for carrying an order, and in which coin: known when it is final.
-- Deploy-safe: it only adds columns that may be empty; the release before leaves them so.

ALTER TABLE sends ADD COLUMN cost numeric(78, 0), ADD COLUMN fee_asset text;
ALTER TABLE sends ADD CONSTRAINT sends_cost CHECK (cost >= 0 AND (cost IS NULL) = (fee_asset IS NULL)) NOT VALID;
ALTER TABLE sends VALIDATE CONSTRAINT sends_cost;
