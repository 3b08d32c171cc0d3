// Two samples on a line, their mean embeddings, the witness between them, and MMD².
// State: x and y, two samples (n) of mean about 0 and spread about 1.

function kernel(u, b) { return Math.exp(-(u * u) / (2 * b * b)); }

// The mean embedding of a sample at t.
function embedding(t, sample, b) {
  let sum = 0;
  for (const v of sample) sum += kernel(t - v, b);
  return sum / sample.length;
}

function meanOver(as, bs, b) {
  let sum = 0;
  for (const v of as) sum += embedding(v, bs, b);
  return sum / as.length;
}

// MMD² of the samples as they are, and the unbiased estimate of that of their laws.
function distances(x, y, b) {
  const [xx, yy, xy] = [meanOver(x, x, b), meanOver(y, y, b), meanOver(x, y, b)];
  const extra = (within, n) => (within - 1) / (n - 1);
  const biased = xx + yy - 2 * xy;
  return { biased, unbiased: biased + extra(xx, x.length) + extra(yy, y.length) };
}

const WIDTHS = Array.from({ length: 41 }, (_, i) => 10 ** (-1.5 + i / 16));

function render({ model, el }) {
  const fig = figure(el, model);
  const x = model.get("x");
  const shift = fig.slider("move", { min: -3, max: 3, step: 0.1, value: 1, text: (v) => minus(v.toFixed(1)) });
  const spread = fig.slider("stretch", { min: 0.1, max: 3, step: 0.1, value: 1, text: (v) => v.toFixed(1) });
  const width = fig.slider("bandwidth σ", { min: -1.5, max: 1, step: 1 / 16, value: -0.25, text: (v) => (10 ** v).toPrecision(2) });
  const say = fig.readout();
  const moved = () => model.get("y").map((v) => shift.value + spread.value * v);
  let at = null;

  const canvas = fig.draw({ aspect: 0.42, tallest: 280, lowest: 170 }, (pen, { width: wide, height, ink }) => {
    const [y, b] = [moved(), 10 ** width.value];
    const ts = Array.from({ length: 241 }, (_, i) => -5 + i / 24);
    const plot = chart(pen, { width: wide, height, ink, x: [-5, 5], y: [-0.75, 1], xlabel: "t", xticks: [-4, -2, 0, 2, 4], yticks: [-0.5, 0, 0.5, 1] });
    plot.inside(() => {
      const [mx, my] = [x, y].map((sample) => ts.map((t) => embedding(t, sample, b)));
      plot.curve(ts, mx, { colour: ink.blue });
      plot.curve(ts, my, { colour: ink.ochre });
      plot.curve(ts, mx.map((v, i) => v - my[i]), { colour: ink.vermilion, dash: [6, 4] });
      plot.dots(x, x.map(() => -0.62), { colour: ink.blue, radius: 2.5 });
      plot.dots(y, y.map(() => -0.7), { colour: ink.ochre, radius: 2.5 });
      if (at !== null) {
        const t = plot.sx.back(at);
        plot.curve([t, t], [-0.75, 1], { colour: ink.grey, wide: 1 });
        plot.dots([t], [embedding(t, x, b) - embedding(t, y, b)], { colour: ink.vermilion, radius: 5 });
      }
    });
    const { biased, unbiased } = distances(x, y, b);
    const there = at === null ? "" : ` At the pointer the witness is ${minus((embedding(plot.sx.back(at), x, b) - embedding(plot.sx.back(at), y, b)).toFixed(2))}.`;
    say(`MMD² of the samples ${biased.toFixed(3)}, unbiased ${minus(unbiased.toFixed(3))}.${there}`);
  });
  fig.pointer(canvas, (px) => { at = px; });
  fig.draw({ aspect: 0.3, tallest: 200, lowest: 150 }, (pen, { width: wide, height, ink }) => {
    const y = moved(), found = WIDTHS.map((b) => distances(x, y, b));
    const plot = chart(pen, { width: wide, height, ink, x: [WIDTHS[0], 10], y: [-0.1, 1], log: "x", xlabel: "bandwidth σ", ylabel: "MMD²", xticks: [0.1, 1, 10], yticks: [0, 0.5, 1] });
    plot.inside(() => {
      plot.curve(WIDTHS, found.map((f) => f.biased), { colour: ink.ink });
      plot.curve(WIDTHS, found.map((f) => f.unbiased), { colour: ink.green, dash: [6, 4] });
      const { biased, unbiased } = distances(x, y, 10 ** width.value);
      plot.dots([10 ** width.value], [biased], { colour: ink.ink, radius: 5 });
      plot.dots([10 ** width.value], [unbiased], { colour: ink.green, radius: 5 });
    });
  });
  return fig.cleanUp;
}

export default { render };
