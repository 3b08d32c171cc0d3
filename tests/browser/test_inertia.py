"""The inertia figure offers what can occur, and what its sliders say is what it counts."""

from itertools import product

import pytest

from ldyn import show

pytestmark = pytest.mark.browser

SET = """(slider, value) => {
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}"""
SHOWN = "(slider) => Number(slider.parentElement.querySelector('.ldyn-value').textContent)"


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (2, 1), (2, 4)])
def test_each_value_that_a_slider_shows_is_the_one_in_use(context, tmp_path, inputs, outputs):
    alt = "Bars count the signs of the eigenvalues."
    moving = show.moving("inertia", state={"inputs": inputs, "outputs": outputs}, alt=alt)
    (tmp_path / "a.html").write_text(f"<!doctype html><meta charset=utf-8>{moving.html()}", "utf-8")
    page = context.new_page()
    page.goto((tmp_path / "a.html").as_uri())
    page.wait_for_selector("canvas")
    surplus, below, rank, up = page.query_selector_all("input[type=range]")
    for k, negative, r, plus in product((4, 1, 3), (4, 0, 2), (0, 9), (9, 0, 1)):
        for slider, value in ((surplus, k), (rank, r), (below, negative), (up, plus)):
            slider.evaluate(SET, value)
        page.evaluate(
            "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )
        k, negative, r, plus = (slider.evaluate(SHOWN) for slider in (surplus, below, rank, up))
        assert negative <= k
        assert r <= min(outputs - 1, inputs)
        assert plus <= inputs - r
        said = page.inner_text(".ldyn-readout")
        assert f"{k * (inputs + outputs)} surplus coordinates" in said
        assert f"{k + 1 - negative} copies with λ > 0, {negative} with λ < 0" in said
        assert f"{plus} positive and {inputs - r - plus} negative signs" in said
    page.close()
