// The slope of a critic on a line under a magnifying glass, and its largest difference quotient on
// ever finer grids. State: nets, for each activation a list of layers [weight (out × in), bias].

const FINEST = 12; // spacings 2^−1 … 2^−12
const HALF = 4; // spacings to each side in the window
const EDGE = 2; // grids go from −2 to 2

// a and a′ at z.
const ACT = {
  ReLU: (z) => (z > 0 ? [z, 1] : [0, 0]),
  ELU: (z) => (z > 0 ? [z, 1] : [Math.expm1(z), Math.exp(z)]),
  tanh: (z) => { const t = Math.tanh(z); return [t, 1 - t * t]; },
  SiLU: (z) => { const s = 1 / (1 + Math.exp(-z)); return [z * s, s * (1 + z * (1 - s))]; },
  softplus: (z) => [Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), 1 / (1 + Math.exp(-z))],
};

// φ′(x) by forward mode; the last layer has no activation.
function slopeAt(layers, name, x) {
  let value = [x], rate = [1];
  layers.forEach(([weight, bias], l) => {
    const last = l === layers.length - 1;
    const z = weight.map((row, i) => row.reduce((sum, w, j) => sum + w * value[j], last ? 0 : bias[i]));
    const d = weight.map((row) => row.reduce((sum, w, j) => sum + w * rate[j], 0));
    const act = z.map((v) => (last ? [v, 1] : ACT[name](v)));
    value = act.map((a) => a[0]);
    rate = d.map((v, i) => v * act[i][1]);
  });
  return rate[0];
}

// The largest |φ′(x + h) − φ′(x)|/h on the grid of spacing h, and the middle of its cell.
function steepest(layers, name, h) {
  let best = -1, at = 0, before = slopeAt(layers, name, -EDGE);
  for (let i = 1; i <= Math.round((2 * EDGE) / h); i++) {
    const now = slopeAt(layers, name, -EDGE + i * h), q = Math.abs(now - before) / h;
    if (q > best) [best, at] = [q, -EDGE + (i - 0.5) * h];
    before = now;
  }
  return { quotient: best, at };
}

function allSpacings() { return Array.from({ length: FINEST }, (_, k) => 2 ** -(k + 1)); }

function render({ model, el }) {
  const fig = figure(el, model);
  const nets = model.get("nets"), known = {};
  const which = fig.choice("activation", Object.keys(nets), { value: "ReLU" });
  const level = fig.slider("spacing h", { min: 1, max: FINEST, value: 3, text: (k) => (k < 4 ? `1/${2 ** k}` : `2${superscript(-k)}`) });
  const say = fig.readout();
  const scan = (name) => (known[name] ??= allSpacings().map((h) => steepest(nets[name], name, h)));

  fig.draw({ aspect: 0.4, tallest: 280, lowest: 200 }, (pen, { width, height, ink }) => {
    const name = which.value, h = 2 ** -level.value, centre = scan(name)[FINEST - 1].at;
    const window_ = [centre - HALF * h, centre + HALF * h];
    const xs = Array.from({ length: 401 }, (_, i) => window_[0] + ((window_[1] - window_[0]) * i) / 400);
    const ys = xs.map((x) => slopeAt(nets[name], name, x));
    const [low, high] = [Math.min(...ys), Math.max(...ys)], room = 0.1 * (high - low) || 1e-9;
    const plot = chart(pen, { width, height, ink, x: [-HALF, HALF], y: [low - room, high + room],
      xlabel: "place, in spacings from the steepest", ylabel: "slope of the critic", xticks: [-4, -2, 0, 2, 4],
      yticks: [low, high], ytext: (v) => minus(v.toPrecision(3)), pad: { left: 78 } });
    const scaled = (x) => (x - centre) / h;
    plot.curve(xs.map(scaled), ys, { colour: ink.blue });
    const first = Math.ceil((window_[0] + EDGE) / h);
    const grid = Array.from({ length: 2 * HALF }, (_, i) => -EDGE + (first + i) * h);
    plot.dots(grid.map(scaled), grid.map((x) => slopeAt(nets[name], name, x)), { colour: ink.vermilion, radius: 3.5 });
  });
  fig.draw({ aspect: 0.36, tallest: 240, lowest: 190 }, (pen, { width, height, ink }) => {
    const name = which.value, hs = allSpacings();
    const plot = chart(pen, { width, height, ink, x: [2 ** -FINEST / 1.3, 0.65], y: [1e-3, 1e4], log: "xy",
      xlabel: "spacing h of the grid", ylabel: "largest change of slope over h", yticks: [1e-3, 1e-1, 10, 1e3],
      xticks: [1e-3, 1e-2, 1e-1], pad: { right: 24 } });
    Object.keys(nets).forEach((n) => n !== name && plot.curve(hs, scan(n).map((s) => s.quotient), { colour: ink.grey, wide: 0.8 }));
    const found = scan(name).map((s) => s.quotient);
    plot.curve(hs, found, { colour: ink.blue });
    plot.dots([hs[level.value - 1]], [found[level.value - 1]], { colour: ink.vermilion, radius: 5 });
    const growth = Math.log2(found[level.value - 1] / found[Math.max(0, level.value - 2)]);
    say(`${name}: the largest quotient is ${found[level.value - 1].toPrecision(3)}`
      + (level.value > 1 ? `, ${(2 ** growth).toFixed(2)} times that of the grid of twice the spacing.` : "."));
  });
  return fig.cleanUp;
}

export default { render };
