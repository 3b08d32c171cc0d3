// A small network on the line with surplus units: copies, inactive units, unpropagated units.
// State: y (n,) at n equispaced points of [−1, 1]; tanh, relu: a narrow minimum
// [v_0, w_0, b_0, …, b], its hidden biases b_j and the output bias b; kind; at (of the slider).

const act = {
  tanh: { value: Math.tanh, slope: (u) => 1 - Math.tanh(u) ** 2 },
  relu: { value: (u) => Math.max(u, 0), slope: (u) => (u > 0 ? 1 : 0) },
};

// [[v, w, b], …] of a flat parameter, and the output bias.
function split(theta) {
  const units = [];
  for (let i = 0; i + 3 <= theta.length; i += 3) units.push(theta.slice(i, i + 3));
  return { units, bias: theta.at(-1) };
}

// The wider network; `fresh` counts the units at its end that the embedding made.
function embed(theta, kind, s, name) {
  const { units, bias } = split(theta);
  const rest = units.slice(0, -1);
  const [v, w, b] = units.at(-1);
  if (kind === "copies") return { units: [...rest, [s * v, w, b], [(1 - s) * v, w, b]], bias, fresh: 2 };
  const quiet = name === "tanh" ? [0, 0] : [1.5, -1.8];
  const one = kind === "inactive" ? [2 * s, ...quiet] : [0, 2 * s, 0.7];
  return { units: [...units, one], bias, fresh: 1 };
}

function output({ units, bias }, x, name) {
  return units.reduce((sum, [v, w, b]) => sum + v * act[name].value(w * x + b), bias);
}

function points(n) { return Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1)); }

// ∂L/∂(v_j, w_j, b_j) of each unit, for L = ½ Σ (f − y)².
function slopes(net, y, name) {
  const r = points(y.length).map((x, i) => [x, output(net, x, name) - y[i]]);
  const sum = (f) => r.reduce((total, [x, e]) => total + e * f(x), 0);
  return net.units.map(([v, w, b]) => [
    sum((x) => act[name].value(w * x + b)),
    sum((x) => v * act[name].slope(w * x + b) * x),
    sum((x) => v * act[name].slope(w * x + b)),
  ]);
}

function length(rows) { return Math.hypot(...rows.flat()); }

function render({ model, el }) {
  const fig = figure(el, model);
  const y = model.get("y");
  const kind = fig.choice("surplus unit", [["copies", "a copy (I)"], ["inactive", "inactive (II)"], ["unpropagated", "unpropagated (III)"]], { name: "kind", value: "copies" });
  const name = fig.choice("activation", [["tanh", "tanh"], ["relu", "ReLU"]], { name: "activation", value: "tanh" });
  const turned = { copies: "share λ", inactive: "output weight v", unpropagated: "input weight w" };
  const at = fig.slider(turned[kind.value], {
    min: -1, max: 2, step: 0.05, name: "at", value: 0.3,
    text: (v) => minus((kind.value === "copies" ? v : 2 * v).toFixed(2)),
  });
  fig.listen(kind.input, "change", () => {
    at.input.parentElement.firstChild.textContent = turned[kind.value];
    at.value = at.value;
  });
  const say = fig.readout();
  const line = Array.from({ length: 241 }, (_, k) => -1.8 + (3.6 * k) / 240);

  fig.draw({ aspect: 0.62 }, (pen, { width, height, ink }) => {
    const theta = model.get(name.value);
    const net = embed(theta, kind.value, at.value, name.value);
    const plot = chart(pen, { width, height, ink, x: [-1.8, 1.8], y: [-4, 4], xlabel: "x", xticks: [-1, 0, 1], yticks: [-4, -2, 0, 2, 4], pad: { right: 74 } });
    const old = split(theta);
    const fresh = net.units.slice(-net.fresh);
    const hues = [ink.blue, ink.vermilion];
    const parts = fresh.map(([v, w, b]) => line.map((x) => v * act[name.value].value(w * x + b)));
    plot.inside(() => {
      plot.shade(-1, 1);
      plot.curve(line, line.map((x) => output(old, x, name.value)), { colour: ink.ochre, wide: 9, alpha: 0.45 });
      if (kind.value === "unpropagated") {
        const [, w, b] = fresh[0];
        plot.curve(line, line.map((x) => act[name.value].value(w * x + b)), { colour: ink.vermilion, wide: 1.5, dash: [5, 4] });
      }
      parts.forEach((p, j) => plot.curve(line, p, { colour: hues.at(j - parts.length) }));
      plot.curve(line, line.map((x) => output(net, x, name.value)));
      plot.dots(points(y.length), y, { radius: 2.5 });
    });
    const ends = [["f", output(net, 1.8, name.value), ink.ink], ...parts.map((p, j) => [kind.value === "copies" ? `copy ${j}` : "new unit", p.at(-1), hues.at(j - parts.length)])];
    const clipped = ends.map(([, v]) => plot.sy(Math.max(-3.8, Math.min(3.8, v))));
    apart(clipped).forEach((h, j) => plot.words(ends[j][0], 1.8, 0, { colour: ends[j][2], dy: h - plot.sy(0) }));
    const moved = Math.max(...points(y.length).map((x) => Math.abs(output(net, x, name.value) - output(old, x, name.value))));
    const force = length(slopes(net, y, name.value).slice(-net.fresh));
    say(`f moves at the data by ${moved < 1e-9 ? "0" : moved.toFixed(4)} · gradient at the new units: ${force < 1e-5 ? "0, stationary" : `${force.toPrecision(2)}, not stationary`}`);
  });
  return fig.cleanUp;
}

export default { render };
