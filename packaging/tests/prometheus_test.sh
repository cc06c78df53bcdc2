#!/usr/bin/env bash
# The alerts fire when they should, and the rules with ALB's names give what they should. Promtool's tests are checked
# too: each rule, made deaf, has to be missed.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
rules=$here/../prometheus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The rules of a file, without what one of them asks for.
deafened() { # FILE RULE
  awk -v rule="$2" '
    /- (alert|record): / { deaf = $3 == rule; skipping = 0 }
    deaf && /^        expr: / { print "        expr: vector(1) == 2"; skipping = 1; next }
    skipping && /^          / { next }
    { skipping = 0; print }' "$1"
}

check_rules() { # NAME
  local rule
  check "$1 is well formed" promtool check rules "$rules/$1.yaml"
  check "its tests pass" promtool test rules "$rules/$1_test.yaml"
  cp "$rules/$1_test.yaml" "$work"
  while read -r rule; do
    deafened "$rules/$1.yaml" "$rule" >"$work/$1.yaml"
    check "$1 with a deaf $rule is well formed" promtool check rules "$work/$1.yaml"
    check_not "a deaf $rule is noticed" promtool test rules "$work/$1_test.yaml"
  done < <(sed -n 's/^ *- \(alert\|record\): //p' "$rules/$1.yaml")
}

check_rules alerts
check_rules alb_rules
report "rules of Prometheus"
