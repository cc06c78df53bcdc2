# shellcheck shell=bash
# Sourced by the tests: each check says what has to hold, and the last line how many did.
failures=0 checks=0

check() { # WHAT COMMAND...
  local what=$1 said
  shift
  checks=$((checks + 1))
  if said=$("$@" 2>&1); then return 0; fi
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$what"
  [[ -z $said ]] || printf '    %s\n' "${said//$'\n'/$'\n'    }"
}

# The same, of what must not succeed.
check_not() { # WHAT COMMAND...
  local what=$1
  shift
  check "$what" refuses "$@"
}

refuses() {
  if "$@"; then
    echo "succeeds: $*"
    return 1
  fi
}

equal() { # EXPECTED GOT
  [[ $1 == "$2" ]] || {
    diff <(printf '%s\n' "$1") <(printf '%s\n' "$2")
    return 1
  }
}

# Asks again for up to ten seconds.
eventually() {
  local attempt
  for ((attempt = 0; attempt < 100; attempt++)); do
    "$@" && return 0
    sleep 0.1
  done
  return 1
}

report() { # NAME
  echo "$1: $checks checks, $failures failures, at $SECONDS s"
  ((failures == 0 && checks > 0))
}
