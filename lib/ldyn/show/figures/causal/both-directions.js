// y = f(x) + se and the best additive fit the other way, x = E[x|y] + rest, from the exact densities.
// State: columns {law: {cause: […], noise: […]}}, rows with variance 1; limit, the size of the
// dependence that independent columns exceed once in twenty times.

const ROOT3 = Math.sqrt(3), ROOT2 = Math.SQRT2;
// Densities with mean 0 and variance 1, and where they are not negligible.
const LAWS = {
  normal: { density: (t) => Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI), support: [-7, 7] },
  uniform: { density: (t) => (Math.abs(t) < ROOT3 ? 1 / (2 * ROOT3) : 0), support: [-ROOT3, ROOT3] },
  Laplace: { density: (t) => Math.exp(-ROOT2 * Math.abs(t)) / ROOT2, support: [-14, 14] },
  exponential: { density: (t) => (t > -1 ? Math.exp(-t - 1) : 0), support: [-1, 15] },
};

// A line that bends: slope 1 − c far left, 1 + c far right.
function mechanism(x, bend) { return x + bend * (Math.sqrt(1 + x * x) - 1); }

// Midpoints of the cause's law: x, f(x) and the density at x.
function nodes(cause, bend, cells = 1200) {
  const [a, b] = LAWS[cause].support, step = (b - a) / cells;
  return Array.from({ length: cells }, (_, k) => a + (k + 0.5) * step)
    .map((x) => [x, mechanism(x, bend), LAWS[cause].density(x)]).filter(([, , w]) => w > 1e-12);
}

// E[x|y].
function expectedCause(y, grid, noise, size) {
  const { density } = LAWS[noise];
  let mass = 0, sum = 0;
  for (const [x, f, w] of grid) {
    const p = w * density((y - f) / size);
    mass += p; sum += p * x;
  }
  return sum / mass;
}

function standardise(column) {
  const mean = column.reduce((s, v) => s + v, 0) / column.length;
  const size = Math.sqrt(column.reduce((s, v) => s + (v - mean) ** 2, 0) / column.length);
  return column.map((v) => (v - mean) / size);
}

// The matrix of exp(−2(a − a′)²), row means and column means taken off.
function centredKernel(column) {
  const z = standardise(column), n = z.length;
  const rows = z.map((a) => Float64Array.from(z, (b) => Math.exp(-2 * (a - b) ** 2)));
  const means = rows.map((row) => row.reduce((s, v) => s + v, 0) / n);
  const all = means.reduce((s, v) => s + v, 0) / n;
  return rows.map((row, i) => row.map((v, j) => v - means[i] - means[j] + all));
}

// HSIC over its mean when the columns are paired at random.
function dependence(a, b) {
  const k = centredKernel(a), l = centredKernel(b), n = a.length;
  let sum = 0, tk = 0, tl = 0;
  for (let i = 0; i < n; i++) {
    tk += k[i][i]; tl += l[i][i];
    for (let j = 0; j < n; j++) sum += k[i][j] * l[i][j];
  }
  return ((n - 1) * sum) / (tk * tl);
}

// Both columns, both residuals and how much either depends on what it is the residual of.
function bothWays(columns, { cause, noise, bend, size }) {
  const x = columns[cause].cause, e = columns[noise].noise;
  const y = x.map((v, i) => mechanism(v, bend) + size * e[i]);
  const forward = e.map((v) => size * v);
  const grid = nodes(cause, bend);
  const backward = x.map((v, i) => v - expectedCause(y[i], grid, noise, size));
  return { x, y, grid, forward, backward, there: dependence(x, forward), back: dependence(y, backward) };
}

function reach(column) {
  const low = Math.min(...column), high = Math.max(...column), air = 0.06 * (high - low);
  return [low - air, high + air];
}

function render({ model, el }) {
  const fig = figure(el, model);
  const names = Object.keys(LAWS);
  const cause = fig.choice("law of the cause", names, { value: "normal" });
  const noise = fig.choice("law of the noise", names, { value: "normal" });
  const bend = fig.slider("bend c", { min: 0, max: 2, step: 0.05, value: 1, text: (v) => v.toFixed(2) });
  const size = fig.slider("size of the noise s", { min: 0.2, max: 2, step: 0.05, value: 0.5, text: (v) => v.toFixed(2) });
  const say = fig.readout();
  let key, seen;
  const now = () => {
    const choices = { cause: cause.value, noise: noise.value, bend: bend.value, size: size.value };
    const wanted = JSON.stringify(choices);
    if (key !== wanted) seen = { ...bothWays(model.get("columns"), choices), ...choices };
    key = wanted;
    return seen;
  };
  const plain = (v) => minus(Number(v.toPrecision(2)));
  const panel = (pen, area, half, across, up, [xlabel, ylabel], colour, line) => {
    const width = area.width / 2;
    pen.save();
    pen.translate(half * width, 0);
    const [x, y] = [reach(across), reach(up)];
    const middle = ([a, b]) => [a + 0.15 * (b - a), (a + b) / 2, b - 0.15 * (b - a)];
    const plot = chart(pen, { ...area, width, x, y, xlabel, ylabel, xticks: middle(x), yticks: middle(y),
      xtext: plain, ytext: plain, pad: { left: 42, right: 8 } });
    plot.inside(() => {
      plot.dots(across, up, { colour: area.ink.grey, radius: 1.8 });
      const xs = Array.from({ length: 121 }, (_, i) => x[0] + (i / 120) * (x[1] - x[0]));
      const kept = xs.map((v) => [v, line(v)]).filter(([, w]) => Number.isFinite(w));
      plot.curve(kept.map((p) => p[0]), kept.map((p) => p[1]), { colour, wide: 2.5 });
    });
    pen.restore();
  };

  fig.draw({ aspect: 0.4, tallest: 270, lowest: 170 }, (pen, page) => {
    const { x, y, grid, noise: e, bend: b, size: s } = now();
    panel(pen, page, 0, x, y, ["x", "y, and f(x)"], page.ink.blue, (v) => mechanism(v, b));
    panel(pen, page, 1, y, x, ["y", "x, and E[x|y]"], page.ink.vermilion, (v) => expectedCause(v, grid, e, s));
  });
  fig.draw({ aspect: 0.36, tallest: 240, lowest: 160, label: "The residuals of both fits against their inputs." },
    (pen, page) => {
      const { x, y, forward, backward, there, back } = now(), limit = model.get("limit");
      panel(pen, page, 0, x, forward, ["x", "y − f(x)"], page.ink.blue, () => 0);
      panel(pen, page, 1, y, backward, ["y", "x − E[x|y]"], page.ink.vermilion, () => 0);
      const told = back > limit ? "Only x → y fits." : "Both directions fit: the 300 rows do not tell them apart.";
      say(`Dependence of the residual, 1 for independent columns: x → y ${there.toFixed(2)}, y → x ${back.toFixed(2)}. `
        + `${there > limit ? "Neither seems to fit: chance, since x → y is the model." : told}`);
    });
  return fig.cleanUp;
}

export default { render };
