# Completion of bd for bash. For every new shell: eval "$(bd completion bash)" in ~/.bashrc

_bd_complete() {
    local word text
    local -a words=() texts=()
    while IFS=$'\t' read -r word text; do
        words+=("$word")
        texts+=("$word${text:+  $text}")
    done < <(bd __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=("${words[@]}")
    # Only shown, not inserted, when Tab is pressed twice.
    if [[ ${COMP_TYPE:-9} == 63 && ${#words[@]} -gt 1 ]]; then
        COMPREPLY=("${texts[@]}")
    fi
}

complete -o default -F _bd_complete bd
