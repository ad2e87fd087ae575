-- Deposit addresses that pay one destination, what networks' contracts were found to be, and a second look.
-- depends: 2026-11-30_69_anchored
-- A deposit address is written down with the destination it commits to, so that it can be emptied and
-- the list be handed to the merchant. `held_since` is when money for good came that was not passed on.
-- A transfer may count by depth where the network's own word stalls (`depth_stalled`), and waits for
-- its receipt to be read again while `is_doubted`.
-- Deploy-safe: it only adds; the release before writes transfers with the defaults.

CREATE TABLE deposit_addresses (
  merchant_id ident NOT NULL REFERENCES merchants,
  livemode boolean NOT NULL,
  network text NOT NULL,
  address text COLLATE "C" NOT NULL,
  destination text COLLATE "C" NOT NULL,
  reference ident NOT NULL,
  created_at timestamptz NOT NULL,
  held_since timestamptz,
  PRIMARY KEY (merchant_id, livemode, network, address)
);
CREATE UNIQUE INDEX deposit_addresses_address ON deposit_addresses (network, address);
CREATE INDEX deposit_addresses_held ON deposit_addresses (network, held_since) WHERE held_since IS NOT NULL;

-- What a network's contracts were found to be, when somebody last looked.
CREATE TABLE chain_checks (
  network text NOT NULL,
  subject text COLLATE "C" NOT NULL,
  is_right boolean NOT NULL,
  detail text NOT NULL,
  checked_at timestamptz NOT NULL,
  PRIMARY KEY (network, subject)
);

ALTER TABLE transfers ADD COLUMN depth_stalled int CHECK (depth_stalled > 0);
ALTER TABLE transfers ADD COLUMN is_doubted boolean NOT NULL DEFAULT false;
CREATE INDEX transfers_doubted ON transfers (network, height) WHERE is_doubted;

GRANT SELECT, INSERT, UPDATE, DELETE ON deposit_addresses, chain_checks TO sluice_worker;
GRANT SELECT, INSERT ON deposit_addresses TO sluice_tenant;
GRANT SELECT ON chain_checks TO sluice_tenant;
ALTER TABLE deposit_addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE deposit_addresses FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON deposit_addresses TO sluice_worker USING (true) WITH CHECK (true);
CREATE POLICY tenant ON deposit_addresses TO sluice_tenant
  USING (merchant_id = current_setting('sluice.merchant', true)
    AND livemode = (current_setting('sluice.livemode', true) = 'on'));
