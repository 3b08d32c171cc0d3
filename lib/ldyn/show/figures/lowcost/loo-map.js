// Exact leave-one-out over bandwidths and ridges, the error that it estimates, and a fit with its band.
// State: x in [0, 1] and z, standard normal errors (n).

const WIDTHS = Array.from({ length: 20 }, (_, i) => 10 ** (-1.7 + i / 9.5));
const RIDGES = Array.from({ length: 16 }, (_, i) => 10 ** (-4 + i / 3));
const PLACES = Array.from({ length: 101 }, (_, i) => i / 100);

function kernel(u, b) { return Math.exp(-(u * u) / (2 * b * b)); }
function truth(t, jump) { return Math.sin(7.5 * t) + (t > 0.55 ? jump : 0); }
function noise(t, growth) { return 0.25 * (1 - growth + 2 * growth * t); }
function sample(x, z, jump, growth) { return x.map((t, i) => truth(t, jump) + noise(t, growth) * z[i]); }

// L⁻¹ of K + λ = L Lᵀ as rows, or null if rounding leaves no factor.
function inverseFactor(x, b, ridge) {
  const lower = [];
  for (let i = 0; i < x.length; i++) {
    const row = x.slice(0, i + 1).map((v, j) => kernel(x[i] - v, b) + (i === j ? ridge : 0));
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k < j; k++) row[j] -= row[k] * (j < i ? lower[j][k] : row[k]);
      if (j < i) row[j] /= lower[j][j];
    }
    if (!(row[i] > 0)) return null;
    row[i] = Math.sqrt(row[i]);
    lower.push(row);
  }
  return lower.map((_, i) => {
    const column = new Array(x.length).fill(0); // L u = e_i, forwards
    for (let k = i; k < x.length; k++) {
      let sum = k === i ? 1 : 0;
      for (let m = i; m < k; m++) sum -= lower[k][m] * column[m];
      column[k] = sum / lower[k][k];
    }
    return column;
  });
}

// Kernel ridge with the mean removed: coefficients, exact leave-one-out residuals, s² of the process.
function fit(x, y, b, ridge) {
  const columns = inverseFactor(x, b, ridge); // columns[i] = L⁻¹ e_i
  if (!columns) return null;
  const dot = (u, v) => u.reduce((sum, w, i) => sum + w * v[i], 0);
  const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
  const half = y.map((_, k) => columns.reduce((sum, column, i) => sum + column[k] * (y[i] - mean), 0));
  const c = columns.map((column) => dot(column, half));
  const g = columns.map((column) => dot(column, column));
  const residuals = c.map((v, i) => v / g[i]);
  const loo = dot(residuals, residuals) / y.length;
  return { columns, mean, c, loo, scale: residuals.reduce((sum, r, i) => sum + r * r * g[i], 0) / y.length };
}

// [f̂(t), standard deviation of a new y at t].
function predict(t, x, b, ridge, found, deviation = true) {
  const k = x.map((v) => kernel(t - v, b));
  const mean = found.mean + k.reduce((sum, v, i) => sum + v * found.c[i], 0);
  if (!deviation) return [mean, 0];
  let explained = 0;
  for (let j = 0; j < x.length; j++) {
    let part = 0;
    for (let i = 0; i <= j; i++) part += found.columns[i][j] * k[i];
    explained += part * part;
  }
  return [mean, Math.sqrt(found.scale * (Math.max(0, 1 - explained) + ridge))];
}

// Mean squared error of a new y, over all places.
function trueError(x, b, ridge, found, jump, growth) {
  const errors = PLACES.map((t) => (predict(t, x, b, ridge, found, false)[0] - truth(t, jump)) ** 2 + noise(t, growth) ** 2);
  return errors.reduce((sum, v) => sum + v, 0) / PLACES.length;
}

