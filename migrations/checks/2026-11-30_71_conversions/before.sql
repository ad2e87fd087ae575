INSERT INTO merchants (id, name, created_at) VALUES ('acct_peg', 'Before', now());
