SELECT count(*) = 1 FROM payouts WHERE withdraw_network IS NULL AND withdraw_state IS NULL AND withdraw_fee IS NULL;
SELECT count(*) = 4 FROM pg_constraint WHERE conname LIKE 'payouts_withdraw%' AND convalidated;
