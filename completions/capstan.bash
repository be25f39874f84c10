# capstan(1) for bash: the command itself says how a line could go on. tools/complete.h has what its answer looks like.
_capstan()
{
	local word line now i
	local -a words=("${COMP_WORDS[1]}")

	# Bash breaks words at = and :, the command wants them whole; but what is replaced is what bash takes for the last.
	for ((i = 2; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == [=:]* || ${COMP_WORDS[i - 1]} == *[=:] ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
	done
	now=${COMP_WORDS[COMP_CWORD]#[=:]}
	word=${words[${#words[@]} - 1]}

	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		$'\tfiles\t'*)
			compopt -o filenames 2>/dev/null
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$now")
			;;
		$'\tusers\t'*)
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -u -- "$now")
			;;
		$'\tprogram\t'*)
			if declare -F _command_offset >/dev/null; then
				_command_offset $((${line##*$'\t'} + 1))
			else
				mapfile -t COMPREPLY < <(compgen -c -f -- "$now")
			fi
			return
			;;
		*)
			line=${line%%$'\t'*}
			COMPREPLY+=("${line#"${word%"$now"}"}")
			;;
		esac
	done < <("$1" --complete "${words[@]}" 2>/dev/null)
}
complete -F _capstan capstan
