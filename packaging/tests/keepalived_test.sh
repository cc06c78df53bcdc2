#!/usr/bin/env bash
# keepalived reads the example without a word of complaint. Calls itself again in a network of its own, which has the
# interface that the example names.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
if [[ ${1:-} != inside ]]; then exec unshare --net "$0" inside; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ip link add eth0 type veth peer name eth1
ip addr add 192.0.2.11/24 dev eth0
ip link set eth0 up

# With a script user other than root, keepalived 2.2.7 ends its own --config-test with a SIGTERM.
accepts() { # FILE
  sed 's/script_user nobody/script_user root/' "$1" >"$work/keepalived.conf"
  keepalived --config-test --use-file "$work/keepalived.conf" --log-console >"$work/said" 2>&1 || return
  cat "$work/said"
  [[ ! -s $work/said ]]
}

example=$here/../keepalived/keepalived.conf
sed 's/track_script/track_scripts/' "$example" >"$work/wrong"
check "keepalived accepts the example" accepts "$example"
check_not "keepalived refuses an unknown word" accepts "$work/wrong"
report "keepalived"
