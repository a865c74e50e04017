"""`python -m beadwork`: every operation by name, for programs and for looking around.

python -m beadwork call issue.ready '{"limit": 5}'
python -m beadwork operations
"""

import sys

from beadwork.compose import run_module

if __name__ == "__main__":
    sys.exit(run_module(sys.argv[1:]))
