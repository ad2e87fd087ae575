-- What must always be true. Each promise is a sentence and one query whose rows break it; a row names
-- `asset` where only that asset's payouts need to stop. All run in one snapshot, see check.py.
--
-- Chains move first, books follow: the watcher commits how a transfer stands, and a reaction books it
-- a moment later. So what compares the two leaves out what still waits for its reaction, and I51 says
-- that nothing waits for long. A sentence marked [late] is about time alone: it is told, and holds no
-- payout. Left out, because their nouns are not here: I41 to I43 (streams), I44 (treasury), I45 (refresh
-- tokens). From I51 on they are our own.

-- Names that every promise may use:
WITH
-- reactions that still wait, and what each is about
waiting AS (
  SELECT r.reaction, r.attempts, f.name, f.at, convert_from(f.body, 'UTF8')::jsonb AS body
  FROM reactions r JOIN facts f ON f.id = r.fact_id),
-- transfers of which news waits to be booked
wandering AS (
  SELECT w.body->>'network' AS network, w.body->>'tx_id' AS tx_id, (w.body->>'index')::int AS index
  FROM waiting w WHERE w.reaction = 'intents.receive'),
-- intents whose payments moved, or that were closed, and that nobody has looked at since
moving AS (
  SELECT o.intent_id AS id FROM waiting w JOIN offers o ON o.id = w.body->>'reference'
  WHERE w.reaction = 'intents.receive'
  UNION SELECT w.body->'intent'->>'id' FROM waiting w WHERE w.reaction = 'intents.refold'),
-- intents that stand still
still AS (SELECT p.* FROM payment_intents p WHERE NOT EXISTS (SELECT FROM moving m WHERE m.id = p.id)),
-- ledger entries that stand: no reversals, and not reversed
standing AS (
  SELECT e.* FROM ledger_entries e
  WHERE e.reverses IS NULL AND NOT EXISTS (SELECT FROM ledger_entries r WHERE r.reverses = e.id)),
-- their postings, by how much each account grew
lines AS (
  SELECT s.merchant_id, s.livemode, s.id AS entry_id, s.kind AS entry, s.source, a.kind AS account, p.asset,
    CASE WHEN p.side = a.normal THEN p.units ELSE -p.units END AS units
  FROM standing s JOIN ledger_postings p ON p.entry_id = s.id JOIN ledger_accounts a ON a.id = p.account_id),
-- credits that stand, and how each transfer stands
live AS (
  SELECT c.*, t.state, t.reference, least(t.seen_at, t.block_time) AS paid_at
  FROM credits c JOIN transfers t USING (network, tx_id, index) WHERE c.reversed_by IS NULL),
-- which part of its intent each standing payment covers: by the offer made before it, or its own
-- amount; of what was minted for a deposit, the coin that was paid counts
shares AS (
  SELECT l.intent_id, l.units::numeric / d.due AS share FROM live l CROSS JOIN LATERAL (
    SELECT o.due FROM offers o
    WHERE o.intent_id = l.intent_id AND o.network = l.network AND o.asset = l.asset AND (o.id = l.reference
      OR NOT EXISTS (SELECT FROM offers own WHERE own.id = l.reference AND own.style IN ('amount', 'deposit')))
    ORDER BY o.created_at <= l.paid_at DESC, CASE WHEN o.created_at <= l.paid_at THEN o.created_at END DESC,
      o.created_at LIMIT 1) d
  WHERE l.purpose = 'payment'
  UNION ALL SELECT l.intent_id, c.units::numeric / o.due FROM live l JOIN offers o ON o.id = l.reference
  JOIN transfers t ON (t.network, t.tx_id, t.index) = (l.network, l.tx_id, l.index)
  JOIN conversions c ON c.offer_id = o.id AND t.memo = 'deposit:' || c.tx_id || ':' || c.index
  WHERE l.purpose = 'payment' AND o.style = 'deposit' AND t.network <> o.network),
covered AS (SELECT intent_id AS id, sum(share) AS share FROM shares GROUP BY intent_id),
-- money on its way out, or gone, and what came back of what was set aside for a peg; and what of it
-- news of its send has not reached yet
leaving AS (
  SELECT merchant_id, livemode, id, network, asset, units, recipient, status, reserve_id, settlement_id, send_id, tx_id,
    'refund' AS kind, status IN ('requires_action', 'pending') AS is_open, status = 'succeeded' AS is_gone,
    false AS by_peg, NULL AS ask_tx_id, 0::numeric AS back
  FROM refunds
  UNION ALL
  SELECT merchant_id, livemode, id, network, asset, units + coalesce(withdraw_fee_max, 0), recipient, status, reserve_id,
    settlement_id, send_id, tx_id, 'payout', status IN ('pending', 'in_transit'), status = 'paid',
    withdraw_network IS NOT NULL, withdraw_ask_tx_id, coalesce(withdraw_fee_max - withdraw_fee, 0) FROM payouts),
charged AS (
  SELECT w.body->>'send_id' AS id FROM waiting w WHERE w.reaction = 'sends.fee'),
awaited AS (
  SELECT w.body->>'reference' AS id FROM waiting w WHERE w.reaction IN ('refunds.sent', 'payouts.sent')),
