"""The catalogue of studies: a module each, in the folder of its chapter."""

import importlib
import pkgutil
from types import ModuleType

from ldyn.core import require_choice


def study_names() -> list[str]:
    """Return the names of all studies, chapter by chapter."""
    return list(_places())


def load_study(name: str) -> ModuleType:
    """Return the module of study `name`. Raises: ValueError for an unknown name."""
    require_choice(name, study_names(), "study")
    return importlib.import_module(_places()[name])


def _places() -> dict[str, str]:
    found = pkgutil.walk_packages(__path__, f"{__name__}.")
    modules = sorted(m.name for m in found if not m.ispkg and not m.name.endswith("__main__"))
    return {module.rsplit(".", 1)[1]: module for module in modules}


__all__ = ["load_study", "study_names"]
