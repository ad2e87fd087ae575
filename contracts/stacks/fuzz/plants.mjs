// Faults put into the contracts on purpose, to prove that the fuzzer would find them.

export const PLANTS = {
  "sluice-access": [
    { what: "anyone accepts the ownership", plant: ["(asserts! (is-eq contract-caller to) ERR-NOT-AUTHORIZED)", "true"] },
    { what: "an operation runs early", plant: ["(asserts! (>= burn-block-height eta) ERR-TIME)", "true"] },
    { what: "a pause follows a pause", plant: ["(>= burn-block-height (+ last-end COOL-DOWN))", "true"] },
  ],
  "sluice-gateway": [
    { what: "a reference settles again", plant: ["(settle id merchant ref token amount false)", "(map-delete by-ref {merchant: merchant, ref: ref})\n    (settle id merchant ref token amount false)"] },
    { what: "refunds are not counted", plant: ["(merge p {refunded: (+ (get refunded p) from-merchant)})", "p"] },
    { what: "the fee has no cap", plant: ["(asserts! (<= bps FEE-CAP) ERR-FEE)", "true"] },
  ],
  "sluice-flow": [
    { what: "a withdrawal leaves the debt", plant: ["(merge f {balance: balance, snap-debt: debt})", "(merge f {balance: balance})"] },
    { what: "a new rate forgets the debt", plant: ["(map-set flows id (merge f {rate: rate}))", "(map-set flows id (merge f {rate: rate, snap-debt: u0}))"] },
    { what: "money taken in is not owed", plant: ["(map-set liabilities asset (+ (get-liability asset) amount))", "true"] },
    { what: "a cap forgets what is owed", type: "test", plant: ["(if (> cap snap-debt) (min-of grown cap) snap-debt)", "(min-of grown cap)"] },
  ],
  "sluice-streams": [
    { what: "a withdrawal is not booked", plant: ["(map-set streams id (merge s {withdrawn: withdrawn}))", "true"] },
    { what: "money taken in is not owed", plant: ["(map-set liabilities asset (+ (get-liability asset) amount))", "true"] },
    { what: "a soulbound position moves", plant: ["(asserts! (get transferable s) ERR-SOULBOUND)", "true"] },
    { what: "the end pays less than the deposit", type: "test", plant: ["(if (>= t end)\n      deposit", "(if (>= t end)\n      (- deposit (mod deposit u3))"] },
  ],
  "sluice-escrow": [
    { what: "a partial release is not booked", plant: ["(merge e {paid: (+ (get paid e) amount)})", "e"] },
    { what: "anyone releases early", plant: ["(>= burn-block-height (get release-at e))", "true"] },
    { what: "the fee has no cap", plant: ["(asserts! (<= bps FEE-CAP) ERR-FEE)", "true"] },
    { what: "fees of parts do not add up", type: "test", plant: ["(- (share (+ paid more) bps) (share paid bps))", "(share more bps)"] },
  ],
  "sluice-market": [
    { what: "a sale forgets the royalty", plant: ["(try! (give token (get royalty parts) tx-sender payer))", "true"] },
    { what: "an offer is paid back twice", plant: ["(map-set offers offer (merge o {state: CANCELED}))", "true"] },
    { what: "an expired listing is sold", plant: ["(asserts! (< stacks-block-time (get expires l)) ERR-STALE)", "true"] },
    { what: "the buyer's floor is ignored", plant: ["(asserts! (>= (get remaining p) min-remaining) ERR-REMAINING)", "true"] },
  ],
  "sluice-treasury": [
    { what: "a transfer needs no approvals", plant: ["(asserts! (>= (get approvals p) (needed kind)) ERR-THRESHOLD)", "true"] },
    { what: "the delay is skipped", plant: ["(asserts! (>= burn-block-height (get eta p)) ERR-EARLY)", "true"] },
    { what: "the last signers can be removed", plant: ["(asserts! (> (var-get n-signers) (var-get threshold)) ERR-THRESHOLD)", "true"] },
    { what: "old approvals outlive a change of signers", plant: ["(asserts! (is-eq (get epoch p) (var-get epoch)) ERR-EPOCH)\n    (asserts! (< burn", "(asserts! (< burn"] },
    { what: "spending takes what is reserved", plant: ["(<= amount (try! (surplus token)))", "(<= amount (+ (try! (surplus token)) (get-reserved asset)))"] },
  ],
};
