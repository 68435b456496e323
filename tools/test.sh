#!/bin/bash
# The whole suite, in three passes: the core as in production (PostgreSQL, Redis), the core as on one
# machine (SQLite, no server), then what has a browser, kills or thousands of letters in it, alone on
# the machine because it measures time.
set -u
cd "$(dirname "$0")/.." || exit

tools/test-packages.sh || exit 1

heavy="browser or faults or slow"
mkdir -p var
summary=$(mktemp var/test-summary.XXXXXX)
trap 'rm -f "$summary"' EXIT
stopped=
trap 'stopped=yes' INT TERM
failed=0

pass() {
    local title=$1 log
    shift
    [ -z "$stopped" ] || return
    echo
    echo "== $title"
    log=$(mktemp var/test-pass.XXXXXX)
    .venv/bin/python -m pytest "$@" 2>&1 | tee -i "$log"
    # 5: nothing was selected, which fails too: a pass that tests nothing proves nothing.
    [ "${PIPESTATUS[0]}" = 0 ] || failed=1
    echo "$title: $(grep -v '^$' "$log" | tail -n 1)" >>"$summary"
    rm -f "$log"
}

pass "PostgreSQL and Redis" --database=postgres -n 2 -m "not ($heavy)"
pass "SQLite" --database=sqlite -n 2 -m "not ($heavy or postgres)"
pass "browser, faults and load" --database=postgres -m "$heavy"

echo
cat "$summary"
if [ -n "$stopped" ]; then
    echo "newsroom: stopped before the end." >&2
    exit 130
fi
exit $failed
