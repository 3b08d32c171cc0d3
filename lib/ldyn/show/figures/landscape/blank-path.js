// Two units change places by way of a third one that is not needed, or in a straight line.
// State: corners [{ v: (3,), w: (3, 2) }, …] of the way through the blank, x (n, 2) the inputs of the
// loss, at (share of the way, 0 … 1), route ("blank" or "straight").

// The units at the share `t` of the way through the corners, each piece as long as the others.
function along(corners, t) {
  const pieces = corners.length - 1;
  const piece = Math.min(pieces - 1, Math.floor(t * pieces));
  const part = t * pieces - piece;
  const mix = (a, b) => (Array.isArray(a) ? a.map((one, i) => mix(one, b[i])) : a + part * (b - a));
  const [here, there] = [corners[piece], corners[piece + 1]];
  return { v: mix(here.v, there.v), w: mix(here.w, there.w) };
}

function output({ v, w }, x) {
  return v.reduce((sum, one, j) => sum + one * Math.tanh(w[j][0] * x[0] + w[j][1] * x[1]), 0);
}

function loss(units, teacher, x) {
  return x.reduce((sum, one) => sum + (output(units, one) - output(teacher, one)) ** 2, 0) / 2;
}

const SHARES = Array.from({ length: 121 }, (_, i) => i / 120);

function render({ model, el }) {
  const fig = figure(el, model);
  const [corners, x] = [model.get("corners"), model.get("x")];
  const ways = { blank: corners, straight: [corners[0], corners.at(-1)] };
  const route = fig.choice("way", [["blank", "through the blank"], ["straight", "straight"]], { name: "route" });
  const place = fig.slider("part of the way", {
    min: 0, max: 1, step: 0.01, name: "at", value: 0, text: (v) => v.toFixed(2),
  });
  const say = fig.readout();
  const losses = Object.fromEntries(Object.entries(ways).map(
    ([name, way]) => [name, SHARES.map((t) => loss(along(way, t), corners[0], x))],
  ));
  const top = 1.1 * Math.max(...losses.straight);
  const reach = 1.5 * Math.max(...corners.flatMap((c) => c.w.flat().map(Math.abs)));
  const colours = ["blue", "vermilion", "green"];

  fig.draw({ aspect: 0.5, tallest: 300, lowest: 190 }, (pen, { width, height, ink }) => {
    const { v, w } = along(ways[route.value], place.value);
    const plot = chart(pen, {
      width, height, ink, x: [-reach, reach], y: [-reach, reach], xlabel: "first input weight",
      ylabel: "second input weight", xticks: [-0.5, 0, 0.5], yticks: [-0.5, 0, 0.5],
    });
    const way = corners.map((c) => c.w);
    colours.forEach((_, j) => plot.curve(way.map((c) => c[j][0]), way.map((c) => c[j][1]), { colour: ink.faint, wide: 1 }));
    w.forEach(([a, b], j) => {
      pen.save();
      pen.globalAlpha = 0.75;
      const blank = Math.abs(v[j]) < 1e-9;
      plot.dots([a], [b], { colour: ink[colours[j]], radius: 5 + 8 * Math.sqrt(Math.abs(v[j])), hollow: blank });
      pen.restore();
      plot.words(String(j + 1), a, b, { colour: ink[colours[j]], align: "center", dx: (j - 1) * 14, dy: -22 });
    });
  });

  fig.draw({ aspect: 0.34, tallest: 220, lowest: 150, label: "The loss along both ways." }, (pen, { width, height, ink }) => {
    const units = along(ways[route.value], place.value);
    const here = loss(units, corners[0], x);
    const plot = chart(pen, {
      width, height, ink, x: [0, 1], y: [0, top], xlabel: "part of the way", ylabel: "loss",
      xticks: [0, 0.5, 1], yticks: [0, 10, 20, 30].filter((v) => v < top),
    });
    plot.curve(SHARES, losses.straight, { colour: ink.vermilion, dash: [6, 4] });
    plot.curve(SHARES, losses.blank, { colour: ink.blue });
    plot.dots([place.value], [here], { colour: ink[route.value === "blank" ? "blue" : "vermilion"], radius: 5 });
    plot.words("straight", 0.5, losses.straight[60], { colour: ink.vermilion, align: "center", dx: 0, dy: 14 });
    plot.words("through the blank", 0.5, 0, { colour: ink.blue, align: "center", dx: 0, dy: -10 });
    say(`${units.v.map((v, j) => `unit ${j + 1}: v = ${minus(v.toFixed(2))}, w = (${
      units.w[j].map((t) => minus(t.toFixed(2))).join(", ")})`).join("\n")}\nloss ${here.toFixed(3)}`);
  });
  return fig.cleanUp;
}

export default { render };
