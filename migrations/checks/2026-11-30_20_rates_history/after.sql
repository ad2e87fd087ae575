SELECT count(*) = 1 FROM rates WHERE base = 'btc' AND numerator = 60000;
SELECT count(*) = 0 FROM rate_ticks;
SELECT count(*) = 0 FROM rate_snapshots;
SELECT has_table_privilege('sluice_tenant', 'rate_alerts', 'DELETE');
SELECT NOT has_table_privilege('sluice_tenant', 'rate_ticks', 'INSERT');
