SELECT amount_refunded = 0 FROM payment_intents WHERE id = 'pi_before';
SELECT nonce IS NULL AND fee = 0 FROM sandbox_transactions WHERE tx_id = 't';
SELECT count(*) = 0 FROM find_refund_owner('rc_nobody');
SELECT has_function_privilege('sluice_tenant', 'find_refund_owner(text)', 'EXECUTE');
SELECT NOT has_table_privilege('sluice_tenant', 'hot_wallets', 'UPDATE');
SELECT NOT has_table_privilege('sluice_tenant', 'send_attempts', 'INSERT');
