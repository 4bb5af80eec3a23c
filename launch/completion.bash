# shellcheck shell=bash
# Completion of the kith command for bash: commands, options, plugins, and settings. The program itself says what
# there is.

# Lines of the program's that begin with the word $2; $1 is the program.
_kith_settings() { "$1" info --complete="$2" 2>/dev/null; }

# What stands for options in a page of help.
_kith_options() { "$1" "${@:2}" --help 2>/dev/null | grep -oE '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,'; }

_kith_commands() { "$1" --help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p'; }

_kith_kinds() { "$1" new --help 2>/dev/null | sed -n 's/^Usage:.* \([a-z|]*\) NAME.*/\1/p' | tr '|' ' '; }

# _kith_files GLOB: files like it, and folders
_kith_files()
{
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -o plusdirs -f -X "!$1" -- "$cur")
}

# Names of plugins and sections; with KEY, the plugins that run.KEY takes.
_kith_names()
{
    local prefix=${2:+run.$2=}
    _kith_settings "$1" "$prefix" | sed "s/^$prefix//; s/\.\$//"
}

# The keys, as SECTION.KEY=, that count for the experiment and the settings on the line so far; none without a file.
_kith_counting()
{
    local file='' sets=() i
    for ((i = 2; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
        --set=*) sets+=("${words[i]}") ;;
        --set | -S) if ((i + 2 < ${#words[@]})); then sets+=(--set "${words[++i]}"); fi ;;
        *.ini) file=${words[i]} ;;
        esac
    done
    if [ -z "$file" ]; then return; fi
    "$1" show "$file" "${sets[@]}" 2>/dev/null |
        awk '/^\[/ { section = substr($0, 2, length - 2) } /^[a-z_0-9]+ =/ { print section "." $1 "=" }'
}

# Keys that have no effect are left out, unless there are no others.
_kith_keys()
{
    local counting=()
    mapfile -t counting < <(grep -Fx -f <(_kith_counting "$1") <(printf '%s\n' "${COMPREPLY[@]}"))
    if [ ${#counting[@]} -gt 0 ]; then COMPREPLY=("${counting[@]}"); fi
}

_kith_setting()
{
    local topology=''
    # of a topology alone: its keys go without its name
    if [ "$command" = graph ]; then topology=${words[2]}.; fi
    mapfile -t COMPREPLY < <(_kith_settings "$1" "$topology$cur" | sed "s/^$topology//")
    if [[ -z $topology && $cur = *.* && $cur != *=* ]]; then _kith_keys "$1"; fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} = *[.=] ]]; then compopt -o nospace 2>/dev/null; fi
}

# Names of recorded metrics, and what figures are drawn against.
_kith_metrics() { "$1" info metrics 2>/dev/null | sed -n 's/^\([a-z_]*[a-z]\) (.*/\1/p'; }
_kith_axes()
{
    printf '%s\n' rounds bytes
    _kith_settings "$1" "$cur" | sed 's/=$//'
}

_kith_argument()
{
    case $command in
    run | sweep | show) _kith_files '*.ini' ;;
    check) _kith_files '*.so' ;;
    init) mapfile -t COMPREPLY < <(compgen -W "$(_kith_names "$1" algorithm)" -- "$cur") ;;
    info) mapfile -t COMPREPLY < <(compgen -W "$(_kith_names "$1")" -- "$cur") ;;
    graph) mapfile -t COMPREPLY < <(compgen -W "$(_kith_names "$1" topology)" -- "$cur") ;;
    new) mapfile -t COMPREPLY < <(compgen -W "$(_kith_kinds "$1")" -- "$cur") ;;
    *) _kith_files '*' ;;
    esac
}

_kith()
{
    # Words as a shell without = among its word breaks would have them.
    local line=${COMP_LINE:0:COMP_POINT} words cur before command
    read -ra words <<<"$line"
    if [[ $line = *[[:space:]] ]]; then words+=(''); fi
    COMPREPLY=()
    cur=${words[-1]}
    before=${words[-2]:-}
    command=${words[1]:-}
    if [ ${#words[@]} -le 2 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_kith_commands "$1") --help --version" -- "$cur")
        return
    fi
    case $cur in --set=*) cur=${cur#--set=} before=--set ;; esac
    case $before in
    --set | -S) _kith_setting "$1" ;;
    --deal) mapfile -t COMPREPLY < <(compgen -W 'dynamic cyclic blocked' -- "$cur") ;;
    -m | --metric | --best) mapfile -t COMPREPLY < <(compgen -W "$(_kith_metrics "$1")" -- "$cur") ;;
    -b | --by) mapfile -t COMPREPLY < <(_kith_settings "$1" "$cur" | sed 's/=$//') ;;
    -x | --x | --column | -s | --sort)
        mapfile -t COMPREPLY < <(compgen -W "$(_kith_axes "$1") $(_kith_metrics "$1")" -- "$cur")
        if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} = *. ]]; then compopt -o nospace 2>/dev/null; fi
        ;;
    --like) mapfile -t COMPREPLY < <(compgen -W 'federated decentralized walk population' -- "$cur") ;;
    *)
        if [[ $cur = -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_kith_options "$1" "$command")" -- "$cur")
        else
            _kith_argument "$1"
        fi
        ;;
    esac
    # The shell completes what comes after its last word break.
    if [[ $cur = *=* && $COMP_WORDBREAKS = *=* ]]; then COMPREPLY=("${COMPREPLY[@]#"${cur%=*}="}"); fi
}

complete -F _kith kith kith-f64
