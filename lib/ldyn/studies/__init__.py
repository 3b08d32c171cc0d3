"""Resumable sweeps: cells in, one JSON line a finished cell, frozen results out."""

from ldyn.studies.freeze import freeze, is_stale
from ldyn.studies.runner import Progress, load_study, run_study, study_names

__all__ = ["Progress", "freeze", "is_stale", "load_study", "run_study", "study_names"]
