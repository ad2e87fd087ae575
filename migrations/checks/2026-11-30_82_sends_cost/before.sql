INSERT INTO merchants (id, name, created_at) VALUES ('acct_cost', 'Before', now());
INSERT INTO hot_wallets (merchant_id, livemode, id, network, address, public_key, signer, next_nonce, created_at)
VALUES ('acct_cost', false, 'hw_cost', 'stacks', 'ST', decode(repeat('02', 33), 'hex'), 'hot', 0, now());
INSERT INTO sends (merchant_id, livemode, id, wallet_id, reference, network, asset, units, recipient, state, next_at,
  created_at)
VALUES ('acct_cost', false, 'snd_cost', 'hw_cost', 'po_cost', 'stacks', 'sbtc', 1000, 'ST', 'queued', now(), now());
