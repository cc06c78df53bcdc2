#!/usr/bin/env bash
# Runs the image as a container would, in namespaces of its own: see image_test.sh.
#
# usage: container.sh FACTS      (a file that sets root, user, signal, port, health, entrypoint, command and bench)
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
# shellcheck source=/dev/null
. "$1"

inside() { exec chroot --userspec="${user:?}" "${root:?}" env -i PATH=/usr/local/bin:/usr/bin:/bin "$@"; }
is_healthy() { (inside "${health[@]:?}"); }

ip link set lo up
mount -t proc proc "$root/proc"
"${bench:?}" backend --listen 127.0.0.1:9001 >/dev/null &
inside "${entrypoint[@]:?}" "${command[@]:?}" >"$root/tmp/log" 2>&1 &
weir=$!
check "it serves" eventually curl -sf -o /dev/null "http://127.0.0.1:${port:?}/"
check "it is healthy" is_healthy
status=0
kill -s "${signal:?}" "$weir"
wait "$weir" || status=$?
check "it stops in good order" equal 0 "$status"
check_not "it is not healthy then" is_healthy
umount "$root/proc"
report "container"
