-- The foundation: everything one payment touches, from the API key to the webhook's last attempt.
-- Deploy-safe: it only creates.

-- Two roles. A connection starts as the worker, which sees every merchant; a merchant's transaction
-- narrows itself to the tenant role, for which row security is a second wall behind the WHERE.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_worker') THEN
    CREATE ROLE sluice_worker NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_tenant') THEN
    CREATE ROLE sluice_tenant NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another database of this server made them at the same moment
END $$;
DO $$
BEGIN
  EXECUTE format('GRANT sluice_worker, sluice_tenant TO %I', current_user);
EXCEPTION WHEN unique_violation OR insufficient_privilege OR invalid_grant_operation OR internal_error THEN
  NULL; -- granted already, or the operator made the roles and granted them
END $$;

-- Amounts: NaN passes CHECK (amount > 0) in numeric, but it sorts above every number, so an upper
-- bound refuses it.
CREATE DOMAIN units AS numeric(78, 0)
  CHECK (VALUE >= 0 AND VALUE < 115792089237316195423570985008687907853269984665640564039457584007913129639936);
-- Identifiers compare as bytes, so that they sort by time whatever the locale.
CREATE DOMAIN ident AS text COLLATE "C" CHECK (length(VALUE) BETWEEN 1 AND 96);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

-- Accounts ----------------------------------------------------------------------------------------

CREATE TABLE merchants (
  id ident PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sk', 'rk', 'pk')),
  verifier bytea NOT NULL,
  kdf text NOT NULL,
  salt bytea NOT NULL DEFAULT '',
  permissions text[] NOT NULL,
  name text NOT NULL,
  last4 text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (merchant_id, livemode, id)
);
CREATE UNIQUE INDEX api_keys_id ON api_keys (id);

CREATE TABLE wallets (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  network text NOT NULL,
  address text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, network)
);
CREATE UNIQUE INDEX wallets_address ON wallets (network, address);

CREATE TABLE audit_log (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  merchant_id ident,
  actor text NOT NULL,
  action text NOT NULL,
  object_id text NOT NULL,
  detail jsonb NOT NULL,
  prev bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE TABLE audit_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_head VALUES (true, 0, '\x00');

-- What leaves with a commit -----------------------------------------------------------------------

CREATE TABLE facts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id ident,
  livemode boolean NOT NULL,
  name text NOT NULL,
  body bytea NOT NULL, -- the fact as JSON; nobody searches in it
  at timestamptz NOT NULL
);
-- One row per fact and reaction still to run; deleted in the transaction of its effect.
CREATE TABLE reactions (
  fact_id bigint NOT NULL REFERENCES facts,
  reaction text NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT '-infinity',
  last_error text,
  PRIMARY KEY (reaction, fact_id)
);
CREATE INDEX reactions_waiting ON reactions (next_at) WHERE attempts > 0;

CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  key text,
  args jsonb NOT NULL DEFAULT '{}',
  run_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  lease_until timestamptz,
  last_error text
);
CREATE UNIQUE INDEX jobs_key ON jobs (name, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_due ON jobs (run_at);

CREATE TABLE idempotency_keys (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash bytea NOT NULL,
  request_id text NOT NULL,
  path text NOT NULL,
  status_code int NOT NULL,
  response bytea NOT NULL,
  object_id ident,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE heartbeats (
  loop text PRIMARY KEY,
  at timestamptz NOT NULL
);

-- Ledger ------------------------------------------------------------------------------------------

CREATE TABLE ledger_accounts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  kind text NOT NULL,
  asset text NOT NULL,
  normal text NOT NULL CHECK (normal IN ('D', 'C')),
  balance numeric(78, 0) NOT NULL DEFAULT 0 CHECK (balance >= 0 AND balance <> 'NaN'),
  UNIQUE (merchant_id, livemode, kind, asset)
);

CREATE TABLE ledger_entries (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  kind text NOT NULL,
  source text NOT NULL,
  seq int NOT NULL,
  reverses ident,
  description text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  UNIQUE (kind, source, seq),
  FOREIGN KEY (merchant_id, livemode, reverses) REFERENCES ledger_entries
);
CREATE UNIQUE INDEX ledger_entries_reverses ON ledger_entries (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX ledger_entries_source ON ledger_entries (source);

CREATE TABLE ledger_postings (
  entry_id ident NOT NULL,
  merchant_id ident NOT NULL,
  livemode boolean NOT NULL,
  account_id bigint NOT NULL, -- exists, and is the entry's own merchant's: see check_postings
  asset text NOT NULL,
  side text NOT NULL CHECK (side IN ('D', 'C')),
  units units NOT NULL CHECK (units > 0),
  FOREIGN KEY (merchant_id, livemode, entry_id) REFERENCES ledger_entries
);
CREATE INDEX ledger_postings_entry ON ledger_postings (entry_id);
CREATE INDEX ledger_postings_account ON ledger_postings (account_id, entry_id);

-- The postings of an entry arrive in one statement and sum to zero per asset, in accounts of the
-- entry's own merchant, mode and asset; nothing is ever added to an entry later.
CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY entry_id, asset
             HAVING sum(CASE side WHEN 'D' THEN units ELSE -units END) <> 0) THEN
    RAISE EXCEPTION 'ledger entry does not balance' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT FROM added n LEFT JOIN ledger_accounts a ON a.id = n.account_id
             WHERE (a.merchant_id, a.livemode, a.asset) IS DISTINCT FROM (n.merchant_id, n.livemode, n.asset)) THEN
    RAISE EXCEPTION 'posting in a foreign account' USING ERRCODE = '23514';
  END IF;
  IF (SELECT count(*) FROM added) <>
     (SELECT count(*) FROM ledger_postings WHERE entry_id IN (SELECT entry_id FROM added)) THEN
    RAISE EXCEPTION 'ledger entry is already written' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_balance AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_postings();

