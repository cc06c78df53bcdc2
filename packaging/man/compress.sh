#!/bin/sh
# A man page, made of the reference where that is what it comes from, compressed, the same bytes each time.
#
# usage: compress.sh SOURCE PAGE.gz VERSION
set -eu

here=$(dirname "$0")
page=${2%.gz}
mkdir -p "$(dirname "$page")"
case $1 in
  *.yaml) PYTHONDONTWRITEBYTECODE=1 python3 "$here/yaml_page.py" "$3" <"$1" >"$page" ;;
  *) cp "$1" "$page" ;;
esac
gzip -9nf "$page"
