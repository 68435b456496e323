#!/bin/sh
# Install django-newsletter for `make bench` into its own environment, var/newsletter-venv/, because it
# needs other packages than Newsroom. Does nothing if the environment matches the lock file.
set -eu
cd "$(dirname "$0")/.."

lock=bench/newsletter/requirements.lock
home=var/newsletter-venv
if [ -f $home/installed ] && [ "$(cat $home/installed)" = "$(cksum $lock)" ]; then exit 0; fi

mkdir -p var
echo "Installing the packages of $lock."
.venv/bin/python -m venv --clear --without-pip $home
# uv ignores pip's settings; pass on those without which it may not reach an index.
if ! env ${PIP_INDEX_URL:+"UV_DEFAULT_INDEX=$PIP_INDEX_URL"} ${PIP_CERT:+"SSL_CERT_FILE=$PIP_CERT"} \
    .venv/bin/uv pip install --quiet --python $home/bin/python --require-hashes -r $lock; then
    echo "uv failed. Trying pip, which is slower but uses this machine's pip settings." >&2
    .venv/bin/python -m pip --python $home/bin/python install --quiet \
        --disable-pip-version-check --require-hashes -r $lock
fi
cksum $lock >$home/installed
