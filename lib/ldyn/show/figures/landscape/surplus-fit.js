// Test risk against surplus units, and one fitted curve for each width over its data.
// State: widths (m,), kinds [{ name, ink, median, first, third (m,), curves (m, g) }], truth
// { relu, tanh } (g,), data { x, relu, tanh } (n,), kind (index), at (index of the width).

function gridPoint(i, count) {
  return -1 + (2 * i) / (count - 1);
}

function meanSquare(curve, truth) {
  return curve.reduce((sum, c, i) => sum + (c - truth[i]) ** 2, 0) / curve.length;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const widths = model.get("widths");
  const kinds = model.get("kinds");
  const truth = model.get("truth");
  const data = model.get("data");
  const which = fig.choice("activation and start", kinds.map((k, i) => [i, k.name]), { name: "kind", value: 0 });
  const at = fig.slider("surplus units K", {
    min: 0, max: widths.length - 1, name: "at", value: 0, text: (i) => widths[i],
  });
  const say = fig.readout();
  const place = widths.map((k) => k + 0.7);

  fig.draw({ aspect: 0.5, tallest: 330 }, (pen, { width, height, ink }) => {
    const chosen = kinds[Number(which.value)];
    const goal = truth[chosen.activation];
    const curve = chosen.curves[at.value];
    const plot = chart(pen, {
      width, height, ink, x: [-1, 1], y: [-3, 5], xlabel: "x", xticks: [-1, -0.5, 0, 0.5, 1],
      yticks: [-2, 0, 2, 4],
    });
    const points = curve.map((_, i) => gridPoint(i, curve.length));
    plot.curve(points, goal, { colour: ink.grey, wide: 1.5 });
    plot.inside(() => plot.curve(points, curve, { colour: ink[chosen.ink] }));
    plot.dots(data.x, data[chosen.activation], { colour: ink.ink, radius: 2.5 });
    say(`${chosen.name}, K = ${widths[at.value]}: this fit has risk ${
      meanSquare(curve, goal).toPrecision(2)}, the median of all ${
      chosen.median[at.value].toPrecision(2)}`);
  });

  fig.draw({ aspect: 0.42, tallest: 290 }, (pen, { width, height, ink }) => {
    const plot = chart(pen, {
      width, height, ink, x: [0.7, 33], y: [1e-3, 2], log: "xy", xlabel: "surplus units K",
      ylabel: "median test risk", xticks: place, xtext: (v) => String(Math.round(v - 0.7)),
    });
    kinds.forEach((kind, i) => {
      const on = i === Number(which.value);
      plot.curve(place, kind.median, {
        colour: ink[kind.ink], wide: on ? 3 : 1.2, dash: kind.start === "random" ? [5, 4] : [],
      });
      if (on) plot.dots([place[at.value]], [kind.median[at.value]], { colour: ink[kind.ink], radius: 5 });
    });
  });
  return fig.cleanUp;
}

export default { render };
