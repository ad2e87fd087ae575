// The gates on coverage, costs and the reference: each notices what it is there to notice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cl } from "@stacks/transactions";
import { problemsOf, dearest, TENURE } from "../costs.mjs";
import { coverageOf } from "../coverage.mjs";
import { outdated, reference } from "../reference.mjs";
import { chainFor } from "../deploy/bootstrap.mjs";
import { codeHash } from "../deploy/plan.mjs";
import { DEPLOYER, deploy, emptyChain, loadSuite, muted, parse, readSuite } from "../lib/suite.mjs";
import { eventsOf } from "../lib/events.mjs";
import { joinTypes, readType, writeType } from "../lib/types.mjs";

const lcov = (...sections) => sections.map((lines) => ["SF:contracts/a.clar", ...lines, "end_of_record"].join("\n")).join("\n");

test("coverage counts a line that any test has run", () => {
  const { total, passes } = coverageOf(lcov(["DA:1,0", "DA:2,1", "BRDA:2,0,0,1"], ["DA:1,3", "DA:2,0", "BRDA:2,0,0,0"]), ["a"]);

  assert.deepEqual(total, { lines: { all: 2, run: 2 }, branches: { all: 1, run: 1 } });
  assert.ok(passes);
});

test("coverage fails below the gate, for lines and for branches", () => {
  assert.equal(coverageOf(lcov(["DA:1,0", "DA:2,1"]), ["a"]).passes, false);
  assert.equal(coverageOf(lcov(["DA:1,1", "BRDA:1,0,0,1", "BRDA:1,0,1,0"]), ["a"]).passes, false);
});

const report = (method, total, args = []) => ({ contract_id: `ST1.${method.split(".")[0]}`, method: method.split(".")[1], args, cost_result: { total } });
const cheap = { runtime: 1, read_count: 1, read_length: 1, write_count: 1, write_length: 1 };

test("costs keep the dearest call and leave hostile tokens out", () => {
  const reports = [report("a.pay", cheap), report("a.pay", { ...cheap, runtime: 9 }), report("a.pay", { ...cheap, runtime: 99 }, ["ST1.hostile-token"])];

  assert.equal(dearest(reports, () => true).get("a.pay").runtime, 9);
});

test("costs notice a ceiling, a share of the tenure, a drift and a function without a figure", () => {
  const figures = new Map([
    ["sluice-streams.cancel", { ...cheap, read_count: 31 }],
    ["a.heavy", { ...cheap, write_count: TENURE.write_count * 0.03 }],
    ["a.drift", { ...cheap, runtime: 1100 }],
  ]);

  const problems = problemsOf(figures, ["a.unknown"], { "a.drift": { ...cheap, runtime: 1000 } });

  assert.equal(problems.length, 4, problems.join("\n"));
});

test("types survive reading and writing", () => {
  for (const [analysis, source] of [
    ["uint", "uint"],
    ["(optional (buff 32))", "(optional (buff 32))"],
    ["(tuple (at uint) (who (optional principal)))", "{at: uint, who: (optional principal)}"],
    ["(list 24 (tuple (at uint)))", "(list 24 {at: uint})"],
    ["(principal ST1.treasury)", "principal"],
    ["(string-ascii 16)", "(string-ascii 16)"],
  ]) assert.equal(writeType(readType(analysis)), source);
  assert.throws(() => readType("(optional UnknownType)"), /cannot tell/);
});

test("the same event printed twice must have one shape", () => {
  assert.deepEqual(joinTypes({ "string-ascii": 3 }, { "string-ascii": 9 }), { "string-ascii": 9 });
  assert.throws(() => joinTypes("uint", "bool"), /do not fit/);
  assert.throws(() => joinTypes({ tuple: { a: "uint" } }, { tuple: { b: "uint" } }), /other keys/);
});

