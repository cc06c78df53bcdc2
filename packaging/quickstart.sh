#!/usr/bin/env bash
# From a fresh clone on Debian 12 or 13 to a running load balancer: installs what the build needs, builds weir, and
# starts `weir demo` with the arguments given.
#
# usage: packaging/quickstart.sh [--build-only] [arguments of weir demo]...
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_only=0
case ${1:-} in
  -h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  --build-only)
    build_only=1
    shift
    ;;
esac

step() { printf '\n==> %s\n' "$*"; }

step "1/3 packages (apt; nothing happens when they are there)"
"$root/packaging/dependencies.sh" build

step "2/3 build into build/release (a few minutes the first time)"
cd "$root"
cmake --preset release --log-level=WARNING >/dev/null
cmake --build build/release --target weir

if ((build_only)); then
  step "done: build/release/weir"
  exit 0
fi

step "3/3 build/release/weir demo $* (stop it with Ctrl-C)"
exec "$root/build/release/weir" demo "$@"
