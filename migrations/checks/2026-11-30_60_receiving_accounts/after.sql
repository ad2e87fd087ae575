SELECT count(*) = 1 FROM merchants WHERE id = 'acct_receives';
SELECT count(*) = 0 FROM receiving_accounts;
SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'receiving_addresses';
SELECT NOT has_table_privilege('sluice_tenant', 'receiving_addresses', 'DELETE');
