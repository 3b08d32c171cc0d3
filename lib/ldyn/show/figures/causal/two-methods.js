// Two methods on the same pairs: the law of the measured difference of their accuracies.

// Φ(z), by Simpson's rule from 0.
function below(z) {
  const n = 400, h = z / n, f = (v) => Math.exp((-v * v) / 2);
  let sum = f(0) + f(z);
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(i * h);
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

// Standard deviation of the difference on k pairs, when the methods disagree on a share d of them.
function spread(k, d, delta) { return Math.sqrt((d - delta * delta) / k); }

// How often the worse method comes out ahead.
function reversed(k, d, delta) { return below(-delta / spread(k, d, delta)); }

// Pairs for a two-sided test of 5 % to find the difference four times in five.
function needed(d, delta) { return ((1.959964 + 0.841621) ** 2 * (d - delta * delta)) / (delta * delta); }

function render({ model, el }) {
  const fig = figure(el, model);
  const pairs = fig.slider("pairs k", { min: 1, max: 4, step: 0.02, value: Math.log10(model.get("pairs")), text: (v) => Math.round(10 ** v) });
  const gap = fig.slider("true difference", { min: 1, max: 20, value: 5, text: (v) => `${v} points` });
  const apartness = fig.slider("pairs on which they disagree", { min: 20, max: 60, value: Math.round(100 * model.get("disagree")), text: (v) => `${v} %` });
  const say = fig.readout();
  fig.draw({ aspect: 0.5, tallest: 380 }, (pen, { width, height, ink }) => {
    const [k, delta, d] = [Math.round(10 ** pairs.value), gap.value / 100, apartness.value / 100];
    const s = spread(k, d, delta), half = 0.4, top = Math.max(1 / (s * Math.sqrt(2 * Math.PI)), 2);
    const plot = chart(pen, { width, height, ink, x: [-half, half], y: [0, 1.15], yticks: [], xticks: [-0.4, -0.2, 0, 0.2, 0.4],
      xtext: (v) => minus(Math.round(100 * v)), xlabel: "measured difference, in points" });
    const xs = Array.from({ length: 401 }, (_, i) => -half + (2 * half * i) / 400);
    const ys = xs.map((v) => Math.exp(-(((v - delta) / s) ** 2) / 2) / (s * Math.sqrt(2 * Math.PI) * top));
    plot.inside(() => {
      pen.fillStyle = ink.vermilion; pen.globalAlpha = 0.45; pen.beginPath(); pen.moveTo(plot.sx(-half), plot.sy(0));
      xs.forEach((v, i) => { if (v <= 0) pen.lineTo(plot.sx(v), plot.sy(ys[i])); });
      pen.lineTo(plot.sx(0), plot.sy(0)); pen.fill(); pen.globalAlpha = 1;
      plot.curve(xs, ys, { colour: ink.blue });
      plot.curve([0, 0], [0, 1.15], { colour: ink.grey, wide: 1 });
      plot.curve([delta, delta], [0, 1.15], { colour: ink.green, wide: 1, dash: [5, 4] });
    });
    plot.words("the worse one ahead", -0.02, 1.08, { colour: ink.vermilion, align: "right" });
    plot.words("truth", delta, 1.08, { colour: ink.green });
    const odds = reversed(k, d, delta), need = needed(d, delta);
    say(`95 % of measured differences lie within ±${(196 * s).toFixed(1)} points of the truth; the worse method comes out ahead ${
      odds < 0.0005 ? "hardly ever" : `in ${(100 * odds).toFixed(1)} % of benchmarks`}. To find the difference in four of five, ${
      Math.ceil(need).toLocaleString("en")} pairs of equal weight are needed.`);
  });
  return fig.cleanUp;
}

export default { render };
