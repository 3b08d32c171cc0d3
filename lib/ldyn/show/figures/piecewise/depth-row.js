// Disparity along one row of pixels: the truth, a chosen method, and the network, at n samples.
// State: columns (w,), truth (w,), sizes (m,), profiles { name: m rows of w }, at, method, network.

// The root mean square difference of two profiles, in their own unit.
function rms(a, b) {
  return Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0) / a.length);
}

function render({ model, el }) {
  const fig = figure(el, model);
  const columns = model.get("columns");
  const truth = model.get("truth");
  const sizes = model.get("sizes");
  const profiles = model.get("profiles");
  const others = Object.keys(profiles).filter((name) => name !== "network");
  const size = fig.slider("samples n", {
    min: 0, max: sizes.length - 1, name: "at", value: 4, text: (i) => sizes[i].toLocaleString("en"),
  });
  const method = fig.choice("beside the network", others, { name: "method", value: others[0] });
  const shown = fig.tick("show the network", { name: "network", value: true });
  const say = fig.readout();
  const low = Math.min(...truth) - 4;
  const high = Math.max(...truth) + 6;
  fig.draw({ aspect: 0.5, lowest: 260 }, (pen, { width, height, ink }) => {
    const plot = chart(pen, {
      width, height, ink, x: [columns[0], columns.at(-1)], y: [low, high],
      xlabel: "column of the picture", ylabel: "disparity in pixels", pad: { left: 34 },
      xticks: [0, 100, 200, 300, 400], yticks: [20, 30, 40, 50].filter((v) => v > low && v < high),
    });
    const inside = (row) => row.map((v) => Math.min(high, Math.max(low, v)));
    const other = profiles[method.value][size.value];
    const network = profiles.network[size.value];
    plot.curve(columns, truth, { colour: ink.grey, wide: 4 });
    plot.curve(columns, inside(other), { colour: ink.blue, wide: 1.6 });
    if (shown.value) plot.curve(columns, inside(network), { colour: ink.vermilion, wide: 1.6 });
    const names = [["truth", ink.grey], [method.value, ink.blue]];
    if (shown.value) names.push(["network", ink.vermilion]);
    let x = plot.box.left + 6;
    pen.textAlign = "left";
    for (const [name, colour] of names) {
      pen.fillStyle = colour;
      pen.fillText(name, x, plot.box.top + 8);
      x += pen.measureText(name).width + 16;
    }
    say(`At n = ${sizes[size.value].toLocaleString("en")}, root mean square error along this row: `
      + `${method.value} ${rms(other, truth).toFixed(1)} px, network ${rms(network, truth).toFixed(1)} px.`);
  });
  return fig.cleanUp;
}

export default { render };
