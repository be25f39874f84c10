#!/bin/sh
# seeded.sh TARGET CORPUS RUNS - the same inputs every time: those of the corpus first, RUNS in all. scripts/fuzz goes on
# from what it finds; this begins anew.
set -e
found=$1-found
rm -rf "$found"
mkdir "$found"
# libFuzzer takes numbers from the memory of the program, addresses among them: the same ones where the system lets us.
same=
setarch -R true 2>/dev/null && same="setarch -R"
words=${2%/corpus/*}/$(basename "$2").dict
[ -f "$words" ] && words=-dict=$words || words=
# Left alone, libFuzzer ends with 77 after a finding, which means to Meson that the test was skipped.
$same "$1" ${words:+"$words"} -seed=1 -runs="$3" -timeout=10 -error_exitcode=1 -verbosity=0 -artifact_prefix="$1-" "$found" "$2"
echo "$(basename "$1"): $3 inputs, $(find "$2" -type f | wc -l) of them seeds; $(find "$found" -type f | wc -l) led to something new"
