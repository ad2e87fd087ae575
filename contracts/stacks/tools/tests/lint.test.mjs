// Every rule catches its planted violations and passes a clean contract.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { lint } from "../lint.mjs";
import { RULES } from "../lib/rules.mjs";
import { deploy, emptyChain, parse } from "../lib/suite.mjs";

const TRAITS = `(define-trait ft
  ((transfer (uint principal principal (optional (buff 34))) (response bool uint))))`;

const CLEAN = `(use-trait ft .traits.ft)

(define-constant ERR-NOT-AUTHORIZED (err u6000)) ;; The caller may not do this.
(define-constant ERR-TOKEN (err u6004)) ;; Another token than the one stored.
(define-constant ERR-ASSET-GUARD (err u6008)) ;; The token tried to move more than agreed.
(define-constant FEE-CAP u500)

(define-data-var seq uint u0)
(define-data-var fee uint u0)
(define-map tokens uint principal)
(define-map balances {who: principal} uint)

(define-read-only (get-fee)
  (var-get fee))

;; Pays what is owed.
;; Who: the owner.
;; Holds: the token is the stored one.
;; Prints: thing.paid.
(define-public (pay (id uint) (token <ft>) (amount uint))
  (begin
    (asserts! (is-eq (some (contract-of token)) (map-get? tokens id)) ERR-TOKEN)
    (asserts! (is-some (map-get? balances {who: contract-caller})) ERR-NOT-AUTHORIZED)
    (unwrap! (as-contract? ((with-ft (contract-of token) "thing" amount))
        (try! (contract-call? token transfer amount tx-sender current-contract none)))
      ERR-ASSET-GUARD)
    (emit "thing.paid" id)))

;; Sets the fee.
;; Who: the owner. Holds: at most the cap.
;; Prints: thing.fee-set {of}.
(define-public (set-fee (bps uint))
  (begin
    (asserts! (<= bps FEE-CAP) ERR-NOT-AUTHORIZED)
    (var-set fee bps)
    (emit "thing.fee-set" u0)))

(define-private (next-seq)
  (let ((n (+ (var-get seq) u1)))
    (var-set seq n)
    n))

(define-private (emit (ev (string-ascii 16)) (id uint))
  (begin
    (print {sluice: u1, seq: (next-seq), ev: ev, id: id, actor: contract-caller,
      token: current-contract, amount: u0, data: {of: id}})
    (ok true)))
`;

