#!/bin/sh
# What may stand where the cursor is, for the completions of all shells: a line each, WORD or WORD<tab>DESCRIPTION, or
# just @files. Commands, options and arguments are read from the program's own --help, so that they are never out of
# date; groups, targets and zones come from a running weir.
#
# usage: candidates.sh PROGRAM WORD...      (the last word is the one that is being typed; it may be empty)
set -u
export LC_ALL=C

tab=$(printf '\t')
program=$1
shift

# The entries of a section of $help, NAME<tab>WHAT FOLLOWS<tab>DESCRIPTION. A long entry has its description on the next
# line.
section() {
  printf '%s\n' "$help" | awk -v wanted="$1:" '
    function flush() { if (name != "") print name "\t" rest "\t" description; name = "" }
    /^[^ ]/ { flush(); inside = ($0 == wanted); next }
    !inside { next }
    /^  [^ ]/ {
      flush()
      description = ""
      line = $0
      if (substr(line, 30, 1) == " ") { description = substr(line, 31); line = substr(line, 1, 29) }
      line = substr(line, 3)
      name = line; sub(/ .*/, "", name)
      rest = substr(line, length(name) + 2)
      next
    }
    /^   +[^ ]/ { if (description == "") { description = $0; sub(/^ +/, "", description) } }
    END { flush() }'
}

fields() { cut -f "$1"; }

is_subcommand() { section Subcommands | fields 1 | grep -qxF -- "$1"; }

# Whether a value follows the option.
takes_value() {
  section Options | awk -F "$tab" -v option="$1" '
    { n = split($1, names, ","); for (i = 1; i <= n; i++) if (names[i] == option) found = $2 ~ /^[A-Z]/ && $2 !~ /^Excludes/ }
    END { exit !found }'
}

# The long names, where there is one.
options() {
  section Options | awk -F "$tab" '{ n = split($1, names, ","); print names[n] "\t" $3 }'
}

values_of() {
  case $1 in
    -c | --config | --json | --plot | --*-file | --*-dir | --report | --weir) echo @files ;;
    --format) printf 'text\njson\n' ;;
    --zone) running zone ;;
    --admin) echo 127.0.0.1:9900 ;;
  esac
}

# What a running weir has: group, target GROUP or zone, once each.
running() {
  # shellcheck disable=SC2086  # two words or none
  "$program" targets --json $admin $token 2>/dev/null | awk -v kind="$1" -v group="${2:-}" '
    function value() { v = $0; sub(/^[^:]*: "/, "", v); sub(/",?$/, "", v); return v }
    /^ *"name": "/ { current = value(); if (kind == "group") print current }
    /^ *"id": "/ { if (kind == "target" && current == group) print value() }
    /^ *"zone": "/ { if (kind == "zone" && value() != "") print value() }' | sort -u
}

# The candidates for the argument that comes after those that are there.
argument() {
  name=$(section Positionals | fields 1 | sed -n "$(($# + 1))p")
  case $name in
    GROUP) running group ;;
    TARGET) running target "$1" ;;
    ZONE) running zone ;;
    OLD | NEW | FILE) echo @files ;;
  esac
}

help=$("$program" --help 2>/dev/null) || exit 0
path='' arguments='' option='' admin='' token=''
while [ $# -gt 1 ]; do
  word=$1
  shift
  if [ -n "$option" ]; then
    case $option in
      --admin) admin="--admin $word" ;;
      --token-file) token="--token-file $word" ;;
    esac
    option=''
    continue
  fi
  case $word in
    -*=*) ;;
    -*) if takes_value "$word"; then option=$word; fi ;;
    *)
      if [ -z "$arguments" ] && is_subcommand "$word"; then
        path="$path $word"
        # shellcheck disable=SC2086  # words without spaces
        help=$("$program" $path --help 2>/dev/null) || exit 0
      elif [ -n "$(section Subcommands)" ]; then
        exit 0 # there is no such command
      else
        arguments="$arguments $word"
      fi
      ;;
  esac
done

if [ -n "$option" ]; then
  values_of "$option"
elif [ "${1#-}" != "$1" ]; then
  options
elif [ -n "$(section Subcommands)" ]; then
  section Subcommands | fields 1,3
else
  # shellcheck disable=SC2086  # words without spaces
  argument $arguments
fi
