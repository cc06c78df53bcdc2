#!/usr/bin/env bash
# Completions of bash, zsh and fish, each in its own shell, of a program with a help like that of weir.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/tests/check.sh
. "$here/check.sh"
completion=$(cd "$here/../completion" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/bin"
cat >"$work/bin/weir" <<'END'
#!/bin/sh
options='  -h,--help                   Print this help message and exit
  --admin TEXT=127.0.0.1:9900 Excludes: --config
                              The admin address
  --json                      Print the JSON document'
case $* in
  --help) printf 'weir\n\nSubcommands:\n  check                       Print every problem\n  drain                       Give a target no new requests\n  zone                        Take a zone out\n' ;;
  'check --help') printf 'Check\n\nOptions:\n  -c,--config TEXT=/etc/weir/weir.yaml\n                              The configuration file\n  --format TEXT:{text,json}   How to print\n' ;;
  'drain --help') printf 'Drain\n\nPositionals:\n  GROUP TEXT REQUIRED         The group\n  TARGET TEXT REQUIRED        Its address\n\nOptions:\n%s\n' "$options" ;;
  'zone --help') printf 'Zone\n\nOptions:\n%s\n\nSubcommands:\n  shift                       Out\n  unshift                     Back\n' "$options" ;;
  'zone shift --help') printf 'Shift\n\nPositionals:\n  ZONE TEXT REQUIRED          The zone\n\nOptions:\n  --for TEXT REQUIRED         How long\n%s\n' "$options" ;;
  'targets --json') printf '"target_groups": [\n  "name": "app",\n  "id": "app-1",\n  "zone": "az-1",\n  "id": "10.0.0.2:80",\n  "zone": null,\n  "name": "web",\n  "id": "web-1",\n  "zone": "az-2",\n' ;;
  'targets --json --admin 10.0.0.1:1') printf '"target_groups": [\n  "name": "elsewhere",\n' ;;
  *) exit 2 ;;
esac
END
chmod 755 "$work/bin/weir"
export PATH=$work/bin:$PATH
for file in weir.bash _weir weir.fish; do
  sed "s|/usr/share/weir/completion|$completion|" "$completion/$file" >"$work/$file"
done
touch "$work/file.yaml"

# words WANTED WORD...: the candidates, sorted and without what they are
words() {
  local wanted=$1
  shift
  equal "$wanted" "$("$completion/candidates.sh" weir "$@" | cut -f 1 | sort | tr '\n' ' ')"
}

check "bash reads its files" bash -n "$completion/weir.bash" "$completion/weir-bench.bash"
check "zsh reads its file" zsh -n "$completion/_weir"
check "fish reads its file" fish --no-config -n "$completion/weir.fish"
check "fish reads that of the bench" fish --no-config -n "$completion/weir-bench.fish"

check "commands" words "check drain zone " ""
check "commands of a command" words "shift unshift " zone ""
check "options" words "--admin --for --help --json " zone shift -
check "an option's value" words "json text " check --format ""
check "files" words "@files " check -c ""
check "groups" words "app web " drain ""
check "groups of the weir that is meant" words "elsewhere " drain --admin 10.0.0.1:1 ""
check "targets of a group" words "10.0.0.2:80 app-1 " drain app ""
check "zones, after a value" words "az-1 az-2 " zone shift --for 1h ""
check "nothing after the last argument" words "" drain app app-1 ""
check "nothing of an unknown command" words "" drian app ""
check "descriptions" grep -qx $'drain\tGive a target no new requests' <("$completion/candidates.sh" weir "")

# What bash makes of a line: bash_completes LINE
bash_completes() {
  bash --norc -c '
    . /usr/share/bash-completion/bash_completion
    . "$1"
    COMP_LINE=$2 COMP_POINT=${#2}
    IFS=" " read -ra COMP_WORDS <<<"$2"
    [[ $2 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _weir
    echo "${COMPREPLY[*]}"' bash "$work/weir.bash" "$1"
}
fish_completes() { fish --no-config -c "source $work/weir.fish; complete -C '$1'" | cut -f 1 | tr '\n' ' '; }

zsh_completes() { timeout 30 python3 "$here/zsh_completes.py" "$work" "$1"; }

check "bash completes a command" equal "drain" "$(bash_completes "weir dr")"
check "bash completes a target" equal "app-1" "$(bash_completes "weir drain app a")"
check "bash completes a file" equal "$work/file.yaml" "$(bash_completes "weir check -c $work/fi")"
check "fish completes a command" equal "drain " "$(fish_completes "weir dr")"
check "fish completes a target" equal "app-1 " "$(fish_completes "weir drain app a")"
check "fish completes a file" equal "$work/file.yaml " "$(fish_completes "weir check -c $work/fi")"
check "zsh completes a command" equal "weir drain" "$(zsh_completes "weir dr")"
check "zsh completes a target" equal "weir drain app app-1" "$(zsh_completes "weir drain app a")"
report "completion"
