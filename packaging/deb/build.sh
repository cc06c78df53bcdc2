#!/usr/bin/env bash
# Builds the .deb of weir into build/packages, and prints where it is. Debian 12 and 13.
#
# usage: packaging/deb/build.sh [BUILD_DIRECTORY]      (default: build/release, configured if it is not yet)
set -euo pipefail
export LC_ALL=C

case ${1:-} in
  -h | --help)
    sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
build=${1:-build/release}
log=$root/build/packages.log
mkdir -p "$root/build"

make_package() {
  packaging/dependencies.sh build package
  [[ -e $build/CMakeCache.txt ]] || cmake --preset release -B "$build" --log-level=WARNING
  cmake --build "$build" --target weir weir-bench weir_man weir_changelog
  rm -rf build/packages
  cpack --config "$build/CPackConfig.cmake" -B "$root/build/packages"
}

make_package >"$log" 2>&1 || {
  cat "$log" >&2
  exit 1
}
rm -rf build/packages/_CPack_Packages
printf '%s\n' build/packages/weir_*.deb
