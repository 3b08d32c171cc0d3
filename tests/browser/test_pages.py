import importlib.util
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

# Rules of WCAG A/AA that the theme itself breaks: (rule, part of the element's selector), reason.
OF_THE_THEME: dict[tuple[str, str], str] = {}

PICTURE = """(host) => [...host.querySelectorAll('canvas')].map((c) => c.toDataURL()).join()
  + [...host.querySelectorAll('svg')].map((s) => s.outerHTML).join()"""

VIOLATIONS = """() => axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], preload: false,
  resultTypes: ['violations'],
}).then((r) => r.violations.flatMap((v) => v.nodes.map((n) =>
  [v.id, n.target.join(' '), n.html.slice(0, 160), n.any[0]?.message ?? ''])))"""

CUT = """() => [...document.querySelectorAll('article mjx-container')].filter((formula) => {
  const [box, drawn] = [formula.parentElement, formula.querySelector('svg')];
  if (drawn.getBoundingClientRect().width <= box.clientWidth + 1) return false;
  const reached = [formula, box].some((b) => b.tabIndex === 0 && b.scrollWidth > b.clientWidth
    && getComputedStyle(b).overflowX === 'auto');
  return box.clientWidth > 0 && !reached;
}).map((formula) => formula.textContent.slice(0, 60))"""

SHUT = "(solution) => solution.classList.contains('toggle-hidden')"


