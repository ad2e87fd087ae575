INSERT INTO merchants (id, name, created_at) VALUES ('acct_before', 'Before', now());