function normalBelow(z) { // Abramowitz and Stegun 26.2.17, to 1e-7
  const u = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI))
    * u * (0.31938153 + u * (-0.356563782 + u * (1.781477937 + u * (-1.821255978 + u * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

function coverage(t, mean, deviation, jump, growth) {
  const end = (sign) => normalBelow((mean + sign * 1.96 * deviation - truth(t, jump)) / noise(t, growth));
  return end(1) - end(-1);
}

function maps(x, y, jump, growth) {
  const both = { loo: [], error: [] };
  for (const ridge of RIDGES) for (const b of WIDTHS) {
    const found = fit(x, y, b, ridge);
    both.loo.push(found ? found.loo : Infinity);
    both.error.push(found ? trueError(x, b, ridge, found, jump, growth) : Infinity);
  }
  return both;
}

const least = (values) => values.indexOf(Math.min(...values));

function render({ model, el }) {
  const fig = figure(el, model);
  const [x, z] = [model.get("x"), model.get("z")];
  const jump = fig.slider("jump", { min: 0, max: 3, step: 0.1, value: 0, text: (v) => v.toFixed(1) });
  const growth = fig.slider("noise grows", { min: 0, max: 0.9, step: 0.1, value: 0, text: (v) => v.toFixed(1) });
  fig.button("leave-one-out's choice", () => { held = null; });
  const say = fig.readout();
  let [held, known, both, y] = [null, "", null, null];
  const refresh = () => {
    if (known === `${jump.value} ${growth.value}`) return;
    known = `${jump.value} ${growth.value}`;
    y = sample(x, z, jump.value, growth.value);
    both = maps(x, y, jump.value, growth.value);
  };
  const words = ["leave-one-out error", "true error of a new y"];
  let plots = [];
  const canvas = fig.draw({ aspect: 0.42, tallest: 270, lowest: 190 }, (pen, { width, height, ink }) => {
    refresh();
    const wide = width / 2;
    plots = ["loo", "error"].map((name, side) => {
      pen.save();
      pen.translate(side * wide, 0);
      const plot = chart(pen, { width: wide, height, ink, x: [WIDTHS[0], WIDTHS.at(-1)], y: [RIDGES[0], RIDGES.at(-1)],
        log: "xy", xlabel: "bandwidth", ylabel: `λ · ${words[side]}`, xticks: [0.1, 1], yticks: [1e-4, 1e-2, 1], pad: { left: 44 } });
      const lowest = Math.min(...both[name]);
      const [dx, dy] = [(plot.sx(WIDTHS[1]) - plot.sx(WIDTHS[0])), (plot.sy(RIDGES[0]) - plot.sy(RIDGES[1]))];
      plot.inside(() => both[name].forEach((v, i) => {
        pen.globalAlpha = Math.max(0, 1 - Math.log(v / lowest) / Math.log(6));
        pen.fillStyle = ink.blue;
        pen.fillRect(plot.sx(WIDTHS[i % 20]) - dx / 2, plot.sy(RIDGES[Math.floor(i / 20)]) - dy / 2, dx, dy);
      }));
      pen.globalAlpha = 1;
      const mark = (i, look) => plot.dots([WIDTHS[i % 20]], [RIDGES[Math.floor(i / 20)]], look);
      mark(least(both.error), { colour: ink.green, radius: 5 });
      mark(least(both.loo), { colour: ink.vermilion, radius: 4 });
      if (held !== null) mark(held, { colour: ink.ink, radius: 6, hollow: true });
      pen.restore();
      return plot;
    });
  });
  const move = (px, py) => {
    if (px === null) return;
    const [plot, wide] = [plots[0], canvas.clientWidth / 2];
    const near = (values, v) => least(values.map((w) => Math.abs(Math.log(w / v))));
    held = 20 * near(RIDGES, plot.sy.back(py)) + near(WIDTHS, plot.sx.back(px % wide));
  };
  fig.pointer(canvas, move);
  fig.draw({ aspect: 0.42, tallest: 280, lowest: 180 }, (pen, { width, height, ink }) => {
    refresh();
    const chosen = held ?? least(both.loo);
    const [b, ridge] = [WIDTHS[chosen % 20], RIDGES[Math.floor(chosen / 20)]];
    const found = fit(x, y, b, ridge);
    const top = 2 + jump.value;
    const plot = chart(pen, { width, height, ink, x: [0, 1], y: [-2.5, top], xlabel: "x", ylabel: "y", xticks: [0, 0.5, 1], yticks: [-2, 0, 2] });
    if (!found) { say("Here K + λ has no factor in this precision."); return; }
    const values = PLACES.map((t) => predict(t, x, b, ridge, found));
    const inside = PLACES.map((t, i) => coverage(t, ...values[i], jump.value, growth.value));
    plot.inside(() => {
      for (const sign of [-1, 1]) plot.curve(PLACES, values.map(([m, s]) => m + sign * 1.96 * s), { colour: ink.grey, wide: 1, dash: [4, 3] });
      plot.curve(PLACES, PLACES.map((t) => truth(t, jump.value)), { colour: ink.green, wide: 1.5, dash: [7, 4] });
      plot.curve(PLACES, values.map(([m]) => m), { colour: ink.vermilion });
      plot.dots(x, y, { colour: ink.ink, radius: 2.5 });
    });
    const mean = inside.reduce((sum, v) => sum + v, 0) / inside.length;
    say(`bandwidth ${b.toPrecision(2)}, λ = ${ridge.toPrecision(2)}: leave-one-out ${both.loo[chosen].toFixed(3)}, `
      + `true error ${both.error[chosen].toFixed(3)} (least of the map ${Math.min(...both.error).toFixed(3)}); `
      + `the 95 % band holds ${(100 * mean).toFixed(0)} % of new y, where it is worst ${(100 * Math.min(...inside)).toFixed(0)} %.`);
  });
  return fig.cleanUp;
}

export default { render };
