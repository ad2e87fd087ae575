INSERT INTO merchants (id, name, created_at) VALUES ('acct_before', 'Before', now());
INSERT INTO chains (network, height, hash, reorg_max, moved_at) VALUES ('ethereum', 1, '0x01', 64, now());
INSERT INTO targets (merchant_id, livemode, id, network, style, address, reference, watch_until)
VALUES ('acct_before', true, 'tgt_before', 'ethereum', 'address', '0xaa', 'off_before', now());
INSERT INTO transfers (network, tx_id, index, merchant_id, livemode, target_id, reference, asset, sender, recipient,
  units, state, depth_wanted, block_hash, height, seen_at)
VALUES ('ethereum', '0xbb', 0, 'acct_before', true, 'tgt_before', 'off_before', 'usdc', '0xcc', '0xaa',
  1, 'included', 0, '0x01', 1, now());
