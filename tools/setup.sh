#!/bin/sh
# Makes .venv from requirements.lock. Every way it can fail ends in one sentence.
set -u
python=${PYTHON:-python3}
log=.venv-setup.log

stop() { printf '%s\n' "$1" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || stop "Python 3.11 or newer is needed, and '$python' was not found. Install it, or name yours: make PYTHON=/path/to/python3 …"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 ||
    { found=$("$python" -V 2>&1 | tail -n 1); stop "Python 3.11 or newer is needed, and '$python' is ${found:-none that runs}. Name a newer one: make PYTHON=/path/to/python3 …"; }
free=$(df -Pk . | awk 'NR == 2 {print $4}')
[ "$free" -ge 3000000 ] || stop "The set-up needs 3 GB of free disk, and $((free / 1024)) MB are left here. Free some space and call make again."

printf 'Setting up .venv from requirements.lock (once; a few minutes)…\n'
.venv/bin/python -m pip -V >/dev/null 2>&1 || "$python" -m venv --clear .venv >"$log" 2>&1 ||
    stop "Python could not make a virtual environment (on Debian: apt install python3-venv). What it said is in $log."
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install"
if ! { $pip -r requirements.lock && $pip --no-deps --no-build-isolation -e .; } >"$log" 2>&1; then
    if grep -q 'No space left' "$log"; then
        stop "The disk filled up during the set-up. Free some space and call make again; it goes on where it stopped."
    elif grep -qE 'NewConnectionError|ConnectTimeout|ReadTimeout|Name or service|name resolution|ProxyError|Network is unreachable' "$log"; then
        stop "The packages could not be fetched: no network, or the package index is out of reach. Connect and call make again. Details: $log."
    elif missing=$(grep -m 1 -o 'No matching distribution found for .*' "$log"); then
        stop "$missing: the package index has no build of it for $(.venv/bin/python -V 2>&1) on this machine. Name another Python, 3.11 to 3.13 (rm -r .venv; make PYTHON=/path/to/python3 …), or another index. Details: $log."
    fi
    tail -n 5 "$log" >&2
    stop "The set-up failed; the lines above are the end of $log. Mend what they name and call make again, or start afresh: rm -r .venv."
fi
rm -f "$log"
touch .venv/.ready
