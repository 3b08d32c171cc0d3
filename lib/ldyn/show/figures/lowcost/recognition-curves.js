// Error on test pictures against what it took: pictures, multiplications of the fit, or seconds.
// State: rows {data, method, n, right, tested, seconds, products, loo}, loo and products null where
// there is none.

const WAYS = [["features", "patches and kernel", "blue"], ["network", "convolutional network", "vermilion"],
  ["pixels", "kernel on pixels", "grey"]];
const PRICES = [["n", "training pictures"], ["products", "multiplications of the fit"], ["seconds", "CPU seconds of the fit"]];

// Wilson's 95 % interval of a share.
function wilson(right, tested) {
  const z = 1.959963984540054, p = right / tested, a = (z * z) / tested;
  const middle = (p + a / 2) / (1 + a), half = Math.sqrt(a * (p * (1 - p) + a / 4)) / (1 + a);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

// Of a method on a set, a point a size: seeds pooled, prices averaged geometrically.
function curveOf(rows, data, method, price) {
  const found = rows.filter((r) => r.data === data && r.method === method && r[price] !== null);
  const sizes = [...new Set(found.map((r) => r.n))].sort((a, b) => a - b);
  return sizes.map((n) => {
    const same = found.filter((r) => r.n === n);
    const sum = (f) => same.reduce((total, r) => total + f(r), 0);
    const [right, tested] = [sum((r) => r.right), sum((r) => r.tested)];
    const [low, high] = wilson(right, tested);
    return { n, price: Math.exp(sum((r) => Math.log(r[price])) / same.length), error: 1 - right / tested, low: 1 - high,
      high: 1 - low, seeds: same.length, loo: same[0].loo === null ? null : 1 - sum((r) => r.loo) / same.length };
  });
}

function percent(v) { const p = 100 * v; return `${p < 1 ? p.toFixed(2) : p.toFixed(1)} %`; }

function render({ model, el }) {
  const fig = figure(el, model);
  const rows = model.get("rows");
  const data = fig.choice("pictures", [...new Set(rows.map((r) => r.data))], { value: "MNIST" });
  const price = fig.choice("against", PRICES, { value: "n" });
  const loo = fig.tick("what leave-one-out said", { value: true });
  const say = fig.readout();
  let [near, plot, shown] = [null, null, []];
  const canvas = fig.draw({ aspect: 0.6, tallest: 400 }, (pen, { width, height, ink }) => {
    const curves = WAYS.map(([way, , colour]) => [curveOf(rows, data.value, way, price.value), ink[colour]]);
    const all = curves.flatMap(([points]) => points);
    const ends = (f) => [0.6 * Math.min(...all.map(f)), 1.6 * Math.max(...all.map(f))];
    const y = [0.8 * Math.min(...all.map((p) => Math.max(p.low, 1e-4))), Math.min(1, 1.3 * Math.max(...all.map((p) => p.high)))];
    plot = chart(pen, { width, height, ink, x: ends((p) => p.price), y, log: "xy", xlabel: PRICES.find((p) => p[0] === price.value)[1],
      ylabel: "error on test pictures", ytext: percent });
    shown = [];
    plot.inside(() => curves.forEach(([points, colour]) => {
      plot.curve(points.map((p) => p.price), points.map((p) => p.error), { colour });
      points.forEach((p) => plot.curve([p.price, p.price], [Math.max(p.low, y[0]), p.high], { colour, wide: 1.5 }));
      plot.dots(points.map((p) => p.price), points.map((p) => p.error), { colour, radius: 4 });
      const told = points.filter((p) => p.loo !== null);
      if (loo.value) plot.dots(told.map((p) => p.price), told.map((p) => Math.max(p.loo, y[0])), { colour, radius: 4, hollow: true });
    }));
    curves.forEach(([points, colour], k) => points.forEach((p) => shown.push({ ...p, colour, way: WAYS[k][1] })));
    if (shown.length) {
      const at = near === null ? shown.find((p) => p.way === WAYS[0][1]) ?? shown[0]
        : shown.reduce((best, p) => (distance(p, near) < distance(best, near) ? p : best));
      plot.dots([at.price], [at.error], { colour: ink.ink, radius: 6, hollow: true });
      say(`${at.way}, ${at.n.toLocaleString("en")} pictures${at.seeds > 1 ? `, ${at.seeds} samples` : ""}: error ${percent(at.error)} `
        + `(95 %: ${percent(at.low)} to ${percent(at.high)})${at.loo === null ? "" : `; leave-one-out said ${percent(at.loo)}`}.`);
    }
    WAYS.forEach(([, name, colour], k) => {
      pen.save();
      pen.fillStyle = ink[colour]; pen.textAlign = "right"; pen.textBaseline = "top";
      pen.fillText(name, width - 16, 4 + 17 * k);
      pen.restore();
    });
  });
  const distance = (p, [px, py]) => Math.hypot(plot.sx(p.price) - px, plot.sy(p.error) - py);
  fig.pointer(canvas, (px, py) => { near = px === null ? near : [px, py]; });
  return fig.cleanUp;
}

export default { render };
