import { Cl } from "@stacks/transactions";
import { beforeEach, describe, expect, it } from "vitest";
import {
  alice, bob, call, carol, contract, dave, deployer, envelope, lastEvent, lister, mallory, now, read, seq,
} from "./helpers/chain";
import { ref } from "./helpers/clarity";
import { KEY, publicKey } from "./helpers/sip018";
import { must, openSuite, SBTC, trait } from "./helpers/suite";

const RECEIPT = contract("sluice-receipt");
const receipt = (fn: string, args: Parameters<typeof call>[2], sender: string) => call("sluice-receipt", fn, args, sender);
const claimPayment = (who: string, n = 1) => receipt("claim-payment", [Cl.uint(n)], who);
const claimStream = (who: string, n = 1) => receipt("claim-stream", [Cl.uint(n)], who);
const owner = (n = 1) => read("sluice-receipt", "get-owner", [Cl.uint(n)]);
const event = (ev: string, actor: string, data: Parameters<typeof envelope>[1]["data"], n = 1n) =>
  envelope(ev, { id: n, actor, token: RECEIPT, data });

/** Alice pays a merchant of bob, whose payout address is carol. */
const payment = () => {
  must(call("sluice-gateway", "register-merchant", [
    Cl.principal(carol), publicKey(KEY), Cl.uint(0), Cl.uint(0),
  ], bob));
  must(call("sluice-gateway", "set-open", [Cl.uint(1), Cl.bool(true)], bob));
  must(call("sluice-gateway", "pay-open", [Cl.uint(1), trait(SBTC), Cl.uint(1000), ref("x")], alice));
};

/** Alice opens a transferable stream to bob. */
const stream = () => must(call("sluice-streams", "create-linear", [
  trait(SBTC), Cl.principal(bob), Cl.uint(1000), Cl.uint(now()), Cl.uint(now()), Cl.uint(now() + 1000),
  Cl.uint(0), Cl.uint(0), Cl.uint(1), Cl.tuple({
    cancelable: Cl.bool(true), transferable: Cl.bool(true), pausable: Cl.bool(true), "open-withdraw": Cl.bool(true),
    "royalty-bps": Cl.uint(0),
  }),
], alice));

beforeEach(openSuite);

describe("claim-payment", () => {
  beforeEach(payment);

  it("mints one receipt for the payer and one for the merchant", () => {
    const done = claimPayment(alice);
    expect(done.result).toEqual({ ok: 1n });
    expect(lastEvent(done)).toEqual(event("receipt.minted", alice, { kind: 1n, "ref-id": 1n, who: alice }));
    expect(owner()).toEqual({ ok: alice });
    expect(read("sluice-receipt", "get-receipt", [Cl.uint(1)])).toEqual({ kind: 1n, "ref-id": 1n, who: alice });
    expect(claimPayment(bob).result).toEqual({ ok: 2n });
    expect(read("sluice-receipt", "get-claim", [Cl.uint(1), Cl.uint(1), Cl.principal(bob)])).toBe(2n);
    expect(read("sluice-receipt", "get-last-token-id")).toEqual({ ok: 2n });
  });

  it("7500: anybody else, the payout address included", () => {
    for (const who of [carol, mallory, deployer]) expect(claimPayment(who).result).toEqual({ err: 7500n });
  });

  it("7501: no such payment; 7507: a second time", () => {
    expect(claimPayment(alice, 2).result).toEqual({ err: 7501n });
    must(claimPayment(alice));
    expect(claimPayment(alice).result).toEqual({ err: 7507n });
  });
});

