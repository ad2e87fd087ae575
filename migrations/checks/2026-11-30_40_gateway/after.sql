SELECT count(*) = 1 FROM wallets WHERE merchant_id = 'acct_gw' AND gateway IS NULL;
SELECT count(*) = 1 FROM targets WHERE id = 'tgt_gw' AND style = 'memo';
SELECT count(*) = 2 FROM pg_constraint WHERE conname IN ('targets_check', 'targets_style_check') AND convalidated;
SELECT count(*) = 1 FROM pg_indexes WHERE indexname = 'targets_contract';
