# bash completion for weir-bench: that of weir knows both.
. "${BASH_SOURCE[0]%/*}/weir"
