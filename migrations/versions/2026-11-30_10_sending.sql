-- depends: 2026-11-30_70_deposits
-- Money out: wallets that Sluice signs for, what they are asked to send and every transaction made
-- for it, refunds and payouts.
-- Deploy-safe: it only adds; the release before neither reads nor writes any of it, and its payments
-- keep the default of the new column.

-- A wallet whose key a signer of ours holds. `next_nonce` is the first number no order ever got.
CREATE TABLE hot_wallets (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  network text NOT NULL,
  address text COLLATE "C" NOT NULL,
  public_key bytea NOT NULL CHECK (length(public_key) = 33),
  signer text NOT NULL,
  limits jsonb NOT NULL DEFAULT '{}',
  next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
  frozen_reason text,
  frozen_at timestamptz,
  -- Where payouts go, and from when on: a changed one is not used at once.
  payout_address text COLLATE "C",
  payout_address_from timestamptz,
  standing jsonb NOT NULL DEFAULT '{}',
  looked_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  CHECK ((frozen_reason IS NULL) = (frozen_at IS NULL)),
  CHECK ((payout_address IS NULL) = (payout_address_from IS NULL))
);
CREATE UNIQUE INDEX hot_wallets_id ON hot_wallets (id);
CREATE UNIQUE INDEX hot_wallets_address ON hot_wallets (network, address);
CREATE UNIQUE INDEX hot_wallets_one ON hot_wallets (merchant_id, livemode, network);

-- The sandbox gives a merchant its wallet when the first is needed; a live one only an operator makes.
CREATE FUNCTION refuse_live_wallet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.livemode AND current_user = 'sluice_tenant' THEN
    RAISE EXCEPTION 'only an operator opens a live wallet' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_live_wallet BEFORE INSERT ON hot_wallets FOR EACH ROW EXECUTE FUNCTION refuse_live_wallet();

-- One order to send, for one thing of ours (`reference`), and the slot it was given: never a second.
CREATE TABLE sends (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  wallet_id ident NOT NULL,
  reference ident NOT NULL,
  network text NOT NULL,
  asset text NOT NULL,
  units units NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  memo text,
  call jsonb,
  state text NOT NULL CHECK (state IN ('queued', 'open', 'done', 'failed', 'canceled')),
  slot_key text COLLATE "C",
  slot jsonb,
  reason text,
  next_at timestamptz NOT NULL,
  tx_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  opened_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (merchant_id, livemode, id),
  FOREIGN KEY (merchant_id, livemode, wallet_id) REFERENCES hot_wallets,
  CHECK ((slot_key IS NULL) = (slot IS NULL)),
  CHECK ((opened_at IS NULL) = (slot IS NULL)),
  CHECK (state <> 'open' OR slot IS NOT NULL),
  CHECK (state <> 'done' OR (slot IS NOT NULL AND tx_id IS NOT NULL)),
  CHECK (state NOT IN ('queued', 'canceled') OR slot IS NULL),
  CHECK ((ended_at IS NULL) = (state IN ('queued', 'open')))
);
CREATE UNIQUE INDEX sends_id ON sends (id);
-- A reference has one order that lives or has moved money; after it failed there may be another.
CREATE UNIQUE INDEX sends_reference ON sends (reference) WHERE state NOT IN ('failed', 'canceled');
CREATE UNIQUE INDEX sends_slot ON sends (wallet_id, slot_key) WHERE slot_key IS NOT NULL;
CREATE INDEX sends_busy ON sends (wallet_id, state, next_at) WHERE state IN ('queued', 'open');
CREATE INDEX sends_of_reference ON sends (reference);

-- Every transaction made for an order, all in its one slot: written down before it is signed, its
-- bytes before they are sent.
CREATE TABLE send_attempts (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  send_id ident NOT NULL,
  n int NOT NULL CHECK (n >= 1),
  is_void boolean NOT NULL,
  price jsonb NOT NULL,
  payload bytea NOT NULL,
  digests bytea[] NOT NULL,
  cost_max numeric(78, 0) NOT NULL CHECK (cost_max >= 0),
  raw bytea,
  tx_id text COLLATE "C",
  verdict text,
  built_at timestamptz NOT NULL,
  sealed_at timestamptz,
  told_at timestamptz,
  tellings int NOT NULL DEFAULT 0,
  PRIMARY KEY (merchant_id, livemode, send_id, n),
  FOREIGN KEY (merchant_id, livemode, send_id) REFERENCES sends,
  CHECK ((raw IS NULL) = (tx_id IS NULL)),
  CHECK ((raw IS NULL) = (sealed_at IS NULL)),
  CHECK (told_at IS NULL OR raw IS NOT NULL)
);
CREATE UNIQUE INDEX send_attempts_tx ON send_attempts (tx_id) WHERE tx_id IS NOT NULL;
CREATE INDEX send_attempts_send ON send_attempts (send_id, n);

-- Once written, the bytes of a transaction and its slot never change.
CREATE FUNCTION keep_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'sends' THEN
    IF OLD.slot_key IS NOT NULL AND NEW.slot_key IS DISTINCT FROM OLD.slot_key THEN
      RAISE EXCEPTION 'an order keeps its slot' USING ERRCODE = '42501';
    END IF;
    IF (NEW.recipient, NEW.units, NEW.asset, NEW.network, NEW.reference)
       IS DISTINCT FROM (OLD.recipient, OLD.units, OLD.asset, OLD.network, OLD.reference) THEN
      RAISE EXCEPTION 'an order is not changed' USING ERRCODE = '42501';
    END IF;
  ELSIF (OLD.raw IS NOT NULL AND NEW.raw IS DISTINCT FROM OLD.raw) OR NEW.payload <> OLD.payload THEN
    RAISE EXCEPTION 'a transaction keeps its bytes' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_sent BEFORE UPDATE ON sends FOR EACH ROW EXECUTE FUNCTION keep_sent();
