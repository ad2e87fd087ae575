INSERT INTO merchants (id, name, created_at) VALUES ('acct_before', 'Before', now());
INSERT INTO api_keys (merchant_id, livemode, id, kind, verifier, kdf, permissions, name, last4, created_at)
VALUES ('acct_before', false, 'key_before', 'sk', '\x00', 'hmac', '{payments:read}', 'Before', 'abcd', now());
