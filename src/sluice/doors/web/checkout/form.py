"""A form of one of our pages, read within bounds."""

from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request

from sluice.base.errors import Forbidden, Invalid

_FIELDS_MAX: Final = 8
_FORM_MAX: Final = 2_048

PageRequest = Request[Any, Any, Any]


async def read_form(request: PageRequest) -> dict[str, str]:
    """Read a form of ours; one that another site sends is refused.

    Our pages send no referrer, so browsers send no origin either: Sec-Fetch-Site says it instead.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("This form was sent by another site.", code="cross_site")
    body = await request.body()
    if len(body) > _FORM_MAX:
        raise Invalid("The form is too large.", code="body_too_large")
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise Invalid("The form could not be read.", code="invalid_body") from error
    return {name: values[0] for name, values in fields.items()}
