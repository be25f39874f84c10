# capstan(1) for fish: the command itself says how a line could go on. tools/complete.h has what its answer looks like.
function __capstan_complete
    set -l words (commandline -opc)
    set -l command $words[1]
    set -l now (commandline -ct)
    set -e words[1]
    for line in ($command --complete $words "$now" 2>/dev/null)
        set -l part (string replace -r '.*\t' '' -- $line)
        switch $line
            case \tfiles\t'*'
                set -l path (string sub -s (math (string length -- "$part") + 1) -- "$now")
                for name in (__fish_complete_path $path)
                    echo $part$name
                end
            case \tusers\t'*'
                for name in (__fish_complete_users)
                    echo $part$name
                end
            case \tprogram\t'*'
                __fish_complete_subcommand --fcs-skip=(math $part + 1)
            case '*'
                echo $line
        end
    end
end
complete -c capstan -f -k -a '(__capstan_complete)'
