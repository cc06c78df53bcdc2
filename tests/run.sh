#!/usr/bin/env bash
# Builds weir in every way that counts, tests each build, and lints. All tests run with AddressSanitizer and
# UndefinedBehaviorSanitizer, and with ThreadSanitizer; the end-to-end tests also on the programs as they are
# shipped. The last line of the output is `N passed, N failed`, in test cases; the exit status is 0 only if nothing
# failed.
#
# usage: tests/run.sh [--quick] [--soak] [--tidy]
#   --quick   one debug build; no end-to-end tests, no sanitizers, no lint
#   --soak    the tests that run for a long time (label `soak`) with sanitizers, too
#   --tidy    also clang-tidy over the product's code, which takes a quarter of an hour on two cores
set -euo pipefail
exec </dev/null
export LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1
CCACHE_BASEDIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) # a clone beside this one compiles nothing twice
export CCACHE_BASEDIR CCACHE_NOHASHDIR=1

quick=0 soak=0 tidy=0
for argument in "$@"; do
  case $argument in
    --quick) quick=1 ;;
    --soak) soak=1 ;;
    --tidy) tidy=1 ;;
    -h | --help)
      sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "run.sh: unknown option $argument" >&2
      exit 2
      ;;
  esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
results=$root/build/results
jobs=$(nproc)
passed=0 failed=0
report=() # one line per step, repeated at the end

# The last line, whatever happens before it.
finish() {
  local status=$?
  if ((status != 0)); then
    failed=$((failed + 1))
    report+=("FAILED  run.sh itself ended early (status $status)")
  fi
  printf '\n'
  ((${#report[@]} == 0)) || printf '%s\n' "${report[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0)) || exit 1
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

heading() { printf '\n=== %s (%d s)\n' "$*" "$SECONDS"; }

note() { # name, passed, failed
  passed=$((passed + $2))
  failed=$((failed + $3))
  local word=ok
  (($3 == 0)) || word=FAILED
  report+=("$(printf '%-7s %-24s %5d passed %3d failed  at %d s' "$word" "$1" "$2" "$3" "$SECONDS")")
}

# One step that counts as one: name, command...
step() {
  local name=$1
  shift
  heading "$name"
  if "$@"; then note "$name" 1 0; else note "$name" 0 1; fi
}

# Builds a preset. A success counts nothing (its tests will), a failure counts as one failed: preset, targets...
build() {
  local preset=$1 options=() bench=$PWD/build/release/weir-bench
  shift
  (($# == 0)) || set -- --target "$@"
  if [[ $preset == [at]san ]]; then
    options=(-UWEIR_TRAFFIC_BENCH)
    [[ ! -x $bench ]] || options=("-DWEIR_TRAFFIC_BENCH=$bench")
  fi
  [[ $preset != release ]] || options=(-DWEIR_UNITY_TESTS=ON) # the sanitizers' presets have unity builds throughout
  heading "build $preset"
  if cmake --preset "$preset" --log-level=WARNING "${options[@]}" && cmake --build "build/$preset" --parallel "$jobs" "$@"; then
    return 0
  fi
  note "build $preset" 0 1
  return 1
}

# Runs the tests of a build: preset, ctest arguments...
run_tests() {
  local preset=$1 status=0 counts junit=$results/$1.xml
  shift
  if ! ((soak)) && [[ $preset != release ]]; then set -- "$@" -LE '^soak$'; fi
  heading "test $preset"
  rm -f "$junit"
  # Old sanitizers stop at kernels that randomise addresses more than they know of.
  local still=()
  if [[ $preset == [at]san ]] && setarch -R true 2>/dev/null; then still=(setarch -R); fi
  "${still[@]}" ctest --test-dir "build/$preset" --output-on-failure --output-junit "$junit" --no-tests=error \
    --parallel "$jobs" --timeout 900 --test-output-size-passed 100000000 --test-output-size-failed 100000000 "$@" || status=$?
  counts=$(python3 tests/run/summary.py "$junit" "$status")
  note "test $preset" "${counts% *}" "${counts#* }"
}

build_and_test() {
  local preset=$1
  shift
  if build "$preset"; then run_tests "$preset" "$@"; fi
}

sources() { git ls-files '*.cc' '*.h'; }

check_format() { sources | xargs clang-format-19 --dry-run -Werror; }

# Not a preset: nobody works in this build, and it is never compiled. It gives clang-tidy a compile database that
# clang understands, and with it clang's own warnings, as errors.
configure_for_clang() {
  cmake -S . -B build/clang -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19
}

run_clang_tidy() {
  run-clang-tidy-19 -quiet -p build/clang -j "$jobs" '/(lb|config|bench)/' >"$results/clang-tidy.txt" 2>&1 && return 0
  grep -v '^clang-tidy-19 ' "$results/clang-tidy.txt"
  return 1
}

# Finds little in so short a time, but keeps the targets alive; a finding is written to the results.
fuzz() {
  cmake --preset fuzz --log-level=WARNING && cmake --build --preset fuzz --parallel "$jobs" || return
  local target runs
  for target in http_parser pattern_and_path cookie proxy_header h2; do
    runs=300000
    [[ $target != h2 ]] || runs=40000 # each is a connection's worth of messages
    "build/fuzz/fuzz_$target" -seed=1 -runs=$runs -timeout=5 -artifact_prefix="$results/" -verbosity=0 || return
  done
}

check_shell() { git ls-files '*.sh' '.ci/run' | xargs shellcheck; }

lint() {
  step "clang-format" check_format
  step "shellcheck" check_shell
  if ((tidy)); then
    step "clang configure" configure_for_clang
    step "clang-tidy" run_clang_tidy
  fi
}

main() {
  heading "dependencies"
  mkdir -p "$results"
  packaging/dependencies.sh build package test
  ((quick)) || packaging/dependencies.sh lint

  step "test scripts" python3 tests/run/summary_test.py
  step "packaging scripts" packaging/tests.sh

  if ((quick)); then
    build_and_test debug -L '^(unit|integration|layers|golden)$'
    return
  fi
  step "fuzz" fuzz
  if build release weir weir-bench e2e_weir e2e_bench; then
    run_tests release -L '^(e2e|soak)$'
    step "browser" tests/browser/run.sh
  fi
  step "packages" packaging/tests.sh --packages
  step "instructions" python3 bench/instructions.py
  local symbolizer=external_symbolizer_path=/usr/bin/llvm-symbolizer-19
  export ASAN_OPTIONS=$symbolizer:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=$symbolizer:print_stacktrace=1
  export TSAN_OPTIONS=$symbolizer:second_deadlock_stack=1:halt_on_error=1
  build_and_test asan
  build_and_test tsan
  lint
}

main