-- what accounts should hold by what stands in the books' sources
expected AS (
  SELECT l.merchant_id, l.livemode, 'custody:' || l.network AS kind, l.asset, l.units FROM live l
  UNION ALL SELECT l.merchant_id, l.livemode, 'unapplied', l.asset, l.units FROM live l WHERE l.purpose = 'unapplied'
  UNION ALL SELECT l.merchant_id, l.livemode, 'received', l.asset, l.units
    FROM live l JOIN payment_intents p ON p.id = l.intent_id
    WHERE l.purpose = 'payment' AND p.settlement_id IS NULL
  UNION ALL SELECT l.merchant_id, l.livemode,
      CASE WHEN l.account = 'pending' AND p.finalized_at IS NOT NULL THEN 'available' ELSE l.account END, l.asset, l.units
    FROM lines l JOIN payment_intents p ON p.settlement_id = l.entry_id
    WHERE l.account IN ('pending', 'fees', 'unapplied')
  UNION ALL SELECT l.merchant_id, l.livemode, l.account, l.asset, l.units
    FROM lines l JOIN leaving o ON o.reserve_id = l.entry_id
    WHERE l.account IN ('available', 'fees') AND (o.is_open OR o.is_gone)
  UNION ALL SELECT o.merchant_id, o.livemode, 'reserved:' || o.network, o.asset, o.units FROM leaving o WHERE o.is_open
  UNION ALL SELECT o.merchant_id, o.livemode, 'available', o.asset, o.back FROM leaving o WHERE o.is_gone
  UNION ALL SELECT o.merchant_id, o.livemode, 'custody:' || o.network, o.asset, o.back - o.units
    FROM leaving o WHERE o.is_gone
  UNION ALL SELECT l.merchant_id, l.livemode, l.account, l.asset, l.units FROM lines l WHERE l.entry = 'network_fee'),
-- accounts that hold something else, of whatever kind
crooked AS (
  SELECT merchant_id, livemode, kind, asset, a.balance AS held, coalesce(e.units, 0) AS expected
  FROM ledger_accounts a FULL JOIN (
    SELECT merchant_id, livemode, kind, asset, sum(units) AS units FROM expected GROUP BY 1, 2, 3, 4) e
    USING (merchant_id, livemode, kind, asset)
  WHERE a.balance IS DISTINCT FROM coalesce(e.units, 0))

-- Ledger ------------------------------------------------------------------------------------------

-- I01 every ledger entry balances per asset
SELECT p.entry_id, p.asset FROM ledger_postings p GROUP BY 1, 2
HAVING sum(CASE p.side WHEN 'D' THEN p.units ELSE -p.units END) <> 0;

-- I02 every ledger entry has at least two postings
SELECT e.id FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_id = e.id GROUP BY e.id HAVING count(p.units) < 2;

-- I03 what an account holds is the sum of its postings
SELECT a.id, a.asset, a.balance FROM ledger_accounts a LEFT JOIN ledger_postings p ON p.account_id = a.id GROUP BY a.id
HAVING a.balance <> coalesce(sum(CASE WHEN p.side = a.normal THEN p.units ELSE -p.units END), 0);

-- I04 over the whole book debits equal credits, per mode and asset
SELECT livemode, asset FROM ledger_accounts GROUP BY 1, 2
HAVING sum(CASE normal WHEN 'D' THEN balance ELSE -balance END) <> 0;

-- I05 no account is below zero
SELECT id, asset, balance FROM ledger_accounts WHERE balance < 0 OR balance = 'NaN';

-- I06 a transfer that is deep enough has one standing credit of exactly its amount, debited to custody
SELECT t.network, t.tx_id, t.index, t.asset FROM transfers t
WHERE t.state IN ('confirmed', 'final')
  AND NOT EXISTS (SELECT FROM wandering w WHERE (w.network, w.tx_id, w.index) = (t.network, t.tx_id, t.index))
  AND NOT EXISTS (SELECT FROM moving m JOIN offers o ON o.intent_id = m.id WHERE o.id = t.reference)
  -- What was paid to a deposit is the signers', until they mint for it.
  AND NOT EXISTS (SELECT FROM deposits d WHERE d.offer_id = t.reference AND d.network = t.network)
  AND NOT EXISTS (
    SELECT FROM live l JOIN lines p ON p.entry_id = l.entry_id
    WHERE (l.network, l.tx_id, l.index) = (t.network, t.tx_id, t.index)
      AND p.account = 'custody:' || t.network AND (p.asset, p.units) = (t.asset, t.units));

-- I07 a transfer that is not deep enough has no standing credit
SELECT l.network, l.tx_id, l.index, l.asset FROM live l
WHERE l.state NOT IN ('confirmed', 'final')
  AND NOT EXISTS (SELECT FROM wandering w WHERE (w.network, w.tx_id, w.index) = (l.network, l.tx_id, l.index))
  AND NOT EXISTS (SELECT FROM moving m WHERE m.id = l.intent_id);

-- I08 no transfer is booked twice
SELECT s.source FROM standing s WHERE s.kind = 'deposit' GROUP BY 1 HAVING count(*) > 1;

