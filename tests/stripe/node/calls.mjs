// Every priority call of a merchant's first week, through the official Node client.
//
// Reads { key, publishable, host, port, hook, told } from its argument; prints one JSON line per
// call: { name, answer } or { name, error }. The tests that run it say what must be in them.

import Stripe from "stripe";

const { key, publishable, host, port, hook, told } = JSON.parse(process.argv[2]);
const options = { host, port, protocol: "http", maxNetworkRetries: 0, telemetry: false };
const stripe = new Stripe(key, options);
const deposit = {
  payment_method_types: ["crypto"],
  confirm: true,
  payment_method_data: { type: "crypto" },
  payment_method_options: {
    crypto: { mode: "deposit", deposit_options: { networks: ["sandbox"], tokens: ["usdc"] } },
  },
};
const line = {
  price_data: { currency: "usd", unit_amount: 2000, product_data: { name: "T" } },
  quantity: 2,
};

async function say(name, call) {
  try {
    const answer = await call();
    console.log(JSON.stringify({ name, answer, request: answer?.lastResponse?.requestId }));
    return answer;
  } catch (error) {
    const { type, statusCode, code, param, requestId, message } = error;
    console.log(JSON.stringify({ name, error: { type, statusCode, code, param, requestId, message } }));
    return undefined;
  }
}

async function sees(id, status) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    const intent = await stripe.paymentIntents.retrieve(id);
    if (intent.status === status) return intent;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${id} is not ${status}`);
}

const lever = (name, params) => stripe.rawRequest("POST", `/v1/test_helpers/sandbox/${name}`, params);

// account
await say("account", () => stripe.accounts.retrieveCurrent());
await say("balance", () => stripe.balance.retrieve());

// customer
const customer = await say("customer", () =>
  stripe.customers.create({ email: "a@b.c", name: "A", metadata: { k: "v" } }));
await say("customer.retrieve", () => stripe.customers.retrieve(customer.id));
await say("customer.update", () =>
  stripe.customers.update(customer.id, { metadata: { k: null }, description: "x" }));
await say("customer.list", () => stripe.customers.list({ limit: 2, email: "a@b.c" }));

// payment_intent and charge
const created = await say("intent", () =>
  stripe.paymentIntents.create({ amount: 2000, currency: "usd", metadata: { o: "1" } }));
await say("intent.update", () =>
  stripe.paymentIntents.update(created.id, { metadata: { a: "b" }, description: "d" }));
await say("intent.confirm", () =>
  stripe.paymentIntents.confirm(created.id, { return_url: "https://x" }));
await say("intent.cancel", () =>
  stripe.paymentIntents.cancel(created.id, { cancellation_reason: "abandoned" }));
const asked = await say("intent.deposit", () =>
  stripe.paymentIntents.create({ amount: 2000, currency: "usd", customer: customer.id, ...deposit }));
await lever("pay", { payment_intent: asked.id });
await sees(asked.id, "processing");
await lever("mine", { count: 2 });
await sees(asked.id, "succeeded");
const paid = await say("intent.expanded", () =>
  stripe.paymentIntents.retrieve(asked.id, {
    expand: ["latest_charge.balance_transaction", "customer"],
  }));
await say("intent.list", () =>
  stripe.paymentIntents.list({ limit: 3, customer: customer.id, created: { gte: 1 } }));
const same = { idempotencyKey: "order-1" };
await say("intent.first", () => stripe.paymentIntents.create({ amount: 1, currency: "usd" }, same));
await say("intent.second", () => stripe.paymentIntents.create({ amount: 1, currency: "usd" }, same));
await say("charge.list", () => stripe.charges.list({ limit: 3, payment_intent: asked.id }));
await say("charge", () =>
  stripe.charges.retrieve(paid.latest_charge.id, { expand: ["balance_transaction"] }));
await say("transaction.list", () => stripe.balanceTransactions.list({ limit: 3, type: "charge" }));
await say("transaction", () =>
  stripe.balanceTransactions.retrieve(paid.latest_charge.balance_transaction.id));

// checkout
const session = await say("session", () =>
  stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://x/s?id={CHECKOUT_SESSION_ID}",
    cancel_url: "https://x/c",
    line_items: [line],
  }));
await say("session.expanded", () =>
  stripe.checkout.sessions.retrieve(session.id, { expand: ["line_items", "payment_intent"] }));
await say("session.list", () =>
  stripe.checkout.sessions.list({ payment_intent: session.payment_intent }));
await say("session.lines", () => stripe.checkout.sessions.listLineItems(session.id));
await say("session.expire", () => stripe.checkout.sessions.expire(session.id));

// event
const endpoint = await say("endpoint", () =>
  stripe.webhookEndpoints.create({ url: hook, enabled_events: ["*"], api_version: "2026-10-28.endive" }));
await say("endpoint.retrieve", () => stripe.webhookEndpoints.retrieve(endpoint.id));
await say("endpoint.list", () => stripe.webhookEndpoints.list());
await say("endpoint.update", () =>
  stripe.webhookEndpoints.update(endpoint.id, { disabled: true, enabled_events: ["refund.created"] }));
await say("endpoint.delete", () => stripe.webhookEndpoints.del(endpoint.id));
const events = await say("event.list", () =>
  stripe.events.list({ types: ["payment_intent.succeeded"] }));
await say("event", () => stripe.events.retrieve(events.data[0].id));
await say("customer.delete", () => stripe.customers.del(customer.id));

// pages, forwards and backwards, while customers are added
const names = [];
for (let n = 0; n < 5; n += 1) names.push((await stripe.customers.create({ name: `${n}` })).id);
const forwards = [];
for await (const one of stripe.customers.list({ limit: 2 })) {
  forwards.push(one.id);
  await stripe.customers.create({ name: "late" });
}
const backwards = [];
for await (const one of stripe.customers.list({ limit: 2, ending_before: names[0] })) {
  if (backwards.push(one.id) === 4) break;
}
await say("pages", () => ({ names, forwards, backwards }));

// refusals
await say("refused.parameter", () => stripe.paymentIntents.create({ amount: 0, currency: "usd" }));
await say("refused.unknown", () => stripe.customers.create({ emial: "a@b.c" }));
await say("refused.missing", () => stripe.customers.retrieve(`cus_${"1".repeat(24)}`));
await say("refused.key", () => new Stripe("sk_test_nobody", options).balance.retrieve());
await say("refused.reuse", () => stripe.paymentIntents.create({ amount: 2, currency: "usd" }, same));
await say("refused.publishable", () => new Stripe(publishable, options).balance.retrieve());
await say("refused.account", () => stripe.balance.retrieve({}, { stripeAccount: "acct_other" }));
await say("refused.v2", () => stripe.v2.core.eventDestinations.list());

// what a merchant's server was told, and what it was told by somebody else
await say("verified", () => stripe.webhooks.constructEvent(told.body, told.signature, told.secret));
await say("forged", () => stripe.webhooks.constructEvent(`${told.body} `, told.signature, told.secret));
