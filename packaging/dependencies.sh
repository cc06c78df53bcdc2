#!/usr/bin/env bash
# Installs the Debian packages that weir needs, and nothing when they are there. Debian 12 and 13, as root, apt only.
#
# usage: packaging/dependencies.sh [build|package|test|bench|lint|all]...      (default: build)
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

build=(g++ cmake ninja-build pkg-config git
  libuv1-dev libllhttp-dev libyaml-cpp-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
  libcli11-dev libxxhash-dev libre2-dev libc-ares-dev libssl-dev libsystemd-dev doctest-dev libbenchmark-dev
  libnghttp2-dev)
package=(binutils dpkg-dev file gzip python3)
test=(bash-completion ccache chromium curl debootstrap fish iproute2 keepalived lintian man-db mandoc nghttp2-client nginx nodejs npm
  openssl procps prometheus python3 python3-grpcio python3-h2 python3-jsonschema python3-websockets python3-yaml rsync strace systemd testssl.sh
  valgrind vim-tiny wrk zsh)
bench=(haproxy nginx h2o nghttp2-client nghttp2-proxy caddy openssl wrk strace valgrind)
lint=(clang-19 libclang-rt-19-dev llvm-19 clang-tidy-19 clang-format-19 shellcheck)

# The only packages ever taken from Debian 13 on a Debian 12 machine (see enable_llhttp).
llhttp=(libllhttp9.2 libllhttp-dev)
llhttp_source=/etc/apt/sources.list.d/weir-llhttp
llhttp_pin=/etc/apt/preferences.d/weir-llhttp

policy=/usr/sbin/policy-rc.d
policy_saved=$policy.weir-saved
policy_mark='# weir: no service starts while its packages are installed'

say() { echo "dependencies: $*"; }
die() {
  echo "dependencies: $*" >&2
  exit 1
}

usage() { sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

wanted_packages() {
  local purpose
  for purpose in "$@"; do
    case $purpose in
      build) printf '%s\n' "${build[@]}" ;;
      package) printf '%s\n' "${package[@]}" ;;
      test) printf '%s\n' "${test[@]}" ;;
      bench) printf '%s\n' "${bench[@]}" ;;
      lint) printf '%s\n' "${lint[@]}" ;;
      all) wanted_packages build package test bench lint ;;
      *) die "unknown purpose '$purpose'; expected build, package, test, bench, lint or all" ;;
    esac
  done | sort -u
}

# Those of its arguments that are not installed, nor come with another of them: some vendors' nodejs has npm in it, and
# cannot be installed beside Debian's.
missing_packages() {
  local present
  present=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p' | tr ',' '\n' | sed 's/^ *//; s/ .*//' | sort -u) || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$present")
}

# A container's package manager, an unattended upgrade or a second copy of this script may hold the lock: wait for it.
apt() { apt-get -qq -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 "$@" </dev/null 9>&-; }

# Runs a command up to five times: mirrors and networks fail now and then.
persist() {
  local attempt
  for attempt in 1 2 3 4 5; do
    "$@" && return 0
    ((attempt == 5)) && return 1
    say "failed: $*; trying again in $((attempt * 5)) s" >&2
    sleep $((attempt * 5))
  done
}

# Debian 12 has no llhttp library of 9.2 or later, and the two packages of Debian 13 need nothing newer than Debian 12's
# libc. So: a Debian 13 source, with a priority so low that apt takes nothing from it, except for these two packages.
enable_llhttp() {
  local source extension=sources
  source=$("$here/trixie-source.sh") || die "cannot derive a Debian 13 source for llhttp"
  [[ $source == "deb "* ]] && extension=list
  cat >"$llhttp_pin" <<PIN
# Written by weir's packaging/dependencies.sh: Debian 13 is used for llhttp and for nothing else.
# Delete this file and $llhttp_source.* before upgrading this machine to Debian 13.
Package: ${llhttp[*]}
Pin: release n=trixie
Pin-Priority: 500

Package: *
Pin: release n=trixie
Pin-Priority: -10
PIN
  {
    echo "# Written by weir's packaging/dependencies.sh, for llhttp only: see $llhttp_pin"
    echo "$source"
  } >"$llhttp_source.$extension"
}

has_candidate() { apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'; }

# A machine that has been upgraded to Debian 13 needs neither the extra source nor the pin.
forget_llhttp() { rm -f "$llhttp_source.list" "$llhttp_source.sources" "$llhttp_pin"; }

restore_policy() {
  [[ -e $policy ]] && grep -qF "$policy_mark" "$policy" && rm -f "$policy"
  if [[ -e $policy_saved || -L $policy_saved ]]; then mv -f "$policy_saved" "$policy"; fi
}

# The proxies and prometheus (for promtool) start a daemon when installed; nobody asked for one.
forbid_service_start() {
  restore_policy # in case an earlier run was killed
  trap restore_policy EXIT
  if [[ -e $policy || -L $policy ]]; then mv "$policy" "$policy_saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy"
  chmod 755 "$policy"
}

# The service that a package brings.
service_of() {
  case $1 in
    nghttp2-proxy) echo nghttpx ;;
    *) echo "$1" ;;
  esac
}

# Without an init script only systemd could start it.
disable_service() {
  if [[ -e /etc/init.d/$1 ]]; then
    update-rc.d "$1" disable
  elif command -v systemctl; then
    systemctl disable "$1"
  fi
}

# ... nor for one at the next boot. Only for what was installed just now: an nginx that was there stays as it was.
disable_services() {
  local package service
  for package in nginx haproxy prometheus h2o nghttp2-proxy caddy keepalived; do
    [[ " $* " == *" $package "* ]] || continue
    service=$(service_of "$package")
    disable_service "$service" >/dev/null 2>&1 || say "could not disable the service $service" >&2
  done
}

install_packages() {
  apt -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 install --yes --no-install-recommends --no-remove "$@" \
    >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
}

# A source that cannot be read may be one that we do not need: only the installation decides.
refresh_and_install() {
  apt update || say "some package lists could not be refreshed" >&2
  install_packages "$@"
}

main() {
  local purposes=("$@") wanted missing
  case ${1:-} in -h | --help) usage && return ;; esac
  ((${#purposes[@]})) || purposes=(build)
  command -v apt-get >/dev/null || die "this needs apt: Debian 12 or 13"

  mapfile -t wanted < <(wanted_packages "${purposes[@]}")
  wait "$!" || exit 1
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "missing: ${missing[*]}; run this as root to install them"
    say "installing ${missing[*]} with sudo"
    exec sudo -- "$here/dependencies.sh" "${purposes[@]}"
  fi

  exec 9>/run/weir-dependencies.lock
  flock 9
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  ((${#missing[@]})) || return 0

  say "installing ${missing[*]}"
  log=$(mktemp)
  # shellcheck source=/dev/null
  case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in
    bookworm) [[ " ${missing[*]} " != *" libllhttp-dev "* ]] || has_candidate libllhttp-dev || enable_llhttp ;;
    *) forget_llhttp ;;
  esac
  forbid_service_start
  persist refresh_and_install "${missing[@]}" || die "could not install ${missing[*]}"
  disable_services "${missing[@]}"
  rm -f "$log"
}

main "$@"
