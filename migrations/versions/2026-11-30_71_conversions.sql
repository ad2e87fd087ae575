-- depends: 2026-11-30_10_sending
-- Bitcoin that arrives as sBTC: the signers' terms, the merchants' accounts for the way back, the
-- deposits that were offered, and what became of the bitcoin that was paid to them.
-- Deploy-safe: it creates, and lets targets be of one style more, which the release before does not
-- write; the constraint is checked without holding up writers.

ALTER TABLE targets DROP CONSTRAINT targets_style_check;
ALTER TABLE targets ADD CONSTRAINT targets_style_check
  CHECK (style IN ('address', 'deposit', 'contract', 'memo', 'amount', 'wallet')) NOT VALID;
ALTER TABLE targets VALIDATE CONSTRAINT targets_style_check;
CREATE UNIQUE INDEX targets_deposit ON targets (network, address) WHERE style = 'deposit';

CREATE TABLE peg_terms (
  network text PRIMARY KEY,
  terms jsonb NOT NULL,
  fetched_at timestamptz NOT NULL
);

CREATE TABLE deposit_accounts (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  network text NOT NULL, -- of the coin that is paid
  account text COLLATE "C" NOT NULL, -- public keys only: what could spend is refused before
  next_index int NOT NULL DEFAULT 0 CHECK (next_index >= 0),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, network)
);

CREATE TABLE deposits (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  offer_id ident NOT NULL,
  intent_id ident NOT NULL,
  network text NOT NULL, -- of the coin that is paid
  peg text NOT NULL, -- the network that mints
  recipient text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  deposit_script text NOT NULL,
  reclaim_script text NOT NULL,
  key_index int NOT NULL,
  lock_blocks int NOT NULL CHECK (lock_blocks > 0),
  fee_max units NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, offer_id)
);
CREATE UNIQUE INDEX deposits_offer ON deposits (offer_id);
CREATE UNIQUE INDEX deposits_address ON deposits (network, address);

CREATE TABLE conversions (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  network text NOT NULL,
  tx_id text NOT NULL,
  index int NOT NULL,
  offer_id ident NOT NULL,
  intent_id ident NOT NULL,
  units units NOT NULL,
  state text NOT NULL CHECK (state IN ('pending_conversion', 'swept', 'minted', 'reclaimable', 'lost')),
  mined_at int, -- the height of its block
  told_at timestamptz, -- when the signers took the news
  news text, -- what they say of it
  sweep_tx_id text,
  minted_tx_id text,
  minted units,
  delayed_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (network, tx_id, index),
  FOREIGN KEY (merchant_id, livemode, offer_id) REFERENCES deposits
);
CREATE INDEX conversions_intent ON conversions (merchant_id, livemode, intent_id);
CREATE INDEX conversions_open ON conversions (created_at) WHERE state NOT IN ('minted', 'lost');

GRANT SELECT, INSERT, UPDATE, DELETE ON peg_terms, deposit_accounts, deposits, conversions TO sluice_worker;
GRANT SELECT ON peg_terms TO sluice_tenant;
GRANT SELECT, INSERT, UPDATE ON deposit_accounts, deposits TO sluice_tenant;
GRANT SELECT ON conversions TO sluice_tenant;
DO $$
DECLARE owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['deposit_accounts', 'deposits', 'conversions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY worker ON %I TO sluice_worker USING (true) WITH CHECK (true)', owned);
    EXECUTE format('CREATE POLICY tenant ON %I TO sluice_tenant USING (merchant_id = current_setting(''sluice.merchant'', true)'
      ' AND livemode = (current_setting(''sluice.livemode'', true) = ''on''))', owned);
  END LOOP;
END $$;
