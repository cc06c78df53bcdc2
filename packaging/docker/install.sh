#!/bin/sh
# Prepares the image: the libraries, and a user whose number is fixed, so that Kubernetes can see that it is not root.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get -qq update
xargs apt-get -qq install --yes --no-install-recommends <"$(dirname "$0")/packages"
groupadd --gid 10001 weir
useradd --uid 10001 --gid weir --no-create-home --home-dir /var/lib/weir --shell /usr/sbin/nologin weir
install -d -o weir -g weir -m 0750 /var/lib/weir /run/weir
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
