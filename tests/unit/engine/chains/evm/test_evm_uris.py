"""Payment requests: written as wallets read them, read with every rule."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.uris import PaymentUri, read_uri, write_uri
from tests.unit.engine.chains.evm.vectors import Case, named, vectors

URIS: Final = vectors("eip681")
TOKEN: Final = "0x" + "11" * 20
TO: Final = "0x" + "22" * 20


def test_every_request_is_written_and_read_back() -> None:
    for case in URIS["build"]:
        request = PaymentUri(
            case["to"].lower(), case["token"].lower(), case["chain_id"], int(case["base_units"])
        )

        assert write_uri(request) == case["uri"]
        assert read_uri(case["uri"]) == request
    assert len(URIS["build"]) == 45


@pytest.mark.parametrize("case", URIS["parse"], ids=named)
def test_requests_of_others_are_read(case: Case) -> None:
    said = case["parsed"]
    target = said["target"].lower()
    expected = (
        PaymentUri(target, None, said["chain_id"], int(said["value"]))
        if said["function"] is None
        else PaymentUri(said["address"].lower(), target, said["chain_id"], int(said["uint256"]))
    )

    assert read_uri(case["uri"]) == expected


@pytest.mark.parametrize("case", URIS["invalid"], ids=named)
def test_what_breaks_the_standard_is_refused(case: Case) -> None:
    with pytest.raises(Invalid) as refused:
        read_uri(case["uri"])

    assert refused.value.code == "payment_uri_invalid"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "ethereum:merchant.eth",
        f"ethereum:{TOKEN}@1/approve?address={TO}&uint256=1",
        f"ethereum:{TOKEN}@1/transfer?uint256=1",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256=1&uint256=2",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256=1&value=1",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256={2**256}",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256=1e78",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256=1e99999999999999999999",
        f"ethereum:{TOKEN}@1/transfer?address={TO}&uint256=.",
        f"ethereum:{TOKEN}@01?value=1",
        f"ethereum:{TO}?value=1\n",
        f"ethereum:{TO}?value=\u0661",
        "ethereum:" + "0" * 2000,
    ],
)
def test_other_calls_and_guesses_are_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        read_uri(uri)


def test_a_request_may_leave_things_open() -> None:
    assert read_uri(f"ethereum:{TO}") == PaymentUri(TO)
    assert read_uri(f"ethereum:pay-{TO}@5?value=1.50e1&gas=21000") == PaymentUri(TO, None, 5, 15)
    assert read_uri(f"ethereum:{TO}?value=10e0") == PaymentUri(TO, None, None, 10)
    assert read_uri(f"ethereum:{TO}?value=1.0") == PaymentUri(TO, None, None, 1)


@given(
    token=st.none() | st.just(TOKEN),
    chain_id=st.none() | st.integers(1, 10**18),
    units=st.none() | st.integers(0, 2**256 - 1),
)
def test_whatever_is_written_is_read_back(
    token: str | None, chain_id: int | None, units: int | None
) -> None:
    request = PaymentUri(TO, token, chain_id, units)

    assert read_uri(write_uri(request)) == request
