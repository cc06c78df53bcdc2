#!/usr/bin/env bash
# The dashboard of build/release/weir in a real browser. Screenshots go to build/screenshots.
#
# usage: tests/browser/run.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
npm ci --omit=optional --no-audit --no-fund --loglevel=error
node --test ./*.test.js
