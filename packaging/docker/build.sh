#!/usr/bin/env bash
# The first stage of the image: builds weir on a bare Debian, and stages what the image gets.
#
# usage: packaging/docker/build.sh OUT
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
packaging/dependencies.sh build package
cmake --preset release --log-level=WARNING -DWEIR_TESTS=OFF -DWEIR_BENCH=OFF
cmake --build build/release --target weir
packaging/docker/stage.sh build/release/weir "$1"