test("events are found through helpers, with their types and the functions that print them", async () => {
  const source = `(define-data-var seq uint u0)
(define-public (open (to principal)) (emit "thing.opened" (some to)))
(define-public (close) (emit "thing.closed" none))
(define-private (emit (ev (string-ascii 16)) (to (optional principal)))
  (begin
    (print {sluice: u1, seq: (var-get seq), ev: ev, id: u0, actor: contract-caller,
      token: current-contract, amount: u0, data: {to: to}})
    (ok (var-set seq u1))))
`;
  const chain = await emptyChain();
  deploy(chain, { name: "thing", source });

  const events = eventsOf(chain, parse(chain, { name: "thing", source }));

  assert.deepEqual([...events.keys()], ["thing.closed", "thing.opened"]);
  assert.deepEqual(events.get("thing.opened").printedBy, ["open"]);
  assert.equal(writeType(events.get("thing.opened").type.tuple.data), "{to: (optional principal)}");
});

test("the committed reference is noticed when a contract changes", async () => {
  const { chain, contracts } = await loadSuite();
  const files = reference(chain, contracts);
  const [path, text] = [...files][0];

  assert.ok(outdated(new Map([...files, [path, `${text}more`]])).changed.includes(path));
});

const OTHER = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";
const STX = Cl.principal(`${DEPLOYER}.sluice-stx`);

/** A chain where streams in STX are open for business; `call` answers what the call cost. */
async function openStreams() {
  const chain = await chainFor(DEPLOYER, readSuite(), { trackCosts: true });
  const call = (contract, fn, args) => {
    const { result, costs } = muted(() => chain.callPublicFn(`${DEPLOYER}.${contract}`, fn, args, DEPLOYER));
    assert.equal(result.type, "ok", `${fn} failed`);
    return costs.total;
  };
  const live = (name) => [Cl.principal(`${DEPLOYER}.${name}`), Cl.bool(true), Cl.bool(false)];
  const stx = readSuite().find(({ name }) => name === "sluice-stx");
  const delayed = [
    ["sluice-access", "grant-role", [Cl.uint(2), Cl.principal(DEPLOYER)]],
    ["sluice-access", "set-module", live("sluice-tokens")],
    ["sluice-access", "set-module", live("sluice-streams")],
    ["sluice-tokens", "list-token", [
      STX, Cl.stringAscii("stx"), Cl.bool(true), Cl.uint(6), Cl.uint(1), Cl.uint(10 ** 12), Cl.bufferFromHex(codeHash(stx.source)),
    ]],
  ];
  for (const [contract, fn, args] of delayed) {
    const { result: op } = muted(() => chain.callReadOnlyFn(`${DEPLOYER}.${contract}`, `op-${fn}`, args, DEPLOYER));
    call("sluice-access", "schedule", [op]);
  }
  chain.mineEmptyBurnBlocks(144);
  for (const step of delayed) call(...step);
  chain.mintSTX(DEPLOYER, 10n ** 12n);
  return { chain, call };
}

test("the hundredth stream costs what the second cost, and so does a withdrawal among many", async () => {
  const { chain, call } = await openStreams();
  const flags = Cl.tuple({
    cancelable: Cl.bool(true), transferable: Cl.bool(true), pausable: Cl.bool(true), "open-withdraw": Cl.bool(true), "royalty-bps": Cl.uint(0),
  });
  const open = () => {
    const now = Cl.uint(chain.getBlockTime());
    const end = Cl.uint(chain.getBlockTime() + 10_000n);
    return call("sluice-streams", "create-linear", [STX, Cl.principal(OTHER), Cl.uint(10_000), now, now, end, Cl.uint(0), Cl.uint(0), Cl.uint(1), flags]);
  };
  const withdraw = () => call("sluice-streams", "withdraw-max", [Cl.uint(1), STX]);
  const accesses = ({ readCount, writeCount }) => ({ readCount, writeCount });
  open();
  const second = open();
  const early = withdraw();

  const many = Array.from({ length: 98 }, open);

  assert.deepEqual(accesses(many.at(-1)), accesses(second));
  assert.deepEqual(accesses(withdraw()), accesses(early));
});
