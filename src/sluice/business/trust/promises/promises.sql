-- I01 every ledger entry balances per asset
SELECT p.entry_id, p.asset FROM ledger_postings p GROUP BY 1, 2
HAVING sum(CASE p.side WHEN 'D' THEN p.units ELSE -p.units END) <> 0;
