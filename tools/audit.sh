#!/bin/sh
# Ask PyPI whether a package of requirements.lock has a known weakness. Without a network, one line
# says that nothing was checked, and the check does not fail.
set -u
cd "$(dirname "$0")/.." || exit

# Weaknesses that do not concern us, each with its reason.
ignored=$(sed -n 's/^\([A-Za-z0-9-]*\)  *#.*/--ignore-vuln \1/p' tools/audit-ignored.txt)
# Word splitting is intended: one option for each line.
# shellcheck disable=SC2086
output=$(
    timeout 120 .venv/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip \
        --progress-spinner off --timeout 10 $ignored 2>&1
)
code=$?
case $code:$output in
    0:*"could not be audited"*)
        echo "newsroom: not checked for known weaknesses: PyPI does not know our packages from here."
        ;;
    0:*) echo "$output" ;;
    *"known vulnerabilit"*)
        echo "$output"
        exit 1
        ;;
    *) echo "newsroom: not checked for known weaknesses: PyPI does not answer from here." ;;
esac
