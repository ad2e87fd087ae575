-- depends: 2026-11-30_40_gateway
-- A merchant may receive with an account's public key: each payment leases an address of it.
-- Deploy-safe: it only creates; the release before knows nothing of it.

CREATE TABLE receiving_accounts (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  id ident NOT NULL,
  network text NOT NULL,
  account text COLLATE "C" NOT NULL, -- public keys only: what could spend is refused before
  first_address text COLLATE "C" NOT NULL,
  next_index int NOT NULL DEFAULT 0 CHECK (next_index >= 0),
  gap_max int NOT NULL CHECK (gap_max > 0),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, id),
  UNIQUE (merchant_id, livemode, network, first_address)
);
CREATE UNIQUE INDEX receiving_accounts_active ON receiving_accounts (merchant_id, livemode, network) WHERE is_active;
-- However the same account is written, its first address is the same.
CREATE UNIQUE INDEX receiving_accounts_keychain ON receiving_accounts (network, first_address);

-- Each address ever given out, and the payment that has it now. `used` means that the chain or the
-- mempool showed something there once: such an address is never given out again.
CREATE TABLE receiving_addresses (
  merchant_id ident NOT NULL,
  livemode boolean NOT NULL,
  account_id ident NOT NULL,
  index int NOT NULL CHECK (index >= 0),
  network text NOT NULL,
  address text COLLATE "C" NOT NULL,
  reference ident NOT NULL,
  state text NOT NULL CHECK (state IN ('leased', 'used')),
  leased_at timestamptz NOT NULL,
  leased_until timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, livemode, account_id, index),
  FOREIGN KEY (merchant_id, livemode, account_id) REFERENCES receiving_accounts
);
CREATE UNIQUE INDEX receiving_addresses_address ON receiving_addresses (network, address);
CREATE INDEX receiving_addresses_used ON receiving_addresses (merchant_id, livemode, account_id, index) WHERE state = 'used';
CREATE INDEX receiving_addresses_unseen ON receiving_addresses (merchant_id, livemode, account_id, index) WHERE state = 'leased';
CREATE INDEX receiving_addresses_new ON receiving_addresses (network, leased_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON receiving_accounts, receiving_addresses TO sluice_worker;
GRANT SELECT, INSERT, UPDATE ON receiving_accounts, receiving_addresses TO sluice_tenant;
DO $$
DECLARE owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['receiving_accounts', 'receiving_addresses'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY worker ON %I TO sluice_worker USING (true) WITH CHECK (true)', owned);
    EXECUTE format('CREATE POLICY tenant ON %I TO sluice_tenant USING (merchant_id = current_setting(''sluice.merchant'', true)'
      ' AND livemode = (current_setting(''sluice.livemode'', true) = ''on''))', owned);
  END LOOP;
END $$;
