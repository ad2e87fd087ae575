CREATE DOMAIN public.ident AS text COLLATE pg_catalog."C"
	CONSTRAINT ident_check CHECK (((length(VALUE) >= 1) AND (length(VALUE) <= 96)));

CREATE DOMAIN public.units AS numeric(78,0)
	CONSTRAINT units_check CHECK (((VALUE >= (0)::numeric) AND (VALUE < '115792089237316195423570985008687907853269984665640564039457584007913129639936'::numeric)));

CREATE FUNCTION public.check_entries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF EXISTS (SELECT FROM added e WHERE NOT EXISTS (SELECT FROM ledger_postings p WHERE p.entry_id = e.id)) THEN
    RAISE EXCEPTION 'ledger entry has no postings' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.check_postings() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.find_api_key(wanted public.ident) RETURNS TABLE(merchant_id public.ident, livemode boolean, id public.ident, kind text, verifier bytea, kdf text, salt bytea, permissions text[], name text, last4 text, created_at timestamp with time zone, expires_at timestamp with time zone, revoked_at timestamp with time zone, merchant_name text, status text, settings jsonb, merchant_created_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT k.merchant_id, k.livemode, k.id, k.kind, k.verifier, k.kdf, k.salt, k.permissions, k.name, k.last4,
    k.created_at, k.expires_at, k.revoked_at, m.name, m.status, m.settings, m.created_at
  FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
  WHERE k.id = wanted;
END $$;

CREATE FUNCTION public.find_refund_owner(wanted text) RETURNS TABLE(merchant_id public.ident, livemode boolean, id public.ident)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT r.merchant_id, r.livemode, r.id FROM refunds r WHERE r.claim_token = wanted;
END $$;

CREATE FUNCTION public.keep_coins() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO spent_coins (merchant_id, livemode, wallet_id, tx_id, index, send_id)
  SELECT NEW.merchant_id, NEW.livemode, NEW.wallet_id, coin ->> 'tx_id', (coin ->> 'index')::bigint, NEW.id
  FROM jsonb_array_elements(NEW.slot -> 'coins') coin;
  RETURN NULL;
END $$;

CREATE FUNCTION public.keep_sent() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE FUNCTION public.refuse_live_wallet() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NEW.livemode AND current_user = 'sluice_tenant' THEN
    RAISE EXCEPTION 'only an operator opens a live wallet' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION public.ring_callers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_notify('sluice', 'callers');
  RETURN NULL;
END $$;

CREATE TABLE public.api_keys (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    kind text NOT NULL,
    verifier bytea NOT NULL,
    kdf text NOT NULL,
    salt bytea DEFAULT '\x'::bytea NOT NULL,
    permissions text[] NOT NULL,
    name text NOT NULL,
    last4 text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_kind_check CHECK ((kind = ANY (ARRAY['sk'::text, 'rk'::text, 'pk'::text])))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.attempts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    delivery_id public.ident NOT NULL,
    n integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status_code integer,
    error text,
    took_ms integer NOT NULL
);

ALTER TABLE ONLY public.attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.audit_head (
    one boolean DEFAULT true NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_head_one_check CHECK (one)
);

CREATE TABLE public.audit_log (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    merchant_id public.ident,
    actor text NOT NULL,
    action text NOT NULL,
    object_id text NOT NULL,
    detail jsonb NOT NULL,
    prev bytea NOT NULL,
    hash bytea NOT NULL
);

ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;

CREATE TABLE public.blocks (
    network text NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C",
    height bigint NOT NULL,
    parent text NOT NULL COLLATE pg_catalog."C",
    "time" timestamp with time zone NOT NULL,
    canonical boolean NOT NULL
);

CREATE TABLE public.chain_checks (
    network text NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    is_right boolean NOT NULL,
    detail text NOT NULL,
    checked_at timestamp with time zone NOT NULL
);

CREATE TABLE public.chains (
    network text NOT NULL,
    height bigint NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C",
    finalized_height bigint,
    reorg_max integer NOT NULL,
    halted_reason text,
    moved_at timestamp with time zone NOT NULL,
    anchored jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT chains_reorg_max_check CHECK ((reorg_max >= 1))
);

CREATE TABLE public.checkout_sessions (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    intent_id public.ident NOT NULL,
    status text NOT NULL,
    payment_status text NOT NULL,
    customer_id public.ident,
    customer_email text,
    client_reference_id text,
    success_url text,
    cancel_url text,
    return_url text,
    ui_mode text NOT NULL,
    locale text,
    submit_type text,
    line_items jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT checkout_sessions_payment_status_check CHECK ((payment_status = ANY (ARRAY['paid'::text, 'unpaid'::text, 'no_payment_required'::text]))),
    CONSTRAINT checkout_sessions_status_check CHECK ((status = ANY (ARRAY['open'::text, 'complete'::text, 'expired'::text])))
);

ALTER TABLE ONLY public.checkout_sessions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.conversions (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    network text NOT NULL,
    tx_id text NOT NULL,
    index integer NOT NULL,
    offer_id public.ident NOT NULL,
    intent_id public.ident NOT NULL,
    units public.units NOT NULL,
    state text NOT NULL,
    mined_at integer,
    told_at timestamp with time zone,
    news text,
    sweep_tx_id text,
    minted_tx_id text,
    minted public.units,
    delayed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT conversions_state_check CHECK ((state = ANY (ARRAY['pending_conversion'::text, 'swept'::text, 'minted'::text, 'reclaimable'::text, 'lost'::text])))
);

ALTER TABLE ONLY public.conversions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.credits (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    network text NOT NULL,
    tx_id text NOT NULL COLLATE pg_catalog."C",
    index integer NOT NULL,
    seq integer NOT NULL,
    intent_id public.ident,
    purpose text NOT NULL,
    reason text NOT NULL,
    asset text NOT NULL,
    units public.units NOT NULL,
    entry_id public.ident NOT NULL,
    reversed_by public.ident,
    at timestamp with time zone NOT NULL,
    CONSTRAINT credits_purpose_check CHECK ((purpose = ANY (ARRAY['payment'::text, 'unapplied'::text]))),
    CONSTRAINT credits_units_check CHECK (((units)::numeric > (0)::numeric))
);

ALTER TABLE ONLY public.credits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.customers (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    email text,
    name text,
    phone text,
    description text,
    address jsonb,
    shipping jsonb,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);

ALTER TABLE ONLY public.customers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.deliveries (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    event_id public.ident NOT NULL,
    endpoint_id public.ident NOT NULL,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    first_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    CONSTRAINT deliveries_check CHECK (((state = 'delivered'::text) = (delivered_at IS NOT NULL))),
    CONSTRAINT deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'exhausted'::text, 'canceled'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02');

ALTER TABLE ONLY public.deliveries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.deposit_accounts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    network text NOT NULL,
    account text NOT NULL COLLATE pg_catalog."C",
    next_index integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT deposit_accounts_next_index_check CHECK ((next_index >= 0))
);

ALTER TABLE ONLY public.deposit_accounts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.deposit_addresses (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    network text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    destination text NOT NULL COLLATE pg_catalog."C",
    reference public.ident NOT NULL,
    created_at timestamp with time zone NOT NULL,
    held_since timestamp with time zone
);

ALTER TABLE ONLY public.deposit_addresses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.deposits (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    offer_id public.ident NOT NULL,
    intent_id public.ident NOT NULL,
    network text NOT NULL,
    peg text NOT NULL,
    recipient text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    deposit_script text NOT NULL,
    reclaim_script text NOT NULL,
    key_index integer NOT NULL,
    lock_blocks integer NOT NULL,
    fee_max public.units NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT deposits_lock_blocks_check CHECK ((lock_blocks > 0))
);

ALTER TABLE ONLY public.deposits FORCE ROW LEVEL SECURITY;

CREATE TABLE public.event_counters (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    last bigint NOT NULL
);

ALTER TABLE ONLY public.event_counters FORCE ROW LEVEL SECURITY;

CREATE TABLE public.events (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    object_id public.ident NOT NULL,
    body bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.events FORCE ROW LEVEL SECURITY;

CREATE TABLE public.facts (
    id bigint NOT NULL,
    merchant_id public.ident,
    livemode boolean NOT NULL,
    name text NOT NULL,
    body bytea NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.facts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.facts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.facts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.heartbeats (
    loop text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.hot_wallets (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    network text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    public_key bytea NOT NULL,
    signer text NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    next_nonce bigint NOT NULL,
    frozen_reason text,
    frozen_at timestamp with time zone,
    payout_address text COLLATE pg_catalog."C",
    payout_address_from timestamp with time zone,
    standing jsonb DEFAULT '{}'::jsonb NOT NULL,
    looked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    withdraw_address text COLLATE pg_catalog."C",
    withdraw_address_from timestamp with time zone,
    CONSTRAINT hot_wallets_check CHECK (((frozen_reason IS NULL) = (frozen_at IS NULL))),
    CONSTRAINT hot_wallets_check1 CHECK (((payout_address IS NULL) = (payout_address_from IS NULL))),
    CONSTRAINT hot_wallets_next_nonce_check CHECK ((next_nonce >= 0)),
    CONSTRAINT hot_wallets_public_key_check CHECK ((length(public_key) = 33)),
    CONSTRAINT hot_wallets_withdraw CHECK (((withdraw_address IS NULL) = (withdraw_address_from IS NULL)))
);

ALTER TABLE ONLY public.hot_wallets FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_keys (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    request_id text NOT NULL,
    path text NOT NULL,
    status_code integer NOT NULL,
    response bytea NOT NULL,
    object_id public.ident,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.jobs (
    id bigint NOT NULL,
    name text NOT NULL,
    key text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    last_error text
);

ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.key_checks (
    id public.ident NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.ledger_accounts (
    id bigint NOT NULL,
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    kind text NOT NULL,
    asset text NOT NULL,
    normal text NOT NULL,
    balance numeric(78,0) DEFAULT 0 NOT NULL,
    CONSTRAINT ledger_accounts_balance_check CHECK (((balance >= (0)::numeric) AND (balance <> 'NaN'::numeric))),
    CONSTRAINT ledger_accounts_normal_check CHECK ((normal = ANY (ARRAY['D'::text, 'C'::text])))
);

ALTER TABLE ONLY public.ledger_accounts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_accounts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.ledger_entries (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    seq integer NOT NULL,
    reverses public.ident,
    description text NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.ledger_entries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.ledger_postings (
    entry_id public.ident NOT NULL,
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    account_id bigint NOT NULL,
    asset text NOT NULL,
    side text NOT NULL,
    units public.units NOT NULL,
    CONSTRAINT ledger_postings_side_check CHECK ((side = ANY (ARRAY['D'::text, 'C'::text]))),
    CONSTRAINT ledger_postings_units_check CHECK (((units)::numeric > (0)::numeric))
);

ALTER TABLE ONLY public.ledger_postings FORCE ROW LEVEL SECURITY;

CREATE TABLE public.merchants (
    id public.ident NOT NULL,
    name text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT merchants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);

ALTER TABLE ONLY public.merchants FORCE ROW LEVEL SECURITY;

CREATE TABLE public.offers (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    intent_id public.ident NOT NULL,
    network text NOT NULL,
    asset text NOT NULL,
    style text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    memo text,
    due public.units NOT NULL,
    discount public.units DEFAULT 0 NOT NULL,
    depth_wanted integer NOT NULL,
    rate_numerator numeric(78,0) NOT NULL,
    rate_denominator numeric(78,0) NOT NULL,
    rate_source text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    CONSTRAINT offers_due_check CHECK (((due)::numeric > (0)::numeric))
);

ALTER TABLE ONLY public.offers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payment_intents (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    status text NOT NULL,
    resolution text NOT NULL,
    amount public.units NOT NULL,
    currency text NOT NULL,
    amount_received public.units DEFAULT 0 NOT NULL,
    customer_id public.ident,
    description text,
    receipt_email text,
    statement_descriptor text,
    return_url text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    options jsonb DEFAULT '{}'::jsonb NOT NULL,
    terms jsonb NOT NULL,
    payment jsonb,
    cancellation_reason text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    watch_until timestamp with time zone NOT NULL,
    processing_at timestamp with time zone,
    succeeded_at timestamp with time zone,
    canceled_at timestamp with time zone,
    finalized_at timestamp with time zone,
    settle_seq integer DEFAULT 0 NOT NULL,
    settlement_id public.ident,
    version integer DEFAULT 1 NOT NULL,
    idempotency_key text,
    amount_refunded public.units DEFAULT 0 NOT NULL,
    CONSTRAINT payment_intents_amount_check CHECK (((amount)::numeric > (0)::numeric)),
    CONSTRAINT payment_intents_check CHECK (((status = 'canceled'::text) = (canceled_at IS NOT NULL))),
    CONSTRAINT payment_intents_check1 CHECK (((status = 'succeeded'::text) = (succeeded_at IS NOT NULL))),
    CONSTRAINT payment_intents_check2 CHECK (((finalized_at IS NULL) OR (status = 'succeeded'::text))),
    CONSTRAINT payment_intents_status_check CHECK ((status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text, 'processing'::text, 'requires_capture'::text, 'succeeded'::text, 'canceled'::text]))),
    CONSTRAINT refunded_of_amount CHECK (((amount_refunded)::numeric <= (amount)::numeric))
);

ALTER TABLE ONLY public.payment_intents FORCE ROW LEVEL SECURITY;

CREATE TABLE public.payout_holds (
    asset text NOT NULL,
    reason text NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.payouts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    network text NOT NULL,
    asset text NOT NULL,
    units public.units NOT NULL,
    recipient text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    needs_approval boolean NOT NULL,
    requested_by text NOT NULL,
    approved_by text,
    description text,
    statement_descriptor text,
    failure_code text,
    failure_message text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    reserve_id public.ident NOT NULL,
    settlement_id public.ident,
    send_id public.ident,
    tx_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    withdraw_network text,
    withdraw_fee_max public.units,
    withdraw_state text,
    withdraw_ask_tx_id text COLLATE pg_catalog."C",
    withdraw_number numeric(39,0),
    withdraw_fee public.units,
    CONSTRAINT payouts_check CHECK (((status = ANY (ARRAY['paid'::text, 'failed'::text, 'canceled'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT payouts_check1 CHECK (((status = 'paid'::text) = (tx_id IS NOT NULL))),
    CONSTRAINT payouts_check2 CHECK (((approved_by IS NULL) OR (approved_by <> requested_by))),
    CONSTRAINT payouts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'in_transit'::text, 'paid'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT payouts_units_check CHECK (((units)::numeric > (0)::numeric)),
    CONSTRAINT payouts_withdraw CHECK ((((withdraw_network IS NULL) = (withdraw_fee_max IS NULL)) AND ((withdraw_network IS NULL) = (withdraw_state IS NULL)))),
    CONSTRAINT payouts_withdraw_fee CHECK (((withdraw_fee IS NOT NULL) = (NOT (withdraw_state IS DISTINCT FROM 'accepted'::text)))),
    CONSTRAINT payouts_withdraw_number CHECK (((withdraw_number IS NULL) = (COALESCE(withdraw_state, 'asked'::text) = 'asked'::text))),
    CONSTRAINT payouts_withdraw_state CHECK ((withdraw_state = ANY (ARRAY['asked'::text, 'created'::text, 'accepted'::text, 'rejected'::text])))
);

ALTER TABLE ONLY public.payouts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.peg_terms (
    network text NOT NULL,
    terms jsonb NOT NULL,
    fetched_at timestamp with time zone NOT NULL
);

CREATE TABLE public.rate_alerts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    move_bps integer NOT NULL,
    within_s integer NOT NULL,
    fired_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT rate_alerts_move_bps_check CHECK (((move_bps >= 1) AND (move_bps <= 100000))),
    CONSTRAINT rate_alerts_within_s_check CHECK (((within_s >= 60) AND (within_s <= 604800)))
);

ALTER TABLE ONLY public.rate_alerts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.rate_pegs (
    asset text NOT NULL,
    state text NOT NULL,
    price numeric(57,18) NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT rate_pegs_price_check CHECK ((price > (0)::numeric)),
    CONSTRAINT rate_pegs_state_check CHECK ((state = ANY (ARRAY['par'::text, 'warn'::text, 'disabled'::text])))
);

CREATE TABLE public.rate_rules (
    digest text NOT NULL,
    rules text NOT NULL,
    kept_at timestamp with time zone NOT NULL
);

CREATE TABLE public.rate_snapshots (
    id public.ident NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    terms jsonb NOT NULL,
    said jsonb NOT NULL
);

CREATE TABLE public.rate_ticks (
    livemode boolean NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    price numeric(57,18) NOT NULL,
    source text NOT NULL,
    CONSTRAINT rate_ticks_price_check CHECK ((price > (0)::numeric))
);

CREATE TABLE public.rates (
    base text NOT NULL,
    quote text NOT NULL,
    source text NOT NULL,
    numerator numeric(78,0) NOT NULL,
    denominator numeric(78,0) NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    CONSTRAINT rates_denominator_check CHECK (((denominator > (0)::numeric) AND (denominator <> 'NaN'::numeric))),
    CONSTRAINT rates_numerator_check CHECK (((numerator > (0)::numeric) AND (numerator <> 'NaN'::numeric)))
);

CREATE TABLE public.reactions (
    fact_id bigint NOT NULL,
    reaction text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    last_error text
);

CREATE TABLE public.receiving_accounts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    network text NOT NULL,
    account text NOT NULL COLLATE pg_catalog."C",
    first_address text NOT NULL COLLATE pg_catalog."C",
    next_index integer DEFAULT 0 NOT NULL,
    gap_max integer NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT receiving_accounts_gap_max_check CHECK ((gap_max > 0)),
    CONSTRAINT receiving_accounts_next_index_check CHECK ((next_index >= 0))
);

ALTER TABLE ONLY public.receiving_accounts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.receiving_addresses (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    account_id public.ident NOT NULL,
    index integer NOT NULL,
    network text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    reference public.ident NOT NULL,
    state text NOT NULL,
    leased_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    CONSTRAINT receiving_addresses_index_check CHECK ((index >= 0)),
    CONSTRAINT receiving_addresses_state_check CHECK ((state = ANY (ARRAY['leased'::text, 'used'::text])))
);

ALTER TABLE ONLY public.receiving_addresses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.refunds (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    intent_id public.ident NOT NULL,
    amount public.units NOT NULL,
    currency text NOT NULL,
    network text NOT NULL,
    asset text NOT NULL,
    units public.units NOT NULL,
    status text NOT NULL,
    needs_approval boolean NOT NULL,
    requested_by text NOT NULL,
    approved_by text,
    recipient text COLLATE pg_catalog."C",
    claim_token text COLLATE pg_catalog."C",
    claim_until timestamp with time zone,
    reason text,
    failure_reason text,
    failure_message text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    instructions_email text,
    reserve_id public.ident NOT NULL,
    settlement_id public.ident,
    send_id public.ident,
    tx_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT refunds_amount_check CHECK (((amount)::numeric > (0)::numeric)),
    CONSTRAINT refunds_check CHECK (((status = ANY (ARRAY['succeeded'::text, 'failed'::text, 'canceled'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT refunds_check1 CHECK (((status = 'succeeded'::text) = (tx_id IS NOT NULL))),
    CONSTRAINT refunds_check2 CHECK (((approved_by IS NULL) OR (approved_by <> requested_by))),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['requires_action'::text, 'pending'::text, 'succeeded'::text, 'failed'::text, 'canceled'::text]))),
    CONSTRAINT refunds_units_check CHECK (((units)::numeric > (0)::numeric))
);

ALTER TABLE ONLY public.refunds FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sandbox_block_transactions (
    block_hash text NOT NULL COLLATE pg_catalog."C",
    n integer NOT NULL,
    tx_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT sandbox_block_transactions_n_check CHECK ((n >= 0))
);

CREATE TABLE public.sandbox_blocks (
    hash text NOT NULL COLLATE pg_catalog."C",
    height bigint NOT NULL,
    parent text COLLATE pg_catalog."C",
    "time" timestamp with time zone NOT NULL,
    canonical boolean NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT sandbox_blocks_check CHECK (((parent IS NULL) = (height = 0))),
    CONSTRAINT sandbox_blocks_height_check CHECK ((height >= 0))
);

ALTER TABLE public.sandbox_blocks ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sandbox_blocks_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sandbox_chain (
    one boolean DEFAULT true NOT NULL,
    network text NOT NULL,
    stalled boolean DEFAULT false NOT NULL,
    finalized_height bigint DEFAULT 0 NOT NULL,
    CONSTRAINT sandbox_chain_one_check CHECK (one)
);

CREATE TABLE public.sandbox_lies (
    id bigint NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    detail jsonb NOT NULL,
    uses_left integer,
    CONSTRAINT sandbox_lies_uses_left_check CHECK ((uses_left > 0))
);

ALTER TABLE public.sandbox_lies ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sandbox_lies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sandbox_outputs (
    tx_id text NOT NULL COLLATE pg_catalog."C",
    index integer NOT NULL,
    asset text NOT NULL,
    recipient text NOT NULL COLLATE pg_catalog."C",
    units public.units NOT NULL,
    memo text,
    CONSTRAINT sandbox_outputs_index_check CHECK ((index >= 0))
);

CREATE TABLE public.sandbox_transactions (
    tx_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    sender text NOT NULL COLLATE pg_catalog."C",
    spends text NOT NULL COLLATE pg_catalog."C",
    replaces text COLLATE pg_catalog."C",
    state text NOT NULL,
    nonce bigint,
    fee bigint DEFAULT 0 NOT NULL,
    CONSTRAINT sandbox_transactions_check CHECK (((replaces IS NULL) = (spends = tx_id))),
    CONSTRAINT sandbox_transactions_state_check CHECK ((state = ANY (ARRAY['mempool'::text, 'included'::text, 'dropped'::text, 'replaced'::text])))
);

ALTER TABLE public.sandbox_transactions ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sandbox_transactions_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.send_attempts (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    send_id public.ident NOT NULL,
    n integer NOT NULL,
    is_void boolean NOT NULL,
    price jsonb NOT NULL,
    payload bytea NOT NULL,
    digests bytea[] NOT NULL,
    cost_max numeric(78,0) NOT NULL,
    raw bytea,
    tx_id text COLLATE pg_catalog."C",
    verdict text,
    built_at timestamp with time zone NOT NULL,
    sealed_at timestamp with time zone,
    told_at timestamp with time zone,
    tellings integer DEFAULT 0 NOT NULL,
    CONSTRAINT send_attempts_check CHECK (((raw IS NULL) = (tx_id IS NULL))),
    CONSTRAINT send_attempts_check1 CHECK (((raw IS NULL) = (sealed_at IS NULL))),
    CONSTRAINT send_attempts_check2 CHECK (((told_at IS NULL) OR (raw IS NOT NULL))),
    CONSTRAINT send_attempts_cost_max_check CHECK ((cost_max >= (0)::numeric)),
    CONSTRAINT send_attempts_n_check CHECK ((n >= 1))
);

ALTER TABLE ONLY public.send_attempts FORCE ROW LEVEL SECURITY;

CREATE TABLE public.sends (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    wallet_id public.ident NOT NULL,
    reference public.ident NOT NULL,
    network text NOT NULL,
    asset text NOT NULL,
    units public.units NOT NULL,
    recipient text NOT NULL COLLATE pg_catalog."C",
    memo text,
    call jsonb,
    state text NOT NULL,
    slot_key text COLLATE pg_catalog."C",
    slot jsonb,
    reason text,
    next_at timestamp with time zone NOT NULL,
    tx_id text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone,
    ended_at timestamp with time zone,
    cost numeric(78,0),
    fee_asset text,
    CONSTRAINT sends_check CHECK (((slot_key IS NULL) = (slot IS NULL))),
    CONSTRAINT sends_check1 CHECK (((opened_at IS NULL) = (slot IS NULL))),
    CONSTRAINT sends_check2 CHECK (((state <> 'open'::text) OR (slot IS NOT NULL))),
    CONSTRAINT sends_check3 CHECK (((state <> 'done'::text) OR ((slot IS NOT NULL) AND (tx_id IS NOT NULL)))),
    CONSTRAINT sends_check4 CHECK (((state <> ALL (ARRAY['queued'::text, 'canceled'::text])) OR (slot IS NULL))),
    CONSTRAINT sends_check5 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'open'::text])))),
    CONSTRAINT sends_cost CHECK (((cost >= (0)::numeric) AND ((cost IS NULL) = (fee_asset IS NULL)))),
    CONSTRAINT sends_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'open'::text, 'done'::text, 'failed'::text, 'canceled'::text])))
);

ALTER TABLE ONLY public.sends FORCE ROW LEVEL SECURITY;

CREATE TABLE public.spent_coins (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    wallet_id public.ident NOT NULL,
    tx_id text NOT NULL COLLATE pg_catalog."C",
    index bigint NOT NULL,
    send_id public.ident NOT NULL,
    CONSTRAINT spent_coins_index_check CHECK ((index >= 0))
);

ALTER TABLE ONLY public.spent_coins FORCE ROW LEVEL SECURITY;

CREATE TABLE public.targets (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    network text NOT NULL,
    style text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    memo text COLLATE pg_catalog."C",
    asset text,
    units public.units,
    reference public.ident,
    open boolean DEFAULT true NOT NULL,
    watch_until timestamp with time zone NOT NULL,
    CONSTRAINT targets_check CHECK (((style = ANY (ARRAY['memo'::text, 'contract'::text])) = (memo IS NOT NULL))),
    CONSTRAINT targets_check1 CHECK (((style = 'amount'::text) = ((units IS NOT NULL) AND (asset IS NOT NULL)))),
    CONSTRAINT targets_check2 CHECK (((style = 'wallet'::text) = (reference IS NULL))),
    CONSTRAINT targets_style_check CHECK ((style = ANY (ARRAY['address'::text, 'deposit'::text, 'contract'::text, 'memo'::text, 'amount'::text, 'wallet'::text])))
);

ALTER TABLE ONLY public.targets FORCE ROW LEVEL SECURITY;

CREATE TABLE public.transfers (
    network text NOT NULL,
    tx_id text NOT NULL COLLATE pg_catalog."C",
    index integer NOT NULL,
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    target_id public.ident NOT NULL,
    reference public.ident,
    asset text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    units public.units NOT NULL,
    memo text,
    state text NOT NULL,
    depth_wanted integer NOT NULL,
    block_hash text COLLATE pg_catalog."C",
    height bigint,
    block_time timestamp with time zone,
    seen_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    depth_stalled integer,
    is_doubted boolean DEFAULT false NOT NULL,
    CONSTRAINT transfers_check CHECK (((state = ANY (ARRAY['mempool'::text, 'orphaned'::text])) = (block_hash IS NULL))),
    CONSTRAINT transfers_check1 CHECK (((block_hash IS NULL) = (height IS NULL))),
    CONSTRAINT transfers_depth_stalled_check CHECK ((depth_stalled > 0)),
    CONSTRAINT transfers_depth_wanted_check CHECK ((depth_wanted >= 0)),
    CONSTRAINT transfers_state_check CHECK ((state = ANY (ARRAY['mempool'::text, 'included'::text, 'confirmed'::text, 'final'::text, 'orphaned'::text]))),
    CONSTRAINT transfers_units_check CHECK (((units)::numeric > (0)::numeric))
);

ALTER TABLE ONLY public.transfers FORCE ROW LEVEL SECURITY;

CREATE TABLE public.wallets (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    network text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    gateway jsonb
);

ALTER TABLE ONLY public.wallets FORCE ROW LEVEL SECURITY;

CREATE TABLE public.webhook_endpoints (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    url text NOT NULL,
    description text,
    enabled_events text[] NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    api_version text,
    status text NOT NULL,
    disabled_reason text,
    secret bytea NOT NULL,
    old_secret bytea,
    old_secret_until timestamp with time zone,
    schemes text[] NOT NULL,
    retry_profile text NOT NULL,
    timeout_s integer NOT NULL,
    failing_since timestamp with time zone,
    lane_until timestamp with time zone,
    lane_token public.ident,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT webhook_endpoints_status_check CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text, 'deleted'::text])))
);

