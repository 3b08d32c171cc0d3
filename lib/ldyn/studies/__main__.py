"""python -m ldyn.studies run NAME --scale laptop --workers 2 | freeze NAME --scale … | list."""

import sys

from ldyn.studies import load_study, study_names
from ldyn.sweep.command import main

if __name__ == "__main__":
    sys.exit(main(study_names, load_study))
