#!/usr/bin/env bash
# systemd understands the units, and finds little to attack in the service: at most 2.0.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
units=$here/../systemd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# weir is not installed here; the units are what is looked at.
understands() { # FILE...
  local said status=0
  said=$(systemd-analyze verify --man=no "$@" 2>&1) || status=$?
  printf '%s' "$said"
  [[ $status == 0 && -z $said ]]
}

sed 's|/usr/bin/weir|/bin/true|' "$units/weir.service" >"$work/weir.service"
cp "$units/weir.socket" "$work"
check "systemd understands the units" understands "$work/weir.service" "$work/weir.socket"
mkdir "$work/wrong"
sed 's/^ProtectHome=.*/ProtectHome=perhaps/' "$work/weir.service" >"$work/wrong/weir.service"
check_not "systemd finds a wrong word" understands "$work/wrong/weir.service"

exposure() { # THRESHOLD, in tenths
  systemd-analyze security --offline=true --no-pager --threshold="$1" "$units/weir.service"
}
check "the exposure is at most 2.0" exposure 20
check_not "it can be exceeded" exposure 5
check "only one capability" grep -qx 'CapabilityBoundingSet=CAP_NET_BIND_SERVICE' "$units/weir.service"
report "units"
