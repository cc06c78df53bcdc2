# bash completion for weir and weir-bench.

_weir() {
  local cur prev words cword candidates
  _init_completion -n : || return
  candidates=$(/usr/share/weir/completion/candidates.sh "${words[0]/#\~/$HOME}" "${words[@]:1:cword}" 2>/dev/null | cut -f 1)
  if [[ $candidates == @files ]]; then
    _filedir
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$cur")
  __ltrim_colon_completions "$cur"
}

complete -F _weir weir weir-bench
