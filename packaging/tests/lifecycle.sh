#!/usr/bin/env bash
# Installs, runs, upgrades, removes and purges weir in a root that has what it depends on, and the packages as
# /tmp/weir.deb and /tmp/newer.deb. Runs in namespaces of its own, without a network: see package_test.sh.
#
# usage: lifecycle.sh ROOT VERSION
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
root=$1 version=$2

in_root() {
  chroot "$root" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}
ip link set lo up
mount -t proc proc "$root/proc"

file_facts() { in_root stat -c '%U:%G %a' "$1"; }
# shellcheck disable=SC2016  # dpkg's own variables
state() { in_root dpkg-query -W -f '${db:Status-Abbrev}${Version}' weir; }
answer() { curl -s --max-time 5 "$@"; }
calls() { cat "$root/tmp/systemctl.calls" 2>/dev/null || true; }
forget_calls() { rm -f "$root/tmp/systemctl.calls"; }

# As the unit starts it: as weir, with no capability but the one.
as_weir() {
  in_root setpriv --reuid weir --regid weir --clear-groups --no-new-privs --bounding-set -all,+net_bind_service \
    --inh-caps -all,+net_bind_service --ambient-caps -all,+net_bind_service "$@"
}

# A systemd that runs, as far as the maintainer scripts can tell; it notes what it is asked, and passes signals on.
pretend_systemd() {
  rm "$root/usr/sbin/policy-rc.d"
  mkdir -p "$root/run/systemd/system"
  cat >"$root/usr/local/bin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>/tmp/systemctl.calls
case "$*" in
  *is-enabled*) echo enabled ;;
  *is-active*) [ -e /tmp/weir.pid ] && kill -0 "$(cat /tmp/weir.pid)" ;;
  *--signal=USR2*) kill -USR2 "$(cat /tmp/weir.pid)" ;;
esac
END
  chmod 755 "$root/usr/local/bin/systemctl"
}

start_target() {
  in_root weir-bench backend --listen 127.0.0.1:9001 --body 5 >/dev/null &
  target=$!
}

start_weir() {
  as_weir sh -c 'echo $$ >&3; exec weir run 3>&-' 3>"$root/tmp/weir.pid" 2>"$root/tmp/weir.log" >/dev/null &
  weir=$!
}

installation() {
  check "it installs" in_root dpkg -i /tmp/weir.deb
  check "it is installed" equal "ii $version" "$(state)"
  check "its files are those of the package" equal "" "$(in_root dpkg -V weir)"
  check "the user exists, and cannot log in" equal "weir:/var/lib/weir:/usr/sbin/nologin" \
    "$(in_root getent passwd weir | cut -d : -f 1,6,7)"
  check "the state directory" equal "weir:weir 750" "$(file_facts /var/lib/weir)"
  check "the log directory" equal "weir:weir 750" "$(file_facts /var/log/weir)"
  check "the configuration" equal "root:root 644" "$(file_facts /etc/weir/weir.yaml)"
  check "the configuration is a conffile" in_root grep -qx /etc/weir/weir.yaml /var/lib/dpkg/info/weir.conffiles
  check "the pages are there" test -s "$root/usr/share/man/man5/weir.yaml.5.gz"
  check "the service is enabled" test -L "$root/etc/systemd/system/multi-user.target.wants/weir.service"
  check "the programs have their libraries" in_root weir-bench --help
  check "the shipped configuration is valid" as_weir weir check
  examples
}

# As the README has it.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$1/weir.key" -out "$1/weir.pem" 2>/dev/null
}

# In a copy, where the one over https has its certificate beside it.
examples() {
  local example
  cp -R "$root/usr/share/doc/weir/examples" "$root/tmp/examples"
  make_certificate "$root/tmp/examples"
  in_root chown -R weir: /tmp/examples
  for example in "$root"/tmp/examples/*.yaml; do
    [[ $example =~ /(alerts|alb_rules|reference)\.yaml$ ]] || check "the example ${example##*/} is valid" \
      as_weir weir check -c "${example#"$root"}"
  done
}

