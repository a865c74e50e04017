"""Regular expressions that are compiled when they are first used.

A command imports dozens of them and uses a few; to compile one takes 0.1 to 1 ms.
"""

import re
from typing import Any, AnyStr, Generic, cast

_METHODS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")


class _Uncompiled(Generic[AnyStr]):
    """Stands for a pattern until a method of it is asked for."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._said: tuple[AnyStr, int] = text, flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- a method of a pattern
        """Compile it, and have its methods at hand from now on."""
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(*self._said)
        self.__dict__.update({each: getattr(compiled, each) for each in _METHODS})
        return self.__dict__[name]


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a regular expression with the methods that search, split and replace."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(text, flags))
