// Six features of both directions of one pair, which way each points, and what `direction` says.
// State: x, 300 normal values, and noises {law: as many}; laws, bends, sizes, growths, rows, the values of
// the sliders; scores {plain, ranks}[rows][bend][size][growth][law]; scale and right {plain, ranks},
// for each feature its standard deviation in training, and how often the smaller value is right there.

// The positive half of a Gauss–Hermite rule for E f(N(0, 1)), weights doubled.
const NODES = [0.412590457955, 1.24268895549, 2.0883447457, 2.96303657984, 3.88692457506, 4.89693639735, 6.0874095469];
const WEIGHTS = [0.605269253626, 0.308166679685, 0.0773002176485, 0.00885783821389, 0.000400679107521, 5.32198268814e-06, 9.7363225155e-09];
const NAMES = ["size of r", "likelihood", "HSIC x, r", "HSIC x, r/σ", "tails of r/σ", "law of x"];

const average = (c) => c.reduce((s, v) => s + v, 0) / c.length;
const square = (c) => average(c.map((v) => v * v));
const within = (v, most) => Math.max(-most, Math.min(most, v));
function unit(c) {
  const mean = average(c), size = Math.sqrt(square(c.map((v) => v - mean)));
  return c.map((v) => (v - mean) / size);
}

// Φ(z), by Simpson's rule from 0, and its inverse, by Newton's from 0, on whose side Φ is concave.
function below(z) {
  const n = 200, h = z / n, f = (v) => Math.exp((-v * v) / 2);
  let sum = f(0) + f(z);
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(i * h);
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}
function quantile(p) {
  let z = 0;
  for (let k = 0; k < 40; k++) {
    const step = (p - below(z)) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
    z += step;
    if (Math.abs(step) < 1e-12) break;
  }
  return z;
}
// Of mid-ranks: values that are tied share theirs.
const known = new Map();
function normalScores(c) {
  const n = c.length, order = c.map((_, i) => i).sort((i, j) => c[i] - c[j]), found = [];
  for (let i = 0, j = 0; i < n; i = j) {
    while (j < n && c[order[j]] === c[order[i]]) j++;
    const share = (i + j + 1) / (2 * (n + 1));
    if (!known.has(share)) known.set(share, quantile(share));
    for (let k = i; k < j; k++) found[order[k]] = known.get(share);
  }
  return unit(found);
}

function inverse(matrix) {
  const p = matrix.length, rows = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let i = 0; i < p; i++) {
    const lead = rows[i][i];
    rows[i] = rows[i].map((v) => v / lead);
    for (let k = 0; k < p; k++)
      if (k !== i) { const f = rows[k][i]; rows[k] = rows[k].map((v, j) => v - f * rows[i][j]); }
  }
  return rows.map((row) => row.slice(p));
}

// Ridge regression on one, the cause and five bumps along it: fit, and residuals with each row left out.
function regression(s) {
  const n = s.length, dot = (u, v) => u.reduce((sum, w, i) => sum + w * v[i], 0);
  const bumps = [-2.2, -1.1, 0, 1.1, 2.2].map((m) => s.map((v) => Math.exp(-(((v - m) / 1.1) ** 2) / 2)));
  const basis = [s.map(() => 1), s, ...bumps];
  const inner = inverse(basis.map((u, i) => basis.map((v, j) => dot(u, v) + (i === j ? n * 1e-3 : 0))));
  const at = (weights, i) => weights.reduce((sum, w, k) => sum + w * basis[k][i], 0);
  const pulled = inner.map((weights) => s.map((_, i) => at(weights, i)));
  const leverage = s.map((_, i) => Math.min(0.95, basis.reduce((sum, b, k) => sum + b[i] * pulled[k][i], 0)));
  return (target) => {
    const weights = pulled.map((row) => dot(row, target)), fit = s.map((_, i) => at(weights, i));
    return { fit, rest: target.map((v, i) => (v - fit[i]) / (1 - leverage[i])) };
  };
}

