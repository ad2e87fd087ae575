SELECT anchored = '{}' FROM chains WHERE network = 'check_anchored';
