"""What several sources found of what payments rely on, as one story. Pure."""

from collections import Counter
from collections.abc import Sequence

from sluice.engine.chains.chain import Finding, ProviderTrouble


def join_findings(
    told: Sequence[Sequence[Finding]], troubles: Sequence[str], *, agree: int
) -> list[Finding]:
    """Return what holds of each subject; every source tells of the same ones in the same order.

    What is right must be so by as many as must agree, and denied by none. Raises ProviderTrouble
    when too few told anything.
    """
    if len(told) < agree:
        raise ProviderTrouble(
            f"{len(told)} of the {agree} sources needed answered. {' '.join(troubles)}"
        )
    return [_worst(stories) for stories in zip(*told, strict=True)]


def _worst(stories: Sequence[Finding]) -> Finding:
    """Return the denial most sources share, or what all confirm."""
    denied = [one for one in stories if not one.is_right]
    return Counter(denied or stories).most_common(1)[0][0]
