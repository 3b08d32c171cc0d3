"""How the seconds of `KernelRidge().fit` and `predict` grow with the rows: the place of a pixel.

One thread, seconds of the processor; the exponent is read off the page by least squares.
"""

import time

import torch
from _table import Run, asked_scale
from threadpoolctl import threadpool_limits

from ldyn.data import DataError
from ldyn.solvers import KernelRidge
from ldyn.studies.lowcost.tables import table

SIZES = (6_250, 12_500, 25_000, 50_000, 100_000)


def main(scale: str) -> None:
    run = Run("solver_growth", scale, dtype="float32", threads=1)
    smoke = scale == "smoke"
    torch.set_num_threads(1)
    for n in (100, 200) if smoke else SIZES:
        try:
            data = table("process" if smoke else "cones", rows=n)
        except DataError as problem:
            raise SystemExit(f"no table: {problem}") from problem
        with threadpool_limits(1):
            start = time.process_time()
            fit = KernelRidge().fit(data.x, data.y)
            solved = time.process_time()
            values = fit.predict(data.x_test)
            done = time.process_time()
        print(n, done - start, flush=True)
        run.add(
            method="KernelRidge, ldyn",
            n=n,
            seconds=done - start,
            times_ours=1,
            choice_wall=fit.record_.seconds["choice"],
            fit=solved - start,
            rmse=float((values - data.y_test).square().mean().sqrt()),
            kernel=fit.record_.kernel,
            bandwidths=len(set(fit.record_.bandwidths)),
            solver=fit.record_.solver,
        )
    run.finish()


if __name__ == "__main__":
    main(asked_scale())
