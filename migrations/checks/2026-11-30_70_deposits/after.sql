SELECT count(*) = 1 FROM transfers WHERE tx_id = '0xbb' AND NOT is_doubted AND depth_stalled IS NULL;
SELECT count(*) = 0 FROM deposit_addresses;
SELECT count(*) = 0 FROM chain_checks;
SELECT has_table_privilege('sluice_tenant', 'deposit_addresses', 'INSERT')
  AND NOT has_table_privilege('sluice_tenant', 'deposit_addresses', 'UPDATE');
SELECT NOT has_table_privilege('sluice_tenant', 'chain_checks', 'INSERT');