-- I09 every deposit in the books is a transfer that was seen
SELECT e.id, e.source FROM ledger_entries e
WHERE e.kind IN ('deposit', 'deposit_reversal') AND NOT EXISTS (
  SELECT FROM transfers t WHERE t.network || ':' || t.tx_id || ':' || t.index = e.source);

-- Chains ------------------------------------------------------------------------------------------

-- I10 a transfer that is in a block is in one of the best branch
SELECT t.network, t.tx_id, t.index, t.asset FROM transfers t
LEFT JOIN blocks b ON b.network = t.network AND b.hash = t.block_hash AND b.canonical
WHERE t.state IN ('included', 'confirmed', 'final') AND b.height IS DISTINCT FROM t.height;

-- I11 a transfer that counts is as deep as it must be
SELECT t.network, t.tx_id, t.index, t.asset FROM transfers t JOIN chains c ON c.network = t.network
WHERE t.state IN ('confirmed', 'final') AND c.halted_reason IS NULL
  AND CASE WHEN t.depth_wanted = 0 THEN t.height > c.finalized_height
    WHEN t.depth_wanted < 1000000 THEN c.height - t.height + 1 < t.depth_wanted
    ELSE t.height > coalesce((c.anchored ->> (t.depth_wanted - 1000000)::text)::bigint, -1) END
  AND (t.depth_stalled IS NULL OR c.height - t.height + 1 < t.depth_stalled);

-- I12 a transfer that is as deep as it must be counts
SELECT t.network, t.tx_id, t.index, t.asset FROM transfers t JOIN chains c ON c.network = t.network
WHERE t.state = 'included' AND c.halted_reason IS NULL AND NOT t.is_doubted
  AND (CASE WHEN t.depth_wanted = 0 THEN t.height <= c.finalized_height
    WHEN t.depth_wanted < 1000000 THEN c.height - t.height + 1 >= t.depth_wanted
    ELSE t.height <= (c.anchored ->> (t.depth_wanted - 1000000)::text)::bigint END
    OR c.height - t.height + 1 >= t.depth_stalled);

-- I13 each block of the best branch stands on the one below
SELECT b.network, b.height FROM blocks b
JOIN blocks p ON p.network = b.network AND p.height = b.height - 1 AND p.canonical
WHERE b.canonical AND b.parent <> p.hash;

-- I14 the best branch has no gap as deep as a fork may reach, and ends where we stand
SELECT c.network FROM chains c JOIN (
  SELECT b.network, max(b.height) AS last, min(b.height) AS first, count(*) AS many FROM blocks b JOIN chains k USING (network)
  WHERE b.canonical AND b.height >= k.height - k.reorg_max GROUP BY b.network) b USING (network)
WHERE b.last <> c.height OR b.many <> b.last - b.first + 1;

-- I15 we stand on the newest block of the best branch
SELECT c.network FROM chains c LEFT JOIN blocks b ON b.network = c.network AND b.height = c.height AND b.canonical
WHERE b.hash IS DISTINCT FROM c.hash;

-- Payments ----------------------------------------------------------------------------------------

-- I16 what an intent received is its standing payments at their prices, and at most its amount
SELECT p.id, p.amount_received::text FROM still p LEFT JOIN covered c ON c.id = p.id
WHERE p.amount_received > least(1, coalesce(c.share, 0)) * p.amount + 0.000001
  OR p.amount_received < least(1, coalesce(c.share, 0)) * p.amount - 1 + 0.000001;

-- I17 an intent that succeeded is covered, within its tolerance
SELECT p.id FROM still p LEFT JOIN covered c ON c.id = p.id
WHERE p.status = 'succeeded' AND (p.succeeded_at IS NULL
  OR coalesce(c.share, 0) < 1 - (p.terms->>'tolerance_bps')::numeric / 10000 - 0.000000000001);

-- I18 an intent that is covered succeeded, unless it was canceled
SELECT p.id FROM still p JOIN covered c ON c.id = p.id
WHERE p.status NOT IN ('succeeded', 'canceled')
  AND c.share >= 1 - (p.terms->>'tolerance_bps')::numeric / 10000 + 0.000000000001;

-- Webhooks ----------------------------------------------------------------------------------------

-- I19 every intent that succeeded was announced
SELECT p.id FROM payment_intents p
WHERE p.status = 'succeeded' AND p.succeeded_at > now() - interval '29 days'
  AND NOT EXISTS (SELECT FROM events e WHERE e.merchant_id = p.merchant_id AND e.livemode = p.livemode
    AND e.object_id = p.id AND e.type = 'payment_intent.succeeded')
  AND NOT EXISTS (SELECT FROM waiting w WHERE w.reaction = 'webhooks.announce' AND w.body->'intent'->>'id' = p.id);

-- I20 every event has a delivery for every endpoint that listened
SELECT e.id, w.id AS endpoint FROM events e
JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id AND w.livemode = e.livemode AND w.status = 'enabled'
  AND ('*' = ANY (w.enabled_events) OR e.type = ANY (w.enabled_events))
  AND w.created_at < e.created_at - interval '1 minute'
