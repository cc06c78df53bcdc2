#!/usr/bin/env bash
# The include-direction test: first that the checker refuses what it must, then the tree itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python3 "$here/layers_test.py"
python3 "$here/layers.py"
