// Composing a tooth: the sawtooth w_m, the network q_m for x², and its largest error against 4^−m.
// State: m (compositions).

const MOST = 8;

// w(x) = 2η(x) − 4η(x − ½), folded m times.
function sawtooth(x, m) {
  let w = x;
  for (let t = 0; t < m; t++) w = 2 * Math.max(w, 0) - 4 * Math.max(w - 0.5, 0);
  return w;
}

// q_m(x) = x − Σ_{t ≤ m} 4^−t w_t(x).
function square(x, m) {
  let q = x;
  for (let t = 1; t <= m; t++) q -= sawtooth(x, t) / 4 ** t;
  return q;
}

// The largest of q_m(x) − x², which is taken halfway between two kinks.
function largestGap(m) {
  let gap = 0;
  for (let k = 0; k < 2 ** m; k++) {
    const x = (k + 0.5) / 2 ** m;
    gap = Math.max(gap, square(x, m) - x * x);
  }
  return gap;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const folds = fig.slider("compositions m", { min: 1, max: MOST, name: "m", value: 2 });
  const say = fig.readout();
  fig.draw({ aspect: 0.42, label: `${model.get("alt")} The curves.` }, (pen, { width, height, ink }) => {
    const m = folds.value;
    const plot = chart(pen, { width, height, ink, x: [0, 1], y: [0, 1], xlabel: "x", yticks: [0, 0.5, 1], pad: { right: 64 } });
    const kinks = Array.from({ length: 2 ** m + 1 }, (_, k) => k / 2 ** m);
    const fine = Array.from({ length: 201 }, (_, k) => k / 200);
    plot.curve(kinks, kinks.map((x) => sawtooth(x, m)), { colour: ink.ochre, wide: m > 6 ? 1 : 1.5 });
    plot.curve(fine, fine.map((x) => x * x), { colour: ink.ink, dash: [5, 4] });
    plot.curve(kinks, kinks.map((x) => square(x, m)), { colour: ink.vermilion, wide: 2.5 });
    plot.words("qₘ and x²", 1, 1, { colour: ink.vermilion, dx: -8, dy: -12, align: "right" });
    plot.words("wₘ", 1, 0, { colour: ink.ochre, dy: -8 });
  });
  fig.draw({ aspect: 0.42, label: `${model.get("alt")} The errors.` }, (pen, { width, height, ink }) => {
    const all = Array.from({ length: MOST }, (_, k) => k + 1);
    const gaps = all.map(largestGap);
    const plot = chart(pen, {
      width, height, ink, x: [0.5, MOST + 0.5], y: [1e-6, 1], log: "y", xlabel: "compositions m",
      ylabel: "largest error", xticks: all, xtext: String, pad: { right: 64 },
    });
    plot.curve(all, all.map((m) => 4.0 ** -m), { colour: ink.grey, dash: [5, 4] });
    plot.words("4⁻ᵐ", MOST, 4 ** -MOST, { colour: ink.grey, dx: 10 });
    plot.dots(all, gaps, { colour: ink.vermilion, hollow: true, radius: 4 });
    plot.dots([folds.value], [gaps[folds.value - 1]], { colour: ink.vermilion, radius: 6 });
  });
  const tell = () => {
    const m = folds.value;
    say(`m = ${m}: ${2 ** m} linear pieces from ${3 * m} hidden units; largest error ${largestGap(m).toPrecision(3)}`);
  };
  fig.listen(folds.input, "input", tell);
  tell();
  return fig.cleanUp;
}

export default { render };