LEFT JOIN deliveries d ON d.event_id = e.id AND d.endpoint_id = w.id
WHERE d.id IS NULL AND NOT EXISTS (
  SELECT FROM audit_log a WHERE a.object_id = w.id AND a.at > e.created_at - interval '1 minute');

-- I21 a merchant's events are numbered without a gap
SELECT c.merchant_id, c.livemode FROM event_counters c JOIN merchants m ON m.id = c.merchant_id
JOIN events e ON e.merchant_id = c.merchant_id AND e.livemode = c.livemode
GROUP BY c.merchant_id, c.livemode, c.last, m.created_at
HAVING max(e.seq) <> c.last OR count(*) <> max(e.seq) - min(e.seq) + 1
  OR (min(e.seq) <> 1 AND m.created_at > now() - interval '29 days');

-- I22 a delivery counts as made when its last attempt was answered with 2xx
SELECT d.id FROM deliveries d WHERE d.state = 'delivered' AND NOT EXISTS (
  SELECT FROM attempts a WHERE a.delivery_id = d.id AND a.n = d.attempts AND a.status_code BETWEEN 200 AND 299);

-- I23 every attempt is written down, numbered without a gap
SELECT d.id FROM deliveries d LEFT JOIN attempts a ON a.delivery_id = d.id GROUP BY d.id, d.attempts
HAVING d.attempts <> count(a.n) OR coalesce(max(a.n), 0) <> count(a.n);

-- I24 nothing is given up before its timetable ends
SELECT d.id FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
WHERE d.state = 'exhausted' AND NOT EXISTS (SELECT FROM audit_log a WHERE a.object_id = w.id AND a.action LIKE '%updated')
  AND (d.attempts < CASE w.retry_profile WHEN 'stripe-3d' THEN 13 WHEN 'sgate-5' THEN 5 WHEN 'svix-27h' THEN 8 ELSE 4 END
    OR (w.retry_profile = 'stripe-3d'
      AND (SELECT max(a.at) FROM attempts a WHERE a.delivery_id = d.id) - d.first_at < interval '72 hours'));

-- I25 [late] a healthy endpoint waits no longer than 15 minutes for what is due
SELECT d.id FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
WHERE d.state = 'pending' AND d.next_at < now() - interval '15 minutes' AND w.status = 'enabled'
  AND w.failing_since IS NULL AND coalesce(w.lane_until, '-infinity') < now() - interval '15 minutes';

-- I26 no merchant is told of another's events
SELECT d.id FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhook_endpoints w ON w.id = d.endpoint_id
WHERE (e.merchant_id, e.livemode) <> (w.merchant_id, w.livemode) OR (e.merchant_id, e.livemode) <> (d.merchant_id, d.livemode);

-- Money out ---------------------------------------------------------------------------------------

-- I27 refunds never exceed what was paid, and only a payment that is final has any
SELECT p.id FROM payment_intents p JOIN refunds r ON r.intent_id = p.id AND r.status NOT IN ('failed', 'canceled')
GROUP BY p.id, p.merchant_id, p.livemode HAVING sum(r.amount) > p.amount OR p.finalized_at IS NULL;

-- I28 what an intent says is refunded is the sum of its refunds that stand
SELECT p.id FROM payment_intents p LEFT JOIN refunds r ON r.intent_id = p.id AND r.status NOT IN ('failed', 'canceled')
GROUP BY p.id, p.merchant_id, p.livemode HAVING p.amount_refunded <> coalesce(sum(r.amount), 0);

-- I29 whatever is sent for one refund or payout is sent by one order: never two that may move money
SELECT s.reference AS id, min(s.asset) AS asset FROM sends s WHERE s.state NOT IN ('failed', 'canceled')
GROUP BY s.reference HAVING count(*) > 1;

-- I30 all transactions of an order use up its one slot, and no two orders have the same
SELECT s.wallet_id AS id, min(s.asset) AS asset FROM sends s WHERE s.slot_key IS NOT NULL
GROUP BY s.wallet_id, s.slot_key HAVING count(*) > 1
UNION ALL SELECT a.send_id, s.asset FROM send_attempts a JOIN sends s ON s.id = a.send_id WHERE s.slot_key IS NULL
UNION ALL SELECT s.id, s.asset FROM sends s
WHERE s.slot_key IS NOT NULL AND NOT EXISTS (SELECT FROM send_attempts a WHERE a.send_id = s.id AND a.n = 1);

-- I31 no number was given away that the wallet did not count
SELECT s.id, s.asset FROM sends s JOIN hot_wallets w ON w.id = s.wallet_id
WHERE (s.slot->>'nonce')::bigint >= w.next_nonce;

-- I32 a refund or payout has left when its order has, by the same transaction, and only then; a payout
-- through a peg was asked for by that transaction
SELECT o.id, o.asset FROM leaving o LEFT JOIN sends s ON s.id = o.send_id
WHERE o.send_id IS NOT NULL AND NOT EXISTS (SELECT FROM awaited w WHERE w.id = o.id)
  AND (s.id IS NULL OR (o.is_open AND s.state IN ('failed', 'canceled'))
    OR CASE WHEN o.by_peg THEN (s.state = 'done') <> (o.ask_tx_id IS NOT NULL) OR (o.is_gone AND s.state <> 'done')
        OR (s.state = 'done' AND o.ask_tx_id <> s.tx_id)
      ELSE o.is_gone <> (s.state = 'done') OR (o.is_gone AND o.tx_id IS DISTINCT FROM s.tx_id) END)
