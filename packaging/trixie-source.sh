#!/usr/bin/env bash
# Prints an apt source for Debian 13 (trixie), derived from the source that this machine already uses for its own
# release: same mirror, same keys, same options, another suite. The format of the original is kept: one-line ("deb ...")
# or deb822. Prints nothing and fails if the machine has no usable source.
#
# usage: trixie-source.sh [APT_DIRECTORY]      (default: /etc/apt; WEIR_CODENAME overrides the release)
set -euo pipefail
export LC_ALL=C

apt_dir=${1:-/etc/apt}
# shellcheck source=/dev/null
codename=${WEIR_CODENAME:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}

# The first stanza of a deb822 file that is enabled, has binary packages of `main`, and names our own release.
from_deb822() {
  awk -v codename="$codename" '
    function finish() {
      if (!printed && enabled && types ~ /(^| )deb( |$)/ && components ~ /(^| )main( |$)/ && own_release && uris != "") {
        printf "Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\n%s", uris, rest
        printed = 1
      }
      enabled = 1; types = components = uris = rest = field = ""; own_release = 0
    }
    BEGIN { finish() }
    /^#/ { next }
    /^[ \t\r]*$/ { finish(); next }
    /^[ \t]/ {
      value = $0
      gsub(/^[ \t]+|[ \t\r]+$/, "", value)
      if (field == "types") types = types " " value
      else if (field == "components") components = components " " value
      else if (field == "uris") uris = uris " " value
      else if (field == "suites") note_suites(value)
      else if (field != "drop") rest = rest $0 "\n"
      next
    }
    {
      colon = index($0, ":")
      field = tolower(substr($0, 1, colon - 1))
      value = substr($0, colon + 1)
      gsub(/^[ \t]+|[ \t\r]+$/, "", value)
      if (field == "types") types = value
      else if (field == "components") components = value
      else if (field == "uris") uris = value
      else if (field == "suites") note_suites(value)
      else if (field == "enabled") { if (tolower(value) ~ /^(no|false|off|without|disable|0)$/) enabled = 0; field = "drop" }
      else if (field ~ /^x-/ || field == "description") field = "drop"
      else rest = rest $0 "\n"
    }
    function note_suites(list,   names, i, n) {
      n = split(list, names, /[ \t]+/)
      for (i = 1; i <= n; i++)
        if (names[i] == codename || names[i] == "stable" || names[i] == "oldstable") own_release = 1
    }
    END { finish(); exit !printed }
  ' "$1"
}

# The same for a one-line-per-source file.
from_list() {
  awk -v codename="$codename" '
    /^[ \t]*deb[ \t]/ {
      line = $0
      sub(/[ \t]*#.*$/, "", line)
      options = ""
      if (match(line, /\[[^]]*\]/)) {
        options = substr(line, RSTART, RLENGTH) " "
        line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
      }
      n = split(line, word, /[ \t]+/)
      first = (word[1] == "") ? 2 : 1
      uri = word[first + 1]; suite = word[first + 2]
      main = 0
      for (i = first + 3; i <= n; i++) if (word[i] == "main") main = 1
      if (main && uri !~ /^cdrom:/ && (suite == codename || suite == "stable" || suite == "oldstable")) {
        print "deb " options uri " trixie main"
        found = 1
        exit
      }
    }
    END { exit !found }
  ' "$1"
}

shopt -s nullglob
for file in "$apt_dir"/sources.list "$apt_dir"/sources.list.d/*.list "$apt_dir"/sources.list.d/*.sources; do
  [[ -r $file && $file != */weir-* ]] || continue
  case $file in
    *.sources) from_deb822 "$file" && exit 0 ;;
    *) from_list "$file" && exit 0 ;;
  esac
done

echo "trixie-source: no apt source of Debian $codename (component main) found in $apt_dir" >&2
exit 1
