"""Faults: for each promise one change of the book that breaks it: a bug's, or an intruder's."""

from typing import Final

_COPY: Final = (
    "INSERT INTO {0} SELECT (jsonb_populate_record(r, '{1}')).* FROM {0} r WHERE {2} LIMIT 1"
)
_CROOKED: Final = "UPDATE ledger_accounts SET balance = balance + 1 WHERE kind {0} AND balance > 0"
_OTHER: Final = "(SELECT max(id) FROM merchants)"
_HEALTHY: Final = """
UPDATE webhook_endpoints SET failing_since = NULL, lane_until = NULL;
UPDATE deliveries SET state = 'pending', delivered_at = NULL,
  next_at = sim.now() - interval '1 hour'"""

FAULTS: Final[dict[str, str]] = {
    "I01": "INSERT INTO ledger_postings"
    " SELECT entry_id, merchant_id, livemode, account_id, asset, 'C', 1"
    " FROM ledger_postings LIMIT 1",
    "I02": _COPY.format("ledger_entries", '{"id": "txn_alone", "source": "alone"}', "true"),
    "I03": _CROOKED.format("= 'fees'"),
    "I04": _CROOKED.format("LIKE 'custody:%'"),
    "I05": "UPDATE ledger_accounts SET balance = -1 WHERE kind = 'fees'",
    "I06": "UPDATE transfers SET units = units + 1 WHERE state = 'final'",
    "I07": "UPDATE transfers SET state = 'orphaned', block_hash = NULL, height = NULL"
    " WHERE state = 'confirmed'",
    "I08": _COPY.format(
        "ledger_entries", '{"id": "txn_twin", "seq": 9}', "kind = 'deposit' AND reverses IS NULL"
    ),
    "I09": "UPDATE ledger_entries SET source = 'sandbox:nowhere:0' WHERE kind = 'deposit'",
    "I10": "UPDATE transfers SET block_hash = 'zz' WHERE state = 'final'",
    "I11": "UPDATE transfers SET height = (SELECT height FROM chains) WHERE state = 'confirmed'",
    "I12": "UPDATE transfers SET height = height - 5 WHERE state = 'included'",
    "I13": "UPDATE blocks SET parent = 'zz'"
    " WHERE canonical AND height = (SELECT height - 1 FROM chains)",
    "I14": "DELETE FROM blocks WHERE canonical AND height = (SELECT height - 1 FROM chains)",
    "I15": "UPDATE chains SET hash = 'zz'",
    "I16": "UPDATE payment_intents SET amount_received = amount_received + 1"
    " WHERE status = 'succeeded'",
    "I17": "UPDATE offers o SET due = due * 3 FROM payment_intents p"
    " WHERE p.id = o.intent_id AND p.status = 'succeeded'",
    "I18": "UPDATE payment_intents SET status = 'processing', succeeded_at = NULL"
    " WHERE finalized_at IS NULL AND status = 'succeeded'",
    "I19": "DELETE FROM events WHERE type = 'payment_intent.succeeded'",
    "I20": "DELETE FROM deliveries",
    "I21": "UPDATE events SET seq = seq + 100 WHERE seq = 2",
    "I22": "UPDATE attempts SET status_code = 302",
    "I23": "UPDATE deliveries SET attempts = 7",
    "I24": "UPDATE deliveries SET state = 'exhausted' WHERE state = 'pending'",
    "I25": _HEALTHY,
    "I26": f"UPDATE deliveries SET merchant_id = {_OTHER}",
    "I27": "UPDATE payment_intents SET finalized_at = NULL"
    " WHERE id IN (SELECT intent_id FROM refunds WHERE status = 'succeeded')",
    "I28": "UPDATE payment_intents SET amount_refunded = amount_refunded - 1"
    " WHERE amount_refunded > 0",
    "I29": _COPY.format(
        "sends", '{"id": "snd_twin", "slot_key": "9", "slot": {}}', "state = 'done'"
    ),
    "I30": "DELETE FROM send_attempts WHERE n = 1",
    "I31": "UPDATE hot_wallets SET next_nonce = 0",
    "I32": "UPDATE sends SET tx_id = 'another' WHERE state = 'done'",
    "I33": _CROOKED.format("LIKE 'reserved:%'"),
    "I34": "UPDATE refunds SET units = units + 1 WHERE status = 'requires_action'",
    "I35": _CROOKED.format("LIKE 'custody:%'"),
    "I36": _COPY.format("payment_intents", '{"id": "pi_twin"}', "idempotency_key IS NOT NULL"),
    "I37": "UPDATE idempotency_keys SET object_id = 'pi_nobody' WHERE object_id LIKE 'pi%'",
    "I38": "DELETE FROM idempotency_keys",
    "I39": f"UPDATE targets SET merchant_id = {_OTHER} WHERE reference IS NOT NULL",
    "I40": f"UPDATE credits SET merchant_id = {_OTHER}",
    "I46": "UPDATE audit_log SET actor = 'mallory' WHERE seq = 2",
    "I47": "UPDATE idempotency_keys SET livemode = true",
    "I48": "UPDATE transfers SET reference = NULL WHERE reference IS NOT NULL",
    "I49": "UPDATE payment_intents SET finalized_at = NULL",
    "I50": _CROOKED.format("= 'pending'"),
    "I51": "INSERT INTO reactions (fact_id, reaction)"
    " SELECT min(id), 'webhooks.announce' FROM facts;"
    "UPDATE facts SET at = at - interval '1 hour'",
    "I52": "UPDATE credits SET units = units + 1",
    "I53": "UPDATE credits SET reversed_by = NULL WHERE reversed_by IS NOT NULL",
    "I54": "UPDATE payment_intents SET settle_seq = settle_seq + 1 WHERE status = 'succeeded'",
    "I55": "UPDATE credits SET purpose = 'unapplied', reason = 'over' WHERE purpose = 'payment'",
    "I56": _CROOKED.format("= 'received'"),
    "I57": _CROOKED.format("= 'unapplied'"),
    "I58": _CROOKED.format("= 'fees'"),
    "I59": _CROOKED.format("= 'available'"),
    "I60": _CROOKED.format("LIKE 'custody:%'"),
    "I61": "UPDATE payment_intents SET status = 'canceled', canceled_at = created_at,"
    " cancellation_reason = 'abandoned' WHERE amount_received > 0 AND settlement_id IS NULL",
    "I62": _COPY.format("ledger_entries", '{"id": "txn_twin", "seq": 9}', "kind = 'settlement'"),
    "I63": "UPDATE checkout_sessions SET status = 'open', payment_status = 'unpaid'"
    " WHERE status = 'complete'",
    "I64": "UPDATE checkout_sessions SET status = 'open' WHERE status = 'expired'",
    "I65": "UPDATE offers SET address = 'sb1nobody'",
    "I66": "UPDATE ledger_entries SET source = 'another' WHERE reverses IS NOT NULL",
    "I67": _COPY.format("ledger_entries", '{"id": "txn_twin", "seq": 9}', "reverses IS NOT NULL"),
    "I68": "UPDATE events SET livemode = true WHERE type = 'payment_intent.created'",
    "I69": "DELETE FROM targets WHERE style = 'wallet'",
    "I70": "UPDATE payment_intents SET expires_at = sim.now() - interval '1 hour'"
    " WHERE status = 'requires_action'",
    "I71": "UPDATE jobs SET run_at = sim.now() - interval '1 hour'",
    "I72": "UPDATE offers SET due = due + 1 WHERE style = 'amount'",
    "I73": "UPDATE events SET type = 'payment_intent.created'"
    " WHERE type = 'payment_intent.succeeded'",
    "I74": "UPDATE webhook_endpoints SET status = 'deleted'",
    "I75": "UPDATE payment_intents SET processing_at = NULL",
    "I76": "UPDATE credits SET intent_id = NULL WHERE purpose = 'payment'",
    "I77": "UPDATE payment_intents SET finalized_at = NULL",
    "I90": "UPDATE receiving_addresses SET state = 'leased' WHERE state = 'used'",
    "I91": "UPDATE receiving_accounts SET next_index = 0",
    "I95": "INSERT INTO deposit_addresses (merchant_id, livemode, network, address, destination,"
    " reference, created_at) SELECT DISTINCT ON (t.network, t.sender) t.merchant_id, t.livemode,"
    " t.network, t.sender, t.recipient, 'pi_x', sim.now() FROM transfers t JOIN credits c"
    " USING (network, tx_id, index) WHERE c.reversed_by IS NULL",
    # There is no conversion in the book: one that names a mint which nobody saw.
    "I98": "INSERT INTO conversions (merchant_id, livemode, network, tx_id, index, offer_id,"
    " intent_id, units, state, minted_tx_id, minted, created_at) SELECT merchant_id, livemode,"
    " 'bitcoin', 'coin', 0, id, intent_id, due, 'minted', 'nowhere', due, sim.now()"
    " FROM offers LIMIT 1",
    "I97": "UPDATE payouts SET withdraw_network = 'bitcoin', withdraw_fee_max = 0,"
    " withdraw_state = 'created', withdraw_number = 7 WHERE status = 'paid'",
    "I78": "UPDATE send_attempts SET is_void = true",
    "I79": "UPDATE refunds SET needs_approval = true WHERE send_id IS NOT NULL",
    "I80": "UPDATE sends SET cost = 5 WHERE state = 'done'",
}