-- An entry comes with its postings, in the same statement.
CREATE FUNCTION check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added e WHERE NOT EXISTS (SELECT FROM ledger_postings p WHERE p.entry_id = e.id)) THEN
    RAISE EXCEPTION 'ledger entry has no postings' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entries_have_postings AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_entries();

-- What stops money of an asset from leaving: a broken invariant, or a person.
CREATE TABLE payout_holds (
  asset text NOT NULL,
  reason text NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (asset, reason)
);

-- Chains ------------------------------------------------------------------------------------------

CREATE TABLE chains (
  network text PRIMARY KEY,
  height bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  finalized_height bigint,
  reorg_max int NOT NULL CHECK (reorg_max >= 1),
  halted_reason text,
  moved_at timestamptz NOT NULL
);

CREATE TABLE blocks (
  network text NOT NULL REFERENCES chains,
  hash text COLLATE "C" NOT NULL,
  height bigint NOT NULL,
  parent text COLLATE "C" NOT NULL,
  time timestamptz NOT NULL,
  canonical boolean NOT NULL,
  PRIMARY KEY (network, hash)
);
CREATE UNIQUE INDEX blocks_canonical ON blocks (network, height) WHERE canonical;

-- Whom a transfer on an address belongs to. `reference` is what the one who waits called it.
CREATE TABLE targets (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  network text NOT NULL,
  style text NOT NULL CHECK (style IN ('address', 'memo', 'amount', 'wallet')),
  address text COLLATE "C" NOT NULL,
  memo text COLLATE "C",
  asset text,
  units units,
  reference ident,
  open boolean NOT NULL DEFAULT true,
  watch_until timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  CHECK ((style = 'memo') = (memo IS NOT NULL)),
  CHECK ((style = 'amount') = (units IS NOT NULL AND asset IS NOT NULL)),
  CHECK ((style = 'wallet') = (reference IS NULL))
);
CREATE UNIQUE INDEX targets_address ON targets (network, address) WHERE style = 'address';
CREATE UNIQUE INDEX targets_wallet ON targets (network, address) WHERE style = 'wallet';
CREATE UNIQUE INDEX targets_memo ON targets (network, address, memo) WHERE style = 'memo';
CREATE UNIQUE INDEX targets_amount ON targets (network, address, asset, units) WHERE style = 'amount' AND open;
CREATE INDEX targets_reference ON targets (reference) WHERE reference IS NOT NULL;
CREATE INDEX targets_old_amounts ON targets (watch_until) WHERE style = 'amount' AND open;

CREATE TABLE transfers (
  network text NOT NULL REFERENCES chains,
  tx_id text COLLATE "C" NOT NULL,
  index int NOT NULL,
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  target_id ident NOT NULL,
  reference ident,
  asset text NOT NULL,
  sender text NOT NULL,
  recipient text NOT NULL,
  units units NOT NULL CHECK (units > 0),
  memo text,
  state text NOT NULL CHECK (state IN ('mempool', 'included', 'confirmed', 'final', 'orphaned')),
  depth_wanted int NOT NULL CHECK (depth_wanted >= 0),
  block_hash text COLLATE "C",
  height bigint,
  block_time timestamptz,
  seen_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  PRIMARY KEY (network, tx_id, index),
  FOREIGN KEY (merchant_id, livemode, target_id) REFERENCES targets,
  CHECK ((state IN ('mempool', 'orphaned')) = (block_hash IS NULL)),
  CHECK ((block_hash IS NULL) = (height IS NULL))
);
CREATE INDEX transfers_settling ON transfers (network, height) WHERE state IN ('included', 'confirmed');
CREATE INDEX transfers_mempool ON transfers (network, seen_at) WHERE state = 'mempool';
CREATE INDEX transfers_reference ON transfers (reference);
CREATE INDEX transfers_block ON transfers (network, block_hash);

