// The PAC-Bayes bound of three units and K surplus ones, tanh beside ReLU, and its parts in nats.
// State: theta (9,), heights { tanh, relu } (9,) risk per squared parameter, power (tanh's per squared
// output weight), prior, cone (P(C)), failure (α), n (log10), surplus (K), open (the mixture over places).

function klInverse(q, budget) {
  const kl = (p) => (q > 0 ? q * Math.log(q / p) : 0) + (1 - q) * Math.log((1 - q) / (1 - p));
  let [low, high] = [q, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (kl(middle) <= budget) low = middle; else high = middle;
  }
  return high;
}

// ln C(needed + surplus, surplus), what a mixture over the places of the surplus units saves.
function placesSaved(needed, surplus) {
  let nats = 0;
  for (let k = 1; k <= surplus; k++) nats += Math.log((needed + k) / k);
  return nats;
}

// The best widths are τ²/(1 + 2nκτ²h) for one κ; each turn moves κ to the exchange rate found.
function bestBound({ theta, heights, power, prior, cone, failure }, activation, n, surplus, open = false) {
  const nats = (t) => (t - 1 - Math.log(t)) / 2;
  const level = Math.log((2 * Math.sqrt(n)) / failure);
  const best = { bound: 1, rate: 3, saved: open ? placesSaved(theta.length / 3, surplus) : 0 };
  for (let turn = 0; turn < 60; turn++) {
    const shrink = (h) => 1 / (1 + 2 * n * best.rate * prior ** 2 * h);
    best.risk = 0;
    best.base = 0;
    heights[activation].forEach((h, i) => {
      const t = shrink(h);
      best.risk += prior ** 2 * t * h;
      best.base += nats(t) + theta[i] ** 2 / (2 * prior ** 2);
    });
    const t = shrink(power);
    best.unit = activation === "relu" ? -Math.log(cone) : nats(t);
    if (activation !== "relu") best.risk += surplus * prior ** 2 * t * power;
    best.risk = Math.min(best.risk, 1 - 1e-12);
    best.level = level;
    best.bound = klInverse(best.risk, (best.base + surplus * best.unit - best.saved + level) / n);
    const [p, q] = [Math.min(best.bound, 1 - 1e-12), best.risk];
    best.rate = Math.log((p * (1 - q)) / (q * (1 - p)));
  }
  return best;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const state = Object.fromEntries(
    ["theta", "heights", "power", "prior", "cone", "failure"].map((k) => [k, model.get(k)]),
  );
  const size = fig.slider("samples n", {
    min: 2, max: 5, step: 0.25, name: "n", value: 3,
    text: (v) => Math.round(10 ** v).toLocaleString("en"),
  });
  const surplus = fig.slider("surplus units K", { min: 0, max: 32, name: "surplus", value: 8 });
  const open = fig.tick("leave open which units are the surplus ones", { name: "open" });
  const say = fig.readout();
  const kinds = [["tanh", "tanh", "blue"], ["relu", "ReLU", "vermilion"]];
  const widths = Array.from({ length: 33 }, (_, k) => k);

  fig.draw({ aspect: 0.45, tallest: 320 }, (pen, { width, height, ink }) => {
    const n = Math.round(10 ** size.value);
    const curves = kinds.map(([kind]) => widths.map((k) => bestBound(state, kind, n, k, open.value).bound));
    const most = Math.max(...curves.flat());
    const ten = 10 ** Math.floor(Math.log10(most / 4));
    const step = ten * [1, 2, 5, 10].find((m) => 4 * m * ten >= most);
    const top = Math.min(1, 4 * step);
    const plot = chart(pen, {
      width, height, ink, x: [0, 32], y: [0, top], xlabel: "surplus units K", ylabel: "bound on the risk",
      xticks: [0, 8, 16, 24, 32], pad: { right: 60 },
      yticks: [0, 1, 2, 3, 4].map((i) => i * step).filter((v) => v <= top),
    });
    kinds.forEach(([, name, colour], i) => {
      plot.curve(widths, curves[i], { colour: ink[colour] });
      plot.dots([surplus.value], [curves[i][surplus.value]], { colour: ink[colour], radius: 5 });
      plot.words(name, 32, curves[i][32], { colour: ink[colour] });
    });
  });

  fig.draw({ aspect: 0.2, tallest: 150, lowest: 130, label: "The parts of the divergence, as bars." },
    (pen, { width, height, ink }) => {
      const n = Math.round(10 ** size.value);
      const found = kinds.map(([kind]) => bestBound(state, kind, n, surplus.value, open.value));
      const parts = found.map((b) => [b.base, surplus.value * b.unit - b.saved, b.level]);
      const most = Math.max(...parts.map((p) => p.reduce((a, b) => a + b)));
      const room = width - 60;
      const tall = (height - 44) / 2;
      pen.textBaseline = "middle";
      parts.forEach((part, i) => {
        const y = 4 + i * (tall + 6);
        pen.fillStyle = ink.ink;
        pen.fillText(kinds[i][1], 4, y + tall / 2);
        let x = 50;
        [ink.grey, ink[kinds[i][2]], ink.ochre].forEach((colour, j) => {
          pen.fillStyle = colour;
          pen.fillRect(x, y, Math.max(0, (part[j] / most) * room - 1), tall);
          x += (part[j] / most) * room;
        });
      });
      pen.textBaseline = "bottom";
      let x = 50;
      [["three units", "grey"], ["surplus units (coloured)", "ink"], ["ln(2√n/α)", "ochre"]].forEach(([text, name]) => {
        pen.fillStyle = ink[name];
        pen.fillText(text, x, height - 4);
        x += pen.measureText(text).width + 18;
      });
      say(kinds.map(([, name], i) => `${name}: ${parts[i][0].toFixed(1)} + ${surplus.value} × ${
        found[i].unit.toFixed(2)}${open.value ? ` − ${found[i].saved.toFixed(2)}` : ""} + ${found[i].level.toFixed(1)} nats, risk ${
        found[i].risk.toPrecision(2)}, bound ${found[i].bound.toPrecision(3)}`).join("\n"));
    });
  return fig.cleanUp;
}

export default { render };
