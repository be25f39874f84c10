# steps.sh - what check and check-long have in common, to be sourced: steps that run one after another, whatever became of
# those before.

passed_steps=0
skipped_steps=0
failed_steps=()

step() { # NAME COMMAND...
	local name=$1 began=$SECONDS status
	shift
	echo
	echo "== $name"
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
