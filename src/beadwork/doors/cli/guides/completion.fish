# Completion of bd for fish: bd completion fish > ~/.config/fish/completions/bd.fish

function __bd_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -q current[1]; or set current ""
    set -l found (bd __complete -- $words[2..-1] $current 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path $current
    end
end

complete -c bd -f -a '(__bd_complete)'
