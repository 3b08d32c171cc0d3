// Kernel ridge on a few points, its bandwidth and ridge chosen by exact leave-one-out as they move.
// State: x (n,), y (n,), bandwidths (r,), ridges (s,), increasing.

function gram(a, b, h) {
  return a.map((u) => b.map((v) => Math.exp(-((u - v) ** 2) / (2 * h * h))));
}

const product = (matrix, v) => matrix.map((row) => row.reduce((s, a, j) => s + a * v[j], 0));
const mean = (v) => v.reduce((s, a) => s + a, 0) / v.length;
const meanSquare = (v) => mean(v.map((a) => a * a));

// Coefficients c = A(y − ȳ) with A = (K + λI)⁻¹, residuals λc, and residuals left out, c_i / A_ii.
function fit(x, y, h, ridge) {
  const lifted = gram(x, x, h).map((row, i) => row.map((v, j) => v + (i === j ? ridge : 0)));
  const a = inverted(lifted), middle = mean(y), c = product(a, y.map((v) => v - middle));
  return { middle, c, own: c.map((v) => ridge * v), left: c.map((v, i) => v / a[i][i]) };
}

function values(at, x, h, { middle, c }) { return product(gram(at, x, h), c).map((v) => middle + v); }

// For each bandwidth the ridge of the least leave-one-out error, that error and the fit's own.
function path(x, y, bandwidths, ridges) {
  return bandwidths.map((h) => ridges.map((ridge) => {
    const { own, left } = fit(x, y, h, ridge);
    return { h, ridge, left: meanSquare(left), own: meanSquare(own) };
  }).reduce((a, b) => (b.left < a.left ? b : a)));
}

function least(found) { return found.reduce((best, f, i) => (f.left < found[best].left ? i : best), 0); }

// The fit without point i, the mean kept as it was with it.
function without(x, y, i, h, ridge) {
  const rest = (v) => v.filter((_, j) => j !== i), middle = mean(y), kept = rest(x);
  const lifted = gram(kept, kept, h).map((row, k) => row.map((v, j) => v + (k === j ? ridge : 0)));
  return { x: kept, middle, c: product(inverted(lifted), rest(y).map((v) => v - middle)) };
}

const digits = (v) => (v < 1e-4 ? "less than 0.0001" : Number(v.toPrecision(2)));

