// Which transactions a hook is told of.

/** Say whether a transaction is what a version 1 predicate asks for. */
export function matchesV1({ predicate, undone }, receipt) {
  const { tx, block, status } = receipt;
  const { payload } = tx;
  // Version 1 looks at events whether or not the transaction held.
  const events = undone ? [...receipt.events, ...receipt.undoneEvents] : receipt.events;
  switch (predicate.scope) {
    case "txid": return predicate.equals === `0x${tx.txid}`;
    case "block_height": return heightMatches(predicate, block.height);
    case "contract_call":
      return payload.type === "contract_call" && payload.contract === predicate.contract_identifier && payload.name === predicate.method;
    case "contract_deployment":
      return payload.type === "smart_contract" && status === "success" && ["*", tx.origin.address].includes(predicate.deployer);
    case "print_event":
      return events.some((event) => event.kind === "print" && event.contract === predicate.contract_identifier && printed(predicate, event));
    case "ft_event": case "nft_event": case "stx_event": {
      const kind = predicate.scope.replace("_event", "");
      return events.some((event) => event.kind === kind && (kind === "stx" || event.asset === predicate.asset_identifier)
        && predicate.actions.includes(event.action));
    }
    default: throw new Error(`no such predicate: ${predicate.scope}`);
  }
}

/** Say whether a transaction is what one of a 2.0 hook's filters asks for. */
export function matchesV2({ filters }, receipt) {
  return filters.events.some((filter) => matchesFilter(filter, receipt));
}

function matchesFilter(filter, { tx, events, status }) {
  const { payload, origin } = tx;
  const fits = (asked, value) => asked === undefined || asked === value;
  const [, kind, action] = /^(ft|nft|stx)_(event|transfer|mint|burn)$/.exec(filter.type) ?? [];
  if (kind) {
    return events.some((event) => event.kind === kind && (action === "event" || event.action === action)
      && fits(filter.asset_identifier, event.asset) && fits(filter.sender, event.sender) && fits(filter.receiver, event.recipient));
  }
  switch (filter.type) {
    case "contract_call":
      return payload.type === "contract_call" && fits(filter.contract_identifier, payload.contract)
        && fits(filter.function_name, payload.name) && fits(filter.sender, origin.address);
    case "contract_deploy": return payload.type === "smart_contract" && status === "success" && fits(filter.sender, origin.address);
    case "contract_log": return events.some((event) => event.kind === "print" && fits(filter.contract_identifier, event.contract));
    case "balance_change": return events.some((event) => [event.sender, event.recipient].includes(filter.principal));
    case "coinbase": case "tenure_change": return false;
    default: throw new Error(`no such filter: ${filter.type}`);
  }
}

function heightMatches({ equals, higher_than: above, lower_than: below, between }, height) {
  if (equals !== undefined) return height === equals;
  if (above !== undefined) return height > above;
  if (below !== undefined) return height < below;
  return height >= between[0] && height <= between[1];
}

function printed({ contains, matches_regex: pattern }, { value }) {
  const text = Buffer.from(value.slice(2), "hex").toString("latin1");
  if (contains && contains !== "*") return text.includes(contains);
  return pattern ? new RegExp(pattern).test(text) : true;
}
