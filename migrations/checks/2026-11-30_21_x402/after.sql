SELECT count(*) = 1 FROM merchants WHERE id = 'acct_before';
SELECT count(*) = 0 FROM x402_payments;
SELECT NOT has_table_privilege('sluice_tenant', 'x402_payments', 'DELETE');
