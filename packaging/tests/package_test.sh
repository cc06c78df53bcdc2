#!/usr/bin/env bash
# Builds the .deb and checks it, then installs, runs, upgrades and purges it in a bare Debian.
#
# usage: packaging/tests/package_test.sh
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
project=$(cd "$here/../.." && pwd)
cd "$project"
archives=$project/build/packaging/archives
work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }

# Everything in the root that a package may have to do with: not what dpkg, apt, adduser and logrotate note of their own.
listing() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./var/cache \) -prune -o -print) |
    grep -vE '^\./(var/(log/apt|lib/(apt|dpkg|logrotate))|run/adduser|etc/[a-z]+-$|usr/sbin/policy-rc\.d)' | sort
}

# The same package with a higher version, and with another shipped configuration.
newer_package() {
  dpkg-deb -R "$deb" "$work/newer"
  sed -i "s/^Version: .*/Version: $version+newer/" "$work/newer/DEBIAN/control"
  echo '# newer' >>"$work/newer/etc/weir/weir.yaml"
  local sum
  sum=$(md5sum <"$work/newer/etc/weir/weir.yaml")
  sed -i "s|^.*  etc/weir/weir.yaml|${sum%% *}  etc/weir/weir.yaml|" "$work/newer/DEBIAN/md5sums"
  dpkg-deb --root-owner-group -Znone -b "$work/newer" "$root/tmp/newer.deb" >/dev/null
}

# What it needs comes first and from the mirror, so that all that follows is about weir alone, and offline.
install_dependencies() {
  local depends
  depends=$(dpkg-deb -f "$deb" Depends | sed 's/ ([^)]*)//g; s/,//g')
  in_root apt-get -qq update || return
  # shellcheck disable=SC2086  # a list
  in_root apt-get -qq -o Acquire::Retries=3 install --yes --no-install-recommends logrotate $depends || return
  cp -n "$root"/var/cache/apt/archives/*.deb "$archives/"
}

deb=$(packaging/deb/build.sh)
version=$(dpkg-deb -f "$deb" Version)

check "lintian finds nothing" lintian --allow-root --fail-on error,warning "$deb"
dpkg-deb -x "$deb" "$work/contents"
check_not "no path of the build is in it" grep -rlF "$project" "$work/contents"

"$here/root.sh" "$root"
cp "$deb" "$root/tmp/weir.deb"
check "all that it depends on is in Debian" install_dependencies
newer_package
listing >"$work/before"

# A network of its own, where every port is free, and processes that end with it.
status=0
unshare --net --mount-proc --pid --fork --kill-child "$here/lifecycle.sh" "$root" "$version" || status=$?
check "the life of the package" test "$status" = 0

listing >"$work/after"
check "a purge leaves what the administrator made, and nothing else" equal \
  "$(printf '> %s\n' ./etc/weir ./etc/weir/conf.d ./etc/weir/conf.d/low.yaml)" \
  "$(diff "$work/before" "$work/after" | grep '^[<>]')"
report "package"
