"""Forms are read as the official clients write them, and anything ambiguous is refused."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.wire.forms import Indexed, read_form, read_query, write_form


def refused(body: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read_form(body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"", {}),
        (b"a=1", {"a": "1"}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=", {"a": ""}),
        (b"a", {"a": ""}),
        (b"&a=1&&b=2&", {"a": "1", "b": "2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        (b"a[b][c][d]=1", {"a": {"b": {"c": {"d": "1"}}}}),
        (b"a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        (b"a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        (b"a[10]=z&a[9]=y&a[2]=x", {"a": ["x", "y", "z"]}),
        (b"a[]=x&a[]=y", {"a": ["x", "y"]}),
        (b"a[]=x&a[]=x", {"a": ["x", "x"]}),
        (b"a[b][]=x", {"a": {"b": ["x"]}}),
        (b"a[0][b]=1&a[0][c]=2&a[1][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        (b"a[0][0]=x&a[0][1]=y", {"a": [["x", "y"]]}),
        (b"a%5B0%5D=x", {"a": ["x"]}),
        (b"a%5Bb%5D%5Bc%5D=x", {"a": {"b": {"c": "x"}}}),
        (b"a=b+c", {"a": "b c"}),
        (b"a=b%20c%2Bd", {"a": "b c+d"}),
        (b"a+b=c", {"a b": "c"}),
        (b"n=J%C3%BCrgen", {"n": "J\u00fcrgen"}),
        ("n=J\u00fcrgen".encode(), {"n": "J\u00fcrgen"}),
        (b"n=%F0%9F%8D%8E", {"n": "\U0001f34e"}),
        (b"a=%26%3D%5B%5D", {"a": "&=[]"}),
        (b"a[00]=x", {"a": {"00": "x"}}),
        (b"a[0]=x&a[k]=y", {"a": {"0": "x", "k": "y"}}),
        (b"a[-1]=x", {"a": {"-1": "x"}}),
        ("a[\uff11]=x".encode(), {"a": {"\uff11": "x"}}),
    ],
)
def test_a_form_is_read_into_nested_values(body: bytes, values: dict[str, Any]) -> None:
    assert read_form(body) == values
    assert read_query(body) == values


def test_sparse_indexes_are_kept_beside_the_values() -> None:
    values = read_form(b"a[7]=y&a[3]=x")["a"]

    assert isinstance(values, Indexed)
    assert values == ["x", "y"]
    assert values.indexes == [3, 7]


def test_what_the_official_python_client_sends_is_read() -> None:
    body = (
        b"mode=payment&success_url=https%3A%2F%2Fx%2Fs%3Fid%3D%7BCHECKOUT_SESSION_ID%7D"
        b"&line_items[0][price_data][currency]=usd"
        b"&line_items[0][price_data][product_data][images][0]=http%3A%2F%2Fa"
        b"&line_items[0][quantity]=1"
    )

    assert read_form(body) == {
        "mode": "payment",
        "success_url": "https://x/s?id={CHECKOUT_SESSION_ID}",
        "line_items": [
            {
                "price_data": {"currency": "usd", "product_data": {"images": ["http://a"]}},
                "quantity": "1",
            }
        ],
    }


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"a=1&a=1", "parameter_repeated", "a"),
        (b"a=1&%61=2", "parameter_repeated", "a"),
        (b"a[b]=1&a[b]=2", "parameter_repeated", "a[b]"),
        (b"a[0]=1&a[0]=2", "parameter_repeated", "a[0]"),
        (b"a=1&a[b]=2", "parameter_conflict", "a[b]"),
        (b"a[b]=2&a=1", "parameter_conflict", "a"),
        (b"a[b]=1&a[b][c]=2", "parameter_conflict", "a[b][c]"),
        (b"a[b][c]=2&a[b]=1", "parameter_conflict", "a[b]"),
        (b"a=1&a[]=2", "parameter_conflict", "a[]"),
        (b"a[]=1&a[0]=2", "parameter_conflict", "a[]"),
        (b"a[b]=2&a[]=1", "parameter_conflict", "a[]"),
        (b"x[a][]=1&x[a][0]=2", "parameter_conflict", "x[a][]"),
        (b"=1", "parameter_name_invalid", ""),
        (b"[]=1", "parameter_name_invalid", "[]"),
        (b"[a]=1", "parameter_name_invalid", "[a]"),
        (b"a[=1", "parameter_name_invalid", "a["),
        (b"a]=1", "parameter_name_invalid", "a]"),
        (b"a[b=1", "parameter_name_invalid", "a[b"),
        (b"a[b]c=1", "parameter_name_invalid", "a[b]c"),
        (b"a[b]c[d]=1", "parameter_name_invalid", "a[b]c[d]"),
        (b"a[[b]]=1", "parameter_name_invalid", "a[[b]]"),
        (b"a[][b]=1", "parameter_name_invalid", "a[][b]"),
        (b"a[%00=1", "parameter_name_invalid", None),
        (b"a=%", "invalid_encoding", None),
        (b"a=50%+off", "invalid_encoding", None),
        (b"a=%zz", "invalid_encoding", None),
        (b"a=%F", "invalid_encoding", None),
        (b"a=%FF", "invalid_encoding", None),
        (b"a=%C0%AF", "invalid_encoding", None),
        (b"a=%ED%A0%80", "invalid_encoding", None),
        (b"%FF=a", "invalid_encoding", None),
        (b"a=\xff", "invalid_encoding", None),
        (b"a=\xc3%BC", "invalid_encoding", None),
    ],
)
def test_an_ambiguous_form_is_refused(body: bytes, code: str, param: str | None) -> None:
    error = refused(body)

    assert (error.code, error.param) == (code, param)


def test_a_wrong_encoding_says_where() -> None:
    assert refused(b"a=%FF").message == "Body is not valid UTF-8."
    with pytest.raises(Invalid, match=r"Query string is not valid UTF-8\."):
        read_query(b"a=%FF")


def test_names_nest_sixteen_deep_and_no_deeper() -> None:
    deepest = b"a" + b"[b]" * 15

    assert read_form(deepest + b"=1")
    assert refused(deepest + b"[b]=1").code == "form_too_deep"
    assert refused(deepest + b"[]=1").code == "form_too_deep"


def test_a_thousand_pairs_are_read_and_no_more() -> None:
    pairs = [b"a%d=1" % number for number in range(1_000)]

    assert len(read_form(b"&".join(pairs))) == 1_000
    assert refused(b"&".join([*pairs, b"z=1"])).code == "too_many_parameters"


def test_a_name_has_512_characters_at_most_however_it_is_written() -> None:
    assert read_form(b"a" * 512 + b"=1")
    assert read_form(b"%61" * 512 + b"=1")
    assert refused(b"a" * 513 + b"=1").code == "parameter_name_too_long"
    assert refused(b"%61" * 513 + b"=1").code == "parameter_name_too_long"
    assert refused(b"a" * 1_000_000 + b"=1").code == "parameter_name_too_long"


def test_names_are_remembered_but_never_mixed_up() -> None:
    assert [read_form(b"a[%d]=1" % number)["a"].indexes for number in range(3)] == [[0], [1], [2]]
    assert read_form(b"a=1") == read_form(b"a=1") == {"a": "1"}


def test_a_form_is_written_as_the_official_clients_do() -> None:
    values = {
        "amount": 2000,
        "confirm": True,
        "metadata": {"note": "a b&c"},
        "types": ["crypto"],
        "customer": None,
        "images": [],
    }

    assert write_form(values) == (
        "amount=2000&confirm=true&metadata[note]=a+b%26c&types[0]=crypto&customer=&images="
    )


@pytest.mark.parametrize("name", ["", "a[b]", "a]"])
def test_a_name_that_a_form_cannot_carry_is_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        write_form({name: "1"})
    with pytest.raises(ValueError, match="cannot carry"):
        write_form({"a": {name: "1"}})