describe("claim-stream", () => {
  beforeEach(stream);

  it("mints one receipt for the payer and one for the payee", () => {
    const done = claimStream(alice);
    expect(done.result).toEqual({ ok: 1n });
    expect(lastEvent(done)).toEqual(event("receipt.minted", alice, { kind: 2n, "ref-id": 1n, who: alice }));
    expect(claimStream(bob).result).toEqual({ ok: 2n });
    expect(owner(2)).toEqual({ ok: bob });
  });

  it("7500: a stranger, and whoever holds a position that was sold on", () => {
    expect(claimStream(mallory).result).toEqual({ err: 7500n });
    const moved = call("sluice-streams", "transfer", [Cl.uint(1), Cl.principal(bob), Cl.principal(dave)], bob);
    expect(moved.ok).toBe(true);
    for (const who of [bob, dave]) expect(claimStream(who).result).toEqual({ err: 7500n });
    expect(claimStream(alice).ok).toBe(true);
  });

  it("7501: no such stream; 7507: a second time", () => {
    expect(claimStream(alice, 2).result).toEqual({ err: 7501n });
    must(claimStream(bob));
    expect(claimStream(bob).result).toEqual({ err: 7507n });
  });
});

describe("transfer", () => {
  it("7510: never, not even by the owner; 7501: no such receipt", () => {
    payment();
    must(claimPayment(alice));
    const move = (n: number, who: string) =>
      receipt("transfer", [Cl.uint(n), Cl.principal(alice), Cl.principal(bob)], who);
    for (const who of [alice, bob, deployer]) expect(move(1, who).result).toEqual({ err: 7510n });
    expect(move(2, alice).result).toEqual({ err: 7501n });
    expect(owner()).toEqual({ ok: alice });
  });
});

describe("burn", () => {
  const burn = (who: string, n = 1) => receipt("burn", [Cl.uint(n)], who);
  beforeEach(() => {
    payment();
    must(claimPayment(alice));
  });

  it("destroys the receipt for good", () => {
    const done = burn(alice);
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("receipt.burned", alice, { kind: 1n, "ref-id": 1n, who: alice }));
    expect(owner()).toEqual({ ok: null });
    expect(read("sluice-receipt", "get-receipt", [Cl.uint(1)])).toBeNull();
    expect(claimPayment(alice).result).toEqual({ err: 7507n });
    expect(claimPayment(bob).result).toEqual({ ok: 2n });
  });

  it("7500: not the owner; 7501: no such receipt, or burned already", () => {
    expect(burn(bob).result).toEqual({ err: 7500n });
    expect(burn(alice, 2).result).toEqual({ err: 7501n });
    must(burn(alice));
    expect(burn(alice).result).toEqual({ err: 7501n });
  });
});

describe("set-base-uri", () => {
  const setBase = (uri: string, who = lister) => receipt("set-base-uri", [Cl.stringAscii(uri)], who);

  it("moves the metadata and tells wallets (SIP-019)", () => {
    expect(read("sluice-receipt", "get-token-uri", [Cl.uint(42)])).toEqual({ ok: null });
    const raw = simnet.callPublicFn(RECEIPT, "set-base-uri", [Cl.stringAscii("https://pay.example/r/")], lister);
    expect(raw.events.map((e) => Cl.prettyPrint(e.data.value!))[0]).toBe(
      `{ notification: "token-metadata-update", payload: { contract-id: '${RECEIPT}, token-class: "nft" } }`,
    );
    expect(read("sluice-receipt", "get-token-uri", [Cl.uint(42)])).toEqual({ ok: "https://pay.example/r/42.json" });
    const done = setBase("ipfs://x/");
    expect(done.result).toEqual({ ok: true });
    expect(lastEvent(done)).toEqual(event("receipt.base-uri-set", lister, { uri: "ipfs://x/" }, 0n));
  });

  it("7500: no LISTER", () => {
    for (const who of [deployer, mallory]) expect(setBase("x", who).result).toEqual({ err: 7500n });
  });
});

describe("seq", () => {
  it("grows by one per event and stands still on failure (I5)", () => {
    payment();
    expect(claimPayment(mallory).ok).toBe(false);
    expect(seq("sluice-receipt")).toBe(0n);
    expect(must(claimPayment(alice)).events.at(-1)!.seq).toBe(1n);
    expect(must(claimPayment(bob)).events.at(-1)!.seq).toBe(2n);
  });
});
