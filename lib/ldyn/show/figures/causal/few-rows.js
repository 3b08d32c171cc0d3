// Accuracy against rows on one set, and how far `direction` is ahead of one method on the same samples.
// State: rows, the last 0 for all; methods, names, `direction` first; sets [[key, name]];
// found {key: {plain, matched}}, each { accuracy [method][rows], lead [method][rows] }, entries
// [value, low, high] in per cent or points; `direction` is 0 points ahead of itself.

const WHOLE = 1000; // where all rows are drawn
const INKS_OF = ["blue", "vermilion", "green", "purple", "grey"];

const place = (n) => n || WHOLE;

// Which of `rows` stands nearest to `at` on an axis that is logarithmic.
function nearest(rows, at) {
  const far = rows.map((n) => Math.abs(Math.log(place(n) / at)));
  return far.indexOf(Math.min(...far));
}

function interval([, low, high]) { return `[${minus(low.toFixed(1))}, ${minus(high.toFixed(1))}]`; }

// What the numbers of one set at one n say of `direction` and a rival.
function reading({ accuracy, lead }, rows, names, rival, at) {
  const [own, other, ahead] = [accuracy[0][at], accuracy[rival][at], lead[rival][at]];
  const said = ahead[1] > 0 ? "direction is ahead" : ahead[2] < 0 ? "direction is behind" : "within chance";
  return `${rows[at] ? `${rows[at]} rows` : "All rows"}: direction ${own[0].toFixed(1)} % ${interval(own)}, `
    + `${names[rival]} ${other[0].toFixed(1)} % ${interval(other)}. Difference `
    + `${minus(`${ahead[0] > 0 ? "+" : ""}${ahead[0].toFixed(1)}`)} points ${interval(ahead)}: ${said}.`;
}

// A line through the values, with the intervals upright at each.
function withIntervals(plot, xs, entries, colour) {
  plot.curve(xs, entries.map((v) => v[0]), { colour, wide: 2.5 });
  entries.forEach(([, low, high], k) => plot.curve([xs[k], xs[k]], [low, high], { colour, wide: 1.5 }));
  plot.dots(xs, entries.map((v) => v[0]), { colour, radius: 3.5 });
}

// The range of an axis that holds all intervals, zero and ten points on either side, in tens.
function room(entries) {
  const low = Math.min(-10, ...entries.map((v) => v[1])), high = Math.max(10, ...entries.map((v) => v[2]));
  return [10 * Math.floor(low / 10), 10 * Math.ceil(high / 10)];
}

function render({ model, el }) {
  const fig = figure(el, model), rows = model.get("rows"), names = model.get("methods");
  const set = fig.choice("pairs", model.get("sets"), { value: "mean" });
  const beside = fig.choice("beside", names.slice(1).map((name, k) => [String(k + 1), name]), { value: "1" });
  const at = fig.slider("rows", { min: 0, max: rows.length - 1, value: 1, text: (k) => rows[k] || "all" });
  const matched = fig.tick("matched marginals");
  const say = fig.readout();
  const xs = rows.map(place), wide = { x: [22, 1150], log: "x", xticks: xs, xtext: (v) => (v === WHOLE ? "all" : v) };
  const now = () => model.get("found")[set.value][matched.value ? "matched" : "plain"];
  let back;

  const above = fig.draw({ aspect: 0.44, tallest: 290, lowest: 200 }, (pen, area) => {
    const { accuracy } = now(), rival = Number(beside.value), { ink } = area;
    const low = 25 * Math.floor(Math.min(...accuracy.flat(2)) / 25);
    const plot = chart(pen, { ...area, ...wide, y: [low, 103], ylabel: "right, %", xlabel: "rows n",
      yticks: [0, 25, 50, 75, 100].filter((v) => v >= low), pad: { left: 40, right: 76 } });
    back = plot.sx.back;
    plot.curve([xs[at.value], xs[at.value]], [low, 103], { colour: ink.grey, wide: 1, dash: [3, 3] });
    const heights = apart(accuracy.map((line) => plot.sy(line.at(-1)[0])), 14);
    accuracy.forEach((line, k) => {
      const colour = ink[INKS_OF[k]], chosen = k === 0 || k === rival;
      if (chosen) withIntervals(plot, xs, line, colour);
      else plot.curve(xs, line.map((v) => v[0]), { colour, wide: 1.2, dash: [5, 3] });
      pen.fillStyle = colour; pen.textAlign = "left"; pen.textBaseline = "middle";
      pen.fillText(names[k], area.width - 72, heights[k]);
    });
  });
  const below = fig.draw({ aspect: 0.3, tallest: 190, lowest: 150, label: "How far direction is ahead, in points, with intervals." }, (pen, area) => {
    const found = now(), rival = Number(beside.value), { ink } = area, line = found.lead[rival], y = room(line);
    const plot = chart(pen, { ...area, ...wide, y, ylabel: `direction minus ${names[rival]}, points`, xlabel: "rows n",
      yticks: [y[0], 0, y[1]], pad: { left: 40, right: 76 } });
    plot.curve([22, 1150], [0, 0], { colour: ink.grey, wide: 1.5 });
    plot.curve([xs[at.value], xs[at.value]], y, { colour: ink.grey, wide: 1, dash: [3, 3] });
    withIntervals(plot, xs, line, ink[INKS_OF[rival]]);
    say(reading(found, rows, names, rival, at.value));
  });
  for (const canvas of [above, below])
    fig.pointer(canvas, (x) => { if (x !== null && back) at.value = nearest(rows, back(x)); });
  return fig.cleanUp;
}

export default { render };
