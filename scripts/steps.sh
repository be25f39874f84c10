# steps.sh - what check and check-long have in common, to be sourced: steps that run one after another, whatever became of
# those before; in a script that has set `steps_until`, none begins later than so many seconds after the script did.

passed_steps=0
skipped_steps=0
failed_steps=()
steps_until=

step() { # NAME COMMAND...
	local name=$1 began=$SECONDS status
	shift
	echo
	echo "== $name"
	if [ -n "$steps_until" ] && [ "$SECONDS" -ge "$steps_until" ]; then
		echo "skipped: there is no time left to begin it"
		skipped_steps=$((skipped_steps + 1))
		return 77
	fi
	"$@" </dev/null
	status=$?
	echo "-- $name: $((SECONDS - began)) s"
	case $status in
	0) passed_steps=$((passed_steps + 1)) ;;
	77) skipped_steps=$((skipped_steps + 1)) ;;
	*) failed_steps+=("$name") ;;
	esac
	return $status
}

tell_failed_steps() {
	local name
	echo
	for name in "${failed_steps[@]}"; do
		echo "failed: $name"
	done
}
