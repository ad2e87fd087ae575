-- depends: 2026-11-21_03_tenant_sessions
-- A payment may be told apart by a contract of ours that names it, and a merchant's wallet may be
-- known to that contract under a number.
-- Deploy-safe: it adds a nullable column and an index, and lets targets be of one style more. The
-- release before writes none of that style; the constraints are checked without holding up writers.

ALTER TABLE wallets ADD COLUMN gateway jsonb;

ALTER TABLE targets DROP CONSTRAINT targets_check;
ALTER TABLE targets ADD CONSTRAINT targets_check
  CHECK ((style IN ('memo', 'contract')) = (memo IS NOT NULL)) NOT VALID;
ALTER TABLE targets VALIDATE CONSTRAINT targets_check;
ALTER TABLE targets DROP CONSTRAINT targets_style_check;
ALTER TABLE targets ADD CONSTRAINT targets_style_check
  CHECK (style IN ('address', 'contract', 'memo', 'amount', 'wallet')) NOT VALID;
ALTER TABLE targets VALIDATE CONSTRAINT targets_style_check;
CREATE UNIQUE INDEX targets_contract ON targets (network, address, memo) WHERE style = 'contract';
