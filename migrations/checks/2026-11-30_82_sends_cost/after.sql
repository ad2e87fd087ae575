SELECT cost IS NULL AND fee_asset IS NULL FROM sends WHERE id = 'snd_cost';
