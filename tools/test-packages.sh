#!/bin/sh
# Install the servers, the browser and the tools that the test suite needs, if they are missing.
set -eu
cd "$(dirname "$0")/.."

missing=
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v redis-server >/dev/null || missing="$missing redis-server"
# Not every user has sbin on PATH.
[ -x /usr/sbin/postfix ] || missing="$missing postfix"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v chromium >/dev/null || missing="$missing chromium"
# The test of tools/messages.sh.
command -v msgfmt >/dev/null || missing="$missing gettext"
# Without these, pages fall back to wider fonts and their lines break elsewhere.
ls /usr/share/fonts/truetype/liberation*/LiberationSerif-Regular.ttf >/dev/null 2>&1 ||
    missing="$missing fonts-liberation"
ls /usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf >/dev/null 2>&1 ||
    missing="$missing fonts-dejavu-core"
# Network namespaces, for the fault test that loses packets.
[ -x /usr/sbin/ip ] || [ -x /sbin/ip ] || missing="$missing iproute2"
# A pooler, and what encrypts backups.
[ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
command -v age >/dev/null || missing="$missing age"
command -v openssl >/dev/null || missing="$missing openssl"
if [ -n "$missing" ]; then
    # Word splitting is intended: one argument for each package.
    # shellcheck disable=SC2086
    tools/apt-install.sh $missing
fi