ALTER TABLE ONLY public.webhook_endpoints FORCE ROW LEVEL SECURITY;

CREATE TABLE public.x402_payments (
    merchant_id public.ident NOT NULL,
    livemode boolean NOT NULL,
    id public.ident NOT NULL,
    network text NOT NULL,
    token text NOT NULL,
    payer text NOT NULL,
    nonce bytea NOT NULL,
    identifier text,
    request bytea NOT NULL,
    question bytea NOT NULL,
    intent_id public.ident NOT NULL,
    until timestamp with time zone NOT NULL,
    next_at timestamp with time zone,
    answered_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT x402_payments_nonce_check CHECK ((length(nonce) = 32))
);

ALTER TABLE ONLY public.x402_payments FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (merchant_id, livemode, delivery_id, n);

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (network, hash);

ALTER TABLE ONLY public.chain_checks
    ADD CONSTRAINT chain_checks_pkey PRIMARY KEY (network, subject);

ALTER TABLE ONLY public.chains
    ADD CONSTRAINT chains_pkey PRIMARY KEY (network);

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_pkey PRIMARY KEY (network, tx_id, index);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_pkey PRIMARY KEY (network, tx_id, index, seq);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_event_id_endpoint_id_key UNIQUE (event_id, endpoint_id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.deposit_accounts
    ADD CONSTRAINT deposit_accounts_pkey PRIMARY KEY (merchant_id, livemode, network);

ALTER TABLE ONLY public.deposit_addresses
    ADD CONSTRAINT deposit_addresses_pkey PRIMARY KEY (merchant_id, livemode, network, address);

ALTER TABLE ONLY public.deposits
    ADD CONSTRAINT deposits_pkey PRIMARY KEY (merchant_id, livemode, offer_id);

ALTER TABLE ONLY public.event_counters
    ADD CONSTRAINT event_counters_pkey PRIMARY KEY (merchant_id, livemode);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_merchant_id_livemode_seq_key UNIQUE (merchant_id, livemode, seq);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.facts
    ADD CONSTRAINT facts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.heartbeats
    ADD CONSTRAINT heartbeats_pkey PRIMARY KEY (loop);

ALTER TABLE ONLY public.hot_wallets
    ADD CONSTRAINT hot_wallets_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (merchant_id, livemode, key);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.key_checks
    ADD CONSTRAINT key_checks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ledger_accounts
    ADD CONSTRAINT ledger_accounts_merchant_id_livemode_kind_asset_key UNIQUE (merchant_id, livemode, kind, asset);

ALTER TABLE ONLY public.ledger_accounts
    ADD CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.ledger_entries
    ADD CONSTRAINT ledger_entries_kind_source_seq_key UNIQUE (kind, source, seq);

ALTER TABLE ONLY public.ledger_entries
    ADD CONSTRAINT ledger_entries_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.merchants
    ADD CONSTRAINT merchants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.payment_intents
    ADD CONSTRAINT payment_intents_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.payout_holds
    ADD CONSTRAINT payout_holds_pkey PRIMARY KEY (asset, reason);

ALTER TABLE ONLY public.payouts
    ADD CONSTRAINT payouts_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.peg_terms
    ADD CONSTRAINT peg_terms_pkey PRIMARY KEY (network);

ALTER TABLE ONLY public.rate_alerts
    ADD CONSTRAINT rate_alerts_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.rate_pegs
    ADD CONSTRAINT rate_pegs_pkey PRIMARY KEY (asset);

ALTER TABLE ONLY public.rate_rules
    ADD CONSTRAINT rate_rules_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.rate_snapshots
    ADD CONSTRAINT rate_snapshots_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rate_ticks
    ADD CONSTRAINT rate_ticks_pkey PRIMARY KEY (livemode, base, quote, observed_at);

ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_pkey PRIMARY KEY (base, quote, source);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (reaction, fact_id);

ALTER TABLE ONLY public.receiving_accounts
    ADD CONSTRAINT receiving_accounts_merchant_id_livemode_network_first_addre_key UNIQUE (merchant_id, livemode, network, first_address);

ALTER TABLE ONLY public.receiving_accounts
    ADD CONSTRAINT receiving_accounts_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.receiving_addresses
    ADD CONSTRAINT receiving_addresses_pkey PRIMARY KEY (merchant_id, livemode, account_id, index);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.sandbox_block_transactions
    ADD CONSTRAINT sandbox_block_transactions_block_hash_tx_id_key UNIQUE (block_hash, tx_id);

ALTER TABLE ONLY public.sandbox_block_transactions
    ADD CONSTRAINT sandbox_block_transactions_pkey PRIMARY KEY (block_hash, n);

ALTER TABLE ONLY public.sandbox_blocks
    ADD CONSTRAINT sandbox_blocks_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.sandbox_chain
    ADD CONSTRAINT sandbox_chain_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.sandbox_lies
    ADD CONSTRAINT sandbox_lies_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sandbox_outputs
    ADD CONSTRAINT sandbox_outputs_pkey PRIMARY KEY (tx_id, index);

ALTER TABLE ONLY public.sandbox_transactions
    ADD CONSTRAINT sandbox_transactions_pkey PRIMARY KEY (tx_id);

ALTER TABLE ONLY public.send_attempts
    ADD CONSTRAINT send_attempts_pkey PRIMARY KEY (merchant_id, livemode, send_id, n);

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.spent_coins
    ADD CONSTRAINT spent_coins_pkey PRIMARY KEY (merchant_id, livemode, wallet_id, tx_id, index);

ALTER TABLE ONLY public.targets
    ADD CONSTRAINT targets_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (network, tx_id, index);

ALTER TABLE ONLY public.wallets
    ADD CONSTRAINT wallets_pkey PRIMARY KEY (merchant_id, livemode, network);

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.x402_payments
    ADD CONSTRAINT x402_payments_pkey PRIMARY KEY (merchant_id, livemode, id);

ALTER TABLE ONLY public.x402_payments
    ADD CONSTRAINT x402_payments_word UNIQUE (network, token, payer, nonce);

CREATE UNIQUE INDEX api_keys_id ON public.api_keys USING btree (id);

CREATE UNIQUE INDEX blocks_canonical ON public.blocks USING btree (network, height) WHERE canonical;

CREATE UNIQUE INDEX checkout_sessions_id ON public.checkout_sessions USING btree (id);

CREATE UNIQUE INDEX checkout_sessions_intent ON public.checkout_sessions USING btree (intent_id);

CREATE INDEX conversions_intent ON public.conversions USING btree (merchant_id, livemode, intent_id);

CREATE INDEX conversions_open ON public.conversions USING btree (created_at) WHERE (state <> ALL (ARRAY['minted'::text, 'lost'::text]));

CREATE INDEX credits_intent ON public.credits USING btree (intent_id) WHERE (intent_id IS NOT NULL);

CREATE UNIQUE INDEX credits_live ON public.credits USING btree (network, tx_id, index) WHERE (reversed_by IS NULL);

CREATE INDEX customers_email ON public.customers USING btree (merchant_id, livemode, email, id);

CREATE INDEX deliveries_due ON public.deliveries USING btree (endpoint_id, next_at) WHERE (state = 'pending'::text);

CREATE UNIQUE INDEX deposit_addresses_address ON public.deposit_addresses USING btree (network, address);

CREATE INDEX deposit_addresses_held ON public.deposit_addresses USING btree (network, held_since) WHERE (held_since IS NOT NULL);

CREATE UNIQUE INDEX deposits_address ON public.deposits USING btree (network, address);

CREATE UNIQUE INDEX deposits_offer ON public.deposits USING btree (offer_id);

CREATE INDEX events_age ON public.events USING btree (created_at);

CREATE INDEX events_object ON public.events USING btree (merchant_id, livemode, object_id);

CREATE UNIQUE INDEX hot_wallets_address ON public.hot_wallets USING btree (network, address);

CREATE UNIQUE INDEX hot_wallets_id ON public.hot_wallets USING btree (id);

CREATE UNIQUE INDEX hot_wallets_one ON public.hot_wallets USING btree (merchant_id, livemode, network);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE INDEX jobs_due ON public.jobs USING btree (run_at);

CREATE UNIQUE INDEX jobs_key ON public.jobs USING btree (name, key) WHERE (key IS NOT NULL);

CREATE UNIQUE INDEX ledger_entries_reverses ON public.ledger_entries USING btree (reverses) WHERE (reverses IS NOT NULL);

CREATE INDEX ledger_entries_source ON public.ledger_entries USING btree (source);

CREATE INDEX ledger_postings_account ON public.ledger_postings USING btree (account_id, entry_id);

CREATE INDEX ledger_postings_entry ON public.ledger_postings USING btree (entry_id);

CREATE UNIQUE INDEX offers_id ON public.offers USING btree (id);

CREATE INDEX offers_intent ON public.offers USING btree (intent_id, id);

CREATE INDEX payment_intents_customer ON public.payment_intents USING btree (merchant_id, livemode, customer_id, id) WHERE (customer_id IS NOT NULL);

CREATE INDEX payment_intents_expiring ON public.payment_intents USING btree (expires_at) WHERE (status = ANY (ARRAY['requires_payment_method'::text, 'requires_confirmation'::text, 'requires_action'::text]));

CREATE UNIQUE INDEX payouts_id ON public.payouts USING btree (id);

CREATE UNIQUE INDEX payouts_withdraw_number_once ON public.payouts USING btree (network, withdraw_number) WHERE (withdraw_number IS NOT NULL);

CREATE INDEX payouts_withdrawing ON public.payouts USING btree (created_at) WHERE ((withdraw_ask_tx_id IS NOT NULL) AND (ended_at IS NULL));

CREATE INDEX rate_snapshots_age ON public.rate_snapshots USING btree (taken_at);

CREATE INDEX rate_ticks_age ON public.rate_ticks USING btree (observed_at);

CREATE INDEX reactions_waiting ON public.reactions USING btree (next_at) WHERE (attempts > 0);

CREATE UNIQUE INDEX receiving_accounts_active ON public.receiving_accounts USING btree (merchant_id, livemode, network) WHERE is_active;

CREATE UNIQUE INDEX receiving_accounts_keychain ON public.receiving_accounts USING btree (network, first_address);

CREATE UNIQUE INDEX receiving_addresses_address ON public.receiving_addresses USING btree (network, address);

CREATE INDEX receiving_addresses_new ON public.receiving_addresses USING btree (network, leased_at);

CREATE INDEX receiving_addresses_unseen ON public.receiving_addresses USING btree (merchant_id, livemode, account_id, index) WHERE (state = 'leased'::text);

CREATE INDEX receiving_addresses_used ON public.receiving_addresses USING btree (merchant_id, livemode, account_id, index) WHERE (state = 'used'::text);

CREATE UNIQUE INDEX refunds_claim ON public.refunds USING btree (claim_token) WHERE (claim_token IS NOT NULL);

CREATE UNIQUE INDEX refunds_id ON public.refunds USING btree (id);

CREATE INDEX refunds_intent ON public.refunds USING btree (intent_id, id);

CREATE INDEX sandbox_block_transactions_tx ON public.sandbox_block_transactions USING btree (tx_id);

CREATE UNIQUE INDEX sandbox_blocks_canonical ON public.sandbox_blocks USING btree (height) WHERE canonical;

CREATE UNIQUE INDEX sandbox_blocks_genesis ON public.sandbox_blocks USING btree (height) WHERE (height = 0);

CREATE INDEX sandbox_lies_provider ON public.sandbox_lies USING btree (provider, id);

CREATE UNIQUE INDEX sandbox_transactions_live ON public.sandbox_transactions USING btree (spends) WHERE (state = ANY (ARRAY['mempool'::text, 'included'::text]));

CREATE INDEX sandbox_transactions_numbered ON public.sandbox_transactions USING btree (sender, nonce) WHERE (nonce IS NOT NULL);

CREATE INDEX sandbox_transactions_spends ON public.sandbox_transactions USING btree (spends);

CREATE INDEX sandbox_transactions_waiting ON public.sandbox_transactions USING btree (seq) WHERE (state = 'mempool'::text);

CREATE INDEX send_attempts_send ON public.send_attempts USING btree (send_id, n);

CREATE UNIQUE INDEX send_attempts_tx ON public.send_attempts USING btree (tx_id) WHERE (tx_id IS NOT NULL);

CREATE INDEX sends_busy ON public.sends USING btree (wallet_id, state, next_at) WHERE (state = ANY (ARRAY['queued'::text, 'open'::text]));

CREATE UNIQUE INDEX sends_id ON public.sends USING btree (id);

CREATE INDEX sends_of_reference ON public.sends USING btree (reference);

CREATE UNIQUE INDEX sends_reference ON public.sends USING btree (reference) WHERE (state <> ALL (ARRAY['failed'::text, 'canceled'::text]));

CREATE UNIQUE INDEX sends_slot ON public.sends USING btree (wallet_id, slot_key) WHERE (slot_key IS NOT NULL);

CREATE UNIQUE INDEX targets_address ON public.targets USING btree (network, address) WHERE (style = 'address'::text);

CREATE UNIQUE INDEX targets_amount ON public.targets USING btree (network, address, asset, units) WHERE ((style = 'amount'::text) AND open);

CREATE UNIQUE INDEX targets_contract ON public.targets USING btree (network, address, memo) WHERE (style = 'contract'::text);

CREATE UNIQUE INDEX targets_deposit ON public.targets USING btree (network, address) WHERE (style = 'deposit'::text);

CREATE UNIQUE INDEX targets_memo ON public.targets USING btree (network, address, memo) WHERE (style = 'memo'::text);

CREATE INDEX targets_old_amounts ON public.targets USING btree (watch_until) WHERE ((style = 'amount'::text) AND open);

CREATE INDEX targets_reference ON public.targets USING btree (reference) WHERE (reference IS NOT NULL);

CREATE UNIQUE INDEX targets_wallet ON public.targets USING btree (network, address) WHERE (style = 'wallet'::text);

CREATE INDEX transfers_block ON public.transfers USING btree (network, block_hash);

CREATE INDEX transfers_doubted ON public.transfers USING btree (network, height) WHERE is_doubted;

CREATE INDEX transfers_mempool ON public.transfers USING btree (network, seen_at) WHERE (state = 'mempool'::text);

CREATE INDEX transfers_reference ON public.transfers USING btree (reference);

CREATE INDEX transfers_settling ON public.transfers USING btree (network, height) WHERE (state = ANY (ARRAY['included'::text, 'confirmed'::text]));

CREATE UNIQUE INDEX wallets_address ON public.wallets USING btree (network, address);

CREATE UNIQUE INDEX webhook_endpoints_id ON public.webhook_endpoints USING btree (id);

CREATE INDEX x402_payments_due ON public.x402_payments USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE UNIQUE INDEX x402_payments_identifier ON public.x402_payments USING btree (merchant_id, livemode, identifier) WHERE (identifier IS NOT NULL);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.ledger_entries FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.ledger_postings FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER entries_have_postings AFTER INSERT ON public.ledger_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.check_entries();

CREATE TRIGGER keep_coins AFTER UPDATE OF slot ON public.sends FOR EACH ROW WHEN (((old.slot IS NULL) AND (new.slot IS NOT NULL))) EXECUTE FUNCTION public.keep_coins();

CREATE TRIGGER keep_sent BEFORE UPDATE ON public.send_attempts FOR EACH ROW EXECUTE FUNCTION public.keep_sent();

CREATE TRIGGER keep_sent BEFORE UPDATE ON public.sends FOR EACH ROW EXECUTE FUNCTION public.keep_sent();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON public.ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER postings_balance AFTER INSERT ON public.ledger_postings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.check_postings();

CREATE TRIGGER refuse_live_wallet BEFORE INSERT ON public.hot_wallets FOR EACH ROW EXECUTE FUNCTION public.refuse_live_wallet();

CREATE TRIGGER ring_callers AFTER DELETE OR UPDATE ON public.api_keys FOR EACH STATEMENT EXECUTE FUNCTION public.ring_callers();

CREATE TRIGGER ring_callers AFTER DELETE OR UPDATE ON public.merchants FOR EACH STATEMENT EXECUTE FUNCTION public.ring_callers();

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_merchant_id_livemode_delivery_id_fkey FOREIGN KEY (merchant_id, livemode, delivery_id) REFERENCES public.deliveries(merchant_id, livemode, id);

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_network_fkey FOREIGN KEY (network) REFERENCES public.chains(network);

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_merchant_id_livemode_customer_id_fkey FOREIGN KEY (merchant_id, livemode, customer_id) REFERENCES public.customers(merchant_id, livemode, id);

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_merchant_id_livemode_intent_id_fkey FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES public.payment_intents(merchant_id, livemode, id);

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.conversions
    ADD CONSTRAINT conversions_merchant_id_livemode_offer_id_fkey FOREIGN KEY (merchant_id, livemode, offer_id) REFERENCES public.deposits(merchant_id, livemode, offer_id);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_merchant_id_livemode_entry_id_fkey FOREIGN KEY (merchant_id, livemode, entry_id) REFERENCES public.ledger_entries(merchant_id, livemode, id);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_merchant_id_livemode_intent_id_fkey FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES public.payment_intents(merchant_id, livemode, id);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_merchant_id_livemode_reversed_by_fkey FOREIGN KEY (merchant_id, livemode, reversed_by) REFERENCES public.ledger_entries(merchant_id, livemode, id);

ALTER TABLE ONLY public.credits
    ADD CONSTRAINT credits_network_tx_id_index_fkey FOREIGN KEY (network, tx_id, index) REFERENCES public.transfers(network, tx_id, index);

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_merchant_id_livemode_endpoint_id_fkey FOREIGN KEY (merchant_id, livemode, endpoint_id) REFERENCES public.webhook_endpoints(merchant_id, livemode, id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_merchant_id_livemode_event_id_fkey FOREIGN KEY (merchant_id, livemode, event_id) REFERENCES public.events(merchant_id, livemode, id);

ALTER TABLE ONLY public.deposit_accounts
    ADD CONSTRAINT deposit_accounts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.deposit_addresses
    ADD CONSTRAINT deposit_addresses_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.deposits
    ADD CONSTRAINT deposits_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.event_counters
    ADD CONSTRAINT event_counters_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.hot_wallets
    ADD CONSTRAINT hot_wallets_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.ledger_accounts
    ADD CONSTRAINT ledger_accounts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.ledger_entries
    ADD CONSTRAINT ledger_entries_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.ledger_entries
    ADD CONSTRAINT ledger_entries_merchant_id_livemode_reverses_fkey FOREIGN KEY (merchant_id, livemode, reverses) REFERENCES public.ledger_entries(merchant_id, livemode, id);

ALTER TABLE ONLY public.ledger_postings
    ADD CONSTRAINT ledger_postings_merchant_id_livemode_entry_id_fkey FOREIGN KEY (merchant_id, livemode, entry_id) REFERENCES public.ledger_entries(merchant_id, livemode, id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.offers
    ADD CONSTRAINT offers_merchant_id_livemode_intent_id_fkey FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES public.payment_intents(merchant_id, livemode, id);

ALTER TABLE ONLY public.payment_intents
    ADD CONSTRAINT payment_intents_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.payment_intents
    ADD CONSTRAINT payment_intents_merchant_id_livemode_customer_id_fkey FOREIGN KEY (merchant_id, livemode, customer_id) REFERENCES public.customers(merchant_id, livemode, id);

ALTER TABLE ONLY public.payouts
    ADD CONSTRAINT payouts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.rate_alerts
    ADD CONSTRAINT rate_alerts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_fact_id_fkey FOREIGN KEY (fact_id) REFERENCES public.facts(id);

ALTER TABLE ONLY public.receiving_accounts
    ADD CONSTRAINT receiving_accounts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.receiving_addresses
    ADD CONSTRAINT receiving_addresses_merchant_id_livemode_account_id_fkey FOREIGN KEY (merchant_id, livemode, account_id) REFERENCES public.receiving_accounts(merchant_id, livemode, id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_merchant_id_livemode_intent_id_fkey FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES public.payment_intents(merchant_id, livemode, id);

ALTER TABLE ONLY public.sandbox_block_transactions
    ADD CONSTRAINT sandbox_block_transactions_block_hash_fkey FOREIGN KEY (block_hash) REFERENCES public.sandbox_blocks(hash);

ALTER TABLE ONLY public.sandbox_block_transactions
    ADD CONSTRAINT sandbox_block_transactions_tx_id_fkey FOREIGN KEY (tx_id) REFERENCES public.sandbox_transactions(tx_id);

ALTER TABLE ONLY public.sandbox_blocks
    ADD CONSTRAINT sandbox_blocks_parent_fkey FOREIGN KEY (parent) REFERENCES public.sandbox_blocks(hash);

ALTER TABLE ONLY public.sandbox_outputs
    ADD CONSTRAINT sandbox_outputs_tx_id_fkey FOREIGN KEY (tx_id) REFERENCES public.sandbox_transactions(tx_id);

ALTER TABLE ONLY public.sandbox_transactions
    ADD CONSTRAINT sandbox_transactions_replaces_fkey FOREIGN KEY (replaces) REFERENCES public.sandbox_transactions(tx_id);

ALTER TABLE ONLY public.sandbox_transactions
    ADD CONSTRAINT sandbox_transactions_spends_fkey FOREIGN KEY (spends) REFERENCES public.sandbox_transactions(tx_id);

ALTER TABLE ONLY public.send_attempts
    ADD CONSTRAINT send_attempts_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.send_attempts
    ADD CONSTRAINT send_attempts_merchant_id_livemode_send_id_fkey FOREIGN KEY (merchant_id, livemode, send_id) REFERENCES public.sends(merchant_id, livemode, id);

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_merchant_id_livemode_wallet_id_fkey FOREIGN KEY (merchant_id, livemode, wallet_id) REFERENCES public.hot_wallets(merchant_id, livemode, id);

ALTER TABLE ONLY public.spent_coins
    ADD CONSTRAINT spent_coins_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.spent_coins
    ADD CONSTRAINT spent_coins_merchant_id_livemode_send_id_fkey FOREIGN KEY (merchant_id, livemode, send_id) REFERENCES public.sends(merchant_id, livemode, id);

ALTER TABLE ONLY public.spent_coins
    ADD CONSTRAINT spent_coins_merchant_id_livemode_wallet_id_fkey FOREIGN KEY (merchant_id, livemode, wallet_id) REFERENCES public.hot_wallets(merchant_id, livemode, id);

ALTER TABLE ONLY public.targets
    ADD CONSTRAINT targets_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_merchant_id_livemode_target_id_fkey FOREIGN KEY (merchant_id, livemode, target_id) REFERENCES public.targets(merchant_id, livemode, id);

ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_network_fkey FOREIGN KEY (network) REFERENCES public.chains(network);

ALTER TABLE ONLY public.wallets
    ADD CONSTRAINT wallets_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.x402_payments
    ADD CONSTRAINT x402_payments_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES public.merchants(id);

ALTER TABLE ONLY public.x402_payments
    ADD CONSTRAINT x402_payments_merchant_id_livemode_intent_id_fkey FOREIGN KEY (merchant_id, livemode, intent_id) REFERENCES public.payment_intents(merchant_id, livemode, id);

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.checkout_sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.conversions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.credits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deliveries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deposit_accounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deposit_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deposits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.event_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.facts ENABLE ROW LEVEL SECURITY;

CREATE POLICY finds_keys ON public.api_keys FOR SELECT TO sluice USING (true);

CREATE POLICY finds_keys ON public.merchants FOR SELECT TO sluice USING (true);

CREATE POLICY finds_refunds ON public.refunds FOR SELECT TO sluice USING (true);

ALTER TABLE public.hot_wallets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_accounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_postings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.merchants ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.offers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment_intents ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payouts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rate_alerts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.receiving_accounts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.receiving_addresses ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.refunds ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.send_attempts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sends ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.spent_coins ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.targets ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.api_keys TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.attempts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.audit_log TO sluice_tenant USING (((merchant_id)::text = current_setting('sluice.merchant'::text, true)));

CREATE POLICY tenant ON public.checkout_sessions TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.conversions TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.credits TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.customers TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.deliveries TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.deposit_accounts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.deposit_addresses TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.deposits TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.event_counters TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.events TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.facts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.hot_wallets TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.idempotency_keys TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.ledger_accounts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.ledger_entries TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.ledger_postings TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.merchants TO sluice_tenant USING (((id)::text = current_setting('sluice.merchant'::text, true)));

CREATE POLICY tenant ON public.offers TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.payment_intents TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.payouts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.rate_alerts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.receiving_accounts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.receiving_addresses TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.refunds TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.send_attempts TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.sends TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.spent_coins TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.targets TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.transfers TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.wallets TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.webhook_endpoints TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

CREATE POLICY tenant ON public.x402_payments TO sluice_tenant USING ((((merchant_id)::text = current_setting('sluice.merchant'::text, true)) AND (livemode = (current_setting('sluice.livemode'::text, true) = 'on'::text))));

ALTER TABLE public.transfers ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.wallets ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.webhook_endpoints ENABLE ROW LEVEL SECURITY;

CREATE POLICY worker ON public.api_keys TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.attempts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.audit_log TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.checkout_sessions TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.conversions TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.credits TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.customers TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.deliveries TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.deposit_accounts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.deposit_addresses TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.deposits TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.event_counters TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.events TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.facts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.hot_wallets TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.idempotency_keys TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.ledger_accounts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.ledger_entries TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.ledger_postings TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.merchants TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.offers TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.payment_intents TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.payouts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.rate_alerts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.receiving_accounts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.receiving_addresses TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.refunds TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.send_attempts TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.sends TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.spent_coins TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.targets TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.transfers TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.wallets TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.webhook_endpoints TO sluice_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.x402_payments TO sluice_worker USING (true) WITH CHECK (true);

ALTER TABLE public.x402_payments ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON FUNCTION public.find_api_key(wanted public.ident) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_api_key(wanted public.ident) TO sluice_worker;
GRANT ALL ON FUNCTION public.find_api_key(wanted public.ident) TO sluice_tenant;

REVOKE ALL ON FUNCTION public.find_refund_owner(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_refund_owner(wanted text) TO sluice_worker;
GRANT ALL ON FUNCTION public.find_refund_owner(wanted text) TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_keys TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.api_keys TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attempts TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.attempts TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.audit_head TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_head TO sluice_tenant;

GRANT SELECT,INSERT ON TABLE public.audit_log TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.audit_log TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.blocks TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.blocks TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chain_checks TO sluice_worker;
GRANT SELECT ON TABLE public.chain_checks TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.chains TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.chains TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.checkout_sessions TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.checkout_sessions TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversions TO sluice_worker;
GRANT SELECT ON TABLE public.conversions TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.credits TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.credits TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.customers TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.customers TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deliveries TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deliveries TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deposit_accounts TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deposit_accounts TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deposit_addresses TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.deposit_addresses TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deposits TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.deposits TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.event_counters TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.event_counters TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.events TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.events TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.facts TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.facts TO sluice_tenant;

GRANT USAGE ON SEQUENCE public.facts_id_seq TO sluice_worker;
GRANT USAGE ON SEQUENCE public.facts_id_seq TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.heartbeats TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.heartbeats TO sluice_tenant;

GRANT SELECT,INSERT,UPDATE ON TABLE public.hot_wallets TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.hot_wallets TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.idempotency_keys TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jobs TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.jobs TO sluice_tenant;

GRANT USAGE ON SEQUENCE public.jobs_id_seq TO sluice_worker;
GRANT USAGE ON SEQUENCE public.jobs_id_seq TO sluice_tenant;

GRANT SELECT,INSERT ON TABLE public.key_checks TO sluice_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ledger_accounts TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ledger_accounts TO sluice_tenant;

GRANT USAGE ON SEQUENCE public.ledger_accounts_id_seq TO sluice_worker;
GRANT USAGE ON SEQUENCE public.ledger_accounts_id_seq TO sluice_tenant;

GRANT SELECT,INSERT ON TABLE public.ledger_entries TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.ledger_entries TO sluice_tenant;

GRANT SELECT,INSERT ON TABLE public.ledger_postings TO sluice_worker;
GRANT SELECT,INSERT ON TABLE public.ledger_postings TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.merchants TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.merchants TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.offers TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.offers TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payment_intents TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.payment_intents TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.payout_holds TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.payout_holds TO sluice_tenant;

GRANT SELECT,INSERT,UPDATE ON TABLE public.payouts TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.payouts TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.peg_terms TO sluice_worker;
GRANT SELECT ON TABLE public.peg_terms TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_alerts TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_alerts TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_pegs TO sluice_worker;
GRANT SELECT ON TABLE public.rate_pegs TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_rules TO sluice_worker;
GRANT SELECT ON TABLE public.rate_rules TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_snapshots TO sluice_worker;
GRANT SELECT ON TABLE public.rate_snapshots TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rate_ticks TO sluice_worker;
GRANT SELECT ON TABLE public.rate_ticks TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rates TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.rates TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reactions TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.reactions TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.receiving_accounts TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.receiving_accounts TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.receiving_addresses TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.receiving_addresses TO sluice_tenant;

GRANT SELECT,INSERT,UPDATE ON TABLE public.refunds TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.refunds TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_block_transactions TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_block_transactions TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_blocks TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_blocks TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_chain TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_chain TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_lies TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_lies TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_outputs TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_outputs TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_transactions TO sluice_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sandbox_transactions TO sluice_tenant;

GRANT SELECT,INSERT,UPDATE ON TABLE public.send_attempts TO sluice_worker;
GRANT SELECT ON TABLE public.send_attempts TO sluice_tenant;

GRANT SELECT,INSERT,UPDATE ON TABLE public.sends TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.sends TO sluice_tenant;

GRANT SELECT,INSERT ON TABLE public.spent_coins TO sluice_worker;
GRANT SELECT ON TABLE public.spent_coins TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.targets TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.targets TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.transfers TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.transfers TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.wallets TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.wallets TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.webhook_endpoints TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.webhook_endpoints TO sluice_tenant;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.x402_payments TO sluice_worker;
GRANT SELECT,INSERT,UPDATE ON TABLE public.x402_payments TO sluice_tenant;
