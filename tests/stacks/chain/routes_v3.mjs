// /extended/v3: the current form of the API.
import { pageByCursor, receiptCursor } from "./answers/shared.mjs";
import {
  showChange, showEvent, showForPrincipal, showMined, showWaiting, summarizeMined, summarizeWaiting,
} from "./answers/transactions_v3.mjs";
import { changesFor } from "./ledger.mjs";
import { invalid, missing, ok, pageOf } from "./reply.mjs";
import { blockNamed, gaps } from "./routes_v1_v2.mjs";
import { bare, prefixed, shownHex } from "./values.mjs";

const TXS = { standard: 20, most: 50 };
const EVENTS = { standard: 100, most: 100 };
const TOKENS = { standard: 100, most: 200 };
const PRINCIPAL = "/extended/v3/principals/([^/]+)";

export const V3_ROUTES = [
  ["GET", "/extended/v3/transactions", ({ branch, query }) => minedPage([...branch.receipts.values()].reverse(), query, summarizeMined)],
  ["GET", "/extended/v3/transactions/([^/]+)", transaction],
  ["GET", "/extended/v3/transactions/([^/]+)/events", events],
  ["GET", "/extended/v3/blocks/([^/]+)/transactions", blockTransactions],
  ["GET", "/extended/v3/mempool/transactions", ({ chain, query }) => waitingPage(chain.mempool.entries(), query)],
  ["GET", `${PRINCIPAL}/transactions`, ({ branch, path: [principal], query }) =>
    minedPage(branch.historyOf(principal), query, (receipt) => showForPrincipal(principal, receipt))],
  ["GET", `${PRINCIPAL}/transactions/([^/]+)/balance-changes`, transactionChanges],
  ["GET", `${PRINCIPAL}/balance-changes`, principalChanges],
  ["GET", `${PRINCIPAL}/mempool/transactions`, ({ chain, path: [principal], query }) => waitingPage(chain.mempool.concerning(principal), query)],
  ["GET", `${PRINCIPAL}/nonces`, nonces],
  ["GET", `${PRINCIPAL}/balances/stx`, stxBalance],
  ["GET", `${PRINCIPAL}/balances/ft`, ftBalances],
  ["GET", `${PRINCIPAL}/balances/ft/([^/]+)`, ({ branch, path: [principal, asset] }) =>
    ok({ asset_identifier: asset, balance: String(branch.ledger.of(principal).fts.get(asset)?.balance ?? 0n) })],
  ["GET", `${PRINCIPAL}/balances/nft`, nftBalances],
];

function page(items, query, limits, cursorOf, show) {
  const shown = pageByCursor(items, pageOf(query, limits), cursorOf, show);
  return shown ? ok(shown) : missing("Cursor not found");
}

const minedPage = (receipts, query, show) => page(receipts, query, TXS, receiptCursor, show);

const waitingPage = (entries, query) =>
  page(entries.reverse(), query, TXS, ({ tx, time }) => `${time}:${prefixed(tx.txid)}`, summarizeWaiting);

function transaction({ chain, branch, path: [txid], query }) {
  const include = query.getAll("include").flatMap((part) => part.split(","));
  const receipt = branch.receipts.get(bare(txid));
  if (receipt) return ok(showMined(receipt, include));
  const entry = chain.mempool.find(bare(txid));
  return entry ? ok(showWaiting(entry, include)) : missing("Transaction not found");
}

function events({ branch, path: [txid], query }) {
  const receipt = branch.receipts.get(bare(txid));
  return page(receipt?.events ?? [], query, EVENTS, ({ index }) => String(index), showEvent);
}

function blockTransactions({ branch, path: [name], query }) {
  const block = blockNamed(branch, name);
  return block ? minedPage(block.receipts.toReversed(), query, summarizeMined) : missing("Block not found");
}

function transactionChanges({ branch, path: [principal, txid], query }) {
  const receipt = branch.receipts.get(bare(txid));
  const changes = receipt ? [...changesFor(principal, receipt)] : [];
  return page(changes, query, TXS, ([key]) => key, ([, change]) => ({ asset: change.asset, balance_change: showChange(change) }));
}

function principalChanges({ branch, path: [principal], query }) {
  const txids = query.getAll("tx_id").flatMap((part) => part.split(",")).map(bare);
  if (txids.length === 0 || txids.length > TXS.most) return invalid("querystring must have required property 'tx_id'");
  const receipts = branch.historyOf(principal).filter(({ tx }) => txids.includes(tx.txid));
  const changes = receipts.flatMap((receipt) => [...changesFor(principal, receipt)].map(([key, change]) => ({ receipt, key, change })));
  return page(changes, query, TXS, ({ receipt, key }) => `${receiptCursor(receipt)}:${key}`, ({ receipt, change }) =>
    ({ tx_id: prefixed(receipt.tx.txid), asset: change.asset, balance_change: showChange(change) }));
}

function nonces({ chain, branch, path: [principal] }) {
  if (principal.includes(".")) return invalid("params/principal must match the pattern of an address");
  const next = branch.nonceOf(principal);
  const waiting = chain.mempool.noncesOf(principal);
  const last = waiting.at(-1) ?? null;
  return ok({
    next_nonce: last === null ? next : Math.max(last + 1, next),
    last_confirmed_nonce: next ? next - 1 : null,
    mempool: {
      last_nonce: last,
      pending_nonces: waiting.filter((nonce) => nonce < last),
      missing_nonces: last === null ? [] : gaps(next, last, waiting),
    },
  });
}

function stxBalance({ chain, branch, path: [principal] }) {
  const { balance } = branch.ledger.of(principal).stx;
  let inbound = 0n;
  let outbound = 0n;
  for (const { tx } of chain.mempool.entries()) {
    const amount = tx.payload.amount ?? 0n;
    if (tx.payload.recipient === principal) inbound += amount;
    if (tx.origin.address === principal) outbound += amount;
    if (tx.payer.address === principal) outbound += tx.fee;
  }
  const text = (units) => String(units);
  const waiting = { estimated_balance: text(balance + inbound - outbound), inbound: text(inbound), outbound: text(outbound) };
  return ok({ balance: text(balance), available: text(balance), locked: null, mempool: inbound || outbound ? waiting : null });
}

function ftBalances({ branch, path: [principal], query }) {
  const held = [...branch.ledger.of(principal).fts].filter(([, { balance }]) => balance > 0n).sort(([, a], [, b]) => (a.balance < b.balance ? 1 : -1));
  return page(held, query, TOKENS, ([asset, { balance }]) => `${balance}:${asset}`, ([asset, { balance }]) =>
    ({ asset_identifier: asset, balance: String(balance) }));
}

function nftBalances({ branch, path: [principal], query }) {
  const held = [...branch.ledger.of(principal).nfts].flatMap(([asset, { values }]) => [...values].sort().map((value) => [asset, value]));
  return page(held, query, TOKENS, ([asset, value]) => `${value}:${asset}`, ([asset, value]) => ({ asset_identifier: asset, value: shownHex(value) }));
}
