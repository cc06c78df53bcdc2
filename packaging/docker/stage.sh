#!/usr/bin/env bash
# Puts what the image gets into OUT: `root`, its files, and `setup`, what the image is prepared with before them.
#
# usage: packaging/docker/stage.sh PROGRAM OUT
set -euo pipefail
export LC_ALL=C

program=$(realpath "$1")
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

install -D -m 0755 --strip "$program" "$out/root/usr/bin/weir"
install -D -m 0644 "$here/../../config/weir.yaml" "$out/root/etc/weir/weir.yaml"
install -d "$out/root/etc/weir/conf.d"

# The packages of the libraries. dpkg-shlibdeps wants a source package around it.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/debian"
touch "$scratch/debian/control"
depends=$(cd "$scratch" && dpkg-shlibdeps -O -e"$out/root/usr/bin/weir" 2>/dev/null)
install -d "$out/setup"
sed 's/^shlibs:Depends=//; s/ ([^)]*)//g; s/, /\n/g' <<<"$depends" >"$out/setup/packages"
install -m 0755 "$here/install.sh" "$out/setup/install.sh"
