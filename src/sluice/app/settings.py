"""Every environment variable, typed and documented; nothing else reads the environment."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeAlias

from sluice.base.errors import Invalid

_PREFIX: Final = "SLUICE_"

Subnet: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
# The key that `sluice listen` asks with; no setting of the installation.
_API_KEY: Final = "SLUICE_API_KEY"


def _documented(default: Any, doc: str) -> Any:  # noqa: ANN401 - a dataclass field of any type
    return field(default=default, metadata={"doc": doc})


def _home() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"  # noqa: TID251
    return Path(base) / "sluice"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Each field is the variable SLUICE_<NAME>."""

    database_url: str = _documented(
        "", "PostgreSQL 15 or newer; empty starts the one that comes with Sluice."
    )
    home: Path = field(
        default_factory=_home,
        metadata={"doc": "Where the embedded database and the key file live."},
    )
    key_file: str = _documented("", "The master keys; empty means `master.keys` in the home.")
    public_url: str = _documented(
        "http://127.0.0.1:8000", "How the world reaches this installation."
    )
    host: str = _documented("127.0.0.1", "The address to listen on.")
    port: int = _documented(8000, "The port to listen on.")
    workers: int = _documented(2, "How many API processes `sluice serve` starts.")
    pool_max: int = _documented(16, "Database connections of one process at most.")
    limits: str = _documented("default", "Rate limits: default, strict or off.")
    redis_url: str = _documented(
        "", "Shares rate limits between processes; nothing of record is kept there."
    )
    networks: str = _documented("", "A TOML file with the networks to serve beside the sandbox.")
    fixed_rates: str = _documented("", "Prices for live mode, such as `btc/usd=60000, usdc/usd=1`.")
    rates: str = _documented(
        "", "A TOML file with the venues that make live prices; empty means the fixed ones."
    )
    rates_kept_days: int = _documented(30, "For how many days prices and their sources are kept.")
    x402_facilitator: str = _documented(
        "", "The facilitator that brings x402 payments to the network; empty takes none."
    )
    signers: str = _documented(
        "", "A TOML file with the keys that sign what is sent; empty means nothing can be sent."
    )
    sandbox_depth: int = _documented(2, "Blocks after which the sandbox counts a payment as paid.")
    sandbox_reorg_max: int = _documented(6, "How deep a fork of the sandbox may reach.")
    sandbox_block_s: float = _documented(
        2.0, "Seconds between the sandbox's own blocks; 0 mines only by hand."
    )
    webhook_networks: str = _documented(
        "", "Private subnets that webhooks may reach, such as `10.1.0.0/16`."
    )
    trusted_proxies: str = _documented(
        "", "Subnets of the proxies before us, whose X-Forwarded-For is believed."
    )
    metrics_dir: str = _documented(
        "",
        "A directory in which processes of one machine count together; `sluice serve` makes one.",
    )
    worker_metrics_port: int = _documented(
        0, "Port on which `sluice worker` tells what it counts; 0 for none."
    )
    log: str = _documented("json", "json for machines, console for people.")

    def webhook_subnets(self) -> tuple[Subnet, ...]:
        """Return the private subnets that webhooks may reach."""
        return _subnets(self.webhook_networks)

    def proxies(self) -> tuple[Subnet, ...]:
        """Return the subnets of the proxies before us."""
        return _subnets(self.trusted_proxies)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment; a variable of ours that we do not know is refused by name."""
    given = os.environ if environment is None else environment  # noqa: TID251 - the one place that may
    known = {spec.name: spec for spec in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in given.items():
        if not name.startswith(_PREFIX) or name.startswith(_PREFIX + "TEST_") or name == _API_KEY:
            continue
        spec = known.get(name.removeprefix(_PREFIX).lower())
        if spec is None:
            raise Invalid(f"Unknown setting {name}.", code="setting_unknown")
        values[spec.name] = _read(name, text, spec.type)
    return Settings(**values)


def read_api_key() -> str:
    """Return the API key this shell works with; empty when there is none."""
    return os.environ.get(_API_KEY, "")  # noqa: TID251


def environment_for_children(database_url: str, metrics_dir: str) -> dict[str, str]:
    """Return our environment with the database we use, for the processes we start."""
    return os.environ | {  # noqa: TID251
        f"{_PREFIX}DATABASE_URL": database_url,
        f"{_PREFIX}METRICS_DIR": metrics_dir,
    }


def describe_settings() -> list[tuple[str, str, str]]:
    """Return (variable, default, what it does) for the documentation."""
    return [
        (
            f"{_PREFIX}{spec.name.upper()}",
            "" if spec.name == "home" else str(spec.default),
            spec.metadata["doc"],
        )
        for spec in fields(Settings)
    ]


def _subnets(text: str) -> tuple[Subnet, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def _read(name: str, text: str, kind: Any) -> Any:  # noqa: ANN401 - one of a few plain types
    try:
        return kind(text)
    except ValueError as error:
        raise Invalid(
            f"{name} must be {kind.__name__}, not {text!r}.", code="setting_invalid"
        ) from error
