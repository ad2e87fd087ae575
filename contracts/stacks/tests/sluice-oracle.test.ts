import { Cl } from "@stacks/transactions";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { call, contract, deployer, envelope, guardian, lastEvent, lister, mallory, now, read, seq } from "./helpers/chain";
import { deployHostile, must, openSuite, schedule, scheduleAndWait } from "./helpers/suite";

const ORACLE = contract("sluice-oracle");
const DIA = contract("sluice-oracle-dia");
const PYTH = contract("sluice-oracle-pyth");
const DIA_FEED = "SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle";
const PYTH_FEED = "SP1CGXWEAMG6P6FT04W66NVGJ7PQWMDAC19R7PJ0Y.pyth-storage-v4";
const ASSET = "BTC/USD";
const BTC = "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43";
const USD = 100_000_000n; // one dollar, times 1e8

/** The two sources of most tests: Pyth first, at most 120 s old, DIA second, at most 3600 s. */
const both = { a: PYTH, b: DIA as string | null, ageA: 120, ageB: 3600, conf: 100, dev: 200 };

const oracle = (fn: string, args: Parameters<typeof call>[2], sender = lister) => call("sluice-oracle", fn, args, sender);
const sourceArgs = (change: Partial<typeof both> = {}) => {
  const s = { ...both, ...change };
  return [
    Cl.stringAscii(ASSET), Cl.principal(s.a), s.b === null ? Cl.none() : Cl.some(Cl.principal(s.b)),
    Cl.uint(s.ageA), Cl.uint(s.ageB), Cl.uint(s.conf), Cl.uint(s.dev),
  ];
};
const announce = (change: Partial<typeof both> = {}) =>
  scheduleAndWait(read("sluice-oracle", "op-set-source", sourceArgs(change)));
const use = (change: Partial<typeof both> = {}) => {
  announce(change);
  must(oracle("set-source", sourceArgs(change)));
};

/** DIA says: dollars times 1e8, so many seconds ago (negative: ahead). */
const dia = (price: bigint, age = 0, key = ASSET) => must(call(DIA_FEED, "set-value", [
  Cl.stringAscii(key), Cl.uint(price), Cl.uint((now() - age) * 1000),
], deployer));
/** Pyth says: price · 10^expo dollars, so sure, so many seconds ago. */
const pyth = (price: bigint, age = 0, conf = 0n, expo = -8, feed = BTC) => must(call(PYTH_FEED, "set-price", [
  Cl.bufferFromHex(feed), Cl.int(price), Cl.uint(conf), Cl.int(expo), Cl.uint(now() - age),
], deployer));
const readUsd = (a = PYTH, b = DIA, asset = ASSET) => oracle("read-usd", [
  Cl.stringAscii(asset), Cl.principal(a), Cl.principal(b),
], mallory).result;
const price = (amount: bigint, used: bigint, at = expect.anything()) => ({ ok: { price: amount, used, at } });

beforeEach(openSuite);

describe("set-source", () => {
  it("chooses adapters and tolerances after the delay", () => {
    announce();
    const done = oracle("set-source", sourceArgs());
    expect(done.result).toEqual({ ok: true });
    const facts = {
      a: PYTH, b: DIA, "max-age-a": 120n, "max-age-b": 3600n, "max-conf-bps": 100n, "max-dev-bps": 200n,
    };
    expect(lastEvent(done)).toEqual(
      envelope("oracle.source-set", { actor: lister, token: ORACLE, data: { asset: ASSET, ...facts } }),
    );
    expect(read("sluice-oracle", "get-source", [Cl.stringAscii(ASSET)])).toEqual(facts);
  });

  it("3000: no LISTER", () => {
    announce();
    for (const who of [deployer, guardian, mallory])
      expect(oracle("set-source", sourceArgs(), who).result).toEqual({ err: 3000n });
  });

  it("3003: an age or a tolerance out of range", () => {
    for (const bad of [
      { ageA: 0 }, { ageA: 172_801 }, { ageB: 0 }, { ageB: 172_801 }, { conf: 1001 }, { dev: 1001 },
    ]) expect(oracle("set-source", sourceArgs(bad)).result).toEqual({ err: 3003n });
  });

  it("3014: the same adapter twice", () => {
    expect(oracle("set-source", sourceArgs({ b: PYTH })).result).toEqual({ err: 3014n });
  });

  it("1001 and 1006: not announced so, or too early (I17)", () => {
    expect(oracle("set-source", sourceArgs()).result).toEqual({ err: 1001n });
    schedule(read("sluice-oracle", "op-set-source", sourceArgs()));
    expect(oracle("set-source", sourceArgs({ ageA: 121 })).result).toEqual({ err: 1001n });
    expect(oracle("set-source", sourceArgs()).result).toEqual({ err: 1006n });
  });
});

