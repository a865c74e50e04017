"""Who is here, as their writes tell; of one who writes often it is noted now and then."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from beadwork.engine.parts import Call
from beadwork.model import limits
from beadwork.model.claim import ITSELF, Holder
from beadwork.model.errors import BeadworkError
from beadwork.ops.operation import Response


class Sign(NamedTuple):
    """That somebody is here and does something; of one who leaves it does nothing."""

    holder: Holder
    operation: str


class Presence:
    """When each holder's being here was noted last, as far as that matters."""

    def __init__(self) -> None:
        self._noted_us: dict[Holder, int] = {}
        self._looked_from = limits.PRESENT_MAX

    def signs(
        self, calls: Sequence[Call], outcomes: Sequence[Response | BeadworkError], now_us: int
    ) -> list[Sign]:
        """Return what is to be noted of those who wrote together."""
        return list(self._signs(calls, outcomes, now_us))

    def _signs(
        self, calls: Sequence[Call], outcomes: Sequence[Response | BeadworkError], now_us: int
    ) -> Iterator[Sign]:
        noted_us: dict[Holder, int] = {}
        for call, outcome in zip(calls, outcomes, strict=True):
            holder = call.caller.holder
            if getattr(outcome, "has_left", False):
                noted_us[holder] = 0
                yield Sign(holder, "")
                continue
            last_us = noted_us.get(holder, self._noted_us.get(holder, 0))
            is_new = not 0 <= now_us - last_us < limits.PRESENCE_NOTED_US
            if is_new and holder != ITSELF and not isinstance(outcome, BeadworkError):
                noted_us[holder] = now_us
                yield Sign(holder, call.operation.name)

    def keep(self, signs: Sequence[Sign], now_us: int) -> None:
        """Remember what was noted, once it is durable; forget whose next write is noted anyway."""
        self._noted_us.update((each.holder, now_us if each.operation else 0) for each in signs)
        if len(self._noted_us) > self._looked_from:
            self._noted_us = {
                holder: last_us
                for holder, last_us in self._noted_us.items()
                if 0 <= now_us - last_us < limits.PRESENCE_NOTED_US
            }
            self._looked_from = max(limits.PRESENT_MAX, 2 * len(self._noted_us))
