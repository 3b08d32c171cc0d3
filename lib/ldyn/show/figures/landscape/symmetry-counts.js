// How many affine subspaces hold the teacher's function, and how many the stationary points of
// narrower networks, against the number of surplus units. State: units (r), surplus (K).

const MOST = 60;

// S(m, k), k = 0 … m: partitions of m units into k groups.
function partitions(m) {
  let row = [1];
  for (let i = 0; i < m; i++)
    row = Array.from({ length: row.length + 1 }, (_, k) => k * (row[k] ?? 0) + (row[k - 1] ?? 0));
  return row;
}

// k!/(k − r)!
function falling(k, r) {
  let product = 1;
  for (let i = 0; i < r; i++) product *= k - i;
  return product;
}

// Sur(r, m) = r! S(m, r), summed over all widths below r.
function narrower(r, m) {
  return partitions(m).reduce((sum, s, k) => sum + (k && k < r ? s * falling(k, k) : 0), 0);
}

// T(r, m) = Σ_k S(m, k) k!/(k − r)!.
function minima(r, m) {
  return partitions(m).reduce((sum, s, k) => sum + (k >= r ? s * falling(k, r) : 0), 0);
}

// The first surplus at which the minima are more; −1 if it is beyond the axis.
function crossing(r) {
  for (let h = 0; h <= MOST; h++) if (minima(r, r + h) > narrower(r, r + h)) return h;
  return -1;
}

function power(value) {
  return value < 1e6 ? Math.round(value).toLocaleString("en") : `about 10${superscript(Math.round(Math.log10(value)))}`;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const units = fig.slider("teacher units r", { min: 2, max: 30, name: "units", value: 8 });
  const surplus = fig.slider("surplus units K", { min: 0, max: MOST, name: "surplus", value: 2 });
  const say = fig.readout();
  fig.draw({ aspect: 0.55 }, (pen, { width, height, ink }) => {
    const r = units.value;
    const h = surplus.value;
    const all = Array.from({ length: MOST + 1 }, (_, i) => i);
    const low = all.map((i) => Math.max(narrower(r, r + i), 1));
    const good = all.map((i) => minima(r, r + i));
    const top = Math.log10(good.at(-1));
    const step = top > 60 ? 20 : top > 24 ? 10 : 4;
    const plot = chart(pen, {
      width, height, ink, x: [0, MOST], y: [1, good.at(-1)], log: "y", xlabel: "surplus units K",
      ylabel: "affine subspaces", xticks: [0, 10, 20, 30, 40, 50, 60],
      yticks: Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => 10 ** (i * step)),
      ytext: (v) => `10${superscript(Math.round(Math.log10(v)))}`,
    });
    pen.fillStyle = ink.faint;
    pen.fillRect(plot.sx(h) - 1, plot.box.top, 2, height - plot.box.top - plot.box.bottom);
    plot.curve(all, low, { colour: ink.vermilion, dash: [6, 4] });
    plot.curve(all, good, { colour: ink.blue });
    plot.dots([h], [low[h]], { colour: ink.vermilion, radius: 5, hollow: true });
    plot.dots([h], [good[h]], { colour: ink.blue, radius: 5 });
    plot.words("the minima", 44, good[44], { colour: ink.blue, align: "right", dx: 0, dy: -14 });
    plot.words("narrower networks", MOST, low[width < 500 ? 36 : 54], { colour: ink.vermilion, align: "right", dx: 0, dy: 30 });
    const ratio = low[h] / good[h];
    const at = crossing(r);
    say(`r = ${r}, K = ${h}: minima on ${power(good[h])} subspaces, one stationary point of every `
      + `narrower width on ${power(narrower(r, r + h))}; ratio ${ratio.toPrecision(2)}.\n`
      + `The minima are more from K = ${at < 0 ? `${MOST + 1} or later` : at} on.`);
  });
  return fig.cleanUp;
}

export default { render };