describe("drop-source", () => {
  const drop = (who = guardian) => oracle("drop-source", [Cl.stringAscii(ASSET)], who);

  it("stops giving a price at once", () => {
    use();
    pyth(50_000n * USD);
    const done = drop();
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(
      envelope("oracle.source-dropped", { actor: guardian, token: ORACLE, data: { asset: ASSET } }),
    );
    expect(readUsd()).toEqual({ err: 3001n });
  });

  it("3000: no GUARDIAN; 3001: nothing set", () => {
    expect(drop().result).toEqual({ err: 3001n });
    use();
    for (const who of [lister, deployer, mallory]) expect(drop(who).result).toEqual({ err: 3000n });
  });
});

describe("read-usd with two sources (I70)", () => {
  beforeEach(() => use());

  it("gives the first price when both are fresh and agree", () => {
    pyth(50_000n * USD);
    dia(50_900n * USD);
    expect(readUsd()).toEqual(price(50_000n * USD, 3n));
  });

  it("says when that price was true", () => {
    pyth(50_000n * USD, 30);
    const at = BigInt(now() - 10 - 30); // setting it took one block of ten seconds
    expect(readUsd()).toEqual({ ok: { price: 50_000n * USD, used: 1n, at } });
  });

  it("3013: both are fresh and disagree by more than the tolerance, either way", () => {
    pyth(50_000n * USD);
    dia(51_000n * USD);
    expect(readUsd()).toEqual(price(50_000n * USD, 3n)); // 2 % exactly
    dia(51_000n * USD + 1n);
    expect(readUsd()).toEqual({ err: 3013n });
    dia(49_000n * USD - 1n);
    expect(readUsd()).toEqual({ err: 3013n });
  });

  it("falls back to the second when the first is stale, ahead, unsure, absent or not positive", () => {
    dia(50_000n * USD);
    expect(readUsd()).toEqual(price(50_000n * USD, 2n)); // absent
    for (const bad of [
      () => pyth(1n * USD, 1000), () => pyth(1n * USD, -1000), () => pyth(100n, 0, 2n), () => pyth(0n), () => pyth(-5n),
    ]) {
      bad();
      expect(readUsd()).toEqual(price(50_000n * USD, 2n));
    }
  });

  it("falls back to the first when the second is stale or zero", () => {
    pyth(50_000n * USD);
    for (const bad of [() => dia(1n * USD, 4000), () => dia(0n)]) {
      bad();
      pyth(50_000n * USD);
      expect(readUsd()).toEqual(price(50_000n * USD, 1n));
    }
  });

  it("gives the first one's error when neither is good", () => {
    pyth(50_000n * USD, 1000);
    dia(50_000n * USD, 10_000);
    expect(readUsd()).toEqual({ err: 3010n });
  });

  it("forgets: a bad price never stands in the way of the next good one", () => {
    pyth(50_000n * USD, -100_000);
    expect(readUsd()).toEqual({ err: 3011n });
    pyth(50_000n * USD);
    expect(readUsd()).toEqual(price(50_000n * USD, 1n));
    expect(seq("sluice-oracle")).toBe(1n); // only set-source was announced
  });

  it("3001: no source for the asset; 3014: an adapter that is not set, or in the wrong place", () => {
    expect(readUsd(PYTH, DIA, "ETH/USD")).toEqual({ err: 3001n });
    expect(readUsd(DIA, PYTH)).toEqual({ err: 3014n });
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3014n });
    expect(readUsd(DIA, DIA)).toEqual({ err: 3014n });
  });
});

