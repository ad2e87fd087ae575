// The node's own paths: /v2/* and /v3/*.
import { Rejection } from "./admission.mjs";
import {
  callReadOnly, estimateFee, showAccount, showDataVar, showIndexed, showInfo, showMapEntry, showPox, showSource, showTenure,
} from "./answers/node.mjs";
import { ok, refuse, text } from "./reply.mjs";
import { bare } from "./values.mjs";

const CONTRACT = "([A-Z0-9]+)/([a-zA-Z][a-zA-Z0-9_-]*)";

export const NODE_ROUTES = [
  ["POST", "/v2/transactions", submit],
  ["GET", "/v2/info", ({ chain, branch }) => ok(showInfo(chain, branch))],
  ["GET", "/v2/pox", ({ chain, branch }) => ok(showPox(chain, branch))],
  ["GET", "/v2/accounts/([^/]+)", ({ branch, path: [principal], query }) => ok(showAccount(branch, principal, query.get("proof") !== "0"))],
  ["GET", "/v2/fees/transfer", () => ok(1)],
  ["POST", "/v2/fees/transaction", ({ json }) => ok(estimateFee(json()))],
  ["POST", `/v2/contracts/call-read/${CONTRACT}/([^/]+)`, ({ chain, path: [address, name, called], json }) =>
    ok(callReadOnly(chain, `${address}.${name}`, called, json()))],
  ["GET", `/v2/contracts/interface/${CONTRACT}`, contractOr404(({ chain }, contract) => chain.machine.interfaceOf(contract))],
  ["GET", `/v2/contracts/source/${CONTRACT}`, contractOr404(({ chain, branch }, contract) => showSource(chain, branch, contract))],
  ["POST", `/v2/map_entry/${CONTRACT}/([^/]+)`, contractOr404(({ chain, path, json }, contract) =>
    defined(chain, contract, "maps", path[2]) && showMapEntry(chain, contract, path[2], json()))],
  ["GET", `/v2/data_var/${CONTRACT}/([^/]+)`, contractOr404(({ chain, path }, contract) =>
    defined(chain, contract, "variables", path[2]) && showDataVar(chain, contract, path[2]))],
  ["GET", "/v3/transaction/([^/]+)", transaction],
  ["GET", "/v3/tenures/info", ({ branch }) => ok(showTenure(branch))],
  ["GET", "/v3/health", ({ branch: { tip } }) => ok({
    difference_from_max_peer: 0, max_stacks_height_of_neighbors: tip.height, max_stacks_neighbor_address: null, node_stacks_tip_height: tip.height,
  })],
];

function submit({ chain, body, headers, json }) {
  const kind = headers["content-type"] ?? "";
  let raw = body;
  if (kind.startsWith("application/json")) {
    const { tx } = json();
    if (!/^([0-9a-fA-F]{2})+$/.test(tx ?? "")) return text(400, "Failed to parse tx");
    raw = Buffer.from(tx, "hex");
  } else if (!kind.startsWith("application/octet-stream")) {
    return text(400, "Wrong Content-Type for transaction; expected application/json or application/octet-stream");
  }
  try {
    return ok(chain.submit(raw));
  } catch (error) {
    // The node has no JSON for bytes that are no transaction: it fails before there is an id to name.
    if (!(error instanceof Rejection)) return text(400, `Failed to deserialize posted transaction: ${error.message}`);
    return refuse(400, error.body(error.txid));
  }
}

function transaction({ branch, path: [txid] }) {
  const receipt = branch.receipts.get(bare(txid));
  return receipt ? ok(showIndexed(receipt)) : text(404, "Transaction not found");
}

function contractOr404(show) {
  return (request) => {
    const contract = `${request.path[0]}.${request.path[1]}`;
    const shown = request.chain.machine.interfaceOf(contract) && show(request, contract);
    return shown ? ok(shown) : text(404, "Not found");
  };
}

function defined({ machine }, contract, part, name) {
  return machine.interfaceOf(contract)[part].some((one) => one.name === name);
}
