-- depends: 2026-11-30_60_receiving_accounts
-- What prices were, and what they were made of: a price a minute for charts, and for each reading of
-- the venues what every one of them said, by which rules, so that any quote can be worked out again.
-- And the alerts that merchants ask for.
-- Deploy-safe: it only adds; the release before neither reads nor writes any of it.

CREATE TABLE rate_rules (
  digest text PRIMARY KEY,
  rules text NOT NULL,
  kept_at timestamptz NOT NULL
);

CREATE TABLE rate_snapshots (
  id ident PRIMARY KEY,
  taken_at timestamptz NOT NULL,
  terms jsonb NOT NULL,
  said jsonb NOT NULL
);
CREATE INDEX rate_snapshots_age ON rate_snapshots (taken_at);

CREATE TABLE rate_ticks (
  livemode boolean NOT NULL,
  base text NOT NULL,
  quote text NOT NULL,
  observed_at timestamptz NOT NULL,
  price numeric(57, 18) NOT NULL CHECK (price > 0),
  source text NOT NULL,
  PRIMARY KEY (livemode, base, quote, observed_at)
);
CREATE INDEX rate_ticks_age ON rate_ticks (observed_at);

CREATE TABLE rate_pegs (
  asset text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('par', 'warn', 'disabled')),
  price numeric(57, 18) NOT NULL CHECK (price > 0),
  since timestamptz NOT NULL
);

CREATE TABLE rate_alerts (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  base text NOT NULL,
  quote text NOT NULL,
  move_bps int NOT NULL CHECK (move_bps BETWEEN 1 AND 100000),
  within_s int NOT NULL CHECK (within_s BETWEEN 60 AND 604800),
  fired_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON rate_rules, rate_snapshots, rate_ticks, rate_pegs, rate_alerts TO sluice_worker;
GRANT SELECT ON rate_rules, rate_snapshots, rate_ticks, rate_pegs TO sluice_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_alerts TO sluice_tenant;
ALTER TABLE rate_alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE rate_alerts FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON rate_alerts TO sluice_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON rate_alerts TO sluice_tenant
  USING (merchant_id = current_setting('sluice.merchant', true)
    AND livemode = (current_setting('sluice.livemode', true) = 'on'));
