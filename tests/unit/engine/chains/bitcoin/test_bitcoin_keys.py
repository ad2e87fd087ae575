"""Extended public keys, descriptors and the addresses derived from them."""

from itertools import product
from typing import Any, Final

import pytest
from embit.bip32 import HDKey
from embit.descriptor import Descriptor as OtherDescriptor
from embit.descriptor.checksum import add_checksum
from embit.networks import NETWORKS
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.derive import (
    Keychain,
    changing,
    preview_addresses,
    receiving,
)
from sluice.engine.chains.bitcoin.descriptors import (
    Descriptor,
    Origin,
    checksum_of,
    parse_account,
    parse_descriptor,
)
from sluice.engine.chains.bitcoin.extended_keys import (
    HARDENED,
    PREFIXES,
    ExtendedKey,
    Prefix,
    Scheme,
    parse_extended_key,
)
from sluice.engine.chains.bitcoin.nets import MAINNET, TESTNET
from tests.unit.engine.chains.bitcoin.vectors import named, vectors

BIP32: Final = vectors("bip32")
HD: Final = vectors("hd_addresses")
SLIP132: Final = vectors("slip132")["keys"]
CHAINS: Final = [chain for vector in BIP32["valid"] for chain in vector["chains"]]
SINGLE: Final = [key for key in SLIP132 if key["prefix"] in PREFIXES]
SHARED: Final = [key for key in SLIP132 if key["prefix"] not in PREFIXES]
SCHEMES: Final = list(HD["schemes"].items())
XPUB: Final = HD["schemes"]["bip84"]["xpub"]
WORDS: Final = HD["mnemonic"]
FORMS: Final = {
    Scheme.PKH: "pkh({})",
    Scheme.SH_WPKH: "sh(wpkh({}))",
    Scheme.WPKH: "wpkh({})",
    Scheme.TR: "tr({})",
}


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain["xpub"][-8:])
def test_a_public_key_of_bip_32_is_read_and_written(chain: dict[str, Any]) -> None:
    assert str(parse_extended_key(chain["xpub"])) == chain["xpub"]


@pytest.mark.parametrize("vector", BIP32["valid"], ids=lambda vector: str(vector["vector"]))
def test_a_public_child_is_derived_as_bip_32_does(vector: dict[str, Any]) -> None:
    for above, below in zip(vector["chains"], vector["chains"][1:], strict=False):
        step = below["path"].rpartition("/")[2]
        if step.endswith("'"):
            continue
        descriptor = Descriptor(Scheme.WPKH, parse_extended_key(above["xpub"]))

        child = Keychain(descriptor, (), MAINNET).key(int(step))

        assert child == parse_extended_key(below["xpub"]).public


@pytest.mark.parametrize("case", BIP32["invalid"], ids=named)
def test_b08_every_invalid_key_of_bip_32_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_account(case["key"], MAINNET)

    assert case["key"] not in str(refused.value)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain["xprv"][-8:])
@pytest.mark.parametrize("around", ["{}", " {} ", "wpkh({}/0/*)", "wpkh([00000000/84h]{}/0/*)"])
def test_b07_a_private_key_is_refused_and_never_repeated(
    chain: dict[str, Any], around: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parse_account(around.format(chain["xprv"]), MAINNET)

    assert refused.value.code == "private_key_refused"
    assert "move the funds" in str(refused.value)
    assert chain["xprv"][:12] not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "secret",
    [
        WORDS,
        WORDS.replace(" ", "\n"),
        WORDS.title(),
        "zprvAWgYBBk7JR8Gjrh4UJQ2uJdG1r3WNRRfURiABBE3RvMXYSrRJL62XuezvGdPvG6GFBZduosCc1YP5wixPox7zhZLfiUm8aunE96BBa4Kei5",
        "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK",
        "L3VFeEujGtevx9w18HD1fhRbCH67Az2dpCymeRE1SoPK6XQtaN2k",
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA",
        "0000000000000000000000000000000000000000000000000000000000000001",
    ],
)
def test_b07_seed_words_and_single_keys_are_refused_too(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_account(secret, MAINNET)

    assert refused.value.code == "private_key_refused"
    assert secret[:12] not in str(refused.value)


def test_letters_inside_a_public_key_do_not_make_it_private() -> None:
    key = parse_extended_key(XPUB)
    for place in range(2):
        text = XPUB[: 20 + place] + "xprv" + XPUB[24 + place :]

        with pytest.raises(Invalid) as refused:
            parse_account(text, MAINNET)

        assert refused.value.code == "extended_key_invalid"
    assert str(key) == XPUB


@pytest.mark.parametrize("case", SINGLE, ids=named)
def test_a_key_is_the_same_under_every_prefix(case: dict[str, Any]) -> None:
    key = parse_extended_key(case["encoded"])

    assert key.prefix.text == case["prefix"]
    assert key.prefix.version.hex() == case["version"]
    assert key.written(case["prefix"]) == case["encoded"]
    assert str(key) == (case["xpub"] or key.written("tpub"))
    for prefix in PREFIXES.values():
        if prefix.is_main == key.prefix.is_main:
            again = parse_extended_key(key.written(prefix.text))
            assert (again.public, again.prefix) == (key.public, prefix)
        else:
            with pytest.raises(Invalid):
                key.written(prefix.text)


@pytest.mark.parametrize("case", SHARED, ids=named)
def test_b08_keys_of_several_signers_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="several signers"):
        parse_account(case["encoded"], MAINNET)


