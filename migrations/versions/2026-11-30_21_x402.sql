-- depends: 2026-11-30_71_conversions
-- Payments made with a request itself (x402): each word of a payer is taken once, by one merchant, for
-- one intent, and handed in until the chain shows it or its time is over.
-- Deploy-safe: it only adds; the release before neither reads nor writes it.

CREATE TABLE x402_payments (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  network text NOT NULL,
  token text NOT NULL,
  payer text NOT NULL,
  nonce bytea NOT NULL CHECK (length(nonce) = 32),
  identifier text,
  request bytea NOT NULL,
  question bytea NOT NULL,
  intent_id ident NOT NULL,
  until timestamptz NOT NULL,
  next_at timestamptz,
  answered_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  CONSTRAINT x402_payments_word UNIQUE (network, token, payer, nonce),
  FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES payment_intents
);
CREATE UNIQUE INDEX x402_payments_identifier ON x402_payments (merchant_id, livemode, identifier) WHERE identifier IS NOT NULL;
CREATE INDEX x402_payments_due ON x402_payments (next_at) WHERE next_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON x402_payments TO sluice_worker;
GRANT SELECT, INSERT, UPDATE ON x402_payments TO sluice_tenant;
ALTER TABLE x402_payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE x402_payments FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON x402_payments TO sluice_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON x402_payments TO sluice_tenant
  USING (merchant_id = current_setting('sluice.merchant', true)
    AND livemode = (current_setting('sluice.livemode', true) = 'on'));