// Each plant turns the clean contract into one that breaks the rule: `[what is replaced, by what]`.
const PLANTS = {
  "no-stacks-clock": [
    ["(var-get fee))\n", "(+ (var-get fee) stacks-block-height))\n"],
    ["(var-get fee))\n", "(+ (var-get fee) tenure-height))\n"],
  ],
  "no-tx-sender-authority": [
    ["{who: contract-caller}", "{who: tx-sender}"],
    ["(asserts! (<= bps FEE-CAP)", "(asserts! (is-eq tx-sender current-contract)"],
    ["(let ((n (+ (var-get seq) u1)))", "(let ((who tx-sender) (n (+ (var-get seq) u1)))"],
  ],
  "exact-allowances": [
    ['"thing" amount', '"*" amount'],
    ['"thing" amount', '"thing" FEE-CAP'],
    ['"thing" amount', '"thing" u1000'],
    ['(with-ft (contract-of token) "thing" amount)', "(with-all-assets-unsafe)"],
    ['(with-ft (contract-of token) "thing" amount)', "(with-stx (* amount FEE-CAP))"],
  ],
  "no-panic": [
    ["(is-some (map-get? balances {who: contract-caller}))", "(> (unwrap-panic (map-get? balances {who: contract-caller})) u0)"],
  ],
  "error-codes": [
    ["(err u6004)", "(err u6000)"],
    ["(err u6004)", "(err u1004)"],
    ["(err u6004)", "(err u6005)"],
    ["ERR-TOKEN", "BAD-TOKEN"],
    [" ;; Another token than the one stored.", ""],
    ["(map-get? tokens id)) ERR-TOKEN)", "(map-get? tokens id)) ERR-NOT-AUTHORIZED)"],
  ],
  "no-bare-error": [["(<= bps FEE-CAP) ERR-NOT-AUTHORIZED", "(<= bps FEE-CAP) (err u6000)"]],
  "public-comment": [
    ["Who: the owner. Holds: at most", "Holds: at most"],
    ["Holds: at most the cap.", "Holds:"],
    [";; Prints: thing.fee-set {of}.", ";; Prints"],
  ],
  "one-envelope": [
    ["seq: (next-seq), ", ""],
    ["sluice: u1", "sluice: u2"],
    ["data: {of: id}}", "data: u0}"],
    ['    (emit "thing.fee-set" u0)))', "    (ok true)))"],
    ["(print {sluice: u1", '(print "hello") (print {sluice: u1'],
  ],
  "comment-names-events": [
    ["Prints: thing.paid.", "Prints: something."],
    ["Prints: thing.paid.", "Prints: thing.paid-back."],
    ["Prints: thing.paid.", "Prints: thing.paid {of, from}."],
  ],
  "token-is-bound": [
    ["(is-eq (some (contract-of token)) (map-get? tokens id))", "(is-some (map-get? tokens id))", "(contract-of token)", "current-contract"],
  ],
  "kebab-case": [
    ["get-fee", "getFee"],
    ["FEE-CAP", "fee-CAP"],
    ["(bps uint)", "(fee_bps uint)", "bps FEE-CAP", "fee_bps FEE-CAP", "var-set fee bps", "var-set fee fee_bps"],
    ["{who: principal}", "{who-Ever: principal}", "{who: contract-caller}", "{who-Ever: contract-caller}"],
  ],
  "file-order": [["(define-data-var fee uint u0)\n", "", "(define-private (next-seq)", "(define-data-var fee uint u0)\n(define-private (next-seq)"]],
  "source-size": [["(define-private (next-seq)", `${";; A long story.\n".repeat(2400)}\n(define-private (next-seq)`]],
  "plain-text": [
    ["(var-get fee))", `(var-get fee)) ;; ${"x".repeat(90)}`],
    ["(var-get fee))", "(var-get fee)) "],
    ["(var-get fee))", "(var-get fee))\t;; tab"],
    ["(var-get fee))", "(var-get fee)) ;; TODO"],
  ],
  "no-list-per-principal": [["(define-map balances {who: principal} uint)", "(define-map balances {who: principal} uint)\n(define-map owned principal (list 9 uint))"]],
  "fees-have-caps": [["(<= bps FEE-CAP)", "(<= bps u500)"]],
  "nothing-unused": [
    ["(define-constant FEE-CAP u500)", "(define-constant FEE-CAP u500)\n(define-constant SPARE u1)"],
    ["(define-data-var fee uint u0)", "(define-data-var fee uint u0)\n(define-data-var spare uint u0)"],
    ["(define-private (next-seq)", "(define-private (spare)\n  true)\n\n(define-private (next-seq)"],
  ],
};

let chain;
let serial = 0;

before(async () => {
  chain = await emptyChain();
  deploy(chain, { name: "traits", source: TRAITS });
});

function contractFrom(source, name = "sluice-streams") {
  const deployed = `plant-${serial++}`;
  deploy(chain, { name: deployed, source });
  const contract = parse(chain, { name: deployed, source });
  contract.name = name;
  return contract;
}

const rulesBroken = (...contracts) => [...new Set(lint(contracts).map((finding) => finding.rule))];

function planted(replacements) {
  let source = CLEAN;
  for (let n = 0; n < replacements.length; n += 2) {
    assert.ok(source.includes(replacements[n]), `nothing to plant at ${replacements[n]}`);
    source = source.replaceAll(replacements[n], replacements[n + 1]);
  }
  return source;
}

test("a clean contract has no findings", () => {
  assert.deepEqual(lint([contractFrom(CLEAN)]), []);
});

for (const [rule, plants] of Object.entries(PLANTS)) {
  plants.forEach((replacements, n) => {
    test(`${rule} catches its plant ${n + 1}`, () => {
      assert.ok(rulesBroken(contractFrom(planted(replacements))).includes(rule));
    });
  });
}

test("same-helpers catches a helper that differs between two modules", () => {
  const other = CLEAN.replaceAll("u600", "u650").replace("    (var-set seq n)\n    n))", "    (begin (var-set seq n) n)))");
  assert.deepEqual(rulesBroken(contractFrom(CLEAN), contractFrom(other, "sluice-flow")), ["same-helpers"]);
});

test("error-codes catches one code in two contracts", () => {
  const twice = contractFrom("(define-constant ERR-STATE (err u6000)) ;; Not now.\n(define-read-only (f)\n  ERR-STATE)\n", "elsewhere");
  assert.deepEqual(rulesBroken(contractFrom(CLEAN), twice), ["error-codes"]);
});

test("every rule has a plant", () => {
  const proven = new Set([...Object.keys(PLANTS), "same-helpers"]);
  assert.deepEqual(RULES.map((rule) => rule.id).filter((id) => !proven.has(id)), []);
});
