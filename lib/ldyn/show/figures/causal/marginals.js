// One pair whose marginals move towards each other and past: rules on marginals turn, ranks stay.
// State: x and y, standardised columns without ties.

function ranks(values) {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]), found = [];
  order.forEach((i, rank) => { found[i] = rank; });
  return found;
}

// The column `a`, moved by the share t towards the law of `b`.
function moved(a, b, t) {
  const law = [...b].sort((u, v) => u - v), at = ranks(a);
  return a.map((v, i) => (1 - t) * v + t * law[at[i]]);
}

function standardised(a) {
  const mean = a.reduce((s, v) => s + v, 0) / a.length;
  const sd = Math.sqrt(a.reduce((s, v) => s + (v - mean) ** 2, 0) / a.length);
  return a.map((v) => (v - mean) / sd);
}

// Φ(z), by Simpson's rule from 0.
function below(z) {
  const n = 60, h = z / n, f = (v) => Math.exp((-v * v) / 2);
  let sum = f(0) + f(z);
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(i * h);
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

// How far from normal, and how wide in its range: one number a column.
function distance(a) {
  const z = standardised(a).sort((u, v) => u - v), n = z.length;
  return Math.max(...z.map((v, i) => { const p = below(v); return Math.max((i + 1) / n - p, p - i / n); }));
}
function width(a) {
  const z = standardised(a);
  return 1 / (Math.max(...z) - Math.min(...z));
}

// The share of the variance of b that the best cubic of a leaves, by Gram and Schmidt.
function unexplained(a, b) {
  const z = standardised(a), dot = (u, v) => u.reduce((s, w, i) => s + w * v[i], 0);
  let left = standardised(b);
  const basis = [];
  for (let k = 0; k < 4; k++) {
    let q = z.map((v) => v ** k);
    for (let again = 0; again < 2; again++)
      for (const p of basis) { const c = dot(p, q); q = q.map((v, i) => v - c * p[i]); }
    const size = Math.sqrt(dot(q, q));
    q = q.map((v) => v / size);
    basis.push(q);
    const c = dot(q, left);
    left = left.map((v, i) => v - c * q[i]);
  }
  return dot(left, left) / left.length;
}

// Scores, positive for "x is the cause".
function scores(x, y) {
  return {
    "bell curve": distance(y) - distance(x),
    "range": width(x) - width(y),
    "cubic errors": unexplained(y, x) - unexplained(x, y),
  };
}

const NAMES = { "bell curve": "bell curve (vermilion)", "range": "range (ochre)", "cubic errors": "errors of cubics (blue)" };
function answer(score) { return Math.abs(score) < 1e-9 ? "no answer" : score > 0 ? "right" : "wrong"; }
const SHARES = Array.from({ length: 21 }, (_, i) => i / 20);

function render({ model, el }) {
  const fig = figure(el, model);
  const [x, y] = [model.get("x"), model.get("y")];
  const share = fig.slider("share t", { min: 0, max: 1, step: 0.05, value: 0, text: (v) => v.toFixed(2) });
  const which = fig.choice("moves", [["both", "both"], ["cause", "the cause alone"], ["effect", "the effect alone"]], { value: "both" });
  const say = fig.readout();
  const pair = (t) => [which.value === "effect" ? x : moved(x, y, t), which.value === "cause" ? y : moved(y, x, t)];
  const known = {};
  const along = () => (known[which.value] ??= SHARES.map((t) => scores(...pair(t))));
  const colours = (ink) => ({ "bell curve": ink.vermilion, "range": ink.ochre, "cubic errors": ink.blue });

  fig.draw({ aspect: 0.55, tallest: 300, lowest: 190 }, (pen, { width: wide, height, ink }) => {
    const [a, b] = pair(share.value), top = Math.max(...x, ...y) + 0.3, low = Math.min(...x, ...y) - 0.8;
    const plot = chart(pen, { width: wide, height, ink, x: [low, top], y: [low, top], xlabel: "cause", ylabel: "effect", xticks: [-2, 0, 2], yticks: [-2, 0, 2] });
    plot.inside(() => {
      a.forEach((v) => plot.curve([v, v], [low, low + 0.4], { colour: ink.vermilion, wide: 1, alpha: 0.5 }));
      b.forEach((v) => plot.curve([low, low + 0.25], [v, v], { colour: ink.green, wide: 1, alpha: 0.5 }));
      plot.dots(a, b, { colour: ink.blue, radius: 2.5 });
    });
  });
  fig.draw({ aspect: 0.34, tallest: 200, lowest: 140 }, (pen, { width: wide, height, ink }) => {
    const plot = chart(pen, { width: wide, height, ink, x: [0, 1], y: [-1.1, 1.1], xlabel: "share t", ylabel: "score, over its largest", xticks: [0, 0.5, 1], yticks: [-1, 0, 1] });
    const lines = along(), shades = colours(ink);
    for (const name of Object.keys(shades)) {
      const values = lines.map((s) => s[name]), most = Math.max(...values.map(Math.abs));
      plot.curve(SHARES, values.map((v) => v / most), { colour: shades[name] });
      plot.dots([share.value], [values[Math.round(20 * share.value)] / most], { colour: shades[name], radius: 4 });
    }
    const now = lines[Math.round(20 * share.value)];
    say(`${Object.keys(shades).map((name) => `${NAMES[name]}: ${answer(now[name])}`).join("; ")}.`);
  });
  return fig.cleanUp;
}

export default { render };
