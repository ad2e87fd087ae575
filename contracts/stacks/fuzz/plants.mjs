// Faults put into the contracts on purpose, to prove that the fuzzer would find them.

export const PLANTS = {
  "sluice-streams": [
    { what: "a withdrawal is not booked", plant: ["(map-set streams id (merge s {withdrawn: withdrawn}))", "true"] },
    { what: "money taken in is not owed", plant: ["(map-set liabilities asset (+ (get-liability asset) amount))", "true"] },
    { what: "a soulbound position moves", plant: ["(asserts! (get transferable s) ERR-SOULBOUND)", "true"] },
    { what: "the end pays less than the deposit", type: "test", plant: ["(if (>= t end)\n      deposit", "(if (>= t end)\n      (- deposit (mod deposit u3))"] },
  ],
  "sluice-escrow": [],
  "sluice-market": [],
  "sluice-treasury": [],
};
