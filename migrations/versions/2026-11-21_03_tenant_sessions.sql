-- depends: 2026-11-21_02_sandbox
-- A connection stays with the merchant it last served, so the API must find a key without becoming
-- the worker in between: this function opens the one row that a key's own id names.
-- And one sealed word, by which a process knows on its start that it holds the key file of this
-- database: with another one it could neither tell an API key nor sign a webhook.
-- And a bell that the database itself rings when a key or a merchant was changed.
-- Deploy-safe: it only adds; the release before calls nothing of it and hears the bell without harm.

CREATE TABLE key_checks (
  id ident PRIMARY KEY,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON key_checks TO sluice_worker;

CREATE FUNCTION find_api_key(wanted ident) RETURNS TABLE (
  merchant_id ident, livemode boolean, id ident, kind text, verifier bytea, kdf text, salt bytea, permissions text[],
  name text, last4 text, created_at timestamptz, expires_at timestamptz, revoked_at timestamptz,
  merchant_name text, status text, settings jsonb, merchant_created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT k.merchant_id, k.livemode, k.id, k.kind, k.verifier, k.kdf, k.salt, k.permissions, k.name, k.last4,
    k.created_at, k.expires_at, k.revoked_at, m.name, m.status, m.settings, m.created_at
  FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
  WHERE k.id = wanted;
END $$;
REVOKE ALL ON FUNCTION find_api_key(ident) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(ident) TO sluice_worker, sluice_tenant;

-- Who may call has changed: every process that remembers callers forgets them.
CREATE FUNCTION ring_callers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sluice', 'callers');
  RETURN NULL;
END $$;
CREATE TRIGGER ring_callers AFTER UPDATE OR DELETE ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION ring_callers();
CREATE TRIGGER ring_callers AFTER UPDATE OR DELETE ON merchants FOR EACH STATEMENT EXECUTE FUNCTION ring_callers();

-- What the function runs as must see the two tables when it is no superuser.
DO $$
BEGIN
  EXECUTE format('CREATE POLICY finds_keys ON api_keys FOR SELECT TO %I USING (true)', current_user);
  EXECUTE format('CREATE POLICY finds_keys ON merchants FOR SELECT TO %I USING (true)', current_user);
END $$;
