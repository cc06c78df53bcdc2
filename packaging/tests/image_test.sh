#!/usr/bin/env bash
# Takes the steps of the Dockerfile in bare Debians, in place of Docker, and runs what comes of it. The first stage, a
# whole build, is taken only with --build: else the programs are those of build/release.
#
# usage: packaging/tests/image_test.sh [--build]
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
project=$(cd "$here/../.." && pwd)
dockerfile=$project/packaging/docker/Dockerfile
work=$(mktemp -d)
root=$work/image
trap 'rm -rf --one-file-system "$work"' EXIT

# As Docker runs a step: with /proc, which /dev/fd needs.
in_root() { # ROOT COMMAND...
  # shellcheck disable=SC2016  # of the inner shell
  unshare --mount --pid --fork --kill-child sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$1" \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"
}

# stage NUMBER: its instructions, without comments.
stage() {
  awk -v wanted="$1" '/^FROM / { stage++; next } stage == wanted && /^[A-Z]/' "$dockerfile"
}

# JSON as in ["a", "b"], one word a line.
words() { python3 -c 'import json, sys; print("\n".join(json.loads(sys.argv[1])))' "$1"; }

build_stage() { # OUT
  local builder=$work/builder instruction arguments
  "$here/root.sh" "$builder"
  while read -r instruction arguments; do
    case $instruction in
      WORKDIR) mkdir -p "$builder$arguments" ;;
      COPY) git -C "$project" archive HEAD | tar -C "$builder/src" -x ;;
      RUN) in_root "$builder" sh -c "cd /src && $arguments" >"$work/build.log" 2>&1 </dev/null || {
        tail -n 40 "$work/build.log"
        return 1
      } ;;
      *) return 1 ;;
    esac
  done < <(stage 1)
  mv "$builder/out" "$1"
}

image_stage() {
  local instruction arguments
  "$here/root.sh" "$root"
  before=$(size "$root")
  while read -r instruction arguments; do
    case $instruction in
      COPY)
        [[ $arguments =~ ^--from=build\ /out/([a-z]+)\ (/.*)$ ]] || return 1
        mkdir -p "$root${BASH_REMATCH[2]}"
        cp -a "$work/out/${BASH_REMATCH[1]}/." "$root${BASH_REMATCH[2]}"
        ;;
      RUN) in_root "$root" sh -c "$arguments" </dev/null || return 1 ;;
      USER) user=$arguments ;;
      STOPSIGNAL) signal=$arguments ;;
      HEALTHCHECK) mapfile -t health < <(words "${arguments##*CMD }") ;;
      ENTRYPOINT) mapfile -t entrypoint < <(words "$arguments") ;;
      CMD) mapfile -t command < <(words "$arguments") ;;
      EXPOSE) port=$arguments ;;
      *)
        echo "image_test.sh does not know $instruction"
        return 1
        ;;
    esac
  done < <(stage 2)
}

# What a layer above Debian is made of.
size() { du -sm "$1/usr" | cut -f 1; }

case ${1:-} in
  --build) check "the first stage" build_stage "$work/out" ;;
  '') check "what the first stage ends with" "$project/packaging/docker/stage.sh" "$project/build/release/weir" "$work/out" ;;
esac
((failures == 0)) || exit 1
image_stage >"$work/image.log" 2>&1 || {
  cat "$work/image.log"
  exit 1
}
check "the program is that of the build" cmp "$work/out/root/usr/bin/weir" "$root/usr/bin/weir"
check "its user is a number, and not root" grep -qE '^[1-9][0-9]*:[1-9][0-9]*$' <<<"$user"
check_not "no compiler is in it" test -e "$root/usr/bin/gcc"
check_not "nothing of its preparation is left" test -e "$root/var/lib/apt/lists/lock"
added=$(($(size "$root") - before))
check "it adds less than 30 MiB to Debian" test "$added" -lt 30

bench=$project/build/release/weir-bench
declare -p root user signal port health entrypoint command bench >"$work/facts"
status=0
unshare --net --pid --fork --mount-proc --kill-child "$here/container.sh" "$work/facts" || status=$?
check "the container" test "$status" = 0
echo "image: adds $added MiB to Debian"
report "image"