UNION ALL SELECT s.id, s.asset FROM sends s JOIN leaving o ON o.id = s.reference
WHERE (s.network, s.asset, s.units, s.recipient, s.merchant_id, s.livemode)
  IS DISTINCT FROM (o.network, o.asset, o.units, o.recipient, o.merchant_id, o.livemode);

-- I33 what is reserved is the refunds and payouts on their way
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind LIKE 'reserved:%';

-- I34 each is reserved once, for exactly its units, and ends in one entry: gone, or given back
SELECT o.id, o.asset FROM leaving o WHERE NOT EXISTS (
  SELECT FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id JOIN ledger_accounts a ON a.id = p.account_id
  WHERE e.id = o.reserve_id AND (e.kind, e.source) = (o.kind, o.id) AND a.kind = 'reserved:' || o.network
    AND (p.asset, p.units, p.side) = (o.asset, o.units, 'C'))
UNION ALL SELECT o.id, o.asset FROM leaving o
WHERE (SELECT count(*) FROM ledger_entries e WHERE e.source = o.id AND e.kind <> o.kind) <> CASE WHEN o.is_open THEN 0 ELSE 1 END
  OR (NOT o.is_open AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.id = o.settlement_id AND e.source = o.id
    AND e.kind = o.kind || CASE WHEN NOT o.is_gone THEN '_reversal' WHEN o.by_peg THEN '_withdrawn' ELSE '_sent' END));

-- Requests and owners -----------------------------------------------------------------------------

-- I35 what lies on the networks, and what they took for carrying, is what we owe, for each merchant, mode and asset
SELECT merchant_id, livemode, asset FROM ledger_accounts GROUP BY 1, 2, 3
HAVING coalesce(sum(balance) FILTER (WHERE kind LIKE 'custody:%' OR kind = 'network_fees'), 0)
  <> coalesce(sum(balance) FILTER (WHERE kind NOT LIKE 'custody:%' AND kind <> 'network_fees'), 0);

-- I36 one idempotency key made at most one payment
SELECT merchant_id, livemode, idempotency_key FROM payment_intents
WHERE idempotency_key IS NOT NULL AND created_at > now() - interval '29 days' GROUP BY 1, 2, 3 HAVING count(*) > 1;

-- I37 a kept answer names an object that exists for the same merchant
SELECT k.merchant_id, k.key FROM idempotency_keys k
WHERE k.status_code = 200 AND CASE split_part(k.object_id, '_', 1)
  WHEN 'pi' THEN NOT EXISTS (SELECT FROM payment_intents o WHERE (o.merchant_id, o.id) = (k.merchant_id, k.object_id))
  WHEN 'cs' THEN NOT EXISTS (SELECT FROM checkout_sessions o WHERE (o.merchant_id, o.id) = (k.merchant_id, k.object_id))
  WHEN 'cus' THEN NOT EXISTS (SELECT FROM customers o WHERE (o.merchant_id, o.id) = (k.merchant_id, k.object_id))
  WHEN 'we' THEN NOT EXISTS (SELECT FROM webhook_endpoints o WHERE (o.merchant_id, o.id) = (k.merchant_id, k.object_id))
  ELSE false END;

-- I38 a payment made under a key has its kept answer
SELECT p.id FROM payment_intents p LEFT JOIN checkout_sessions s ON s.intent_id = p.id
WHERE p.idempotency_key IS NOT NULL AND p.created_at > now() - interval '29 days' AND NOT EXISTS (
  SELECT FROM idempotency_keys k WHERE (k.merchant_id, k.livemode, k.key) = (p.merchant_id, p.livemode, p.idempotency_key)
    AND k.object_id IN (p.id, s.id));

-- I39 whom we wait for is whom the offer belongs to
SELECT g.id FROM targets g JOIN offers o ON o.id = g.reference
WHERE (g.merchant_id, g.livemode) <> (o.merchant_id, o.livemode);

-- I40 money is booked for the merchant it was sent to
SELECT c.tx_id, c.index, c.asset FROM credits c
JOIN transfers t USING (network, tx_id, index) JOIN ledger_entries e ON e.id = c.entry_id
JOIN ledger_postings p ON p.entry_id = e.id JOIN ledger_accounts a ON a.id = p.account_id
WHERE (c.merchant_id, c.livemode) <> (t.merchant_id, t.livemode) OR (c.merchant_id, c.livemode) <> (e.merchant_id, e.livemode)
  OR (e.merchant_id, e.livemode) <> (a.merchant_id, a.livemode);

-- I46 each line of the diary holds the hash of the line before
SELECT seq FROM (
  SELECT seq, prev, hash, lag(hash, 1, '\x00'::bytea) OVER w AS before, row_number() OVER w AS n,
    sha256(prev || convert_to(concat_ws('|', seq, coalesce(merchant_id, ''), actor, action, object_id, detail::text), 'UTF8')) AS made
  FROM audit_log WINDOW w AS (ORDER BY seq)) l
