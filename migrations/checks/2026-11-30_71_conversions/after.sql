SELECT count(*) = 0 FROM conversions;
SELECT count(*) = 3 FROM pg_class WHERE relname IN ('deposit_accounts', 'deposits', 'conversions') AND relrowsecurity AND relforcerowsecurity;
SELECT has_table_privilege('sluice_tenant', 'conversions', 'SELECT') AND NOT has_table_privilege('sluice_tenant', 'conversions', 'UPDATE');