@pytest.mark.parametrize("case", SINGLE, ids=named)
def test_b08_another_networks_key_is_refused(case: dict[str, Any]) -> None:
    other = TESTNET if PREFIXES[case["prefix"]].is_main else MAINNET

    with pytest.raises(Invalid) as refused:
        parse_account(case["encoded"], other)

    assert refused.value.code == "extended_key_wrong_network"


@pytest.mark.parametrize(("name", "scheme"), SCHEMES, ids=[name for name, _ in SCHEMES])
def test_the_addresses_of_an_account_are_the_known_ones(name: str, scheme: dict[str, Any]) -> None:
    account = parse_account(scheme["xpub"], MAINNET, scheme=Scheme(name))

    received = list(receiving(account, MAINNET).addresses(0, len(scheme["receive"])))
    change = list(changing(account, MAINNET).addresses(0, len(scheme["change"])))

    assert received == scheme["receive"]
    assert change == scheme["change"]


@pytest.mark.parametrize("name", HD["published"])
def test_the_published_addresses_of_the_bips_are_ours(name: str) -> None:
    published = HD["published"][name]
    net = TESTNET if name.endswith("testnet") else MAINNET
    text = next(text for key, text in published.items() if key.startswith("account_"))
    scheme = Scheme(name) if text.startswith("xpub") else None

    account = parse_account(text, net, scheme=scheme)

    for path, address in published["addresses"].items():
        keychain, index = map(int, path.split("/"))
        assert Keychain(account, (keychain,), net).address(index) == address


def test_b09_the_first_addresses_are_shown_for_comparison() -> None:
    known = HD["published"]["bip84"]
    account = parse_account(known["account_xpub_slip132"], MAINNET)

    assert account.scheme is Scheme.WPKH
    assert preview_addresses(account, MAINNET)[:2] == list(known["addresses"].values())[:2]
    wrong = parse_account(XPUB, MAINNET, scheme=Scheme.PKH)
    assert preview_addresses(wrong, MAINNET)[0] != known["addresses"]["0/0"]


def test_a_prefix_and_a_scheme_must_not_disagree() -> None:
    with pytest.raises(Invalid, match="zpub means bip84, not bip86"):
        parse_account(parse_extended_key(XPUB).written("zpub"), MAINNET, scheme=Scheme.TR)


@pytest.mark.parametrize(("scheme", "keychains"), list(product(Scheme, ["/0/*", "/<0;1>/*", "/*"])))
def test_a_descriptor_is_read_written_and_derived_as_another_library_does(
    scheme: Scheme, keychains: str
) -> None:
    text = FORMS[scheme].format(f"[73c5da0a/84h/0h/0h]{XPUB}{keychains}")
    other = OtherDescriptor.from_string(text)

    account = parse_descriptor(add_checksum(text), MAINNET)

    assert str(account) == add_checksum(text)
    assert parse_descriptor(text, MAINNET) == account
    assert account.origin == Origin(bytes.fromhex("73c5da0a"), (84 + HARDENED, HARDENED, HARDENED))
    for index in (0, 7, 2**31 - 1):
        theirs = other.derive(index, branch_index=0 if ";" in keychains else None)
        assert receiving(account, MAINNET).address(index) == theirs.address(NETWORKS["main"])
    if account.change is None:
        with pytest.raises(Invalid, match="no keychain for change"):
            changing(account, MAINNET)


