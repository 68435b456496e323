#!/bin/sh
# The words that readers see, in every language of locale/: `tools/messages.sh update` adds what is new
# in templates and code, drops what is gone and compiles; `check` says what is missing and changes
# nothing. The words of docs/retention.toml, which the privacy page shows, belong to them.
set -eu
cd "$(dirname "$0")/.."

action=${1:-check}
case $action in
    check | update) ;;
    *) echo "newsroom: tools/messages.sh takes 'check' or 'update', not '$action'." >&2; exit 2 ;;
esac
command -v xgettext >/dev/null || tools/apt-install.sh gettext
export LC_ALL=C.UTF-8
unset DJANGO_SETTINGS_MODULE

# A file that is empty, cut off or not well formed is neither merged nor overwritten: an update would
# drop what it lost for good, and an empty one agrees with the empty file that is compiled from it.
broken=
for po in locale/*/LC_MESSAGES/django.po; do
    report=$(msgfmt --check-header --check-format --output-file=/dev/null "$po" 2>&1) || {
        echo "newsroom: $po is empty or not well formed. Restore it, then try again:" >&2
        echo "$report" >&2
        broken=yes
    }
done
[ -z "$broken" ] || exit 1

# In a copy, because makemessages writes beside what it reads, and reads data files too.
work=var/messages
rm -rf $work
mkdir -p $work/locale
cp -R newsroom briefings subscribers templates $work
find $work/newsroom $work/briefings $work/subscribers -type f ! -name '*.py' -delete
.venv/bin/python - docs/retention.toml >$work/retention_words.py <<'PYTHON'
import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    tables = tomllib.load(file).values()
for table in tables:
    rules = table.get("rules", [])
    for words in (table.get("what"), table.get("kept"), *(rule.get("says") for rule in rules)):
        if words:
            print(f"gettext({words!r})")
PYTHON
python=$PWD/.venv/bin/python
(cd $work && "$python" -m django makemessages --locale en --keep-pot --no-location --no-wrap \
    --verbosity 0)

failed=
for po in locale/*/LC_MESSAGES/django.po; do
    mo=${po%.po}.mo
    merged=$work/django.po
    # Not in one pipe, which would hide that a step failed.
    msgmerge --quiet --no-fuzzy-matching --no-wrap --sort-output --output-file=$work/all.po \
        "$po" $work/locale/django.pot
    msgattrib --no-obsolete --no-wrap --sort-output --output-file=$work/current.po $work/all.po
    sed '/^"POT-Creation-Date/d' $work/current.po >$merged
    if [ "$action" = update ]; then
        cp $merged "$po"
    elif ! cmp -s $merged "$po"; then
        echo "newsroom: $po does not have the words of the templates and the code:" >&2
        diff "$po" $merged | grep '^[<>] msgid' >&2 || true
        failed=yes
    fi
    report=$(msgfmt --check-format --statistics --output-file=$work/django.mo "$po" 2>&1) || {
        echo "$report" >&2
        exit 1
    }
    case $report in
        *fuzzy* | *untranslated*)
            echo "newsroom: $po lacks the translation of:" >&2
            for what in untranslated only-fuzzy; do
                msgattrib --$what --no-obsolete --no-wrap "$po" | grep '^msgid' | sed 1d >&2
            done
            failed=yes ;;
    esac
    if [ "$action" = update ]; then
        cp $work/django.mo "$mo"
    elif [ "$(msgunfmt "$mo" 2>/dev/null)" != "$(msgunfmt $work/django.mo)" ]; then
        echo "newsroom: $mo was not compiled from its django.po." >&2
        failed=yes
    fi
done
if [ -n "$failed" ]; then
    [ "$action" = update ] || echo "newsroom: run 'make messages', then translate what is empty." >&2
    exit 1
fi
