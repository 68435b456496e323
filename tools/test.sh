#!/bin/bash
# The whole suite, in four passes: the core as in production (PostgreSQL, Redis), what of it asks a
# database once more as on one machine (SQLite, no server), what has a browser in it or takes long,
# and last the kills and the thousands of letters, with the machine to themselves.
set -u
cd "$(dirname "$0")/.." || exit

tools/test-packages.sh || exit 1

heavy="browser or slow or faults"
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
    # Dealt out a few at a time and in order: what empties the tables comes last for each process.
    .venv/bin/python -m pytest -n 2 --dist=load --maxschedchunk=2 "$@" 2>&1 | tee -i "$log"
    # 5: nothing was selected, which fails too: a pass that tests nothing proves nothing.
    [ "${PIPESTATUS[0]}" = 0 ] || failed=1
    echo "$title: $(grep -v '^$' "$log" | tail -n 1)" >>"$summary"
    rm -f "$log"
}

pass "PostgreSQL and Redis" --database=postgres -m "not ($heavy)"
pass "SQLite" --database=sqlite -m "not ($heavy or postgres or anywhere)"
pass "browser and long tests" --database=postgres -m "(browser or slow) and not faults"
pass "faults and load" --database=postgres tests/faults

echo
cat "$summary"
if [ -n "$stopped" ]; then
    echo "newsroom: stopped before the end." >&2
    exit 130
fi
exit $failed