function waves(c) {
  return [Math.cos, Math.sin].flatMap((f) => NODES.map((t) => c.map((v) => f(t * v))));
}
// log of HSIC with Gaussian kernels of width 1, over its mean were the columns independent.
function logDependence(a, b) {
  const [u, v] = [waves(a), waves(b)].map((all) => all.map((c) => ({ c, mean: average(c) })));
  const weight = (k) => WEIGHTS[k % 7];
  let sum = 0, spread = 0, free = 1;
  v.forEach(({ mean }, l) => { free -= weight(l) * mean * mean; });
  u.forEach(({ c, mean }, k) => {
    spread += weight(k) * (square(c) - mean * mean);
    v.forEach(({ c: d, mean: other }, l) => {
      let product = 0;
      for (let i = 0; i < a.length; i++) product += c[i] * d[i];
      sum += weight(k) * weight(l) * (product / a.length - mean * other) ** 2;
    });
  });
  return Math.log((a.length * sum + 1e-3) / (spread * free + 1e-3));
}

// The largest distance between the law of a column and a normal one.
function fromNormal(c) {
  const n = c.length;
  return Math.max(...[...c].sort((u, v) => u - v).map((v, i) => Math.abs(below(v) - (i + 0.5) / n)));
}

// The six features of cause → effect, `c` and `e` on the scale that is looked at, `s` normal scores.
function look(s, c, e) {
  const regress = regression(s), { fit, rest } = regress(e), r = unit(rest);
  const level = Math.log(square(rest) + 1e-6);
  const spread = regress(r.map((v) => Math.log(v * v + 1e-4))).fit.map((v) => within(v, 6));
  const scaled = r.map((v, i) => v * Math.exp(-spread[i] / 2)), z = unit(scaled);
  const likelihood = level + average(spread) + Math.log(square(scaled));
  const tails = Math.log(square(z.map((v) => v * v)));
  return { fit, features: [level, likelihood, logDependence(s, r), logDependence(s, z), tails, fromNormal(c)] };
}

// Both columns as they are looked at, and the fits and features of both directions.
function bothDirections(x, y, ranks) {
  const scores = [x, y].map(normalScores);
  const seen = ranks ? scores : [x, y].map((c) => unit(c).map((v) => within(v, 4)));
  return { seen, forth: look(scores[0], ...seen), back: look(scores[1], seen[1], seen[0]) };
}

// y = x + c(x² − 1) + s e^{hx} e.
function effect(x, e, [bend, size, growth]) {
  return x.map((v, i) => v + bend * (v * v - 1) + size * Math.exp(growth * v) * e[i]);
}

// Features that are smaller for x → y are positive, in standard deviations of the training.
function votes({ forth, back }, scale) {
  return scale.map((size, k) => (back.features[k] - forth.features[k]) / size);
}

function drawFits(pen, area, { seen: [x, y], forth, back }) {
  const { ink } = area, plot = chart(pen, { ...area, x: [-3.6, 3.6], y: [-3.2, 4.2], xlabel: "x, cause", ylabel: "y",
    xticks: [-2, 0, 2], yticks: [-2, 0, 2, 4], pad: { left: 36 } });
  plot.inside(() => {
    plot.dots(x, y, { colour: ink.grey, radius: 1.8 });
    const order = (c) => c.map((_, i) => i).sort((i, j) => c[i] - c[j]);
    const along = (c, which) => which.map((i) => c[i]);
    const [a, b] = [order(x), order(y)];
    plot.curve(along(x, a), along(forth.fit, a), { colour: ink.blue, wide: 2.5 });
    plot.curve(along(back.fit, b), along(y, b), { colour: ink.vermilion, wide: 2.5, dash: [7, 3] });
  });
}

