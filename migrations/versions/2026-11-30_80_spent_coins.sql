-- depends: 2026-11-30_21_x402
-- Coins that orders to send were given: each is given once, whatever a source shows later.
-- Deploy-safe: it only adds; a trigger writes the new table, also for the release before. Orders that
-- have coins are few: they are written down at once.
CREATE TABLE spent_coins (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  wallet_id ident NOT NULL,
  tx_id text COLLATE "C" NOT NULL,
  index bigint NOT NULL CHECK (index >= 0),
  send_id ident NOT NULL,
  PRIMARY KEY (merchant_id, livemode, wallet_id, tx_id, index),
  FOREIGN KEY (merchant_id, livemode, wallet_id) REFERENCES hot_wallets,
  FOREIGN KEY (merchant_id, livemode, send_id) REFERENCES sends
);

CREATE FUNCTION keep_coins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO spent_coins (merchant_id, livemode, wallet_id, tx_id, index, send_id)
  SELECT NEW.merchant_id, NEW.livemode, NEW.wallet_id, coin ->> 'tx_id', (coin ->> 'index')::bigint, NEW.id
  FROM jsonb_array_elements(NEW.slot -> 'coins') coin;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_coins AFTER UPDATE OF slot ON sends FOR EACH ROW
  WHEN (OLD.slot IS NULL AND NEW.slot IS NOT NULL) EXECUTE FUNCTION keep_coins();

INSERT INTO spent_coins (merchant_id, livemode, wallet_id, tx_id, index, send_id)
SELECT s.merchant_id, s.livemode, s.wallet_id, coin ->> 'tx_id', (coin ->> 'index')::bigint, s.id
FROM sends s, jsonb_array_elements(s.slot -> 'coins') coin;

GRANT SELECT, INSERT ON spent_coins TO sluice_worker;
GRANT SELECT ON spent_coins TO sluice_tenant;
ALTER TABLE spent_coins ENABLE ROW LEVEL SECURITY;
ALTER TABLE spent_coins FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON spent_coins TO sluice_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON spent_coins TO sluice_tenant USING (merchant_id = current_setting('sluice.merchant', true)
  AND livemode = (current_setting('sluice.livemode', true) = 'on'));
