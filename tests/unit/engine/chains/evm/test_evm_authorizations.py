"""What payers sign: a token's domain, EIP-3009 words and EIP-2612 permits."""

import datetime as dt
from dataclasses import replace
from typing import Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.authorization import Authorization, TokenDomain, Window
from sluice.engine.chains.evm.authorizations import (
    Use,
    authorization_digest,
    authorized_call,
    cancel_digest,
    is_payers,
    nonce_for,
)
from sluice.engine.chains.evm.domains import find_domain, is_still
from sluice.engine.chains.evm.permits import Permit, is_owners, permit_call, permit_digest
from sluice.engine.chains.evm.signatures import (
    Signature,
    read_signature,
    recover_address,
    sign_digest,
)
from sluice.engine.chains.evm.typed_data import domain_separator
from tests.unit.engine.chains.evm.vectors import Case, named, raw, vectors

WORDS: Final = vectors("eip3009")
REAL: Final = WORDS["real_settled"]
SPEC: Final = WORDS["x402_spec"]
USES: Final = [case for case in WORDS["generated"] if "Cancel" not in case["id"]]
CANCELS: Final = [case for case in WORDS["generated"] if "Cancel" in case["id"]]
NEGATIVE: Final = {case["id"]: case for case in WORDS["negative"]}
PERMITS: Final = vectors("eip2612_permit")["generated"]
DOMAINS: Final = vectors("domains")["domains"]


def domain_of(case: Case) -> TokenDomain:
    said = case["typed_data"]["domain"]
    number = said.get("chainId") or int(said["salt"], 16)
    contract = said["verifyingContract"].lower()
    return TokenDomain(number, contract, said["name"], said["version"], "salt" in said)


def word_of(case: Case) -> Authorization:
    said = case["typed_data"]["message"]
    return Authorization(
        said["from"].lower(),
        said["to"].lower(),
        int(said["value"]),
        int(said["validAfter"]),
        int(said["validBefore"]),
        raw(said["nonce"]),
    )


def permit_of(case: Case) -> Permit:
    said = case["typed_data"]["message"]
    return Permit(
        said["owner"].lower(),
        said["spender"].lower(),
        int(said["value"]),
        int(said["nonce"]),
        int(said["deadline"]),
    )


@pytest.mark.parametrize("case", DOMAINS, ids=named)
def test_w16_a_tokens_domain_has_its_separator(case: Case) -> None:
    said = case["eip712"]
    separator = raw(said["domain_separator"])

    domain = find_domain(case["chain_id"], case["address"].lower())

    assert domain is not None
    assert domain.name == said["name"]
    assert domain.version == said["version"]
    assert domain.is_salted == said["domain"].startswith("salted")
    assert is_still(domain, separator)
    assert said["onchain_separator_seen"] in {None, said["domain_separator"]}
    changes: list[Case] = [
        {"is_salted": not domain.is_salted},
        {"name": "USDC.e"},
        {"version": "3"},
    ]
    for change in changes:
        assert not is_still(replace(domain, **change), separator)


def test_a_token_nobody_knows_has_no_domain() -> None:
    usdc = DOMAINS[0]["address"].lower()

    assert find_domain(137, usdc) is None
    assert find_domain(1, DOMAINS[0]["address"]) is None
    assert not is_still(TokenDomain(1, usdc, "USD Coin", "2"), b"")


def test_some_separators_were_seen_on_chain() -> None:
    assert sum(case["eip712"]["onchain_separator_seen"] is not None for case in DOMAINS) == 10


@pytest.mark.parametrize("case", USES, ids=named)
def test_a_word_is_signed_and_its_payer_found(case: Case) -> None:
    domain, word, use = domain_of(case), word_of(case), Use(case["typed_data"]["primaryType"])
    digest = authorization_digest(domain, word, use)

    signature = sign_digest(digest, raw(case["private_key"]))

    assert domain_separator(domain) == raw(case["domain_separator"])
    assert digest == raw(case["digest"])
    assert bytes(signature) == raw(case["signature"])
    assert signature == Signature(int(case["r"], 16), int(case["s"], 16), case["v"] - 27)
    assert read_signature(raw(case["signature"])) == signature
    assert is_payers(domain, word, signature, use)
    other = Use.RECEIVE if use is Use.TRANSFER else Use.TRANSFER
    assert not is_payers(domain, word, signature, other)


@pytest.mark.parametrize("case", CANCELS, ids=named)
def test_a_word_is_taken_back(case: Case) -> None:
    said = case["typed_data"]["message"]

    digest = cancel_digest(domain_of(case), said["authorizer"].lower(), raw(said["nonce"]))

    assert digest == raw(case["digest"])
    assert recover_address(digest, read_signature(raw(case["signature"]))) == (
        case["signer"].lower()
    )