WHERE prev <> before OR hash <> made OR seq <> n
UNION ALL SELECT h.seq FROM audit_head h
WHERE h.seq <> (SELECT count(*) FROM audit_log)
  OR (h.seq > 0 AND h.hash IS DISTINCT FROM (SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1));

-- I47 test mode and live mode never mix
SELECT k.key FROM idempotency_keys k JOIN payment_intents p ON p.id = k.object_id
WHERE (p.merchant_id, p.livemode) <> (k.merchant_id, k.livemode)
UNION ALL SELECT o.id FROM offers o JOIN payment_intents p ON p.id = o.intent_id
WHERE (p.merchant_id, p.livemode) <> (o.merchant_id, o.livemode);

-- I48 an address of its own serves one payment at a time, and what arrives there is a payment's that was shown it
SELECT o.network, o.address FROM offers o JOIN payment_intents p ON p.id = o.intent_id
WHERE o.style = 'address' AND (p.status IN ('requires_payment_method', 'requires_confirmation', 'requires_action') OR NOT EXISTS (
  SELECT FROM receiving_addresses r WHERE (r.network, r.address) = (o.network, o.address)))
GROUP BY 1, 2 HAVING count(DISTINCT o.intent_id) > 1
UNION ALL SELECT t.network, t.tx_id FROM transfers t
WHERE EXISTS (SELECT FROM offers o WHERE o.style = 'address' AND (o.network, o.address) = (t.network, t.recipient))
  AND NOT EXISTS (SELECT FROM offers o JOIN offers own ON own.intent_id = o.intent_id
    WHERE o.style = 'address' AND (o.network, o.address) = (t.network, t.recipient) AND own.id = t.reference);

-- I49 final means deeper than any fork, and what may be spent is what was settled of final payments
SELECT t.tx_id AS id, t.asset FROM transfers t JOIN chains c ON c.network = t.network
WHERE t.state = 'final' AND t.height > greatest(c.height - c.reorg_max, coalesce(c.finalized_height, 0))
UNION ALL SELECT p.id, l.asset FROM payment_intents p JOIN live l ON l.intent_id = p.id AND l.purpose = 'payment'
WHERE p.finalized_at IS NOT NULL AND l.state <> 'final'
UNION ALL SELECT p.id, f.asset FROM payment_intents p JOIN (
  SELECT coalesce(s.source, a.source) AS id, asset, coalesce(s.units, 0) AS settled, coalesce(a.units, 0) AS freed
  FROM (SELECT source, asset, sum(units) AS units FROM lines WHERE entry = 'settlement' AND account = 'pending' GROUP BY 1, 2) s
  FULL JOIN (SELECT source, asset, sum(units) AS units FROM lines WHERE entry = 'finalization' AND account = 'available' GROUP BY 1, 2) a
    USING (source, asset)) f ON f.id = p.id
WHERE f.freed <> CASE WHEN p.finalized_at IS NULL THEN 0 ELSE f.settled END;

-- I50 what is pending is the net of settled payments that are not final yet
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind = 'pending';

-- Our own -----------------------------------------------------------------------------------------

-- I51 [late] no reaction waits for more than 15 minutes, or has failed ten times
SELECT w.reaction, w.name, w.attempts FROM waiting w WHERE w.at < now() - interval '15 minutes' OR w.attempts >= 10;

-- I52 a credit says what its transfer says
SELECT l.tx_id, l.index, l.asset FROM live l JOIN transfers t USING (network, tx_id, index)
WHERE (l.asset, l.units) <> (t.asset, t.units)
  AND NOT EXISTS (SELECT FROM wandering w WHERE (w.network, w.tx_id, w.index) = (t.network, t.tx_id, t.index))
  AND NOT EXISTS (SELECT FROM moving m WHERE m.id = l.intent_id);

-- I53 a credit stands as long as its entry, and was undone by what undid its entry
SELECT c.tx_id, c.index, c.asset FROM credits c LEFT JOIN ledger_entries r ON r.reverses = c.entry_id
WHERE c.reversed_by IS DISTINCT FROM r.id;

-- I54 an intent that succeeded has its settlement standing in the books, and no other has one
SELECT p.id FROM payment_intents p LEFT JOIN standing s ON s.id = p.settlement_id
WHERE (p.status = 'succeeded') <> (p.settlement_id IS NOT NULL) OR (p.settlement_id IS NOT NULL
  AND (s.kind, s.source, s.seq) IS DISTINCT FROM ('settlement', p.id, p.settle_seq));

-- I55 a settlement takes what its payments brought, no more and no less
SELECT p.id, asset FROM (SELECT * FROM still WHERE settlement_id IS NOT NULL) p JOIN (
  SELECT coalesce(s.id, l.id) AS id, asset, coalesce(s.units, 0) AS settled, coalesce(l.units, 0) AS brought
  FROM (SELECT source AS id, asset, -sum(units) AS units FROM lines WHERE entry = 'settlement' AND account = 'received' GROUP BY 1, 2) s
  FULL JOIN (SELECT intent_id AS id, asset, sum(units) AS units FROM live WHERE purpose = 'payment' GROUP BY 1, 2) l
    USING (id, asset)) b ON b.id = p.id
