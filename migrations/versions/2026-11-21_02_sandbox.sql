-- depends: 2026-11-21_01_foundation
-- The sandbox: a real chain kept in tables, for test-mode keys, the demo and the tests.
-- Deploy-safe: it only creates.

-- Blocks of every branch ever seen; those of the best branch are canonical.
CREATE TABLE sandbox_blocks (
  hash text COLLATE "C" PRIMARY KEY,
  height bigint NOT NULL CHECK (height >= 0),
  parent text COLLATE "C" REFERENCES sandbox_blocks,
  time timestamptz NOT NULL,
  canonical boolean NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  CHECK ((parent IS NULL) = (height = 0))
);
CREATE UNIQUE INDEX sandbox_blocks_canonical ON sandbox_blocks (height) WHERE canonical;
CREATE UNIQUE INDEX sandbox_blocks_genesis ON sandbox_blocks (height) WHERE height = 0;

-- Transactions that spend the same thing share `spends`; only one of them can live at a time.
CREATE TABLE sandbox_transactions (
  tx_id text COLLATE "C" PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  sender text COLLATE "C" NOT NULL,
  spends text COLLATE "C" NOT NULL REFERENCES sandbox_transactions,
  replaces text COLLATE "C" REFERENCES sandbox_transactions,
  state text NOT NULL CHECK (state IN ('mempool', 'included', 'dropped', 'replaced')),
  CHECK ((replaces IS NULL) = (spends = tx_id))
);
CREATE INDEX sandbox_transactions_waiting ON sandbox_transactions (seq) WHERE state = 'mempool';
CREATE INDEX sandbox_transactions_spends ON sandbox_transactions (spends);
CREATE UNIQUE INDEX sandbox_transactions_live ON sandbox_transactions (spends)
  WHERE state IN ('mempool', 'included');

CREATE TABLE sandbox_outputs (
  tx_id text COLLATE "C" NOT NULL REFERENCES sandbox_transactions,
  index int NOT NULL CHECK (index >= 0),
  asset text NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  units units NOT NULL,
  memo text,
  PRIMARY KEY (tx_id, index)
);

-- A transaction may be in several blocks, each on a branch of its own.
CREATE TABLE sandbox_block_transactions (
  block_hash text COLLATE "C" NOT NULL REFERENCES sandbox_blocks,
  n int NOT NULL CHECK (n >= 0),
  tx_id text COLLATE "C" NOT NULL REFERENCES sandbox_transactions,
  PRIMARY KEY (block_hash, n),
  UNIQUE (block_hash, tx_id)
);
CREATE INDEX sandbox_block_transactions_tx ON sandbox_block_transactions (tx_id);

-- One row; whoever changes the branch or the mempool's order of things holds it.
CREATE TABLE sandbox_chain (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  network text NOT NULL,
  stalled boolean NOT NULL DEFAULT false,
  finalized_height bigint NOT NULL DEFAULT 0
);

-- What a provider says instead of the truth, until its uses are over (NULL: for ever).
CREATE TABLE sandbox_lies (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider text NOT NULL,
  kind text NOT NULL,
  detail jsonb NOT NULL,
  uses_left int CHECK (uses_left > 0)
);
CREATE INDEX sandbox_lies_provider ON sandbox_lies (provider, id);

INSERT INTO sandbox_chain (network) VALUES ('sandbox');
INSERT INTO sandbox_blocks (hash, height, parent, time, canonical) VALUES
  ('e7b81df36766e18349c2e52ac0eb54f8086a4aaf9da4055c9f497e12a3ee456c', 0, NULL, '2020-01-01T00:00:00Z', true);

GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox_blocks, sandbox_transactions, sandbox_outputs,
  sandbox_block_transactions, sandbox_chain, sandbox_lies TO sluice_worker, sluice_tenant;
