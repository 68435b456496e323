#!/bin/sh
# Install Debian packages: `tools/apt-install.sh NAME...`. One sentence where that cannot be done.
set -eu
cd "$(dirname "$0")/.."

if ! command -v apt-get >/dev/null; then
    echo "newsroom: $* must be installed, and there is no apt-get to do it with." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "newsroom: something is missing; run 'sudo apt-get install --no-install-recommends $*'" \
        "and try again." >&2
    exit 1
fi

# Servers are started by those who want them, not by being installed.
policy=/usr/sbin/policy-rc.d
if ! [ -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi

mkdir -p var
log=var/apt.log
echo "Installing with apt: $* (the details are in $log)."
export DEBIAN_FRONTEND=noninteractive
case " $* " in
    *" postfix "*)
        if command -v debconf-set-selections >/dev/null; then
            echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
        fi ;;
esac
if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >$log 2>&1 </dev/null; then
    tail -n 20 $log >&2
    echo "newsroom: apt-get could not install $*; its last lines are above, all are in $log." >&2
    exit 1
fi
