#!/bin/sh
# Run every check that needs no server, then report which of them failed.
set -u
cd "$(dirname "$0")/.." || exit

failed=
check() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed, $name"
}

# The only variables that the checks below get: nothing from outside must change their result.
production="env -i PATH=$PATH HOME=${HOME:-/} LANG=C.UTF-8 VAR_DIR=$PWD/var/lint
    SECRET_KEY=only-for-the-deployment-check-0123456789-abcdefghijklmnop
    SITE_URL=https://news.example.com EMAIL_URL=smtp://mail.example.com:587/?tls=starttls
    DATABASE_URL=sqlite:///$PWD/var/lint/newsroom.sqlite3 BEHIND_PROXY=true
    SECURITY_CONTACT=security@news.example.com"
python=.venv/bin/python
mkdir -p var/lint

check "ruff" .venv/bin/ruff check --quiet .
check "ruff format" .venv/bin/ruff format --check --quiet .
# Word splitting is intended in the lines with $production.
# shellcheck disable=SC2086
check "mypy" $production $python -m mypy
check "djlint" .venv/bin/djlint --lint --quiet templates
check "translations" tools/messages.sh check
# On a German site too, a model has the same words in English.
# shellcheck disable=SC2086
check "migrations" $production LANGUAGE_CODE=de $python -W error manage.py makemigrations --check --dry-run
# shellcheck disable=SC2086
check "new migrations" $production $python tools/lint_migrations.py
# shellcheck disable=SC2086
check "deployment" $production $python -W error manage.py check --deploy --fail-level WARNING
check "bill of materials" $python tools/sbom.py var/lint/sbom.cdx.json
check "known weaknesses" tools/audit.sh

if [ -n "$failed" ]; then
    echo "newsroom: these checks failed: ${failed#, }." >&2
    exit 1
fi
echo "All checks passed."