describe("read-usd with one source", () => {
  beforeEach(() => use({ b: null }));

  it("takes its adapter for both arguments", () => {
    pyth(50_000n * USD);
    expect(readUsd(PYTH, PYTH)).toEqual(price(50_000n * USD, 1n));
    expect(readUsd(PYTH, DIA)).toEqual({ err: 3014n });
  });

  it("3010: one second too old", () => {
    pyth(50_000n * USD, 100); // the reading block comes 20 s after this stamp was taken
    expect(readUsd(PYTH, PYTH)).toEqual(price(50_000n * USD, 1n));
    pyth(50_000n * USD, 101);
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3010n });
  });

  it("3011: more than a minute ahead", () => {
    pyth(50_000n * USD, -80);
    expect(readUsd(PYTH, PYTH)).toEqual(price(50_000n * USD, 1n));
    pyth(50_000n * USD, -81);
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3011n });
  });

  it("3012: surer than 1 % or refused", () => {
    pyth(10_000n, 0, 100n);
    expect(readUsd(PYTH, PYTH)).toEqual(price(10_000n, 1n));
    pyth(10_000n, 0, 101n);
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3012n });
    pyth(10_000n, 0, 2n ** 63n - 1n);
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3012n });
  });

  it("passes the adapter's own error on", () => {
    expect(readUsd(PYTH, PYTH)).toEqual({ err: 3041n });
  });
});

describe("read-usd and a hostile adapter", () => {
  const answer = (tuple: string) => {
    const bad = deployHostile("price-source", "bad-source", [["{price: u1, conf: u0, at: stacks-block-time}", tuple]]);
    use({ a: bad, b: null });
    return readUsd(bad, bad);
  };

  it("3003: a zero price", () => {
    expect(answer("{price: u0, conf: u0, at: stacks-block-time}")).toEqual({ err: 3003n });
  });

  it("3003: an absurd price, without an overflow", () => {
    expect(answer(`{price: u${2n ** 128n - 1n}, conf: u1, at: stacks-block-time}`)).toEqual({ err: 3003n });
  });

  it("3012: an absurd confidence, without an overflow", () => {
    expect(answer(`{price: u1, conf: u${2n ** 128n - 1n}, at: stacks-block-time}`)).toEqual({ err: 3012n });
  });

  it("3011: an absurd time, without an overflow", () => {
    expect(answer(`{price: u1, conf: u0, at: u${2n ** 128n - 1n}}`)).toEqual({ err: 3011n });
  });
});

describe("I70 as a property", () => {
  it("never returns a price that is old, ahead, unsure or not positive", () => {
    use();
    fc.assert(fc.property(
      fc.bigInt(-10n, 10n ** 15n), fc.integer({ min: -200, max: 400 }), fc.bigInt(0n, 10n ** 14n),
      fc.bigInt(0n, 10n ** 15n), fc.integer({ min: -200, max: 8000 }),
      (pythPrice, pythAge, conf, diaPrice, diaAge) => {
        pyth(pythPrice, pythAge, conf);
        const pythAt = now() - 10 - pythAge;
        dia(diaPrice, diaAge);
        const diaAt = now() - 10 - diaAge;
        const result = readUsd() as { ok?: { price: bigint; at: bigint; used: bigint }; err?: bigint };
        const time = now();
        const good = (p: bigint, at: number, maxAge: number, c: bigint) =>
          p > 0n && at <= time + 60 && time - at <= maxAge && c * 10_000n <= p * 100n;
        const a = good(pythPrice, pythAt, 120, conf);
        const b = good(diaPrice, diaAt, 3600, 0n);
        const gap = pythPrice > diaPrice ? pythPrice - diaPrice : diaPrice - pythPrice;
        if (a && b && gap * 10_000n > pythPrice * 200n) expect(result.err).toBe(3013n);
        else if (a) expect(result.ok).toEqual({ price: pythPrice, at: BigInt(pythAt), used: b ? 3n : 1n });
        else if (b) expect(result.ok).toEqual({ price: diaPrice, at: BigInt(diaAt), used: 2n });
        else expect(result.ok).toBeUndefined();
      },
    ), { numRuns: 150, seed: 70 });
  });
});