CREATE TRIGGER keep_sent BEFORE UPDATE ON send_attempts FOR EACH ROW EXECUTE FUNCTION keep_sent();

-- The sandbox's accounts number what they send; of one number only one transaction can live.
ALTER TABLE sandbox_transactions ADD COLUMN nonce bigint, ADD COLUMN fee bigint NOT NULL DEFAULT 0;
CREATE INDEX sandbox_transactions_numbered ON sandbox_transactions (sender, nonce) WHERE nonce IS NOT NULL;

ALTER TABLE payment_intents ADD COLUMN amount_refunded units NOT NULL DEFAULT 0;
ALTER TABLE payment_intents ADD CONSTRAINT refunded_of_amount CHECK (amount_refunded <= amount) NOT VALID;
ALTER TABLE payment_intents VALIDATE CONSTRAINT refunded_of_amount;

CREATE TABLE refunds (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  intent_id ident NOT NULL,
  amount units NOT NULL CHECK (amount > 0),
  currency text NOT NULL,
  network text NOT NULL,
  asset text NOT NULL,
  units units NOT NULL CHECK (units > 0),
  status text NOT NULL CHECK (status IN ('requires_action', 'pending', 'succeeded', 'failed', 'canceled')),
  needs_approval boolean NOT NULL,
  requested_by text NOT NULL,
  approved_by text,
  recipient text COLLATE "C",
  claim_token text COLLATE "C",
  claim_until timestamptz,
  reason text,
  failure_reason text,
  failure_message text,
  metadata jsonb NOT NULL DEFAULT '{}',
  instructions_email text,
  reserve_id ident NOT NULL,
  settlement_id ident,
  send_id ident,
  tx_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  version int NOT NULL DEFAULT 1,
  PRIMARY KEY (merchant_id, livemode, id),
  FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES payment_intents,
  CHECK ((status IN ('succeeded', 'failed', 'canceled')) = (ended_at IS NOT NULL)),
  CHECK ((status = 'succeeded') = (tx_id IS NOT NULL)),
  CHECK (approved_by IS NULL OR approved_by <> requested_by)
);
CREATE UNIQUE INDEX refunds_id ON refunds (id);
CREATE UNIQUE INDEX refunds_claim ON refunds (claim_token) WHERE claim_token IS NOT NULL;
CREATE INDEX refunds_intent ON refunds (intent_id, id);

CREATE TABLE payouts (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  network text NOT NULL,
  asset text NOT NULL,
  units units NOT NULL CHECK (units > 0),
  recipient text COLLATE "C" NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
  needs_approval boolean NOT NULL,
  requested_by text NOT NULL,
  approved_by text,
  description text,
  statement_descriptor text,
  failure_code text,
  failure_message text,
  metadata jsonb NOT NULL DEFAULT '{}',
  reserve_id ident NOT NULL,
  settlement_id ident,
  send_id ident,
  tx_id text COLLATE "C",
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  version int NOT NULL DEFAULT 1,
  PRIMARY KEY (merchant_id, livemode, id),
  CHECK ((status IN ('paid', 'failed', 'canceled')) = (ended_at IS NOT NULL)),
  CHECK ((status = 'paid') = (tx_id IS NOT NULL)),
  CHECK (approved_by IS NULL OR approved_by <> requested_by)
);
CREATE UNIQUE INDEX payouts_id ON payouts (id);

-- The public page of a refund is opened without a key: this finds whose it is, and nothing else.
CREATE FUNCTION find_refund_owner(wanted text) RETURNS TABLE (merchant_id ident, livemode boolean, id ident)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT r.merchant_id, r.livemode, r.id FROM refunds r WHERE r.claim_token = wanted;
END $$;
REVOKE ALL ON FUNCTION find_refund_owner(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_refund_owner(text) TO sluice_worker, sluice_tenant;

-- A merchant's own connection asks for sends; only the worker, which holds the signers, moves them on.
GRANT SELECT, INSERT, UPDATE ON hot_wallets, sends, send_attempts, refunds, payouts TO sluice_worker;
GRANT SELECT, INSERT ON hot_wallets TO sluice_tenant;
GRANT SELECT ON send_attempts TO sluice_tenant;
GRANT SELECT, INSERT, UPDATE ON sends, refunds, payouts TO sluice_tenant;

DO $$
DECLARE named text;
BEGIN
  FOREACH named IN ARRAY ARRAY['hot_wallets', 'sends', 'send_attempts', 'refunds', 'payouts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', named);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', named);
    EXECUTE format('CREATE POLICY worker ON %I TO sluice_worker USING (true) WITH CHECK (true)', named);
    EXECUTE format('CREATE POLICY tenant ON %I TO sluice_tenant USING (merchant_id = current_setting(''sluice.merchant'', true)'
      || ' AND livemode = (current_setting(''sluice.livemode'', true) = ''on''))', named);
  END LOOP;
  EXECUTE format('CREATE POLICY finds_refunds ON refunds FOR SELECT TO %I USING (true)', current_user);
END $$;