WHERE b.settled <> b.brought;

-- I56 what was received is the standing payments of intents that are not settled
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind = 'received';

-- I57 what is unapplied is the standing credits nobody asked for, and what settlements left over
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind = 'unapplied';

-- I58 the fees are the fees of standing settlements
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind = 'fees';

-- I59 what may be spent is the net of settled payments that are final
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind = 'available';

-- I60 what lies on a network is the standing credits of its transfers, less what left and what that cost
SELECT merchant_id, asset, held, expected FROM crooked WHERE kind LIKE 'custody:%';

-- I61 a canceled intent holds no payment
SELECT p.id, l.asset FROM still p JOIN live l ON l.intent_id = p.id AND l.purpose = 'payment' WHERE p.status = 'canceled';

-- I62 an intent is settled once, and freed once
SELECT s.source, s.kind FROM standing s WHERE s.kind IN ('settlement', 'finalization') GROUP BY 1, 2 HAVING count(*) > 1;

-- I63 a session is complete when its intent succeeded, and only then
SELECT s.id FROM checkout_sessions s JOIN payment_intents p ON p.id = s.intent_id
WHERE NOT EXISTS (SELECT FROM waiting w WHERE w.reaction LIKE 'checkout.%' AND w.body->'intent'->>'id' = p.id)
  AND ((s.status <> 'complete' AND p.status = 'succeeded') OR (s.status = 'complete' AND p.settle_seq = 0)
    OR (s.status = 'complete') <> (s.payment_status = 'paid'));

-- I64 a session is open no longer than its intent
SELECT s.id FROM checkout_sessions s JOIN payment_intents p ON p.id = s.intent_id
WHERE s.status = 'open' AND p.status = 'canceled'
  AND NOT EXISTS (SELECT FROM waiting w WHERE w.reaction LIKE 'checkout.%' AND w.body->'intent'->>'id' = p.id);

-- I65 whatever is sent to an address a payer was shown is seen, and is that merchant's
SELECT o.id, o.asset FROM offers o WHERE NOT EXISTS (
  SELECT FROM targets g WHERE g.network = o.network AND g.address = o.address
    AND (g.merchant_id, g.livemode) = (o.merchant_id, o.livemode)
    AND g.style = CASE WHEN o.style IN ('address', 'deposit') THEN o.style ELSE 'wallet' END);

-- I66 a reversal is its entry, turned round
SELECT r.id FROM ledger_entries r JOIN ledger_entries e ON e.id = r.reverses
WHERE r.kind <> e.kind || '_reversal' OR (r.source, r.seq, r.merchant_id, r.livemode) <> (e.source, e.seq, e.merchant_id, e.livemode)
  OR EXISTS (
    SELECT FROM ledger_postings p WHERE p.entry_id IN (e.id, r.id) GROUP BY p.account_id
    HAVING sum(CASE p.side WHEN 'D' THEN p.units ELSE -p.units END) <> 0);

-- I67 an entry is undone at most once, and a reversal never
SELECT r.reverses FROM ledger_entries r WHERE r.reverses IS NOT NULL GROUP BY 1 HAVING count(*) > 1
UNION ALL SELECT r.id FROM ledger_entries r JOIN ledger_entries e ON e.id = r.reverses WHERE e.reverses IS NOT NULL;

-- I68 an event tells of an object of the same merchant and mode
SELECT e.id FROM events e JOIN payment_intents p ON p.id = e.object_id
WHERE (e.merchant_id, e.livemode) <> (p.merchant_id, p.livemode)
UNION ALL SELECT e.id FROM events e WHERE e.object_id LIKE 'pi\_%'
  AND NOT EXISTS (SELECT FROM payment_intents p WHERE p.id = e.object_id);

-- I69 each merchant's wallet is watched for that merchant
SELECT w.merchant_id, w.network FROM wallets w WHERE NOT EXISTS (
  SELECT FROM targets g WHERE g.style = 'wallet' AND g.network = w.network AND g.address = w.address
    AND (g.merchant_id, g.livemode) = (w.merchant_id, w.livemode));

-- I70 [late] no intent is open 15 minutes after its time
SELECT id FROM payment_intents
WHERE status IN ('requires_payment_method', 'requires_confirmation', 'requires_action') AND expires_at < now() - interval '15 minutes';

-- I71 [late] no job is 15 minutes late
SELECT name, key, attempts FROM jobs WHERE run_at < now() - interval '15 minutes' AND coalesce(lease_until, '-infinity') < now();

-- I72 an amount we wait for is what its offer asks
SELECT g.id, g.asset FROM targets g LEFT JOIN offers o ON o.id = g.reference
WHERE g.style = 'amount' AND (g.asset, g.units, g.address) IS DISTINCT FROM (o.asset, o.due, o.address);

-- I73 the newest events name themselves in their bytes
SELECT e.id FROM (SELECT * FROM events ORDER BY created_at DESC LIMIT 200) e
WHERE (convert_from(e.body, 'UTF8')::jsonb->>'id', convert_from(e.body, 'UTF8')::jsonb->>'sequence', convert_from(e.body, 'UTF8')::jsonb->>'type')
  <> (e.id, e.seq::text, e.type);

