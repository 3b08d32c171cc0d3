// Cholesky's method on the Gram matrix of points in the plane, pivot by pivot, chosen by hand or drawn.
// State: points [[x, y]], bandwidth of the Gaussian kernel; best, the tail of the eigenvalues, and
// bound, tr Φ^k, for k = 0 … pivots, both in shares of the trace.

const TINY = 1e-13; // of a diagonal of ones: what is left up to that is rounding

function gramRow(points, i, h) {
  const [x, y] = points[i];
  return points.map(([a, b]) => Math.exp(-((a - x) ** 2 + (b - y) ** 2) / (2 * h * h)));
}

// Nothing taken: the diagonal of ones, the rows of the factor, the pivots, the shares left.
function nothing(points) { return { rest: points.map(() => 1), rows: [], chosen: [], left: [1] }; }

// What is left once `pivot` is taken too: one step of Cholesky's method.
function take({ rest, rows, chosen, left }, pivot, points, h) {
  if (rest[pivot] <= TINY) return { rest, rows, chosen, left };
  const row = gramRow(points, pivot, h).map((k, i) =>
    (k - rows.reduce((sum, r) => sum + r[pivot] * r[i], 0)) / Math.sqrt(rest[pivot]));
  const after = rest.map((d, i) => (i === pivot ? 0 : Math.max(0, d - row[i] ** 2)));
  const trace = after.reduce((sum, d) => sum + d, 0);
  return { rest: after, rows: [...rows, row], chosen: [...chosen, pivot], left: [...left, trace / points.length] };
}

// The next pivot by a rule, with u uniform on [0, 1); −1 if nothing is left.
function drawn({ rest, chosen }, rule, u) {
  const weight = rest.map((d, i) => {
    if (rule === "uniform") return d > TINY && !chosen.includes(i) ? 1 : 0;
    return d > TINY ? d : 0;
  });
  if (rule === "greedy") return Math.max(...weight) > 0 ? weight.indexOf(Math.max(...weight)) : -1;
  const total = weight.reduce((sum, w) => sum + w, 0);
  let left = u * total;
  return total ? weight.findIndex((w) => w > 0 && (left -= w) < 0) : -1;
}

function share(v) { return v === 0 ? "0 %" : `${(100 * v).toPrecision(v < 0.1 ? 2 : 3)} %`; }

function render({ model, el }) {
  const fig = figure(el, model), points = model.get("points"), h = model.get("bandwidth");
  const best = model.get("best"), bound = model.get("bound"), most = best.length - 1;
  let now = nothing(points), before = null, over = -1, places = [];
  const add = (pivot) => { if (pivot >= 0 && now.chosen.length < most) now = take(now, pivot, points, h); };
  const some = (count) => { for (let k = 0; k < count; k++) add(drawn(now, rule.value, Math.random())); };
  const again = () => { if (now.chosen.length) before = now.left; now = nothing(points); };
  const rule = fig.choice("rule", [["rpcholesky", "diagonal left"], ["uniform", "uniform"], ["greedy", "greedy"]], { value: "rpcholesky" });
  fig.button("draw one", () => some(1));
  fig.button("draw eight", () => some(8));
  fig.button("start again", again);
  const at = fig.slider("point", { min: 0, max: points.length - 1, value: 0, text: (i) => i + 1 });
  fig.button("take it", () => add(at.value));
  const say = fig.readout();

  const plane = fig.draw({ aspect: 0.5, tallest: 320, lowest: 200, label: "The points; colour is what is left of the diagonal, rings are pivots." }, (pen, { width, height, ink }) => {
    const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = Math.min((width - 40) / (x1 - x0), (height - 30) / (y1 - y0));
    places = points.map(([x, y]) => [width / 2 + (x - (x0 + x1) / 2) * scale, height / 2 - (y - (y0 + y1) / 2) * scale]);
    const dot = ([x, y], r) => { pen.beginPath(); pen.arc(x, y, r, 0, 2 * Math.PI); };
    places.forEach((place, i) => {
      dot(place, 4.5);
      pen.globalAlpha = 1; pen.fillStyle = ink.paper; pen.fill();
      pen.globalAlpha = 0.04 + 0.96 * now.rest[i]; pen.fillStyle = ink.blue; pen.fill();
      pen.globalAlpha = 0.6; pen.lineWidth = 0.8; pen.strokeStyle = ink.grey; pen.stroke();
    });
    pen.globalAlpha = 1; pen.lineWidth = 2; pen.strokeStyle = ink.vermilion;
    now.chosen.forEach((i) => { dot(places[i], 7); pen.stroke(); });
    const marked = over >= 0 ? over : at.value;
    pen.strokeStyle = ink.ink; pen.lineWidth = 1.2; dot(places[marked], 10); pen.stroke();
    const k = now.chosen.length, next = take(now, marked, points, h).left.at(-1);
    say(`${k} pivots leave ${share(now.left.at(-1))} of the trace, the best ${k} directions ${share(best[k])}. `
      + `Left at the marked point: ${share(now.rest[marked])}; taking it would leave ${share(next)}.`);
  });
  fig.draw({ aspect: 0.36, tallest: 230, lowest: 160, label: "The share of the trace left against the number of pivots, on a logarithmic scale." }, (pen, area) => {
    const { ink } = area, counts = best.map((_, k) => k), low = 1e-3;
    const plot = chart(pen, { ...area, x: [0, most], y: [low, 1], log: "y", xlabel: "pivots", ylabel: "share of the trace left",
      yticks: [1e-3, 1e-2, 0.1, 1], pad: { right: 70 } });
    const shown = (values, style) => {
      const kept = values.filter((v) => v >= low);
      plot.curve(counts.slice(0, kept.length), kept, style);
      return kept;
    };
    const above = shown(bound, { colour: ink.vermilion, wide: 1.5, dash: [5, 4] });
    const below = shown(best, { colour: ink.grey, wide: 1.5 });
    if (before) shown(before, { colour: ink.blue, wide: 1, alpha: 0.5 });
    const last = shown(now.left, { colour: ink.blue, wide: 2.5 });
    plot.dots([last.length - 1], [last.at(-1)], { colour: ink.blue, radius: 4 });
    plot.words("bound", above.length - 1, above.at(-1), { colour: ink.vermilion });
    plot.words("best", below.length - 1, Math.max(below.at(-1), 1.6e-3), { colour: ink.grey });
  });
  const nearest = (x, y) => {
    const far = places.map(([a, b]) => (a - x) ** 2 + (b - y) ** 2), least = Math.min(...far);
    return least < 400 ? far.indexOf(least) : -1;
  };
  fig.pointer(plane, (x, y) => { over = x === null ? -1 : nearest(x, y); });
  fig.listen(plane, "click", (e) => { add(nearest(e.offsetX, e.offsetY)); fig.redraw(); });
  return fig.cleanUp;
}

export default { render };
