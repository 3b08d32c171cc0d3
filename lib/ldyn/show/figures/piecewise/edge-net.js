// A network for the region above a curve: K knots make a polygon, a ramp of slope a makes the step.
// State: knots (K), slope (a), edge = [mean, amplitude, amplitude of the third harmonic].

function height(u, [mean, a, b]) { return mean + a * Math.sin(2 * Math.PI * u) + b * Math.cos(6 * Math.PI * u); }

// The piecewise linear interpolant of the curve at 0, 1/K, …, 1.
function polygon(u, knots, edge) {
  const k = Math.min(knots - 1, Math.floor(u * knots));
  const t = u * knots - k;
  return (1 - t) * height(k / knots, edge) + t * height((k + 1) / knots, edge);
}

// ∫ (1{t ≥ 0} − g_a(t − d))² dt: the ramp displaced by d against the step.
function lineError(d, a) { return Math.abs(d) * 2 * a <= 1 ? 1 / (12 * a) + a * d * d : Math.abs(d) - 1 / (6 * a); }

// The largest parameter of the network: the slope a of the ramp, or a times the largest of the
// coefficients that η(x₁ − k/K) has in the polygon.
function largest(knots, a, edge) {
  const at = Array.from({ length: knots + 1 }, (_, k) => height(k / knots, edge));
  const slopes = at.slice(1).map((y, k) => knots * (y - at[k]));
  const kinks = slopes.map((s, k) => Math.abs(s - (k ? slopes[k - 1] : 0)));
  return Math.max(1, a, a * Math.max(...kinks));
}

// Squared L² error of the network, the L¹ error of its polygon, and its non-zero parameters.
function errors(knots, a, edge, cells = 4096) {
  let squared = 0;
  let gap = 0;
  for (let i = 0; i < cells; i++) {
    const u = (i + 0.5) / cells;
    const d = polygon(u, knots, edge) - height(u, edge);
    squared += lineError(d, a) / cells;
    gap += Math.abs(d) / cells;
  }
  return { squared, gap, ramp: 1 / (12 * a) };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const edge = model.get("edge");
  const knots = fig.slider("knots K", { min: 1, max: 40, name: "knots", value: 6 });
  const slope = fig.slider("slope a", { min: 0.5, max: 4, step: 0.1, value: Math.log10(model.get("slope")), text: (v) => (10 ** v).toPrecision(2) });
  const say = fig.readout();
  fig.draw({ aspect: 0.7, tallest: 440 }, (pen, { width, height: tall, ink }) => {
    const K = knots.value;
    const a = 10 ** slope.value;
    const plot = chart(pen, { width, height: tall, ink, x: [0, 1], y: [0, 1], xlabel: "x₁", ylabel: "x₂", xticks: [0, 0.5, 1], yticks: [0, 0.5, 1], pad: { left: 34 } });
    const us = Array.from({ length: 241 }, (_, i) => i / 240);
    const bands = 24;
    pen.save();
    pen.fillStyle = ink.vermilion;
    pen.beginPath();
    pen.rect(plot.sx(0), plot.sy(1), plot.sx(1) - plot.sx(0), plot.sy(0) - plot.sy(1));
    pen.clip();
    // Translucent layers, one for each height of the ramp, add up to the value of the network.
    for (let b = 0; b < bands; b++) {
      const rise = ((b + 0.5) / bands - 0.5) / a;
      pen.globalAlpha = 1 - (1 - 0.55) ** (1 / bands);
      pen.beginPath();
      pen.moveTo(plot.sx(0), plot.sy(1));
      us.forEach((u) => pen.lineTo(plot.sx(u), plot.sy(polygon(u, K, edge) + rise)));
      pen.lineTo(plot.sx(1), plot.sy(1));
      pen.fill();
    }
    pen.restore();
    plot.curve(us, us.map((u) => height(u, edge)), { colour: ink.ink, wide: 1.5, dash: [5, 4] });
    const at = Array.from({ length: K + 1 }, (_, k) => k / K);
    plot.dots(at, at.map((u) => height(u, edge)), { colour: ink.ink, radius: 3 });
    const e = errors(K, a, edge);
    say(`Error from the polygon ${e.gap.toPrecision(2)}, from the ramp ${e.ramp.toPrecision(2)}; squared error in all `
      + `${e.squared.toPrecision(2)} with S = ${4 * K + 6} parameters, the largest of them ${largest(K, a, edge).toPrecision(2)}.`);
  });
  return fig.cleanUp;
}

export default { render };
