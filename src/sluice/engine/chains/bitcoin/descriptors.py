"""Output descriptors (BIP-380, -381, -382, -386, -389) of one signer's public keys."""

import re
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.extended_keys import (
    HARDENED,
    ExtendedKey,
    Scheme,
    parse_extended_key,
    refuse_private,
)
from sluice.engine.chains.bitcoin.nets import Net

RECEIVE: Final = (0,)
CHANGE: Final = (1,)

_FORMS: Final = {
    Scheme.PKH: ("pkh(", ")"),
    Scheme.SH_WPKH: ("sh(wpkh(", "))"),
    Scheme.WPKH: ("wpkh(", ")"),
    Scheme.TR: ("tr(", ")"),
}
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,9})"
_KEY: Final = re.compile(
    rf"(?:\[(?P<finger>[0-9a-fA-F]{{8}})(?P<steps>(?:/{_NUMBER}[h'H]?)*)\])?"
    rf"(?P<key>[1-9A-HJ-NP-Za-km-z]+)"
    rf"(?P<path>(?:/{_NUMBER})*)(?:/<(?P<first>{_NUMBER});(?P<second>{_NUMBER})>)?/\*"
)
_CHECKSUM_LETTERS: Final = 8
_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# BIP-380: the order of the letters makes the common mistakes easy to find.
_LETTERS: Final = (
    "0123456789()[],'/*abcdefgh@:$%{}"
    "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    'ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
)
_GENERATOR: Final = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signer finds the key: his root's fingerprint, and the path from there."""

    fingerprint: bytes
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """An account's addresses: how they lock, from which key, and under which steps of it."""

    scheme: Scheme
    key: ExtendedKey
    origin: Origin | None = None
    receive: tuple[int, ...] = RECEIVE
    change: tuple[int, ...] | None = CHANGE

    def __str__(self) -> str:
        head, tail = _FORMS[self.scheme]
        text = f"{head}{self._origin()}{self.key}{self._path()}/*{tail}"
        return f"{text}#{checksum_of(text)}"

    def source(self) -> Origin:
        """Return what a signer is told; without an origin, the key itself stands for a root."""
        return self.origin or Origin(self.key.fingerprint)

    def _origin(self) -> str:
        if self.origin is None:
            return ""
        return f"[{self.origin.fingerprint.hex()}{show_path(self.origin.path)}]"

    def _path(self) -> str:
        if self.change is None:
            return show_path(self.receive)
        return f"{show_path(self.receive[:-1])}/<{self.receive[-1]};{self.change[-1]}>"


def parse_descriptor(text: str, net: Net) -> Descriptor:
    """Read `wpkh([fingerprint/84h/0h/0h]xpub…/0/*)#checksum` and its kin.

    A checksum that is there must fit. Raises Invalid for private keys, several signers, fixed
    addresses, hardened steps and another network's key, without repeating what was given.
    """
    refuse_private(text)
    body, mark, checksum = text.partition("#")
    if mark and checksum != checksum_of(body):
        raise _refused("Its checksum does not fit: a character is mistyped.")
    for scheme, (head, tail) in _FORMS.items():
        if body.startswith(head) and body.endswith(tail):
            return _read(scheme, body[len(head) : -len(tail)], net)
    raise _refused("Known are wpkh(…), sh(wpkh(…)), pkh(…) and tr(…) of one key.")


def parse_account(text: str, net: Net, *, scheme: Scheme | None = None) -> Descriptor:
    """Read what a merchant pastes: a descriptor, or an account's extended public key.

    The prefix of the key says the scheme; where it leaves it open, `scheme`, or else BIP-84.
    """
    refuse_private(text)
    if "(" in text:
        return parse_descriptor(text, net)
    key = _of_net(parse_extended_key(text), net)
    said = key.prefix.scheme
    if said and scheme and said is not scheme:
        raise Invalid(f"{key.prefix.text} means {said}, not {scheme}.", code="extended_key_invalid")
    return Descriptor(said or scheme or Scheme.WPKH, key)


def checksum_of(body: str) -> str:
    """Return the eight letters behind the # of a descriptor. Raises Invalid for odd characters."""
    check, group, count = 1, 0, 0
    for letter in body:
        place = _LETTERS.find(letter)
        if place < 0:
            raise _refused("It holds a character that none has.")
        check = _step(check, place & 31)
        group = group * 3 + (place >> 5)
        count += 1
        if count % 3 == 0:
            check, group = _step(check, group), 0
    if count % 3:
        check = _step(check, group)
    for _ in range(_CHECKSUM_LETTERS):
        check = _step(check, 0)
    check ^= 1
    return "".join(_ALPHABET[check >> 5 * place & 31] for place in range(7, -1, -1))


def show_path(path: tuple[int, ...]) -> str:
    """Write steps as `/84h/0h/0`."""
    return "".join(f"/{step - HARDENED}h" if step >= HARDENED else f"/{step}" for step in path)


def _read(scheme: Scheme, text: str, net: Net) -> Descriptor:
    match = _KEY.fullmatch(text)
    if match is None:
        raise _refused("It needs one extended public key, and a path that ends in /*.")
    key = _of_net(parse_extended_key(match["key"]), net)
    if key.prefix.scheme is not None:
        raise _refused("Inside a descriptor a key starts with xpub or tpub.")
    origin = None
    if match["finger"]:
        origin = Origin(bytes.fromhex(match["finger"]), _steps(match["steps"]))
    path = _steps(match["path"])
    if match["first"] is None:
        if not path:
            return Descriptor(scheme, key, origin, (), None)
        return Descriptor(scheme, key, origin, path, None)
    first, second = _steps(f"/{match['first']}/{match['second']}")
    if first == second:
        raise _refused("Its two keychains are one.")
    return Descriptor(scheme, key, origin, (*path, first), (*path, second))


def _steps(text: str) -> tuple[int, ...]:
    steps = []
    for step in text.split("/")[1:]:
        number = int(step.rstrip("hH'"))
        if number >= HARDENED:
            raise _refused("A step of a path is below 2147483648.")
        steps.append(number + HARDENED * (not step.isdecimal()))
    return tuple(steps)


def _of_net(key: ExtendedKey, net: Net) -> ExtendedKey:
    if key.prefix.is_main != net.is_main:
        raise Invalid(
            f"{key.prefix.text} is not a key of {net.name}.", code="extended_key_wrong_network"
        )
    return key


def _step(check: int, digit: int) -> int:
    top = check >> 35
    check = (check & 0x7FFFFFFFF) << 5 ^ digit
    for bit, value in enumerate(_GENERATOR):
        if top >> bit & 1:
            check ^= value
    return check


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no descriptor for receiving. {why}", code="descriptor_invalid")
