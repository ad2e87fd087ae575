INSERT INTO merchants (id, name, created_at) VALUES ('acct_out', 'Before', now());
INSERT INTO payouts (merchant_id, livemode, id, network, asset, units, recipient, status, needs_approval, requested_by, reserve_id, created_at)
VALUES ('acct_out', false, 'po_before', 'sandbox', 'usdc', 5, 'sb_nobody', 'pending', false, 'operator', 'txn_before', now());