# Those the schema itself refuses, before any promise is asked.
REFUSED: Final = frozenset(
    {
        "I01",
        "I02",
        "I05",
        "I08",
        "I09",
        "I19",
        "I20",
        "I26",
        "I29",
        "I39",
        "I40",
        "I46",
        "I53",
        "I62",
        "I66",
        "I67",
        "I68",
        "I69",
        "I98",
    }
)

# The book with one payment more through the peg: of a settled one, the offer becomes a deposit on
# another network, the transfer its mint, and the coin that was paid a transfer of its own.
CONVERTED: Final = """
CREATE TEMP TABLE paid ON COMMIT DROP AS
  SELECT t.network, t.tx_id, t.index, t.recipient, t.units, o.id AS offer_id, o.intent_id, o.due,
    o.merchant_id, o.livemode
  FROM credits c JOIN transfers t USING (network, tx_id, index) JOIN offers o ON o.id = t.reference
  WHERE c.purpose = 'payment' AND c.reversed_by IS NULL AND t.state = 'final'
    AND o.style = 'address' AND t.units = o.due LIMIT 1;
INSERT INTO chains SELECT (jsonb_populate_record(c, '{"network": "bitcoin"}')).* FROM chains c
  WHERE network = 'sandbox';
INSERT INTO blocks SELECT (jsonb_populate_record(b, '{"network": "bitcoin"}')).* FROM blocks b
  WHERE network = 'sandbox';
INSERT INTO transfers SELECT (jsonb_populate_record(t, '{"network": "bitcoin", "tx_id": "coin",
  "index": 0, "recipient": "bc1pdeposit", "asset": "btc"}')).*
  FROM transfers t JOIN paid USING (network, tx_id, index);
UPDATE transfers t SET memo = 'deposit:coin:0' FROM paid p
  WHERE (t.network, t.tx_id, t.index) = (p.network, p.tx_id, p.index);
UPDATE offers o SET network = 'bitcoin', asset = 'btc', style = 'deposit', address = 'bc1pdeposit'
  FROM paid p WHERE o.id = p.offer_id;
INSERT INTO targets SELECT (jsonb_populate_record(g, '{"id": "tgt_deposit", "network": "bitcoin",
  "style": "deposit", "address": "bc1pdeposit"}')).*
  FROM targets g JOIN paid p ON g.reference = p.offer_id WHERE g.style = 'address';
INSERT INTO deposits (merchant_id, livemode, offer_id, intent_id, network, peg, recipient, address,
  deposit_script, reclaim_script, key_index, lock_blocks, fee_max, created_at)
  SELECT merchant_id, livemode, offer_id, intent_id, 'bitcoin', network, recipient, 'bc1pdeposit',
    '51', '51', 0, 950, 80000, sim.now() FROM paid;
INSERT INTO conversions (merchant_id, livemode, network, tx_id, index, offer_id, intent_id, units,
  state, mined_at, minted_tx_id, minted, created_at)
  SELECT merchant_id, livemode, 'bitcoin', 'coin', 0, offer_id, intent_id, due, 'minted', 1, tx_id,
    units, sim.now() FROM paid"""

