// A local average on a step: its mean and spread, and the trade of bias against variance.
// State: width (log2 of the window), n (log2 of the samples), noise σ.

// Mean of the average over [x − w/2, x + w/2] of 1{x ≥ ½}.
function ramp(x, w) { return Math.min(1, Math.max(0, (x - 0.5) / w + 0.5)); }

// ∫ (ramp − step)² dx = w/12, and variance σ²/(n w), away from the ends of the interval.
function riskParts(w, n, noise) { return { bias: w / 12, variance: (noise * noise) / (n * w) }; }

// The width that balances them: w = σ √(12/n), with risk σ / √(3n).
function bestWidth(n, noise) { return noise * Math.sqrt(12 / n); }

function render({ model, el }) {
  const fig = figure(el, model);
  const noise = model.get("noise");
  const width = fig.slider("window", { min: -8, max: -1, step: 0.1, name: "width", value: -3, text: (v) => (2 ** v).toFixed(3) });
  const size = fig.slider("samples n", { min: 6, max: 14, name: "n", value: 9, text: (v) => (2 ** v).toLocaleString("en") });
  const say = fig.readout();
  fig.draw({ aspect: 0.55 }, (pen, { width: wide, height, ink }) => {
    const w = 2 ** width.value;
    const n = 2 ** size.value;
    const { bias, variance } = riskParts(w, n, noise);
    const plot = chart(pen, { width: wide, height, ink, x: [0, 1], y: [-0.5, 1.5], xlabel: "x", ylabel: "mean of the estimate ± 2 standard deviations", yticks: [0, 1] });
    const xs = Array.from({ length: 401 }, (_, i) => i / 400);
    const sd = Math.sqrt(variance);
    pen.save();
    pen.globalAlpha = 0.25;
    pen.fillStyle = ink.blue;
    pen.beginPath();
    xs.forEach((x, i) => pen[i ? "lineTo" : "moveTo"](plot.sx(x), plot.sy(Math.min(1.5, ramp(x, w) + 2 * sd))));
    [...xs].reverse().forEach((x) => pen.lineTo(plot.sx(x), plot.sy(Math.max(-0.5, ramp(x, w) - 2 * sd))));
    pen.fill();
    pen.restore();
    plot.curve([0, 0.5, 0.5, 1], [0, 0, 1, 1], { colour: ink.ink, dash: [5, 4] });
    plot.curve(xs, xs.map((x) => ramp(x, w)), { colour: ink.blue, wide: 2.5 });
    const best = bestWidth(n, noise);
    say(`bias² ${bias.toPrecision(2)} + variance ${variance.toPrecision(2)} = risk ${(bias + variance).toPrecision(2)}. `
      + `Best window at this n: ${best.toPrecision(2)}, risk ${(noise / Math.sqrt(3 * n)).toPrecision(2)}.`);
  });
  return fig.cleanUp;
}

export default { render };
