#!/usr/bin/env bash
# Whatever weir calls of the system, its unit allows: what it does in a life is traced, and held against the filter.
#
# usage: packaging/tests/system_calls_test.sh
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
project=$(cd "$here/../.." && pwd)
release=$project/build/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# members NAME...: the calls that names and sets of names stand for.
members() {
  local name
  for name in "$@"; do
    case $name in
      @*)
        # shellcheck disable=SC2046  # names
        members $(systemd-analyze syscall-filter --no-pager "$name" | sed -n 's/^ \+\([-@a-z0-9_]\+\)$/\1/p')
        ;;
      *) echo "$name" ;;
    esac
  done
}

# The calls that the unit allows: its filters in their order.
allowed() {
  local line
  while read -r line; do
    # shellcheck disable=SC2086  # names
    case $line in
      '~'*) members ${line#'~'} | sort -u | comm -23 "$work/allowed" - >"$work/next" ;;
      *) members $line | cat - "$work/allowed" | sort -u >"$work/next" ;;
    esac
    mv "$work/next" "$work/allowed"
  done < <(sed -n 's/^SystemCallFilter=//p' "$here/../systemd/weir.service")
}

life() {
  local backend weir main signal status=0 requests
  "$release/weir-bench" backend --listen "unix:$work/target" >/dev/null &
  backend=$!
  cat >"$work/weir.yaml" <<END
process: { state_dir: $work/state }
admin: { bind: "unix:$work/admin" }
log: { access: { output: $work/access.log } }
listeners:
  web: { bind: ["unix:$work/web", "127.0.0.1:0"], forward: app }
target_groups:
  app: { targets: [ "127.0.0.1:9", { dns: localhost, port: 9 } ], stickiness: { type: lb_cookie } }
END
  strace -f -qq -o "$work/trace" "$release/weir" run -c "$work/weir.yaml" 2>"$work/log" &
  weir=$!
  eventually grep -q 'serving with' "$work/log"
  for requests in 1 2 3; do curl -s -o /dev/null --unix-socket "$work/web" "http://a/$requests"; done
  "$release/weir" status --admin "unix:$work/admin" >/dev/null
  "$release/weir" register app 127.0.0.1:10 --admin "unix:$work/admin" >/dev/null
  curl -s -o /dev/null --unix-socket "$work/admin" http://localhost/metrics
  # The first process of the trace is weir itself.
  main=$(sed -n '1s/ .*//p' "$work/trace")
  for signal in USR1 HUP TERM; do
    kill -s "$signal" "$main"
    sleep 0.3
  done
  wait "$weir" || status=$?
  kill "$backend"
  return "$status"
}

mkdir "$work/state"
: >"$work/allowed"
allowed
check "the filter is understood" grep -qx epoll_wait "$work/allowed"
check_not "and does forbid something" grep -qx 'mount\|ptrace\|chown\|init_module' "$work/allowed"
check "it lives and dies" life
sed -n 's/^[0-9]* \+\([a-z0-9_]\+\)(.*/\1/p' "$work/trace" | sort -u >"$work/called"
check "calls are seen" grep -qx accept4 "$work/called"
check "all that it calls is allowed" equal "" "$(comm -13 "$work/allowed" "$work/called")"
# A seamless upgrade runs the new program.
for call in execve clone3 kill socketpair sendmsg pidfd_open; do
  check "$call is allowed" grep -qx "$call" "$work/allowed"
done
report "system calls"
