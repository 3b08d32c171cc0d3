#!/bin/sh
# Runs every script of findings/, or the one that is named, and ends with what each came to.
set -u
cd "$(dirname "$0")/.." || exit 1
if [ -n "${1:-}" ] && [ ! -f "findings/$1.sh" ]; then
    echo "There is no findings/$1.sh. There are: $(ls findings | sed -n 's/\.sh$//p' | tr '\n' ' ')" >&2
    exit 2
fi
found=0 changed=0 unrun=0 summary=
for script in findings/${1:-*}.sh; do
    printf '== %s\n' "$script"
    sh "$script"
    case $? in
        0) found=$((found + 1)) came="as found" ;;
        1) changed=$((changed + 1)) came="changed " ;;
        130) exit 130 ;;
        *) unrun=$((unrun + 1)) came="not run " ;;
    esac
    summary="$summary$came  $script
"
done
printf '\n%s%d as found, %d changed, %d not run.\n' "$summary" $found $changed $unrun
[ $((changed + unrun)) -eq 0 ]
