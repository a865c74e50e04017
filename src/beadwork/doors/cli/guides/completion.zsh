#compdef bd
# Completion of bd for zsh: source <(bd completion zsh) in ~/.zshrc after compinit,
# or keep this as a file _bd in a folder of $fpath.

_bd() {
    local word text
    local -a found
    while IFS=$'\t' read -r word text; do
        found+=("${word//:/\\:}${text:+:$text}")
    done < <(bd __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#found )); then
        _describe -t bd 'bd' found
    else
        _files
    fi
}

if [[ ${funcstack[1]} == _bd ]]; then
    _bd "$@"
else
    compdef _bd bd
fi
