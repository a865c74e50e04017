"""What is kept out of a command for speed.

msgspec looks whether `typing_extensions` is there, and uses of it what `typing` has as well; to
import it takes 2 to 4 ms.
"""

import sys

_NEEDLESS = "typing_extensions"

if "msgspec" not in sys.modules and _NEEDLESS not in sys.modules:
    sys.modules[_NEEDLESS] = None  # type: ignore[assignment] # the import system knows it
    try:
        import msgspec as msgspec
    finally:
        del sys.modules[_NEEDLESS]
