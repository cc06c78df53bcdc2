# fish completion for weir and weir-bench.

function __weir_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l found (/usr/share/weir/completion/candidates.sh $words 2>/dev/null)
    if test "$found" = @files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end

complete -c weir -f -a '(__weir_candidates)'
complete -c weir-bench -f -a '(__weir_candidates)'
