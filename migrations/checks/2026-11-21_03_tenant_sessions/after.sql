SELECT count(*) = 1 FROM find_api_key('key_before') WHERE merchant_name = 'Before' AND permissions = '{payments:read}';
SELECT count(*) = 0 FROM find_api_key('key_other');
SELECT has_function_privilege('sluice_tenant', 'find_api_key(ident)', 'EXECUTE');
SELECT count(*) = 0 FROM key_checks;
