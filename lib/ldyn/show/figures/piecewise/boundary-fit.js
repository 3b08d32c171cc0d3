// Exact least squares over 1{x₂ ≥ h_K(x₁)} by dynamic programming, run in the page.
// State: pieces (K), x (n pairs), y (n), levels, edge (as in edge-net).

function height(u, [mean, a, b]) { return mean + a * Math.sin(2 * Math.PI * u) + b * Math.cos(6 * Math.PI * u); }

// Heights (K + 1) on a grid of `levels` values in [0.1, 0.9] with the least Σ (y − 1{…})², and that sum.
function fitBoundary(x, y, pieces, levels) {
  const grid = Array.from({ length: levels }, (_, l) => 0.1 + (0.8 * l) / (levels - 1));
  let best = new Array(levels).fill(0);
  const back = [];
  for (let k = 0; k < pieces; k++) {
    const mine = [];
    x.forEach((p, i) => { if (Math.min(pieces - 1, Math.floor(p[0] * pieces)) === k) mine.push(i); });
    const next = new Array(levels).fill(Infinity);
    const from = new Array(levels).fill(0);
    for (let v = 0; v < levels; v++) {
      for (let w = 0; w < levels; w++) {
        let cost = best[v];
        for (const i of mine) {
          const s = x[i][0] * pieces - k;
          if (x[i][1] >= (1 - s) * grid[v] + s * grid[w]) cost += 1 - 2 * y[i];
        }
        if (cost < next[w]) { next[w] = cost; from[w] = v; }
      }
    }
    best = next;
    back.push(from);
  }
  let at = best.indexOf(Math.min(...best));
  const loss = best[at] + y.reduce((s, v) => s + v * v, 0);
  const path = [at];
  for (const from of back.reverse()) path.push(at = from[at]);
  return { values: path.reverse().map((l) => grid[l]), loss };
}

function polyline(u, values) {
  const pieces = values.length - 1;
  const k = Math.min(pieces - 1, Math.floor(u * pieces));
  const t = u * pieces - k;
  return (1 - t) * values[k] + t * values[k + 1];
}

function area(values, edge, cells = 2048) {
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    const u = (i + 0.5) / cells;
    sum += Math.abs(polyline(u, values) - height(u, edge)) / cells;
  }
  return sum;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const [x, y, edge] = [model.get("x"), model.get("y"), model.get("edge")];
  const knots = fig.slider("pieces K", { min: 1, max: 40, name: "pieces", value: 7 });
  const size = fig.slider("samples n", { min: 50, max: x.length, step: 50, value: x.length });
  const say = fig.readout();
  fig.draw({ aspect: 0.75, tallest: 460 }, (pen, { width, height: tall, ink }) => {
    const n = size.value;
    const fit = fitBoundary(x.slice(0, n), y.slice(0, n), knots.value, model.get("levels"));
    const plot = chart(pen, { width, height: tall, ink, x: [0, 1], y: [0, 1], xlabel: "x₁", ylabel: "x₂", xticks: [0, 0.5, 1], yticks: [0, 0.5, 1], pad: { left: 34 } });
    const part = (test) => x.slice(0, n).filter((_, i) => test(y[i]));
    const high = part((v) => v >= 0.5);
    const low = part((v) => v < 0.5);
    plot.dots(high.map((p) => p[0]), high.map((p) => p[1]), { colour: ink.ochre, radius: 2.5 });
    plot.dots(low.map((p) => p[0]), low.map((p) => p[1]), { colour: ink.blue, radius: 2.5, hollow: true });
    const us = Array.from({ length: 241 }, (_, i) => i / 240);
    plot.curve(us, us.map((u) => height(u, edge)), { colour: ink.ink, wide: 1.5, dash: [5, 4] });
    const at = fit.values.map((_, k) => k / knots.value);
    plot.curve(at, fit.values, { colour: ink.vermilion, wide: 2.5 });
    say(`Mean squared residual ${(fit.loss / n).toFixed(3)}, area between the curves (the risk) ${area(fit.values, edge).toFixed(4)}, `
      + `with S = ${4 * knots.value + 6} parameters from ${n} samples.`);
  });
  return fig.cleanUp;
}

export default { render };
