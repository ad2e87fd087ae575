INSERT INTO merchants (id, name, created_at) VALUES ('acct_gw', 'Before', now());
INSERT INTO wallets (merchant_id, livemode, network, address, created_at)
VALUES ('acct_gw', false, 'stacks', 'SP1', now());
INSERT INTO targets (merchant_id, livemode, id, network, style, address, memo, reference, watch_until)
VALUES ('acct_gw', false, 'tgt_gw', 'stacks', 'memo', 'SP1', 'aa', 'off_1', now());