# For each clause of a promise that speaks of conversions, the promise and what breaks it.
CONVERSION_FAULTS: Final = {
    "less of the coin was paid than counts": (
        "I17",
        "UPDATE conversions SET units = units / 2",
    ),
    "more of it counts than was received": (
        "I16",
        (
            "UPDATE payment_intents SET amount_received = amount_received - 1"
            " WHERE id IN (SELECT intent_id FROM paid)"
        ),
    ),
    "it is covered and did not succeed": (
        "I18",
        (
            "UPDATE payment_intents SET status = 'processing', succeeded_at = NULL"
            " WHERE id IN (SELECT intent_id FROM paid)"
        ),
    ),
    "the mint is of another output": (
        "I17",
        "UPDATE transfers SET memo = 'deposit:coin:1' WHERE memo = 'deposit:coin:0'",
    ),
    "the coin is at no deposit, and in no book": ("I06", "DELETE FROM deposits"),
    "nobody waits at the deposit": ("I65", "DELETE FROM targets WHERE style = 'deposit'"),
    "a mint that a fork took back still counts": (
        "I98",
        (
            "UPDATE transfers SET state = 'orphaned', block_hash = NULL, height = NULL"
            " WHERE memo = 'deposit:coin:0'"
        ),
    ),
    "more was minted than the chain shows": ("I98", "UPDATE conversions SET minted = minted + 1"),
}
