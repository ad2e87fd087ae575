"""SoftHSM2: a real PKCS#11 token in software, with keys of several kinds in it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import encode_named_curve_parameters

from tests.absent import absent

ROOT: Final = Path(__file__).parent / ".softhsm"
PIN: Final = "4711-token"
SECP256K1: Final = "1.3.132.0.10"
P256: Final = "1.2.840.10045.3.1.7"


@dataclass(frozen=True, slots=True)
class Token:
    """An initialised token: `hot` signs, `p256` is of another curve, `loose` can be copied out."""

    module: str
    label: str


def make_token(folder: Path) -> Token:
    """Make a token with keys, or skip the test where SoftHSM2 is not installed."""
    tool, module = _installed()
    tokens = folder / "tokens"
    tokens.mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    # The library reads this once, when it is loaded.
    os.environ["SOFTHSM2_CONF"] = str(conf)  # noqa: TID251
    label = ["--label", "sluice", "--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(
        [tool, "--module", module, "--init-token", "--free", *label],
        check=True,
        capture_output=True,
        timeout=30,
    )
    with pkcs11.lib(module).get_token(token_label="sluice").open(rw=True, user_pin=PIN) as session:
        _make(session, "hot", SECP256K1)
        _make(session, "p256", P256)
        _make(session, "loose", SECP256K1, loose=True)
    return Token(module, "sluice")


def _make(session: Any, label: str, curve: str, *, loose: bool = False) -> None:  # noqa: ANN401
    template = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False} if loose else {}
    session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True
    ).generate_keypair(store=True, label=label, private_template=template)
    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    assert key[Attribute.EXTRACTABLE] is loose


def _installed() -> tuple[str, str]:
    unpacked = ROOT / "usr" / "bin" / "softhsm2-util"
    tool = str(unpacked) if unpacked.exists() else shutil.which("softhsm2-util")
    places = [ROOT / "usr/lib/softhsm", Path("/usr/lib/softhsm"), Path("/usr/lib64/softhsm")]
    module = next((place / "libsofthsm2.so" for place in places if place.exists()), None)
    if tool is None or module is None:
        absent("SoftHSM2 is not here; `sh tests/signers/install.sh` fetches it")
    return tool, str(module.resolve())
