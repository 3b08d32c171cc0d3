// What a pass costs, part by part, against the number of features; sliders for rows and devices.
// State: machines [{ name, products, waves, reading, sending, solving, memory }], columns.

const PARTS = { products: "blue", features: "green", reading: "ochre", sending: "purple", solving: "vermilion" };

// Seconds of each part, and the bytes of the totals: `ldyn.lowcost.pass_plan`.
function passPlan(rows, columns, features, devices, rates) {
  const size = 8 * (features + 2) ** 2;
  return {
    reading: (4 * rows * (columns + 1)) / devices / rates.reading,
    features: ((rows * features) / devices) * (columns / rates.products + 1 / rates.waves),
    products: (2 * rows * features ** 2) / devices / rates.products,
    sending: (2 * (devices - 1) * size) / devices / rates.sending,
    solving: (9 * features ** 3) / rates.solving,
    bytes: size,
  };
}

function duration(s) {
  const [unit, name] = [[86400 * 365, "years"], [86400, "days"], [3600, "hours"], [60, "minutes"], [1, "seconds"], [1e-3, "ms"]]
    .find(([u]) => s >= 2 * u) ?? [1e-3, "ms"];
  return `${Number((s / unit).toPrecision(2)).toLocaleString("en")} ${name}`;
}

function bytes(b) {
  const k = Math.max(0, Math.min(4, Math.floor(Math.log10(Math.max(b, 1)) / 3)));
  return `${(b / 1000 ** k).toPrecision(3)} ${["B", "kB", "MB", "GB", "TB"][k]}`;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const machines = model.get("machines");
  const columns = model.get("columns");
  const pick = fig.choice("device", machines.map((m, i) => [i, m.name]), { name: "machine" });
  const power = fig.slider("rows n", { min: 5, max: 11, step: 0.5, name: "rows", value: 9,
    text: (k) => Number((10 ** k).toPrecision(1)).toLocaleString("en") });
  const count = fig.slider("devices W", { min: 0, max: 8, value: 0, name: "devices", text: (k) => String(2 ** k) });
  const at = fig.slider("features M", { min: 2, max: 5, step: 0.05, value: 4.3, name: "features",
    text: (k) => Number((10 ** k).toPrecision(2)).toLocaleString("en") });
  const say = fig.readout();
  const grid = Array.from({ length: 61 }, (_, i) => 10 ** (2 + i / 20));

  fig.draw({ aspect: 0.6 }, (pen, { width, height, ink }) => {
    const rates = machines[Number(pick.input.value)];
    const n = Number((10 ** power.value).toPrecision(1));
    const w = 2 ** count.value;
    const m = Number((10 ** at.value).toPrecision(2));
    const plans = grid.map((k) => passPlan(n, columns, k, w, rates));
    const plot = chart(pen, { width, height, ink, x: [100, 1e5], y: [1e-3, 1e9], log: "xy", pad: { right: 84 },
      xlabel: "features M", ylabel: "seconds", xticks: [100, 1e3, 1e4, 1e5], yticks: [1e-3, 1, 1e3, 1e6, 1e9] });
    const here = passPlan(n, columns, m, w, rates);
    const parts = Object.keys(PARTS).filter((k) => k !== "sending" || w > 1);
    const ends = apart(parts.map((k) => plot.sy(Math.max(1e-3, plans.at(-1)[k]))));
    plot.inside(() => parts.forEach((k) => {
      plot.curve(grid, plans.map((p) => p[k]), { colour: ink[PARTS[k]] });
      plot.dots([m], [here[k]], { colour: ink[PARTS[k]], radius: 5 });
    }));
    parts.forEach((k, i) => plot.words(k, 1e5, 1e-3, { colour: ink[PARTS[k]], dy: ends[i] - plot.sy(1e-3) }));
    const total = parts.reduce((sum, k) => sum + here[k], 0);
    const fits = 2 * here.bytes <= rates.memory ? "" : " Totals and their eigenvectors do not fit into one device.";
    say(`In all ${duration(total)}: ${parts.map((k) => `${k} ${duration(here[k])}`).join(", ")}. `
      + `Totals ${bytes(here.bytes)}; read in all ${bytes(4 * n * (columns + 1))}, `
      + `sent by each device ${bytes((2 * (w - 1) * here.bytes) / w)}.${fits}`);
  });
  return fig.cleanUp;
}

export default { render };