-- Rates -------------------------------------------------------------------------------------------

CREATE TABLE rates (
  base text NOT NULL,
  quote text NOT NULL,
  source text NOT NULL,
  numerator numeric(78, 0) NOT NULL CHECK (numerator > 0 AND numerator <> 'NaN'),
  denominator numeric(78, 0) NOT NULL CHECK (denominator > 0 AND denominator <> 'NaN'),
  observed_at timestamptz NOT NULL,
  PRIMARY KEY (base, quote, source)
);

-- Payments ----------------------------------------------------------------------------------------

CREATE TABLE customers (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  email text,
  name text,
  phone text,
  description text,
  address jsonb,
  shipping jsonb,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (merchant_id, livemode, id)
);
CREATE INDEX customers_email ON customers (merchant_id, livemode, email, id);

CREATE TABLE payment_intents (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  status text NOT NULL CHECK (status IN ('requires_payment_method', 'requires_confirmation', 'requires_action',
    'processing', 'requires_capture', 'succeeded', 'canceled')),
  resolution text NOT NULL,
  amount units NOT NULL CHECK (amount > 0),
  currency text NOT NULL,
  amount_received units NOT NULL DEFAULT 0,
  customer_id ident,
  description text,
  receipt_email text,
  statement_descriptor text,
  return_url text,
  metadata jsonb NOT NULL DEFAULT '{}',
  options jsonb NOT NULL DEFAULT '{}',
  terms jsonb NOT NULL,
  payment jsonb,
  cancellation_reason text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  watch_until timestamptz NOT NULL,
  processing_at timestamptz,
  succeeded_at timestamptz,
  canceled_at timestamptz,
  finalized_at timestamptz,
  settle_seq int NOT NULL DEFAULT 0,
  settlement_id ident,
  version int NOT NULL DEFAULT 1,
  idempotency_key text,
  PRIMARY KEY (merchant_id, livemode, id),
  FOREIGN KEY (merchant_id, livemode, customer_id) REFERENCES customers,
  CHECK ((status = 'canceled') = (canceled_at IS NOT NULL)),
  CHECK ((status = 'succeeded') = (succeeded_at IS NOT NULL)),
  CHECK (finalized_at IS NULL OR status = 'succeeded')
);
CREATE INDEX payment_intents_customer ON payment_intents (merchant_id, livemode, customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX payment_intents_expiring ON payment_intents (expires_at)
  WHERE status IN ('requires_payment_method', 'requires_confirmation', 'requires_action');

-- One way to pay an intent: so much of an asset to this address, at a rate that holds for a while.
CREATE TABLE offers (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  intent_id ident NOT NULL,
  network text NOT NULL,
  asset text NOT NULL,
  style text NOT NULL,
  address text COLLATE "C" NOT NULL,
  memo text,
  due units NOT NULL CHECK (due > 0),
  discount units NOT NULL DEFAULT 0,
  depth_wanted int NOT NULL,
  rate_numerator numeric(78, 0) NOT NULL,
  rate_denominator numeric(78, 0) NOT NULL,
  rate_source text NOT NULL,
  created_at timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES payment_intents
);
CREATE INDEX offers_intent ON offers (intent_id, id);
CREATE UNIQUE INDEX offers_id ON offers (id);

-- What the books say of each transfer that reached its depth; one row per credit, kept when undone.
CREATE TABLE credits (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  network text NOT NULL,
  tx_id text COLLATE "C" NOT NULL,
  index int NOT NULL,
  seq int NOT NULL,
  intent_id ident,
  purpose text NOT NULL CHECK (purpose IN ('payment', 'unapplied')),
  reason text NOT NULL,
  asset text NOT NULL,
  units units NOT NULL CHECK (units > 0),
  entry_id ident NOT NULL,
  reversed_by ident,
  at timestamptz NOT NULL,
  PRIMARY KEY (network, tx_id, index, seq),
  FOREIGN KEY (network, tx_id, index) REFERENCES transfers,
  FOREIGN KEY (merchant_id, livemode, entry_id) REFERENCES ledger_entries,
  FOREIGN KEY (merchant_id, livemode, reversed_by) REFERENCES ledger_entries,
  FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES payment_intents
);
CREATE UNIQUE INDEX credits_live ON credits (network, tx_id, index) WHERE reversed_by IS NULL;
CREATE INDEX credits_intent ON credits (intent_id) WHERE intent_id IS NOT NULL;

CREATE TABLE checkout_sessions (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  intent_id ident NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
  payment_status text NOT NULL CHECK (payment_status IN ('paid', 'unpaid', 'no_payment_required')),
  customer_id ident,
  customer_email text,
  client_reference_id text,
  success_url text,
  cancel_url text,
  return_url text,
  ui_mode text NOT NULL,
  locale text,
  submit_type text,
  line_items jsonb NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  version int NOT NULL DEFAULT 1,
  PRIMARY KEY (merchant_id, livemode, id),
  FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES payment_intents,
  FOREIGN KEY (merchant_id, livemode, customer_id) REFERENCES customers
);
CREATE UNIQUE INDEX checkout_sessions_id ON checkout_sessions (id);
CREATE UNIQUE INDEX checkout_sessions_intent ON checkout_sessions (intent_id);

-- Webhooks ----------------------------------------------------------------------------------------

CREATE TABLE event_counters (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (merchant_id, livemode)
);

CREATE TABLE events (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  object_id ident NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  UNIQUE (merchant_id, livemode, seq)
);
CREATE INDEX events_age ON events (created_at);
CREATE INDEX events_object ON events (merchant_id, livemode, object_id);

CREATE TABLE webhook_endpoints (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  url text NOT NULL,
  description text,
  enabled_events text[] NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  api_version text,
  status text NOT NULL CHECK (status IN ('enabled', 'disabled', 'deleted')),
  disabled_reason text,
  secret bytea NOT NULL,
  old_secret bytea,
  old_secret_until timestamptz,
  schemes text[] NOT NULL,
  retry_profile text NOT NULL,
  timeout_s int NOT NULL,
  failing_since timestamptz,
  lane_until timestamptz,
  lane_token ident,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id)
);
CREATE UNIQUE INDEX webhook_endpoints_id ON webhook_endpoints (id);