# `low.yaml` is what an administrator may add.
running() {
  printf 'listeners:\n  low: { bind: 127.0.0.1:80, forward: app }\n' >"$root/etc/weir/conf.d/low.yaml"
  start_target
  start_weir
  check "it serves" eventually answer -f http://127.0.0.1:8080/
  check "it serves a low port" answer -f http://127.0.0.1:80/
  check "it is ready" answer -f http://127.0.0.1:9900/readyz
  check "weir status" in_root weir status
  check "completions know its targets" equal "127.0.0.1:9001" \
    "$(in_root /usr/share/weir/completion/candidates.sh weir drain app "")"
  check "it runs as weir" equal weir "$(in_root id -nu "$(owner_of "$(<"$root/tmp/weir.pid")")")"
  check "a target is registered" in_root weir register app 127.0.0.1:9002 --weight 0
}

upgrade() {
  sed -i 's/^listeners:/# changed here\n&/' "$root/etc/weir/weir.yaml"
  pretend_systemd
  local requests=$root/tmp/requests
  (while :; do answer -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8080/; done >"$requests") &
  local client=$!
  check "it upgrades" in_root dpkg --force-confold -i /tmp/newer.deb
  check "the newer version is there" equal "ii $version+newer" "$(state)"
  sleep 1
  kill "$client" || true
  check "every request was answered" equal 200 "$(sort -u "$requests")"
  check "a changed configuration is kept" grep -qx '# changed here' "$root/etc/weir/weir.yaml"
  check "the running one is told to hand over" grep -qx 'kill --kill-whom=main --signal=USR2 weir.service' <(calls)
  check "its state is kept" registered
  check_not "it is not stopped" grep -q 'stop\|restart' <(calls)
}

# The log is there as if log.access.output named it.
log_rotation() {
  local log=/var/log/weir/access.log
  in_root sh -c "echo a line >$log && chown weir:weir $log"
  forget_calls
  check "logs are rotated" in_root logrotate --force /etc/logrotate.d/weir
  check "the old one is kept" in_root grep -qx 'a line' "$log.1"
  check "the new one is weir's" equal "weir:weir 640" "$(file_facts "$log")"
  check "weir is told to open it anew" grep -qx 'kill --signal=USR1 weir.service' <(calls)
}

owner_of() { sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$1/status"; }

registered() { in_root weir targets | grep -q '127.0.0.1:9002'; }

# The one that serves may be another process by now.
serving() { ss -Hltnp 'sport = :8080' | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | sort -u; }

stopping() {
  local pid
  pid=$(serving)
  check "SIGTERM ends it" stop_and_wait "$pid"
  local status=0
  wait "$weir" || status=$?
  check "in good order" equal 0 "$status"
  check "a stopped one is not started by an upgrade" not_started_by_upgrade
}

stop_and_wait() {
  kill -TERM "$1" && eventually gone "$1"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

not_started_by_upgrade() {
  forget_calls
  rm -f "$root/tmp/weir.pid"
  in_root dpkg --force-confold -i /tmp/newer.deb >/dev/null
  refuses grep -q 'start\|USR2' <(calls)
}

removal() {
  check "it is removed" in_root dpkg -r weir
  check "the service is stopped first" grep -q 'stop weir.service' <(calls)
  check "the configuration is still there" test -e "$root/etc/weir/weir.yaml"
  check "the state is still there" test -e "$root/var/lib/weir"
  check_not "the program is gone" test -e "$root/usr/bin/weir"
  forget_calls
  check "it is installed again" in_root dpkg --force-confold -i /tmp/weir.deb
  check "with the configuration as it was" grep -qx '# changed here' "$root/etc/weir/weir.yaml"
  check "and started" grep -q 'start weir.service' <(calls)
  check "it is purged" in_root dpkg -P weir
  check "the user stays" in_root getent passwd weir
}

installation
running
upgrade
log_rotation
stopping
removal
kill "$target" || true
rm -rf "$root/run/systemd" "$root/usr/local/bin/systemctl"
umount "$root/proc"
report "lifecycle"
