// The development chain over HTTP: `node chain/server.mjs [port]` prints READY and its port, and serves 127.0.0.1.
import { createHash } from "node:crypto";
import http from "node:http";
import { Chain } from "./chain.mjs";
import { Chainhooks } from "./chainhooks.mjs";
import { Levers } from "./levers.mjs";
import { Observers } from "./observer.mjs";
import { BadQuery, invalid, missing, refuse } from "./reply.mjs";
import { chainhookRoutes } from "./routes_chainhooks.mjs";
import { NODE_ROUTES } from "./routes_node.mjs";
import { V1_V2_ROUTES } from "./routes_v1_v2.mjs";
import { V3_ROUTES } from "./routes_v3.mjs";
import { Providers, bend, tooMany, troubled } from "./trouble.mjs";

const BODY_MAX = 4 * 1024 * 1024;

// The SDK tells of runtime errors on the console; here they are answers.
console.log = console.error = () => {};

const chain = await Chain.boot();
const observers = new Observers();
const hooks = new Chainhooks(() => chain.network.name);
chain.listen((happened) => {
  observers.hear(happened);
  hooks.hear(happened);
});
const providers = new Providers();

// The VM starts anew in the middle of some requests: one at a time.
let turn = Promise.resolve();
const exclusive = (act) => (turn = turn.then(act, act));

const levers = new Levers({ chain, providers, observers, hooks, exclusive });
await levers.reset();
const table = [...levers.routes(), ...NODE_ROUTES, ...V1_V2_ROUTES, ...V3_ROUTES, ...chainhookRoutes(hooks, chain)]
  .map(([method, path, answer, { old = false } = {}]) => ({ method, pattern: new RegExp(`^${path}$`), answer, old }));

const server = http.createServer(async (request, response) => {
  let reply;
  try {
    const url = new URL(request.url, "http://chain");
    const [, provider = "", path] = /^(?:\/p\/([^/]+))?(\/.*)$/.exec(decodeURIComponent(url.pathname));
    const body = await read(request);
    reply = path.startsWith("/sim/")
      ? await exclusive(() => answer({ path, request, url, body, branch: chain.branch }))
      : await serve({ provider, path, request, url, body });
  } catch (error) {
    reply = invalid(String(error));
  }
  write(request, response, reply);
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => process.stdout.write(`READY ${server.address().port}\n`));

/** Answer as a provider does: with its limits and its troubles. */
async function serve({ provider, path, request, url, body }) {
  const rate = providers.count(provider);
  if (rate.isOver) return tooMany(rate.resetS);
  const rule = providers.meet(provider, request.method, path);
  const instead = await troubled(rule, body);
  if (instead) return instead;
  const reply = await exclusive(() => answer({ path, request, url, body, branch: viewed(rule) }));
  if (rule?.kind === "swallow") return { hangup: true };
  const told = rule?.kind === "lie" ? bend(reply.body, rule.set) : reply.body;
  return { ...reply, body: told, headers: { ...rate.headers, ...reply.headers, "stacks-canonical-height": String(chain.branch.tip.height) } };
}

/** A stale provider answers as of an earlier height. */
function viewed(rule) {
  if (rule?.kind !== "stale") return chain.branch;
  return chain.branch.upTo(rule.height ?? Math.max(0, chain.branch.tip.height - rule.behind));
}

async function answer({ path, request, url, body, branch }) {
  const route = table.find(({ method, pattern }) => method === request.method && pattern.test(path));
  if (!route) return missing(`there is no ${request.method} ${path}`);
  if (route.old && providers.areOldPathsGone) return refuse(410, { error: "Gone", message: "This endpoint is deprecated" });
  const json = () => (body.length ? JSON.parse(body.toString("utf8")) : null);
  try {
    const reply = await route.answer({
      chain, branch, body, json, path: route.pattern.exec(path).slice(1), query: url.searchParams, headers: request.headers,
    });
    return route.old ? { ...reply, headers: { warning: '299 - "Deprecated: see /extended/v3"' } } : reply;
  } catch (error) {
    if (error instanceof BadQuery) return invalid(error.message);
    // A lever says what it could not do; elsewhere this is a fault of the chain, and must be seen.
    return refuse(path.startsWith("/sim/") ? 422 : 500, { error: error.body ? error.message : String(error.stack ?? error) });
  }
}

async function read(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX) request.destroy();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function write(request, response, { status, body, kind = "application/json", headers = {}, hangup = false }) {
  if (hangup) return request.socket.destroy();
  const content = body === undefined ? "" : kind === "application/json" ? JSON.stringify(body) : body;
  const etag = `"${createHash("sha1").update(content).digest("hex")}"`;
  const isKnown = request.method === "GET" && status === 200 && request.headers["if-none-match"] === etag;
  response.writeHead(isKnown ? 304 : status, { "content-type": kind, etag, ...headers });
  response.end(isKnown ? undefined : content);
}
