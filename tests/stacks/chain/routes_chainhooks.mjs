// Registration: Hiro's 2.0 interface (its documents and its client name two bases) and version 1's own.
import { missing, ok, refuse } from "./reply.mjs";

const UUID = "([0-9a-f-]{36})";

export function chainhookRoutes(hooks, chain) {
  const known = (act) => ({ path: [uuid], json }) => {
    const hook = hooks.find(uuid);
    return hook ? act(hook, json) : missing("Chainhook not found");
  };
  const create = ({ json }) => {
    const definition = json();
    const { name, filters, options = {}, action } = definition;
    return ok(showHook(hooks.add({ version: 2, name, filters, options, url: action.url, definition })));
  };
  const evaluate = known((hook, json) => {
    const { block_height: height, index_block_hash: hash } = json();
    const block = height === undefined ? chain.branch.withHash(hash.replace(/^0x/, "")) : chain.branch.at(height);
    if (!block) return missing("Block not found");
    hooks.evaluate(hook, block);
    return { status: 204 };
  });
  const update = known((hook, json) => {
    const changed = json();
    Object.assign(hook.definition, changed);
    Object.assign(hook, { name: hook.definition.name, filters: hook.definition.filters, url: hook.definition.action.url });
    return ok(showHook(hook));
  });
  const enable = (hook, enabled) => {
    hook.enabled = enabled;
    return { status: 204 };
  };

  const routes = [];
  for (const base of ["/chainhooks/v1/me", "/chainhooks/me"]) {
    routes.push(
      ["POST", `${base}/?`, create],
      ["GET", `${base}/?`, () => ok(listed(hooks.all().filter(({ version }) => version === 2)))],
      ["GET", `${base}/${UUID}`, known((hook) => ok(showHook(hook)))],
      ["PATCH", `${base}/${UUID}`, update],
      ["DELETE", `${base}/${UUID}`, known((hook) => (hooks.remove(hook.uuid), { status: 204 }))],
      ["PATCH", `${base}/${UUID}/enabled`, known((hook, json) => enable(hook, json().enabled))],
      ["POST", `${base}/${UUID}/evaluate`, evaluate],
      ["PATCH", `${base}/enabled`, ({ json }) => setAll(hooks, json())],
      ["POST", `${base}/secret`, () => ok({ secret: (hooks.secret = `secret-${hooks.all().length}`) })],
      ["GET", `${base}/secret`, () => (hooks.secret ? ok({ secret: hooks.secret }) : missing("No secret"))],
      ["DELETE", `${base}/secret`, () => ((hooks.secret = null), { status: 204 })],
    );
  }
  return [
    ...routes,
    ["GET", "/ping", () => ok({ status: 200, result: "chainhook service up and running" })],
    ["POST", "/v1/chainhooks", ({ json }) => registerV1(hooks, chain, json())],
    ["GET", "/v1/chainhooks", () => ok({ status: 200, result: hooks.all().filter(({ version }) => version === 1).map(({ definition }) => definition) })],
    ["DELETE", `/v1/chainhooks/stacks/${UUID}`, known((hook) => (hooks.remove(hook.uuid), ok({ status: 200, result: "Ok" })))],
  ];
}

function registerV1(hooks, chain, definition) {
  const { uuid, name, networks } = definition;
  const here = networks[chain.network.name];
  if (!here) return refuse(400, { error: `no network ${chain.network.name} in the predicate` });
  const { url, authorization_header: authorization } = here.then_that.http_post;
  hooks.add({ version: 1, uuid, name, url, authorization, predicate: here.if_this, definition });
  return ok({ status: 200, result: uuid });
}

function setAll(hooks, { enabled, filters }) {
  for (const hook of hooks.all()) {
    if (!filters?.uuids || filters.uuids.includes(hook.uuid)) hook.enabled = enabled;
  }
  return { status: 204 };
}

function showHook({ uuid, definition, enabled, deliveries }) {
  const status = { status: enabled ? "streaming" : "new", enabled, occurrence_count: deliveries.delivered };
  return { uuid, definition, status };
}

const listed = (hooks) => ({ limit: hooks.length, offset: 0, total: hooks.length, results: hooks.map(showHook) });
