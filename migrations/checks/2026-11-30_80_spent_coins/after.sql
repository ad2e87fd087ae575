SELECT (tx_id, index, send_id) = ('ab', 1, 'snd_coins') FROM spent_coins WHERE wallet_id = 'hw_coins';
SELECT NOT has_table_privilege('sluice_tenant', 'spent_coins', 'INSERT');
