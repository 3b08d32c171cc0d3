// A surplus ReLU unit on the line: where in the (w, b) plane it is silent, and what it does else.
// State: y (n,) at n equispaced points of [−1, 1]; theta [v_0, w_0, b_0, …, b] of the narrow
// minimum; v, w, b of the surplus unit.

function relu(u) { return Math.max(u, 0); }

function points(n) { return Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1)); }

function narrow(theta, x) {
  let f = theta.at(-1);
  for (let i = 0; i + 3 <= theta.length; i += 3) f += theta[i] * relu(theta[i + 1] * x + theta[i + 2]);
  return f;
}

// L = ½ Σ (f − y)² with the surplus unit (v, w, b).
function loss(theta, y, [v, w, b]) {
  return points(y.length).reduce((sum, x, i) => sum + (narrow(theta, x) + v * relu(w * x + b) - y[i]) ** 2 / 2, 0);
}

// At how many of the n samples the unit is active.
function active(n, w, b) { return points(n).filter((x) => w * x + b >= 0).length; }

const REACH = 2;

function render({ model, el }) {
  const fig = figure(el, model);
  const theta = model.get("theta");
  const y = model.get("y");
  const base = loss(theta, y, [0, 0, 0]);
  const w = fig.slider("input weight w", { min: -REACH, max: REACH, step: 0.05, name: "w", value: 0.6, text: (t) => minus(t.toFixed(2)) });
  const b = fig.slider("bias b", { min: -REACH, max: REACH, step: 0.05, name: "b", value: -1.2, text: (t) => minus(t.toFixed(2)) });
  const v = fig.slider("output weight v", { min: -REACH, max: REACH, step: 0.1, name: "v", value: -0.5, text: (t) => minus(t.toFixed(1)) });
  const say = fig.readout();

  fig.draw({ aspect: 0.7, label: `${model.get("alt")} The plane of w and b.` }, (pen, { width, height, ink }) => {
    const plot = chart(pen, { width, height, ink, x: [-REACH, REACH], y: [-REACH, REACH], xlabel: "input weight w", ylabel: "bias b", xticks: [-2, -1, 0, 1, 2], yticks: [-2, -1, 0, 1, 2] });
    const cells = 64;
    const at = (k) => -REACH + (2 * REACH * k) / cells;
    for (let i = 0; i < cells; i++) {
      for (let j = 0; j < cells; j++) {
        const change = loss(theta, y, [v.value, at(i + 0.5), at(j + 0.5)]) - base;
        if (change === 0) continue;
        pen.globalAlpha = Math.min(0.85, 0.12 + 0.28 * Math.sqrt(Math.abs(change)));
        pen.fillStyle = change > 0 ? ink.vermilion : ink.blue;
        if (change < 0) pen.globalAlpha = 0.85;
        const [left, right, high, low] = [plot.sx(at(i)), plot.sx(at(i + 1)), plot.sy(at(j + 1)), plot.sy(at(j))].map(Math.round);
        pen.fillRect(left, high, right - left, low - high);
      }
    }
    pen.globalAlpha = 1;
    plot.curve([-REACH, 0, REACH], [-REACH, 0, -REACH], { colour: ink.ink });
    plot.words("inactive", 0, -1.6, { align: "center", dx: 0 });
    plot.dots([w.value], [b.value], { colour: ink.ink, radius: 6 });
  });
  fig.draw({ aspect: 0.5, label: `${model.get("alt")} The function.` }, (pen, { width, height, ink }) => {
    const line = Array.from({ length: 241 }, (_, k) => -1.8 + (3.6 * k) / 240);
    const plot = chart(pen, { width, height, ink, x: [-1.8, 1.8], y: [-3, 3], xlabel: "x", xticks: [-1, 0, 1], yticks: [-2, 0, 2], pad: { right: 74 } });
    const unit = line.map((x) => v.value * relu(w.value * x + b.value));
    const old = line.map((x) => narrow(theta, x));
    plot.inside(() => {
      plot.shade(-1, 1);
      plot.curve(line, old, { colour: ink.ochre, wide: 9, alpha: 0.45 });
      plot.curve(line, unit, { colour: ink.vermilion });
      plot.curve(line, old.map((f, k) => f + unit[k]));
      plot.dots(points(y.length), y, { radius: 2.5 });
    });
    const ends = [["f", old.at(-1) + unit.at(-1), ink.ink], ["new unit", unit.at(-1), ink.vermilion]];
    apart(ends.map(([, v]) => plot.sy(Math.max(-2.8, Math.min(2.8, v))))).forEach((h, j) =>
      plot.words(ends[j][0], 1.8, 0, { colour: ends[j][2], dy: h - plot.sy(0) }));
    const count = active(y.length, w.value, b.value);
    const value = loss(theta, y, [v.value, w.value, b.value]).toFixed(4);
    say(count
      ? `active at ${count} of ${y.length} samples · loss ${value}, without the unit ${base.toFixed(4)}`
      : `silent at all ${y.length} samples · loss ${value}, as without the unit`);
  });
  return fig.cleanUp;
}

export default { render };
