#!/bin/sh
# Resolves requirements.in in a fresh environment and pins what came, torch without its local tag.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/python" -m pip install -q -r requirements.in
{
    echo "# Made by \`make lock\` from requirements.in; do not edit."
    "$work/env/bin/python" -m pip freeze --all --exclude pip | sed 's/+cpu$//; s/+cu[0-9]*$//'
} >requirements.lock
