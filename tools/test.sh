#!/bin/bash
# Run the whole suite in four passes: the core as in production (PostgreSQL, Redis); the part of it
# that depends on the database again as on one machine (SQLite, no server); browser tests and slow
# tests; and last, with the machine to themselves, the tests that kill processes or send thousands of
# emails. Each pass ends with its ten slowest tests, so that growth is seen.
set -u
cd "$(dirname "$0")/.." || exit

tools/test-packages.sh || exit 1

heavy="browser or slow or faults"
mkdir -p var
summary=$(mktemp var/test-summary.XXXXXX)
# The first pass leaves its empty tables to the later ones: to make them takes as long as many tests.
NEWSROOM_MIGRATED=$(mktemp -d "$PWD/var/test-migrated.XXXXXX")
export NEWSROOM_MIGRATED
trap 'rm -rf "$summary" "$NEWSROOM_MIGRATED"' EXIT
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
    # Distributed a few at a time and in order, so that tests which empty the tables come last.
    .venv/bin/python -m pytest -n 2 --dist=load --maxschedchunk=2 \
        --durations=10 --durations-min=1 "$@" 2>&1 | tee -i "$log"
    # pytest exits with 5 if it selected nothing; a pass without tests fails, too.
    [ "${PIPESTATUS[0]}" = 0 ] || failed=1
    echo "$title: $(grep -v '^$' "$log" | tail -n 1)" >>"$summary"
    rm -f "$log"
}

pass "PostgreSQL and Redis" --database=postgres -m "not ($heavy)"
pass "SQLite" --database=sqlite -m "not ($heavy or postgres or anywhere or one_database)"
pass "browser and long tests" --dist=loadgroup --database=postgres -m "(browser or slow) and not faults"
pass "faults and load" --database=postgres tests/faults

echo
cat "$summary"
if [ -n "$stopped" ]; then
    echo "newsroom: stopped early." >&2
    exit 130
fi
exit $failed
