#!/usr/bin/env bash
# Tests of what is packaged: the fast ones, which need no build, or those of the packages made of build/release, which
# want root and take a minute or two (and another one the first time, for a bare Debian).
#
# usage: packaging/tests.sh [--packages]
set -euo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

cd "$(dirname "${BASH_SOURCE[0]}")/tests"
fast=(trixie_source_test.sh unit_test.sh completion_test.sh man_test.py metric_names_test.py prometheus_test.sh
  keepalived_test.sh)
packages=(package_test.sh system_calls_test.sh image_test.sh)

case ${1:-} in
  --packages) tests=("${packages[@]}") ;;
  '') tests=("${fast[@]}") ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 2
    ;;
esac

failed=()
for test in "${tests[@]}"; do
  "./$test" || failed+=("$test")
done
((${#failed[@]} == 0)) || echo "packaging: failed: ${failed[*]}"
((${#failed[@]} == 0))