@pytest.mark.parametrize("case", [REAL, SPEC], ids=["settled-on-base", "x402-specification"])
def test_words_of_others_are_their_payers(case: Case) -> None:
    word = word_of(case)

    assert word.payer == case["signer"].lower()
    assert is_payers(domain_of(case), word, read_signature(raw(case["signature"])))


def test_high_s_malleated() -> None:
    with pytest.raises(Invalid, match="high"):
        read_signature(raw(NEGATIVE["high-s-malleated"]["signature"]))


def test_64_byte_eip2098() -> None:
    signature = read_signature(raw(NEGATIVE["64-byte-eip2098"]["signature"]))

    assert bytes(signature) == raw(REAL["signature"])


@pytest.mark.parametrize("changed", ["wrong-domain-name", "wrong-chain", "value+1"])
def test_a_word_for_something_else_is_nobodys(changed: str) -> None:
    case = NEGATIVE[changed]
    domain, word = domain_of(REAL), word_of(REAL)
    domain = replace(
        domain,
        name=case.get("domain_name", domain.name),
        chain_id=case.get("chain_id", domain.chain_id),
    )
    word = replace(word, units=case.get("value", word.units))

    assert (domain, word) != (domain_of(REAL), word_of(REAL))
    assert not is_payers(domain, word, read_signature(raw(REAL["signature"])))


def test_not_yet() -> None:
    word, now = word_of(SPEC), NEGATIVE["not-yet"]["now"]

    def window(seconds: int, spare_s: int = 0) -> Window:
        return word.window(dt.datetime.fromtimestamp(seconds, dt.UTC), spare_s=spare_s)

    assert window(now) is Window.EARLY
    assert window(now + 1) is Window.OPEN
    assert window(word.valid_before - 1) is Window.OPEN
    assert window(word.valid_before) is Window.LATE
    assert window(word.valid_before - 7, spare_s=6) is Window.OPEN
    assert window(word.valid_before - 6, spare_s=6) is Window.LATE


@pytest.mark.parametrize(
    "change",
    [
        {"units": -1},
        {"units": 2**256},
        {"valid_after": -1},
        {"valid_before": 2**256},
        {"nonce": b"short"},
    ],
)
def test_a_word_out_of_range_cannot_exist(change: Case) -> None:
    with pytest.raises(Invalid):
        replace(word_of(REAL), **change)


def test_the_calls_are_the_contracts_own() -> None:
    domain, word = domain_of(REAL), word_of(REAL)
    signature = read_signature(raw(REAL["signature"]))

    call = authorized_call(domain, word, signature)

    assert call.to == domain.contract
    assert call.data.startswith("0xe3ee160e" + "0" * 24 + word.payer[2:])
    assert call.data.endswith(f"{28:064x}" + bytes(signature)[:64].hex())
    assert len(raw(call.data)) == 4 + 9 * 32
    assert authorized_call(domain, word, signature, Use.RECEIVE).data.startswith("0xef55bec6")


def test_a_payments_nonce_is_its_own() -> None:
    nonce = nonce_for("pi_1", b"c" * 16)

    assert len(nonce) == 32
    assert len({nonce, nonce_for("pi_2", b"c" * 16), nonce_for("pi_1", b"d" * 16)}) == 3
    with pytest.raises(Invalid):
        nonce_for("pi_1", b"")


@pytest.mark.parametrize("case", PERMITS, ids=named)
def test_a_permit_is_signed_and_its_owner_found(case: Case) -> None:
    domain, permit = domain_of(case), permit_of(case)
    digest = permit_digest(domain, permit)

    signature = sign_digest(digest, raw(case["private_key"]))

    assert domain_separator(domain) == raw(case["domain_separator"])
    assert digest == raw(case["digest"])
    assert bytes(signature) == raw(case["signature"])
    assert is_owners(domain, permit, signature)
    assert not is_owners(domain, replace(permit, units=permit.units + 1), signature)
    assert not is_owners(domain, replace(permit, nonce=permit.nonce + 1), signature)


def test_a_permit_ends_with_its_deadline() -> None:
    permit = permit_of(PERMITS[0])

    def has_expired(seconds: int) -> bool:
        return permit.has_expired(dt.datetime.fromtimestamp(seconds, dt.UTC))

    assert not has_expired(permit.deadline)
    assert has_expired(permit.deadline + 1)
    with pytest.raises(Invalid):
        replace(permit, deadline=2**256)


def test_a_permits_call_is_the_contracts_own() -> None:
    case = PERMITS[0]
    permit = permit_of(case)

    call = permit_call(domain_of(case), permit, read_signature(raw(case["signature"])))

    assert call.data.startswith("0xd505accf" + "0" * 24 + permit.owner[2:])
    assert len(raw(call.data)) == 4 + 7 * 32
