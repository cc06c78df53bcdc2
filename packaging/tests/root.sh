#!/usr/bin/env bash
# Makes a bare Debian of this machine's release in a directory, from the mirror that the machine's own apt uses. The
# first time takes a minute; it is kept as a tarball under build/.
#
# usage: packaging/tests/root.sh DIRECTORY
set -euo pipefail
export LC_ALL=C

root=$1
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
cache=$project/build/packaging
tarball=$cache/root-$codename.tar
mkdir -p "$cache"

mirror() {
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    sed -n "s/^$codename main //p" | head -n 1
}

# What this machine's apt knows of its mirrors, without the sources that are for other releases.
copy_apt() {
  local file
  rm -f "$1/etc/apt/sources.list"
  cp -a /etc/apt/. "$1/etc/apt/"
  rm -rf "$1"/etc/apt/preferences.d/* "$1"/etc/apt/sources.list.d/weir-*
  mkdir -p "$1/usr/share/keyrings"
  for file in /usr/share/keyrings/*; do cp -n "$file" "$1/usr/share/keyrings/"; done
  # What the root downloads is kept between the tests.
  printf 'Binary::apt-get::APT::Keep-Downloaded-Packages "1";\n' >"$1/etc/apt/apt.conf.d/99keep"
  rm -f "$1/etc/apt/apt.conf.d/docker-clean"
}

bootstrap() {
  local made
  made=$(mktemp -d "$cache/bootstrap.XXXXXX")
  debootstrap --variant=minbase "$codename" "$made" "$(mirror)" >"$cache/debootstrap.log" 2>&1 || {
    tail -n 40 "$cache/debootstrap.log" >&2
    rm -rf "$made"
    return 1
  }
  rm -rf "$made"/var/cache/apt/archives/*.deb
  chmod 755 "$made"
  tar -C "$made" --one-file-system -cf "$tarball.new" .
  mv "$tarball.new" "$tarball"
  rm -rf "$made"
}

[[ -e $tarball ]] || bootstrap
mkdir -p "$root"
tar -C "$root" -xf "$tarball"
copy_apt "$root"
for file in resolv.conf hosts; do cp -L "/etc/$file" "$root/etc/$file"; done
mkdir -p "$cache/archives"
cp -a "$cache"/archives/. "$root/var/cache/apt/archives/"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
