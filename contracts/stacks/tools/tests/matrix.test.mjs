// The matrix check finds what one of its cells cannot compile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresIn } from "../matrix.mjs";

const NEEDS_CLARITY_4 = { name: "needs-four", source: "(define-read-only (now)\n  stacks-block-time)\n" };
const GONE_IN_CLARITY_4 = { name: "gone-in-four", source: "(define-public (pay)\n  (as-contract (stx-transfer? u1 tx-sender 'SP000000000000000000002Q6VF78)))\n" };

test("what compiles passes", async () => {
  assert.deepEqual(await failuresIn({ epoch: "4.0", clarity: 6 }, [NEEDS_CLARITY_4]), []);
});

test("a word that an older version lacks is found", async () => {
  const failures = await failuresIn({ epoch: "3.2", clarity: 3 }, [NEEDS_CLARITY_4]);

  assert.match(failures.join(), /needs-four.*stacks-block-time/s);
});

test("a word that a newer version dropped is found", async () => {
  const failures = await failuresIn({ epoch: "3.3", clarity: 4 }, [GONE_IN_CLARITY_4]);

  assert.match(failures.join(), /gone-in-four/);
});