function render({ model, el }) {
  const fig = figure(el, model), n = model.get("x").length, range = [-2, 2];
  const x = [...model.get("x")], y = [...model.get("y")];
  const [bandwidths, ridges] = [model.get("bandwidths"), model.get("ridges")];
  const point = fig.slider("point", { min: 1, max: n, value: Math.round(n / 4) });
  const height = fig.slider("its height", { min: -2, max: 2, step: 0.05, value: 0, text: (v) => minus(v.toFixed(2)) });
  const width = fig.slider("bandwidth", { min: 0, max: bandwidths.length - 1, text: (i) => digits(bandwidths[i]) });
  const computed = fig.tick("computed", { value: true });
  const say = fig.readout();
  const show = () => { height.value = y[point.value - 1]; };
  const moved = () => { y[point.value - 1] = Math.max(-2, Math.min(2, height.value)); };
  fig.listen(point.input, "input", show);
  fig.listen(height.input, "input", moved);
  fig.listen(width.input, "input", () => { computed.input.checked = false; });
  show();
  let found = path(x, y, bandwidths, ridges), drawn = y.join(), top, bottom, held = false;
  const now = () => {
    if (drawn !== y.join()) [found, drawn] = [path(x, y, bandwidths, ridges), y.join()];
    const at = computed.value ? least(found) : width.value;
    if (at !== width.value) width.value = at;
    return found[at];
  };

  const above = fig.draw({ aspect: 0.5, tallest: 320, lowest: 200 }, (pen, area) => {
    const { h, ridge } = now(), { ink } = area, i = point.value - 1;
    const plot = top = chart(pen, { ...area, x: [0, 1], y: range, xlabel: "x", ylabel: "y",
      xticks: [0, 0.5, 1], yticks: [-2, -1, 0, 1, 2], pad: { left: 34 } });
    const grid = Array.from({ length: 241 }, (_, k) => k / 240);
    const out = without(x, y, i, h, ridge), there = values([x[i]], out.x, h, out)[0];
    plot.inside(() => {
      plot.curve(grid, values(grid, out.x, h, out), { colour: ink.vermilion, wide: 1.5, dash: [5, 4] });
      plot.curve(grid, values(grid, x, h, fit(x, y, h, ridge)), { colour: ink.blue, wide: 2.5 });
      plot.curve([x[i], x[i]], [y[i], there], { colour: ink.vermilion, wide: 1.5 });
    });
    plot.dots(x, y, { colour: ink.ink, radius: 3.5 });
    plot.dots([x[i]], [y[i]], { colour: ink.vermilion, radius: 5, hollow: true });
  });
  above.style.touchAction = "pan-y";

  const below = fig.draw({ aspect: 0.36, tallest: 220, lowest: 150,
    label: "Error on points left out, and on the points of the fit, against the bandwidth." }, (pen, area) => {
    const at = now(), { ink } = area, best = found[least(found)];
    const plot = bottom = chart(pen, { ...area, x: [bandwidths[0], bandwidths.at(-1)], y: [1e-3, 2],
      log: "xy", xlabel: "bandwidth h, each with its best ridge", ylabel: "mean squared error",
      yticks: [0.001, 0.01, 0.1, 1], pad: { left: 54, right: 100 } });
    plot.inside(() => {
      plot.curve(found.map((f) => f.h), found.map((f) => f.own), { colour: ink.blue, wide: 1.5, dash: [5, 4] });
      plot.curve(found.map((f) => f.h), found.map((f) => f.left), { colour: ink.vermilion, wide: 2.5 });
      plot.dots([best.h], [best.left], { colour: ink.vermilion, radius: 5 });
      plot.dots([at.h, at.h], [at.own, at.left], { colour: ink.ink, radius: 3.5, hollow: true });
    });
    const last = found.at(-1), [own, left] = [Math.max(last.own, 1e-3), last.left];
    const heights = apart([plot.sy(left), plot.sy(own)]);
    [["left out", "vermilion", left], ["own points", "blue", own]].forEach(([text, colour, v], k) =>
      plot.words(text, last.h, v, { colour: ink[colour], dy: heights[k] - plot.sy(v) }));
    say(`h = ${digits(at.h)}, λ = ${digits(at.ridge)}: error ${digits(at.left)} on points left out, ${digits(at.own)} on the points of `
      + `the fit. ${at === best ? "No pair of the grid does better on points left out." : `At h = ${digits(best.h)}, λ = ${digits(best.ridge)} it would be ${digits(best.left)}.`}`);
  });

  const drag = (e) => { height.value = top.sy.back(e.offsetY); moved(); fig.redraw(); };
  fig.listen(above, "pointerdown", (e) => {
    if (!top) return;
    const far = x.map((v, k) => Math.hypot(top.sx(v) - e.offsetX, top.sy(y[k]) - e.offsetY));
    point.value = far.indexOf(Math.min(...far)) + 1;
    show();
    held = Math.min(...far) < 24;
    if (held) above.setPointerCapture(e.pointerId);
    fig.redraw();
  });
  fig.listen(above, "pointermove", (e) => { if (held) drag(e); });
  for (const end of ["pointerup", "pointercancel"]) fig.listen(above, end, () => { held = false; });
  fig.listen(above, "touchmove", (e) => { if (held) e.preventDefault(); }, { passive: false });
  fig.listen(below, "pointerdown", (e) => {
    if (!bottom) return;
    const far = bandwidths.map((h) => Math.abs(bottom.sx(h) - e.offsetX));
    computed.input.checked = false;
    width.value = far.indexOf(Math.min(...far));
  });
  return fig.cleanUp;
}

export default { render };