CREATE TABLE deliveries (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  event_id ident NOT NULL,
  endpoint_id ident NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'exhausted', 'canceled')),
  attempts int NOT NULL DEFAULT 0,
  first_at timestamptz NOT NULL,
  next_at timestamptz NOT NULL,
  delivered_at timestamptz,
  PRIMARY KEY (merchant_id, livemode, id),
  UNIQUE (event_id, endpoint_id),
  FOREIGN KEY (merchant_id, livemode, event_id) REFERENCES events,
  FOREIGN KEY (merchant_id, livemode, endpoint_id) REFERENCES webhook_endpoints,
  CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at) WHERE state = 'pending';

CREATE TABLE attempts (
  merchant_id ident NOT NULL,
  livemode boolean NOT NULL,
  delivery_id ident NOT NULL,
  n int NOT NULL,
  at timestamptz NOT NULL,
  status_code int,
  error text,
  took_ms int NOT NULL,
  PRIMARY KEY (merchant_id, livemode, delivery_id, n),
  FOREIGN KEY (merchant_id, livemode, delivery_id) REFERENCES deliveries
);

-- Append-only, for everybody ----------------------------------------------------------------------

DO $$
DECLARE kept text;
BEGIN
  FOREACH kept IN ARRAY ARRAY['ledger_entries', 'ledger_postings', 'audit_log'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', kept);
    EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept);
  END LOOP;
END $$;

-- Who may do what ---------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO sluice_worker;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO sluice_tenant;
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries, ledger_postings, audit_log FROM sluice_worker, sluice_tenant;
REVOKE UPDATE ON events, credits, attempts FROM sluice_tenant;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO sluice_worker, sluice_tenant;

DO $$
DECLARE owned record;
BEGIN
  FOR owned IN
    SELECT c.table_name,
           EXISTS (SELECT FROM information_schema.columns l WHERE l.table_schema = 'public'
                   AND l.table_name = c.table_name AND l.column_name = 'livemode') AS has_mode
    FROM information_schema.columns c
    WHERE c.table_schema = 'public' AND (c.column_name = 'merchant_id' OR (c.table_name = 'merchants' AND c.column_name = 'id'))
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned.table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned.table_name);
    EXECUTE format('CREATE POLICY worker ON %I TO sluice_worker USING (true) WITH CHECK (true)', owned.table_name);
    EXECUTE format('CREATE POLICY tenant ON %I TO sluice_tenant USING (%s)', owned.table_name,
      CASE WHEN owned.table_name = 'merchants' THEN 'id = current_setting(''sluice.merchant'', true)'
           ELSE 'merchant_id = current_setting(''sluice.merchant'', true)' END
      || CASE WHEN owned.has_mode THEN ' AND livemode = (current_setting(''sluice.livemode'', true) = ''on'')' ELSE '' END);
  END LOOP;
END $$;
