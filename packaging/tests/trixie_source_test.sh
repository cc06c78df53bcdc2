#!/usr/bin/env bash
# Tests of trixie-source.sh: what it derives from the ways in which machines name their apt sources.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 checks=0

# check NAME FILE EXPECTED: an apt directory with FILE, whose text is on stdin, gives EXPECTED ("" for a refusal).
check() {
  local name=$1 file=$2 expected=$3 got
  rm -rf "$work/apt"
  mkdir -p "$work/apt/sources.list.d"
  cat >"$work/apt/$file"
  got=$(WEIR_CODENAME=bookworm "$here/../trixie-source.sh" "$work/apt" 2>/dev/null) || got=""
  checks=$((checks + 1))
  [[ $got == "$expected" ]] && return
  failures=$((failures + 1))
  printf 'FAILED: %s\n--- expected\n%s\n--- got\n%s\n' "$name" "$expected" "$got"
}

check "one line" sources.list "deb http://mirror.example/debian trixie main" <<'END'
deb http://mirror.example/debian bookworm main
END

check "options stay, other components and comments go" sources.list \
  "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian trixie main" <<'END'
# deb http://comment.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/k.gpg]  http://mirror.example/debian	bookworm  contrib main # ours
END

check "a file in sources.list.d, named by suite" sources.list.d/debian.list \
  "deb mirror+file:/etc/apt/mirrors.list trixie main" <<'END'
deb cdrom:[Debian]/ bookworm main
deb mirror+file:/etc/apt/mirrors.list oldstable main
END

check "only other sources" sources.list "" <<'END'
deb https://vendor.example/apt stable-extra main
deb http://mirror.example/debian bookworm contrib
END

check "deb822, the second stanza" sources.list.d/debian.sources "Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian.gpg" <<'END'
Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

# a comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Enabled: yes
Signed-By: /usr/share/keyrings/debian.gpg
END

check "deb822, a disabled stanza and one without binaries" sources.list.d/debian.sources "" <<'END'
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
END

check "deb822, folded fields and an inline key" sources.list.d/debian.sources "Types: deb
URIs:  http://a.example/debian http://b.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
 -----END PGP PUBLIC KEY BLOCK-----" <<'END'
Types: deb
URIs:
 http://a.example/debian
 http://b.example/debian
Suites:
 bookworm
 bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
 -----END PGP PUBLIC KEY BLOCK-----
END

check "our own file is no source to derive from" sources.list.d/weir-llhttp.list "" <<'END'
deb http://mirror.example/debian bookworm main
END

echo "trixie-source: $checks checks, $failures failures"
((failures == 0))
