INSERT INTO merchants (id, name, created_at) VALUES ('acct_coins', 'Before', now());
INSERT INTO hot_wallets (merchant_id, livemode, id, network, address, public_key, signer, next_nonce, created_at)
VALUES ('acct_coins', false, 'hw_coins', 'bitcoin-regtest', 'bcrt1qcoins', decode(repeat('02', 33), 'hex'), 'hot', 0, now());
INSERT INTO sends (merchant_id, livemode, id, wallet_id, reference, network, asset, units, recipient, state, next_at,
  created_at)
VALUES ('acct_coins', false, 'snd_coins', 'hw_coins', 'po_coins', 'bitcoin-regtest', 'btc', 1000, 'bcrt1qto', 'queued',
  now(), now());
UPDATE sends SET state = 'open', opened_at = now(), slot_key = 'ab:1',
  slot = '{"nonce": null, "coins": [{"tx_id": "ab", "index": 1, "units": 5000}]}' WHERE id = 'snd_coins';
