// Two layers of kernel ridge regression at a jump: ordinary, or honest. State: x in [0, 1] and z,
// standard normal errors (n), in the order in which the slider takes them; even ones are fold 1.

const PLACES = Array.from({ length: 201 }, (_, i) => i / 200);
const LOWER = { h: 0.06, ridge: 0.3 }, UPPER = { h: 0.6, w: 0.35 };
const mean = (v) => v.reduce((s, a) => s + a, 0) / v.length;

function truth(t, jump, place) { return 0.3 * Math.sin(5 * t) + (t > place ? jump : 0); }
function sample(x, z, jump, place) { return x.map((t, i) => truth(t, jump, place) + 0.3 * z[i]); }
function laplace(a, b) { return Math.exp(-Math.abs(a - b) / LOWER.h); }
function matern([x, u], [s, v]) {
  const r = Math.sqrt(3) * Math.hypot((x - s) / UPPER.h, (u - v) / UPPER.w);
  return (1 + r) * Math.exp(-r);
}

// A ridge regression on `rows`: its answer at a point, and its residuals left out.
function ridge(rows, y, kernel, lambda) {
  const a = inverted(rows.map((p, i) => rows.map((q, j) => kernel(p, q) + (i === j ? lambda : 0))));
  const middle = mean(y), c = a.map((row) => row.reduce((s, v, j) => s + v * (y[j] - middle), 0));
  return { at: (p) => rows.reduce((s, q, j) => s + c[j] * kernel(p, q), middle), left: c.map((v, i) => v / a[i][i]) };
}

// All layers: `one` on all rows; `u` of each row from the other fold; tops on pairs (x, u), pooled or fold by fold.
function layers(x, y, lambda) {
  const folds = [0, 1].map((k) => x.map((_, i) => i).filter((i) => i % 2 === k)), at = (v, rows) => rows.map((i) => v[i]);
  const one = ridge(x, y, laplace, LOWER.ridge);
  const lower = folds.map((rows) => ridge(at(x, rows), at(y, rows), laplace, LOWER.ridge));
  const u = x.map((t, i) => lower[1 - (i % 2)].at(t)), pairs = x.map((t, i) => [t, u[i]]);
  const pooled = ridge(pairs, y, matern, lambda);
  const tops = folds.map((rows) => ridge(at(pairs, rows), at(y, rows), matern, lambda));
  const below = (t) => lower.map((f) => f.at(t)); // by fold 1, by fold 2
  return {
    one, u, pooled, tops,
    ordinary: (t) => pooled.at([t, mean(below(t))]),
    honest: (t) => mean(below(t).map((v, k) => tops[1 - k].at([t, v]))),
    left: { one: square(one.left), ordinary: square(pooled.left), honest: square(tops.flatMap((f) => f.left)) },
  };
}
function square(v) { return mean(v.map((a) => a * a)); }

function render({ model, el }) {
  const fig = figure(el, model), [every, z] = [model.get("x"), model.get("z")];
  const size = fig.slider("points n", { min: 30, max: every.length, step: 10, value: 140 });
  const jump = fig.slider("jump", { min: 0.1, max: 2, step: 0.1, value: 1, text: (v) => v.toFixed(1) });
  const place = fig.slider("its place", { min: 0.2, max: 0.8, step: 0.01, value: 0.5, text: (v) => v.toFixed(2) });
  const power = fig.slider("λ of layer 2", { min: -8, max: 4, value: -2, text: (v) => Number((10 ** (v / 4)).toPrecision(2)) });
  const naive = fig.tick("ordinary stacking", { value: false });
  const say = fig.readout();
  let known = "", x, y, found;
  const refresh = () => {
    const now = `${size.value} ${jump.value} ${place.value} ${power.value}`;
    if (now === known) return;
    known = now;
    x = every.slice(0, size.value);
    y = sample(x, z, jump.value, place.value);
    found = layers(x, y, 10 ** (power.value / 4));
  };
  const range = () => [-0.8, 0.9 + jump.value];
  fig.draw({ aspect: 0.42, tallest: 280, lowest: 170 }, (pen, area) => {
    refresh();
    const { ink } = area, two = naive.value ? found.ordinary : found.honest;
    const f = (t) => truth(t, jump.value, place.value);
    const plot = chart(pen, { ...area, x: [0, 1], y: range(), xlabel: "x", ylabel: "y", xticks: [0, 0.5, 1], yticks: [0, 1, 2] });
    plot.inside(() => {
      plot.dots(x, y, { colour: ink.grey, radius: 2 });
      plot.curve(PLACES, PLACES.map(f), { colour: ink.ink, wide: 1.5, dash: [7, 4] });
      plot.curve(PLACES, PLACES.map(found.one.at), { colour: ink.blue, wide: 1.5 });
      plot.curve(PLACES, PLACES.map(two), { colour: ink.purple, wide: 2.5 });
    });
    const risk = (g) => square(PLACES.map((t) => g(t) - f(t))).toFixed(4), kind = naive.value ? "ordinary" : "honest";
    const says = (v) => minus((v - square(x.map((t, i) => y[i] - f(t)))).toFixed(4));
    say(`True error: one layer ${risk(found.one.at)}, two ${kind} layers ${risk(two)}. The error left out, less the noise of these points, `
      + `says ${says(found.left.one)} and ${says(found.left[kind])}.`);
  });
  fig.draw({ aspect: 0.4, tallest: 260, lowest: 160, label: "Responses against the answer u of the layer below, and the layer above at the middle x." }, (pen, area) => {
    refresh();
    const { ink } = area, grid = PLACES.map((t) => range()[0] + t * (range()[1] - range()[0]));
    const plot = chart(pen, { ...area, x: range(), y: range(), xlabel: "u, what the layer below says elsewhere", ylabel: "y", xticks: [0, 1, 2], yticks: [0, 1, 2] });
    plot.inside(() => {
      plot.dots(found.u, y, { colour: ink.grey, radius: 2 });
      for (const top of naive.value ? [found.pooled] : found.tops)
        plot.curve(grid, grid.map((v) => top.at([0.5, v])), { colour: ink.purple, wide: 2 });
    });
  });
  return fig.cleanUp;
}

export default { render };