describe("sluice-oracle-dia get-usd", () => {
  const get = (key = ASSET) => call(DIA, "get-usd", [Cl.stringAscii(key)], mallory).result;

  it("turns milliseconds into seconds and keeps the scale", () => {
    must(call(DIA_FEED, "set-value", [Cl.stringAscii(ASSET), Cl.uint(123n), Cl.uint(1_700_000_000_999n)], deployer));
    expect(get()).toEqual({ ok: { price: 123n, conf: 0n, at: 1_700_000_000n } });
  });

  it("3020: no such key, a zero price, or DIA fails", () => {
    expect(get("NONE")).toEqual({ err: 3020n });
    dia(0n);
    expect(get()).toEqual({ err: 3020n });
    dia(5n);
    must(call(DIA_FEED, "set-down", [Cl.bool(true)], deployer));
    expect(get()).toEqual({ err: 3020n });
  });
});

describe("sluice-oracle-pyth get-usd", () => {
  const get = (key = ASSET) => call(PYTH, "get-usd", [Cl.stringAscii(key)], mallory).result;

  it.each([
    [-8, 5_000_123n, 77n, 5_000_123n, 77n],
    [-10, 5_000_199n, 199n, 50_001n, 1n],
    [-5, 5_000_123n, 77n, 5_000_123_000n, 77_000n],
    [0, 3n, 1n, 3n * USD, USD],
    [8, 3n, 0n, 3n * 10n ** 16n, 0n],
    [-18, 10n ** 18n, 10n ** 10n, USD, 1n],
  ])("scales an exponent of %i to 1e8", (expo, raw, conf, scaled, scaledConf) => {
    const at = BigInt(now());
    pyth(raw, 0, conf, expo);
    expect(get()).toEqual({ ok: { price: scaled, conf: scaledConf, at } });
  });

  it("knows the feeds of BTC, sBTC, STX, ETH and USDC", () => {
    const feeds = {
      "STX/USD": "ec7a775f46379b5e943c3526b1c8d54cd49749176b0b98e02dde68d1bd335c17",
      "ETH/USD": "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
      "USDC/USD": "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
      "BTC/USD": BTC, "sBTC/USD": BTC,
    };
    for (const [asset, feed] of Object.entries(feeds))
      expect(read(PYTH, "feed-of", [Cl.stringAscii(asset)])).toBe(feed);
    expect(read(PYTH, "feed-of", [Cl.stringAscii("DOGE/USD")])).toBeNull();
  });

  it("3040: an asset without a feed", () => {
    expect(get("DOGE/USD")).toEqual({ err: 3040n });
  });

  it("3041: never published, zero or negative", () => {
    expect(get()).toEqual({ err: 3041n });
    for (const bad of [0n, -1n]) {
      pyth(bad);
      expect(get()).toEqual({ err: 3041n });
    }
  });

  it("3042: an exponent or a size that no real price has", () => {
    pyth(1n, 0, 0n, 9);
    expect(get()).toEqual({ err: 3042n });
    pyth(1n, 0, 0n, -19);
    expect(get()).toEqual({ err: 3042n });
    pyth(2n ** 63n);
    expect(get()).toEqual({ err: 3042n });
    pyth(1n, 0, 2n ** 63n);
    expect(get()).toEqual({ err: 3042n });
  });
});
