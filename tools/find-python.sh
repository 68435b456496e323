#!/bin/sh
# Print the path of a Python that is new enough, or say that there is none. PYTHON= chooses one.
# A name on PATH may be the shim of a version manager that refuses to run, so each candidate is asked
# for its version and its real path.
set -eu

for name in "${PYTHON:-}" python3.11 python3 python3.12 python3.13 python3.14 python; do
    [ -n "$name" ] || continue
    found=$("$name" -c '
import sys
if sys.version_info >= (3, 11):
    print(getattr(sys, "_base_executable", None) or sys.executable)
' 2>/dev/null) || continue
    if [ -n "$found" ]; then
        echo "$found"
        exit 0
    fi
done
echo "newsroom: Python 3.11 or later is needed. Install it, or set PYTHON=/path/to/python3." >&2
exit 1
