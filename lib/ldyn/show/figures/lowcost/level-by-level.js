// Residual correction on the line: each level fits, with a kernel half as wide at twice the sites,
// what the levels before it leave.

const LEVELS = 6;
const PLACES = Array.from({ length: 513 }, (_, i) => i / 512);
const TRUTHS = {
  jump: (t) => 0.3 * Math.sin(6 * t) + (t > 0.41 ? 0.6 : -0.4),
  kink: (t) => 0.9 - 2.4 * Math.abs(t - 0.41),
  smooth: (t) => Math.sin(9 * Math.pow(t, 1.5)) * (1 - 0.5 * t),
};
const PROFILES = {
  Laplace: (r) => Math.exp(-r),
  Wendland: (r) => (r < 1 ? (1 - r) ** 4 * (4 * r + 1) : 0),
};

// 2^(level + 1) + 1 sites, at equal gaps; those of a level are among those of the next.
function sites(level) {
  const count = 2 ** (level + 1);
  return Array.from({ length: count + 1 }, (_, i) => i / count);
}

// K c = y by Cholesky's method.
function solve(gram, y) {
  const n = y.length;
  const lower = gram.map((row) => row.slice());
  const c = y.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i][j];
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(sum) : sum / lower[j][j];
    }
    for (let k = 0; k < i; k++) c[i] -= lower[i][k] * c[k];
    c[i] /= lower[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) c[i] -= lower[k][i] * c[k];
    c[i] /= lower[i][i];
  }
  return c;
}

// One correction: coefficients of a kernel of `width` gaps at the sites of a level.
function correction(level, residual, profile, width) {
  const x = sites(level);
  const bandwidth = width * (x[1] - x[0]);
  const gram = x.map((u) => x.map((v) => profile(Math.abs(u - v) / bandwidth)));
  return { x, bandwidth, c: solve(gram, x.map(residual)) };
}

function value(t, { x, bandwidth, c }, profile) {
  return c.reduce((sum, v, i) => sum + v * profile(Math.abs(t - x[i]) / bandwidth), 0);
}

// f_1, f_2, … of a function, level by level.
function corrections(truth, profile, width, count) {
  const found = [];
  const fit = (t) => found.reduce((sum, part) => sum + value(t, part, profile), 0);
  for (let level = 1; level <= count; level++) found.push(correction(level, (t) => truth(t) - fit(t), profile, width));
  return found;
}

function rootMeanSquare(values) { return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length); }

function render({ model, el }) {
  const fig = figure(el, model);
  const name = fig.choice("function", [["jump", "with a jump"], ["kink", "with a kink"], ["smooth", "smooth"]]);
  const kernel = fig.choice("kernel", Object.keys(PROFILES));
  const width = fig.slider("width ν, in gaps", { min: 0, max: 4, value: 2, text: (k) => String(WIDE[k]) });
  const level = fig.slider("levels", { min: 1, max: LEVELS, value: 2 });
  const say = fig.readout();
  let [known, parts, errors] = ["", [], []];
  const refresh = () => {
    const asked = `${name.value} ${kernel.value} ${width.value}`;
    if (asked === known) return;
    known = asked;
    const [truth, profile] = [TRUTHS[name.value], PROFILES[kernel.value]];
    const found = corrections(truth, profile, WIDE[width.value], LEVELS);
    let sum = PLACES.map(() => 0);
    parts = [sum];
    errors = [rootMeanSquare(PLACES.map(truth))];
    for (const part of found) {
      sum = sum.map((v, i) => v + value(PLACES[i], part, profile));
      parts.push(sum);
      errors.push(rootMeanSquare(sum.map((v, i) => v - truth(PLACES[i]))));
    }
  };
  fig.draw({ aspect: 0.42, tallest: 300, lowest: 190 }, (pen, { width: wide, height, ink }) => {
    refresh();
    const truth = TRUTHS[name.value];
    const plot = chart(pen, { width: wide, height, ink, x: [0, 1], y: [-1.2, 1.2], xlabel: "x", ylabel: "f", xticks: [0, 0.5, 1], yticks: [-1, 0, 1] });
    plot.inside(() => {
      plot.curve(PLACES, PLACES.map(truth), { colour: ink.ink, wide: 1.5, dash: [7, 4] });
      plot.curve(PLACES, parts[level.value - 1], { colour: ink.grey, wide: 1.2 });
      plot.curve(PLACES, parts[level.value].map((v, i) => v - parts[level.value - 1][i]), { colour: ink.blue, wide: 1.2 });
      plot.curve(PLACES, parts[level.value], { colour: ink.purple });
      const x = sites(level.value);
      plot.dots(x, x.map(truth), { colour: ink.ink, radius: x.length > 40 ? 1.5 : 2.5 });
    });
  });
  fig.draw({ aspect: 0.3, tallest: 220, lowest: 140 }, (pen, { width: wide, height, ink }) => {
    refresh();
    const steps = Array.from({ length: LEVELS + 1 }, (_, j) => j);
    const plot = chart(pen, { width: wide, height, ink, x: [0, LEVELS + 0.4], y: [1e-5, 1], log: "y", xlabel: "levels", ylabel: "root mean square error", xticks: steps, xtext: String, yticks: [1e-4, 1e-2, 1] });
    plot.inside(() => plot.curve(steps, errors, { colour: ink.purple }));
    plot.inside(() => plot.dots(steps, errors, { colour: ink.purple }));
    plot.dots([level.value], [errors[level.value]], { colour: ink.ink, radius: 6, hollow: true });
    const ratio = errors[level.value] / errors[level.value - 1];
    say(`${sites(level.value).length} sites: error ${errors[level.value].toPrecision(2)}, ${ratio.toFixed(2)} of what the level before left.`);
  });
  return fig.cleanUp;
}

const WIDE = [0.5, 1, 2, 3, 5];

export default { render };
