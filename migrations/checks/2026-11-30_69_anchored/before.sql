INSERT INTO chains (network, height, hash, reorg_max, moved_at) VALUES ('check_anchored', 7, 'h', 3, now());
