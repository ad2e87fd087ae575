"""Settings: every variable is known by name, typed, and refused when it is neither."""

import dataclasses
import ipaddress
from pathlib import Path

import pytest

from sluice.app.settings import (
    Settings,
    describe_settings,
    environment_for_children,
    read_api_key,
    read_settings,
)
from sluice.base.errors import Invalid


def test_an_empty_environment_gives_the_defaults() -> None:
    assert dataclasses.replace(read_settings({}), home=Path("/")) == Settings(home=Path("/"))


def test_each_variable_is_read_as_its_type() -> None:
    settings = read_settings(
        {
            "SLUICE_PORT": "9000",
            "SLUICE_HOME": "/srv/sluice",
            "SLUICE_SANDBOX_BLOCK_S": "0.5",
            "SLUICE_LOG": "console",
        }
    )

    assert (settings.port, settings.home) == (9000, Path("/srv/sluice"))
    assert (settings.sandbox_block_s, settings.log) == (0.5, "console")


def test_variables_of_others_are_none_of_our_business() -> None:
    others = {"PATH": "/bin", "SLUICE_TEST_DATABASE_URL": "x", "SLUICE_API_KEY": "sk_test_x"}

    assert read_settings(others).port == Settings().port


def test_a_variable_we_do_not_know_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="SLUICE_PROT"):
        read_settings({"SLUICE_PROT": "9000"})


def test_a_value_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="SLUICE_PORT must be int, not 'ninety'"):
        read_settings({"SLUICE_PORT": "ninety"})


def test_subnets_for_webhooks_are_read_from_a_list() -> None:
    settings = read_settings({"SLUICE_WEBHOOK_NETWORKS": "10.1.0.0/16, fd00::/8,"})

    assert settings.webhook_subnets() == (
        ipaddress.ip_network("10.1.0.0/16"),
        ipaddress.ip_network("fd00::/8"),
    )


def test_every_setting_is_described() -> None:
    described = describe_settings()

    assert {name for name, _, _ in described} == {
        f"SLUICE_{spec.name.upper()}" for spec in dataclasses.fields(Settings)
    }
    assert all(doc.endswith(".") for _, _, doc in described)


def test_children_are_given_our_environment_and_our_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLUICE_PORT", "9000")
    monkeypatch.setenv("SLUICE_API_KEY", "sk_test_x")

    given = environment_for_children("postgresql://here", "/tmp/figures")

    assert (given["SLUICE_DATABASE_URL"], given["SLUICE_PORT"]) == ("postgresql://here", "9000")
    assert read_settings(given).database_url == "postgresql://here"
    assert read_api_key() == "sk_test_x"
