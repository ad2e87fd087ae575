"""The rates file: which venues make live prices, and what is refused."""

import datetime as dt
from pathlib import Path

import pytest

from sluice.app.networks import Parts
from sluice.app.rates import Priced, read_rates
from sluice.base.clock import ManualClock
from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.base.reach import NODES

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def read(tmp_path: Path, text: str) -> Priced | None:
    path = tmp_path / "rates.toml"
    path.write_text(text, "utf-8")
    parts = Parts(Egress(NODES), ManualClock(START), lambda _provider, _fault: None)
    return read_rates(str(path), parts)


def test_no_file_means_no_market() -> None:
    parts = Parts(Egress(NODES), ManualClock(START), lambda _provider, _fault: None)

    assert read_rates("", parts) is None


def test_a_file_of_venues_makes_a_market(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        spread_bps = 25
        venues_min = 3
        age_max_s = 60
        rules = "BTC_USD = agg(BTC_USD)"
        fallback_rules = "BTC_USD = kraken(BTC_USD)"
        [coinbase]
        [kraken]
        pairs = ["btc/usd"]
        [coingecko]
        key = "a key with spaces/and:signs@"
        """,
    )

    assert found is not None
    assert list(found.market.venues) == ["coinbase", "kraken", "coingecko"]
    assert len(found.market.rules) == 2
    assert (found.market.spread_bps, found.market.bounds.venues_min) == (25, 3)
    assert found.market.bounds.age_max_s == 60


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    found = read(tmp_path, "[coinbase]\n[kraken]")

    assert found is not None
    assert (found.market.spread_bps, found.market.bounds.venues_min) == (50, 2)
    assert len(found.market.rules) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[coinbase]", "at least 2 venues"),
        ("", "at least 2 venues"),
        ("[coinbase]\n[mtgox]", "names mtgox"),
        ("[coinbase]\n[kraken]\nkey = 'x'", "takes none"),
        ("[coinbase]\n[pyth]", "needs a key for pyth"),
        ("[coinbase]\n[kraken]\npairs = ['doge/usd']", "list of pairs of kraken"),
        ("[coinbase]\n[kraken]\npairs = []", "list of pairs of kraken"),
        ("[coinbase]\n[kraken]\ncolour = 1", "only key, pairs, url"),
        ("kraken = 1\n[coinbase]", "only key, pairs, url"),
        ("spread_bps = -1\n[coinbase]\n[kraken]", "spread_bps"),
        ("spread_bps = 1.5\n[coinbase]\n[kraken]", "spread_bps"),
        ("venues_min = 1\n[coinbase]\n[kraken]", "venues_min"),
        ("venues_min = true\n[coinbase]\n[kraken]", "venues_min"),
        ("venues_min = 3\n[coinbase]\n[kraken]", "at least 3 venues"),
        ("rules = 5\n[coinbase]\n[kraken]", "rules as a text"),
        ("rules = 'A_B = krakn(A_B)'\n[coinbase]\n[kraken]", "name krakn"),
        ("rules = 'A_B = 1 %'\n[coinbase]\n[kraken]", "Line 1, column 9"),
        ("[coinbase", "Cannot read"),
        ("[coinbase]\n[dia_stacks]", "as url of dia_stacks"),
        ("[coinbase]\n[dia_stacks]\nurl = 'http://a'\nkey = 'x'", "only contract, pairs, url"),
        (
            "[coinbase]\n[pyth_stacks]\nurl = 'http://a'\npairs = ['usdt/usd']",
            "list of pairs of pyth",
        ),
        ("[coinbase]\n[dia_stacks]\nurl = 'http://a'\ncontract = 'SP1'", "ADDRESS.name"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read(tmp_path, text)

    assert says in refused.value.message


def test_a_file_that_is_not_there_is_refused() -> None:
    parts = Parts(Egress(NODES), ManualClock(START), lambda _provider, _fault: None)

    with pytest.raises(Invalid, match="Cannot read"):
        read_rates("nowhere.toml", parts)
