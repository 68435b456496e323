#!/bin/sh
# Put django-newsletter into an environment of its own, var/newsletter-venv/: what `make bench` runs
# beside the newsroom must not share its packages. Does nothing when it holds what the lock says.
set -eu
cd "$(dirname "$0")/.."

lock=bench/newsletter/requirements.lock
home=var/newsletter-venv
if [ -f $home/installed ] && [ "$(cat $home/installed)" = "$(cksum $lock)" ]; then exit 0; fi

mkdir -p var
echo "Installing the packages of $lock."
.venv/bin/python -m venv --clear --without-pip $home
# uv reads no pip settings; hand it those that decide whether it reaches an index at all.
if ! env ${PIP_INDEX_URL:+"UV_DEFAULT_INDEX=$PIP_INDEX_URL"} ${PIP_CERT:+"SSL_CERT_FILE=$PIP_CERT"} \
    .venv/bin/uv pip install --quiet --python $home/bin/python --require-hashes -r $lock; then
    echo "uv could not; trying pip, which is slower but knows this machine's pip settings." >&2
    .venv/bin/python -m pip --python $home/bin/python install --quiet \
        --disable-pip-version-check --require-hashes -r $lock
fi
cksum $lock >$home/installed
