// Eigenvalues per unit length, from Lanczos quadratures smoothed by a slider's width, on an axis
// that is linear within ±scale and logarithmic beyond. State: scale, width (ten times log10), curves
// [{ name, ink, size, nodes (probes × m), weights }], marks: numbers.

// The smoothed density at each point of `grid`: mean over rows of Σ weight · N(t; node, width²).
function smoothed(nodes, weights, grid, width) {
  const peak = 1 / (nodes.length * width * Math.sqrt(2 * Math.PI));
  return grid.map((t) => peak * nodes.reduce((sum, row, i) =>
    row.reduce((part, at, k) => part + weights[i][k] * Math.exp(-0.5 * ((t - at) / width) ** 2), sum), 0));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const scale = model.get("scale");
  const fold = (v) => Math.asinh(v / scale);
  const curves = model.get("curves").map((c) => ({ ...c, nodes: c.nodes.map((row) => row.map(fold)) }));
  const marks = model.get("marks");
  const width = fig.slider("width of the bell", {
    min: -13, max: 0, name: "width", value: -6, text: (k) => (10 ** (k / 10)).toFixed(2),
  });
  const ends = curves.flatMap((c) => c.nodes.flat());
  const low = Math.min(...ends) - 1;
  const high = Math.max(...ends) + 1;
  const grid = Array.from({ length: 481 }, (_, i) => low + ((high - low) * i) / 480);
  const say = fig.readout();

  fig.draw({ aspect: 0.56 }, (pen, { width: wide, height, ink }) => {
    const s = 10 ** (width.value / 10);
    const drawn = curves.map((c) => smoothed(c.nodes, c.weights, grid, s).map((d) => c.size * d));
    const top = 2 * Math.max(...drawn.flat());
    const floor = 0.1;
    const tens = [];
    for (let k = Math.ceil(Math.log10(scale)); k <= 3; k++) tens.push(10 ** k);
    const apartBy = ((high - low) * 52) / wide;
    const side = [];
    for (const v of tens.map(fold)) if (v - (side.at(-1) ?? 0) > apartBy) side.push(v);
    const room = [...side.map((v) => -v).reverse(), 0, ...side].filter((v) => v > low && v < high);
    const plot = chart(pen, {
      width: wide, height, ink, x: [low, high], y: [floor, top], log: "y", xticks: room,
      xlabel: "eigenvalue", ylabel: "eigenvalues per unit",
      xtext: (v) => minus(Number((scale * Math.sinh(v)).toPrecision(1))),
    });
    marks.forEach((m) => {
      pen.fillStyle = ink.grey;
      pen.fillRect(plot.sx(fold(m)) - 0.75, plot.box.top, 1.5, height - plot.box.top - plot.box.bottom);
    });
    curves.forEach((c, k) => {
      const seen = grid.map((t, i) => [t, drawn[k][i]]).filter(([, d]) => d > floor);
      const colour = ink[c.ink];
      for (let start = 0; start < seen.length;) {
        let end = start + 1;
        while (end < seen.length && seen[end][0] - seen[end - 1][0] < 1.5 * (grid[1] - grid[0])) end++;
        const part = seen.slice(start, end);
        plot.curve(part.map((p) => p[0]), part.map((p) => p[1]), { colour, dash: c.dash ? [5, 4] : [] });
        start = end;
      }
      plot.words(c.name, high, top / 2.2 ** (k + 1), { colour, align: "right", dx: -4 });
    });
    const below = curves.map((c) => c.size * c.weights.flatMap((row, i) =>
      row.filter((_, k) => c.nodes[i][k] < fold(-scale))).reduce((a, b) => a + b, 0) / c.weights.length);
    say(`Bells of width ${s.toFixed(2)} on this axis. Estimated number of eigenvalues below ${minus(-scale)}: `
      + curves.map((c, k) => `${c.name} ${below[k].toFixed(1)} of ${c.size.toLocaleString("en")}`).join(" · ")
      + (marks.length ? `. Grey: the ends of the surplus block, ${marks.map((m) => minus(m.toPrecision(2))).join(" and ")}.` : "."));
  });
  return fig.cleanUp;
}

export default { render };
