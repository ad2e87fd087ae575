-- depends: 2026-11-30_80_spent_coins
-- Payouts that leave through a peg: sBTC asked back as bitcoin, what was set aside for the signers, and how it ended; and
-- where such payouts of a wallet go.
-- Deploy-safe: columns without a value, which the release before neither reads nor writes; the constraints hold for
-- every row of it.

ALTER TABLE hot_wallets ADD COLUMN withdraw_address text COLLATE "C", ADD COLUMN withdraw_address_from timestamptz,
  ADD CONSTRAINT hot_wallets_withdraw CHECK ((withdraw_address IS NULL) = (withdraw_address_from IS NULL)) NOT VALID;
ALTER TABLE hot_wallets VALIDATE CONSTRAINT hot_wallets_withdraw;

ALTER TABLE payouts
  ADD COLUMN withdraw_network text, -- where it arrives
  ADD COLUMN withdraw_fee_max units,
  ADD COLUMN withdraw_state text,
  ADD COLUMN withdraw_ask_tx_id text COLLATE "C", -- the final transaction that asked
  ADD COLUMN withdraw_number numeric(39), -- what the peg calls the request
  ADD COLUMN withdraw_fee units,
  ADD CONSTRAINT payouts_withdraw_state CHECK (withdraw_state IN ('asked', 'created', 'accepted', 'rejected')) NOT VALID,
  ADD CONSTRAINT payouts_withdraw CHECK (
    (withdraw_network IS NULL) = (withdraw_fee_max IS NULL) AND (withdraw_network IS NULL) = (withdraw_state IS NULL)) NOT VALID,
  ADD CONSTRAINT payouts_withdraw_number CHECK (
    (withdraw_number IS NULL) = (coalesce(withdraw_state, 'asked') = 'asked')) NOT VALID,
  ADD CONSTRAINT payouts_withdraw_fee CHECK ((withdraw_fee IS NOT NULL) = (withdraw_state IS NOT DISTINCT FROM 'accepted')) NOT VALID;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_withdraw_state;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_withdraw;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_withdraw_number;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_withdraw_fee;
CREATE INDEX payouts_withdrawing ON payouts (created_at) WHERE withdraw_ask_tx_id IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX payouts_withdraw_number_once ON payouts (network, withdraw_number) WHERE withdraw_number IS NOT NULL;
