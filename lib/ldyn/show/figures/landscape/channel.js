// Two tanh units of opposite sign run to infinity, and their sum to a gated linear unit.
// State: share (c), weight (w), direction (u), power (log₁₀ of the height a).

function pair(x, c, w, u, a) {
  const one = (c / 2 + a) * Math.tanh((w + u / (2 * a)) * x);
  const other = (c / 2 - a) * Math.tanh((w - u / (2 * a)) * x);
  return [one, other, one + other];
}

function gated(x, c, w, u) {
  const t = Math.tanh(w * x);
  return c * t + u * x * (1 - t * t);
}

const GRID = Array.from({ length: 241 }, (_, i) => -3 + i / 40);

function largestGap(c, w, u, a) {
  return Math.max(...GRID.map((x) => Math.abs(pair(x, c, w, u, a)[2] - gated(x, c, w, u))));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const [c, w, u] = ["share", "weight", "direction"].map((name) => model.get(name));
  const height = (p) => 10 ** p;
  const power = fig.slider("height a", {
    min: 0, max: 3, step: 0.05, name: "power", value: 0.8, text: (p) => height(p).toPrecision(3),
  });
  const say = fig.readout();
  const span = 2.5 * Math.max(...GRID.map((x) => Math.abs(gated(x, c, w, u))));
  fig.draw({ aspect: 0.5 }, (pen, { width, height: tall, ink }) => {
    const a = height(power.value);
    const values = GRID.map((x) => pair(x, c, w, u, a));
    const plot = chart(pen, {
      width, height: tall, ink, x: [-3, 3], y: [-span, span], xlabel: "x",
      xticks: [-3, -2, -1, 0, 1, 2, 3], yticks: [-Math.floor(span), 0, Math.floor(span)],
    });
    plot.inside(() => {
      plot.curve(GRID, values.map((v) => v[0]), { colour: ink.blue, wide: 1.5 });
      plot.curve(GRID, values.map((v) => v[1]), { colour: ink.green, wide: 1.5 });
      plot.curve(GRID, GRID.map((x) => gated(x, c, w, u)), { dash: [5, 4], wide: 3 });
      plot.curve(GRID, values.map((v) => v[2]), { colour: ink.vermilion, wide: 2.5 });
    });
    plot.words("sum", 3, values.at(-1)[2], { colour: ink.vermilion, align: "right", dx: -4, dy: -12 });
  });
  const tell = () => {
    const a = height(power.value);
    say(`v = ${(c / 2 + a).toPrecision(4)} and ${minus((c / 2 - a).toPrecision(4))}, w = `
      + `${(w + u / (2 * a)).toFixed(4)} and ${minus((w - u / (2 * a)).toFixed(4))}: the sum is within `
      + `${largestGap(c, w, u, a).toPrecision(2)} of its limit.`);
  };
  fig.listen(power.input, "input", tell);
  tell();
  return fig.cleanUp;
}

export default { render };
