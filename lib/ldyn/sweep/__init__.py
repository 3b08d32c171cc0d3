"""Resumable sweeps: cells in, one JSON line a finished cell, frozen results out."""

from ldyn.gate import enforce
from ldyn.sweep.freeze import freeze, is_stale
from ldyn.sweep.runner import Progress, run_study

__all__ = ["Progress", "freeze", "is_stale", "run_study"]

enforce(globals())