def test_hardening_is_read_in_either_hand() -> None:
    one, other = (
        parse_descriptor(f"wpkh([73C5DA0A/84{mark}/0{mark}/0{mark}]{XPUB}/0/*)", MAINNET)
        for mark in "'h"
    )

    assert one == other
    assert "73c5da0a/84h/0h/0h" in str(one)


DESCRIPTOR: Final = f"wpkh([73c5da0a/84h/0h/0h]{XPUB}/0/*)"


@pytest.mark.parametrize(
    "text",
    [
        DESCRIPTOR + "#",
        DESCRIPTOR + "#qqqqqqqq",
        add_checksum(DESCRIPTOR)[:-1],
        add_checksum(DESCRIPTOR).replace("/0/*", "/1/*"),
        f"wsh({XPUB}/0/*)",
        f"sh({XPUB}/0/*)",
        f"wsh(multi(1,{XPUB}/0/*))",
        f"wsh(sortedmulti(1,{XPUB}/0/*,{XPUB}/1/*))",
        f"tr({XPUB}/0/*,pk({XPUB}/1/*))",
        f"combo({XPUB}/0/*)",
        f"wpkh({XPUB})",
        f"wpkh({XPUB}/0/0)",
        f"wpkh({XPUB}/0h/*)",
        f"wpkh({XPUB}/0/*h)",
        f"wpkh({XPUB}/0/*')",
        f"wpkh({XPUB}/<0;0>/*)",
        f"wpkh({XPUB}/<0;1;2>/*)",
        f"wpkh({XPUB}/2147483648/*)",
        f"wpkh({XPUB}/00/*)",
        f"wpkh([73c5da0]{XPUB}/0/*)",
        f"wpkh([73c5da0a/84h/0h/0h]{XPUB}/0/*",
        f"wpkh({XPUB}/0/*) ",
        "wpkh(02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5)",
        f"wpkh({parse_extended_key(XPUB).written('zpub')}/0/*)",
        "wpkh()",
        "(",
        "wpkh(é)#aaaaaaaa",
        "wpkh(" + "1" * 2_000 + ")",
    ],
)
def test_what_does_not_receive_one_address_per_payment_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_descriptor(text, MAINNET)

    assert refused.value.code in {"descriptor_invalid", "extended_key_invalid"}
    assert XPUB not in str(refused.value)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=120))
def test_a_checksum_is_that_of_another_library(body: str) -> None:
    body = body.replace("#", "")

    assert f"{body}#{checksum_of(body)}" == add_checksum(body)


def test_a_hardened_child_needs_the_private_key() -> None:
    keychain = receiving(parse_account(XPUB, MAINNET), MAINNET)

    for index in (-1, HARDENED):
        with pytest.raises(Invalid, match="children 0 to 2147483647"):
            keychain.key(index)


@settings(max_examples=30)
@given(st.binary(min_size=16, max_size=64), st.integers(0, HARDENED - 1), st.sampled_from(Scheme))
def test_any_account_has_the_addresses_another_library_gives_it(
    seed: bytes, index: int, scheme: Scheme
) -> None:
    account = HDKey.from_seed(seed).derive("m/84h/0h/0h")
    public = str(account.to_public(version=NETWORKS["main"]["xpub"]))
    text = FORMS[scheme].format(f"{public}/0/*")

    ours = parse_account(text, MAINNET)

    theirs = OtherDescriptor.from_string(text).derive(index).address(NETWORKS["main"])
    assert receiving(ours, MAINNET).address(index) == theirs
    assert ours.source() == Origin(account.my_fingerprint)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(1, 255),
    st.binary(min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(PREFIXES.values())),
)
def test_every_key_is_written_and_read(
    code: bytes, depth: int, parent: bytes, index: int, prefix: Prefix
) -> None:
    public = parse_extended_key(XPUB).public
    key = ExtendedKey(public, code, depth, parent, index, prefix)

    assert parse_extended_key(key.written(prefix.text)) == key