const FAR = 3; // where bars end
function drawVotes(pen, { width, height, ink }, found, right, score) {
  const rows = [...NAMES.map((name, k) => [name, found[k], `${Math.round(100 * right[k])} %`]),
    ["direction", score, minus(`${score > 0 ? "+" : ""}${score.toFixed(1)}`)]];
  const plot = chart(pen, { width, height, ink, x: [-FAR, FAR], y: [rows.length, 0], yticks: [],
    xticks: [-2, 0, 2], xlabel: "y → x   |   x → y", pad: { left: 92, right: 48, top: 20 } });
  const tall = plot.sy(1) - plot.sy(0), middle = (k) => plot.sy(k + 0.5);
  pen.textBaseline = "middle";
  rows.forEach(([name, value, told], k) => {
    const last = k === NAMES.length, [from, to] = [plot.sx(0), plot.sx(within(value, FAR))];
    pen.fillStyle = value > 0 ? ink.blue : ink.vermilion;
    pen.fillRect(Math.min(from, to), middle(k) - 0.3 * tall, Math.abs(to - from), 0.6 * tall);
    pen.fillStyle = ink.ink;
    pen.textAlign = "left"; pen.fillText(name, 2, middle(k));
    pen.textAlign = "right"; pen.fillText(told, width - 2, middle(k));
    if (last) plot.curve([-FAR, FAR], [k, k], { colour: ink.grey, wide: 1 });
  });
  plot.curve([0, 0], [0, rows.length], { colour: ink.grey, wide: 1 });
  pen.fillStyle = ink.grey; pen.textAlign = "right"; pen.fillText("right in training", width - 2, 9);
}

function verdict(found, score, ranks) {
  const ahead = found.filter((v) => v > 1e-9).length, any = found.filter((v) => Math.abs(v) > 1e-9).length;
  const sure = 100 / (1 + Math.exp(-Math.abs(score)));
  return `${ahead} of ${any} features point to x → y. direction${ranks ? " on ranks alone" : ""}: `
    + `${score > 0 ? "x → y, right" : "y → x, wrong"}, with confidence ${sure > 99.9 ? "above 99.9" : sure.toFixed(sure > 99 ? 1 : 0)} %.`;
}

function render({ model, el }) {
  const fig = figure(el, model), names = model.get("laws");
  const steps = (text, name, start) => {
    const values = model.get(name), at = fig.slider(text, { min: 0, max: values.length - 1, value: start, text: (k) => values[k] });
    return { get value() { return values[at.value]; }, get at() { return at.value; } };
  };
  const bend = steps("bend c", "bends", 2), size = steps("noise s", "sizes", 0);
  const growth = steps("its growth h", "growths", 2), rows = steps("rows n", "rows", 2);
  const law = fig.choice("law of e", names, { value: names[0] });
  const blind = fig.tick("ranks alone");
  const say = fig.readout();
  let key, kept;
  const now = () => {
    const wanted = [bend.at, size.at, growth.at, rows.at, law.value, blind.value].join();
    if (key === wanted) return kept;
    const scale = blind.value ? "ranks" : "plain", n = rows.value;
    const [x, e] = [model.get("x"), model.get("noises")[law.value]].map((c) => c.slice(0, n));
    const pair = bothDirections(x, effect(x, e, [bend.value, size.value, growth.value]), blind.value);
    const score = model.get("scores")[scale][rows.at][bend.at][size.at][growth.at][names.indexOf(law.value)];
    key = wanted;
    kept = { pair, score, found: votes(pair, model.get("scale")[scale]), right: model.get("right")[scale] };
    return kept;
  };
  fig.draw({ aspect: 0.42, tallest: 270, lowest: 190 }, (pen, area) => drawFits(pen, area, now().pair));
  fig.draw({ aspect: 0.4, tallest: 250, lowest: 220, label: "Which way each feature points, and how far." }, (pen, area) => {
    const { found, right, score } = now();
    drawVotes(pen, area, found, right, score);
    say(verdict(found, score, blind.value));
  });
  return fig.cleanUp;
}

export default { render };
