#!/bin/sh
# Install Debian packages: `tools/apt-install.sh NAME...`, or say why that is not possible.
set -eu
cd "$(dirname "$0")/.."

if ! command -v apt-get >/dev/null; then
    echo "newsroom: please install $*. This machine has no apt-get to do it for you." >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "newsroom: packages are missing. Run 'sudo apt-get install --no-install-recommends $*'," \
        "then try again." >&2
    exit 1
fi

# Do not start a server because it is installed; the tests start their own.
policy=/usr/sbin/policy-rc.d
if ! [ -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi

mkdir -p var
log=var/apt.log
echo "Installing with apt: $* (details: $log)."
export DEBIAN_FRONTEND=noninteractive
case " $* " in
    *" postfix "*)
        if command -v debconf-set-selections >/dev/null; then
            echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
        fi ;;
esac
if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } >$log 2>&1 </dev/null; then
    tail -n 20 $log >&2
    echo "newsroom: apt-get could not install $*. Its last lines are above; $log has all of them." >&2
    exit 1
fi
