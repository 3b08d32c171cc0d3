"""The study of CGNN's width: its cells, and a short run that can be computed again."""

from dataclasses import replace

from ldyn.studies.causal import capacity


def test_every_family_is_tried_at_every_width():
    cells = capacity.cells("laptop")
    tried = {(c.family, c.hidden) for c in cells}
    assert tried == {(f, h) for f, widths in capacity.WIDTHS.items() for h in widths}
    assert len(cells) == len(set(cells)) == 18


def test_a_row_has_the_scores_of_three_generators_and_how_often_runs_agree():
    cell = capacity.cells("smoke")[0]
    once = capacity.run(cell)
    assert [len(once[kind]) for kind in ("trained", "untrained", "constant")] == [2, 2, 2]
    assert once["agreement"] is None
    assert once == capacity.run(cell)
    more = capacity.run(replace(cell, runs=3))
    assert 0.3333 <= more["agreement"] <= 1
    assert more["constant"] == once["constant"]
