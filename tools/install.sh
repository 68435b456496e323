#!/bin/sh
# Create .venv/ with the locked packages: `tools/install.sh` or `tools/install.sh dev`. Does nothing
# if .venv/ already matches the lock file. Every package, including uv, is checked against its hash.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-runtime}
case $kind in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "newsroom: tools/install.sh takes 'runtime' or 'dev', not '$kind'." >&2; exit 2 ;;
esac
marker=.venv/installed-$kind
matches() { [ -x .venv/bin/python ] && [ -f "$1" ] && [ "$(cat "$1")" = "$(cksum "$2")" ]; }
if matches "$marker" "$lock"; then exit 0; fi

# Two targets that start at once must not build the same folder.
mkdir -p var
exec 9>var/install.lock
if command -v flock >/dev/null; then flock 9; fi
if matches "$marker" "$lock"; then exit 0; fi

if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(tools/find-python.sh)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        # Debian has these in a separate package.
        package="$("$python" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')"
        tools/apt-install.sh "$package"
    fi
    echo "Creating .venv/ with $("$python" --version)."
    "$python" -m venv --clear .venv
fi
if ! [ -x .venv/bin/uv ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r requirements-uv.lock
fi

echo "Installing the packages of $lock."
# uv ignores pip's settings; pass on those without which it may not reach an index.
if ! env ${PIP_INDEX_URL:+"UV_DEFAULT_INDEX=$PIP_INDEX_URL"} ${PIP_CERT:+"SSL_CERT_FILE=$PIP_CERT"} \
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"; then
    echo "uv failed. Trying pip, which is slower but uses this machine's pip settings." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
fi
# Compiled once here, and not by each of the programs that start at the same time.
.venv/bin/python -m compileall -q -j 0 .venv/lib briefings newsroom subscribers >/dev/null || true
cksum "$lock" >"$marker"
if [ "$kind" = dev ]; then cksum requirements.lock >.venv/installed-runtime; fi