-- I74 nothing waits for an endpoint that listens no more
SELECT d.id FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
WHERE d.state = 'pending' AND w.status = 'deleted';

-- I75 an intent is being paid, or was, when money was seen
SELECT id FROM payment_intents
WHERE (status IN ('processing', 'succeeded') AND processing_at IS NULL) OR (status = 'canceled') <> (cancellation_reason IS NOT NULL);

-- I76 a payment names the intent it pays, and money nobody asked for says why
SELECT c.tx_id, c.index, c.asset FROM credits c
WHERE (c.purpose = 'payment' AND c.intent_id IS NULL) OR (c.purpose = 'payment') <> (c.reason = 'payment')
  OR (c.intent_id IS NULL) <> (c.reason = 'unannounced');

-- I77 an intent whose payments are all final is final
SELECT p.id FROM still p
WHERE p.status = 'succeeded' AND p.finalized_at IS NULL
  AND NOT EXISTS (SELECT FROM live l WHERE l.intent_id = p.id AND l.purpose = 'payment' AND l.state <> 'final');

-- I78 an order that is done was done by a transaction of its own, written down before it was sent
SELECT s.id, s.asset FROM sends s WHERE s.state = 'done' AND NOT EXISTS (
  SELECT FROM send_attempts a WHERE a.send_id = s.id AND a.tx_id = s.tx_id AND a.raw IS NOT NULL AND NOT a.is_void);

-- I79 nothing leaves without a second person's word where one was asked for
SELECT r.id, r.asset FROM refunds r WHERE r.needs_approval AND r.approved_by IS NULL AND r.send_id IS NOT NULL
UNION ALL SELECT p.id, p.asset FROM payouts p WHERE p.needs_approval AND p.approved_by IS NULL AND p.send_id IS NOT NULL;

-- I80 what a network took for an order that ended is booked once, where its coin is an asset of the books
SELECT s.id, s.fee_asset AS asset FROM sends s
WHERE s.cost > 0 AND s.fee_asset IN ('btc', 'stx') AND NOT EXISTS (SELECT FROM charged c WHERE c.id = s.id)
  AND NOT EXISTS (SELECT FROM lines l WHERE (l.entry, l.source, l.account, l.asset, l.units)
    = ('network_fee', s.id, 'network_fees', s.fee_asset, s.cost))
UNION ALL SELECT l.source, l.asset FROM lines l
LEFT JOIN sends s ON (s.id, s.merchant_id, s.livemode) = (l.source, l.merchant_id, l.livemode)
WHERE l.entry = 'network_fee' AND coalesce(l.account NOT IN ('network_fees', 'paid_in', 'custody:' || s.network), true)
  OR l.account = 'network_fees' AND (l.entry, s.fee_asset, s.cost) IS DISTINCT FROM ('network_fee', l.asset, l.units);

-- I90 an address of an account is awaited for the payment that has it, and a seen one is never given away
SELECT r.address FROM receiving_addresses r WHERE NOT EXISTS (
  SELECT FROM targets g WHERE g.style = 'address' AND (g.network, g.address, g.reference) = (r.network, r.address, r.reference)
    AND (g.merchant_id, g.livemode) = (r.merchant_id, r.livemode))
UNION ALL SELECT r.address FROM receiving_addresses r WHERE r.state = 'leased' AND EXISTS (
  SELECT FROM transfers t WHERE (t.network, t.recipient) = (r.network, r.address));

-- I91 the next index of an account lies behind every address of it that was given out
SELECT a.id FROM receiving_accounts a JOIN receiving_addresses r ON r.account_id = a.id
WHERE r.index >= a.next_index OR (r.merchant_id, r.livemode, r.network) <> (a.merchant_id, a.livemode, a.network);

-- I95 what a deposit passed on to its own destination was not credited again
SELECT c.tx_id, c.index, c.asset FROM live c JOIN transfers t USING (network, tx_id, index)
JOIN deposit_addresses d ON d.network = t.network AND d.address = t.sender AND d.destination = t.recipient;

-- I97 a payout through a peg is paid when its signers paid, given back when they refused, and costs no more than was set aside
SELECT id, asset FROM payouts WHERE withdraw_network IS NOT NULL
  AND ((status = 'paid') <> (withdraw_state = 'accepted') OR (withdraw_state = 'rejected' AND status <> 'failed')
    OR (withdraw_state <> 'asked' AND withdraw_ask_tx_id IS NULL) OR withdraw_fee > withdraw_fee_max);

-- I98 a conversion that counts as minted has a mint that counts, for its own offer and of just that much
SELECT c.tx_id, c.index, t.asset FROM conversions c LEFT JOIN transfers t
  ON t.reference = c.offer_id AND t.network <> c.network AND t.memo = 'deposit:' || c.tx_id || ':' || c.index
WHERE c.state = 'minted' AND NOT EXISTS (SELECT FROM moving m WHERE m.id = c.intent_id)
  AND ((t.tx_id, t.units) IS DISTINCT FROM (c.minted_tx_id, c.minted) OR t.state NOT IN ('confirmed', 'final'));
