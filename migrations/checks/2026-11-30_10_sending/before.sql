INSERT INTO merchants (id, name, created_at) VALUES ('acct_before', 'Before', now());
INSERT INTO payment_intents (merchant_id, livemode, id, status, resolution, amount, currency, terms, created_at,
  expires_at, watch_until)
VALUES ('acct_before', false, 'pi_before', 'requires_action', 'awaiting', 2000, 'usd', '{}', now(), now(), now());
INSERT INTO sandbox_transactions (tx_id, sender, spends, state) VALUES ('t', 'sb1', 't', 'mempool');