BOX = """() => {
  const box = document.querySelector('.ld-facts');
  if (!box) return null;
  const open = [...box.querySelectorAll(':scope > p, :scope > details > summary')];
  const lines = open.map((p) =>
    Math.round(p.getBoundingClientRect().height / parseFloat(getComputedStyle(p).lineHeight)));
  const folded = ![...box.querySelectorAll('details')].some((d) => d.open);
  return { folded, lines: lines.reduce((a, b) => a + b, 0), height: box.offsetHeight };
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_front_box_is_short(visit, width, height):
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.settle()
    box = visit.page.evaluate(BOX)
    visit.page.set_viewport_size({"width": 1440, "height": 900})
    if box is None:
        pytest.skip("a page without a front box")
    assert box["folded"]
    assert box["lines"] >= 3
    if width == 1440:
        assert box["lines"] <= 5, f"{box['lines']} lines; shorten :learn: and :need:"
    else:
        assert box["height"] <= height / 3, f"{box['height']} px; shorten :learn: and :need:"


def test_it_loads_without_error_or_network(visit):
    assert visit.errors == []
    assert visit.failed == []
    assert visit.outside == []


def test_all_formulas_are_rendered(visit):
    count = "(s) => document.querySelectorAll(s).length"
    formulas = visit.page.evaluate(count, "article .math")
    drawn = visit.page.evaluate(count, "article .math mjx-container")
    assert drawn >= formulas, f"{drawn} of {formulas} formulas are drawn"
    broken = visit.page.evaluate(
        "() => [...document.querySelectorAll('[data-mjx-error], [data-mml-node=merror]')]"
        ".map((e) => e.getAttribute('title') || e.textContent)"
    )
    assert broken == []
    raw = visit.page.evaluate(
        r"() => document.querySelector('article')?.innerText.match(/\\\[|\$\$/g)"
    )
    assert not raw, f"unrendered TeX on the page: {raw}"


def test_every_figure_is_alive(visit):
    for figure in visit.page.query_selector_all(".ldyn-moving"):
        name = figure.get_attribute("data-figure")
        assert figure.query_selector(".ldyn-poster") is None, f"{name} did not start"
        shown = figure.query_selector_all("canvas, svg")
        assert shown, f"{name} has no picture"
        for picture in shown:
            said = picture.get_attribute("aria-label") or picture.get_attribute("aria-hidden")
            assert said, f"{name} has a picture without aria-label"


def test_each_slider_changes_its_picture(visit):
    for figure in visit.page.query_selector_all(".ldyn-moving"):
        figure.scroll_into_view_if_needed()
        visit.settle()
        for slider in figure.query_selector_all("input[type=range]:enabled"):
            before = figure.evaluate(PICTURE)
            moved = []
            for end in ("max", "min"):
                slider.evaluate(
                    "(s, end) => { s.value = s[end];"
                    " s.dispatchEvent(new Event('input', { bubbles: true })); }",
                    end,
                )
                visit.settle()
                moved.append(figure.evaluate(PICTURE) != before)
            label = slider.evaluate("(s) => s.labels[0]?.textContent")
            assert label, f"a slider of {figure.get_attribute('data-figure')} has no label"
            assert any(moved), f"{figure.get_attribute('data-figure')}: “{label}” changes nothing"


def test_sliders_answer_the_keyboard(visit):
    slider = visit.page.query_selector(".ldyn-moving input[type=range]:enabled")
    if slider is None:
        return
    slider.evaluate("(s) => { s.value = s.min; }")
    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    assert slider.evaluate("(s) => Number(s.value) > Number(s.min)")


def test_keys_go_no_further_than_the_figure(visit):
    for control in visit.page.query_selector_all(".ldyn-moving :is(input, select, button, canvas)"):
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
        heard = control.evaluate(
            """(control) => {
              const heard = [];
              const hear = (e) => heard.push(e.key);
              document.addEventListener("keydown", hear);
              for (const [key, ctrlKey] of [["ArrowDown", false], ["a", false], ["F9", true]])
                control.dispatchEvent(
                  new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
              document.removeEventListener("keydown", hear);
              return heard;
            }"""
        )
        assert heard == ["F9"], "with Ctrl a key is the page's, as for its search"


def test_figures_follow_the_theme(visit):
    for figure in visit.page.query_selector_all(".ldyn-moving:has(canvas)"):
        visit.theme("light")
        light = figure.evaluate(PICTURE)
        visit.theme("dark")
        assert figure.evaluate(PICTURE) != light, figure.get_attribute("data-figure")
    visit.theme("light")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_and_is_accessible(visit, width, theme):
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    visit.theme(theme)
    page.wait_for_timeout(250)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == [], "formulas that are cut and cannot be scrolled"
    if page.evaluate("() => typeof axe") == "undefined":
        spec = importlib.util.find_spec("axe_playwright_python")
        folder = next(iter(spec.submodule_search_locations))
        page.add_script_tag(content=(Path(folder) / "axe.min.js").read_text())
    found = page.evaluate(VIOLATIONS)
    ours = [
        one
        for one in found
        if not any(one[0] == rule and part in one[1] for rule, part in OF_THE_THEME)
    ]
    assert not ours, "\n".join(" | ".join(one) for one in ours)
    visit.theme("light")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_tap_anywhere_on_its_title_opens_a_solution(visit):
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(250)
    address = page.url
    for number, solution in enumerate(page.query_selector_all(".solution.dropdown")):
        title = solution.query_selector(":scope > .admonition-title")
        assert solution.evaluate(SHUT)
        box, share = title.bounding_box(), (0.5, 0.15, 0.95)[number % 3]
        title.click(position={"x": share * box["width"], "y": 0.35 * box["height"]})
        assert not solution.evaluate(SHUT), f"a tap at {share} of “{title.inner_text()}”"
    assert page.url == address
    page.set_viewport_size({"width": 1440, "height": 900})


def test_the_keyboard_opens_and_shuts_a_solution(visit):
    for solution in visit.page.query_selector_all(".solution.dropdown")[:2]:
        (stop,) = solution.query_selector_all(".admonition-title :is(a, button)")
        before = solution.evaluate(SHUT)
        stop.focus()
        for key, shut in (("Enter", not before), ("Space", before)):
            visit.page.keyboard.press(key)
            assert solution.evaluate(SHUT) == shut


def test_nothing_went_wrong_while_it_was_used(visit):
    assert visit.errors == []
    assert visit.outside == []
