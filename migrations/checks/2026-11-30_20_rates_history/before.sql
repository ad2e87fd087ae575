INSERT INTO merchants (id, name, created_at) VALUES ('acct_before', 'Before', now());
INSERT INTO rates (base, quote, source, numerator, denominator, observed_at) VALUES ('btc', 'usd', 'kraken', 60000, 1, now());
