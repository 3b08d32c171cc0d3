// The phase diagram: who has the largest exponent at smoothness α of the edge and β of the parts.
// State: alpha, beta, dim.

const MOST = { alpha: 4, beta: 2 };
const LEAST = 0.05;

// Exponents r of n^(−r): networks, thresholded wavelets, linear (sharp), linear (bound of 2022).
function exponents(alpha, beta, dim) {
  const parts = 1 / (1 + dim / (2 * beta));
  const rough = Math.min(alpha, 1);
  return {
    networks: Math.min(1 / (1 + (dim - 1) / alpha), parts),
    wavelets: dim === 1 ? parts : Math.min(rough / dim, parts),
    linear: Math.min(1 / (2 + (dim - 1) / rough), parts),
    old: Math.min(1 / (2 + (dim - 1) / alpha), parts),
  };
}

function leaders(alpha, beta, dim) {
  const r = exponents(alpha, beta, dim);
  return ["networks", "wavelets", "linear"].filter((name) => r[name] > r.networks - 1e-12);
}

// The β above which networks lead: over linear methods, by the bound of 2022, over wavelets.
function boundaries(alpha, dim) {
  const rough = Math.min(alpha, 1);
  return {
    linear: dim / (2 + (2 * (dim - 1)) / rough),
    old: dim / (2 + (2 * (dim - 1)) / alpha),
    wavelets: dim === 1 ? Infinity : dim / ((2 * dim) / rough - 2),
  };
}

// n must grow by gain^(1/r) to divide a risk n^(−r) by `gain`.
function samplesFactor(r, gain) { return gain ** (1 / r); }

function times(factor) {
  if (factor < 1e6) return Number(factor.toPrecision(2)).toLocaleString("en");
  const ten = Math.floor(Math.log10(factor) + 1e-9);
  return `${(factor / 10 ** ten).toFixed(1)} × 10${superscript(ten)}`;
}

const REGIONS = {
  "networks": ["vermilion", "networks alone"],
  "networks wavelets": ["ochre", "networks = wavelets"],
  "networks linear": ["purple", "networks = linear"],
  "networks wavelets linear": ["grey", "all tie"],
};
const ROWS = [
  ["networks", "vermilion", "networks"],
  ["wavelets", "ochre", "thresholded wavelets"],
  ["linear", "blue", "any linear method"],
  ["old", "blue", "linear, bound of 2022"],
];

// Vertical strips of one region each: [β from, β to, names], at one α.
function strips(alpha, dim) {
  const { linear, wavelets } = boundaries(alpha, dim);
  const cuts = [0, linear, wavelets, MOST.beta].map((b) => Math.min(b, MOST.beta)).sort((a, b) => a - b);
  return cuts.slice(1).map((to, i) => [cuts[i], to]).filter(([from, to]) => to > from)
    .map(([from, to]) => [from, to, leaders(alpha, (from + to) / 2, dim).join(" ")]);
}

function paintPlane(pen, { width, height, ink, alpha, beta, dim }) {
  const plot = chart(pen, { width, height, ink, x: [0, MOST.alpha], y: [0, MOST.beta],
    xlabel: "α, smoothness of the boundary", ylabel: "β, smoothness of the parts",
    xticks: [0, 1, 2, 3, 4], yticks: [0, 0.5, 1, 1.5, 2] });
  const { left, right } = plot.box;
  pen.save();
  pen.globalAlpha = 0.3;
  for (let px = left; px < width - right; px++) {
    for (const [from, to, names] of strips(plot.sx.back(px + 0.5), dim)) {
      pen.fillStyle = ink[REGIONS[names][0]];
      pen.fillRect(px, plot.sy(to), 1, plot.sy(from) - plot.sy(to));
    }
  }
  pen.restore();
  const xs = Array.from({ length: 401 }, (_, i) => LEAST / 5 + (i / 400) * (MOST.alpha - LEAST / 5));
  const within = (name) => {
    const kept = xs.filter((a) => boundaries(a, dim)[name] <= MOST.beta);
    return [kept, kept.map((a) => boundaries(a, dim)[name])];
  };
  plot.curve(...within("wavelets"), { colour: ink.ochre });
  plot.curve(...within("old"), { colour: ink.blue, dash: [6, 5] });
  plot.curve(...within("linear"), { colour: ink.blue, wide: 2.5 });
  if (dim > 1) plot.curve([1, 1], [boundaries(1, dim).wavelets, MOST.beta], { colour: ink.ochre, dash: [2, 4] });
  if (dim > 1) plot.words("bound of 2022", MOST.alpha, boundaries(MOST.alpha, dim).old, { colour: ink.ink, align: "right", dx: -4, dy: -10 });
  paintNames(pen, plot, dim);
  plot.dots([alpha], [beta], { radius: 6, hollow: true });
  return plot;
}

// Where each region has room for its name: in its tallest strip, left of the middle for the small
// one at α < ½, whose name stands beside it. [α, middle of the strip, its height, names].
function places(dim) {
  const found = {};
  for (const alpha of [0.2, 0.25, 0.3, 0.35, 0.4, 2.4])
    for (const [from, to, names] of strips(alpha, dim)) {
      const corner = names === "networks linear";
      if (corner === (alpha < 1) && to - from > (found[names]?.[2] ?? 0)) found[names] = [alpha, (from + to) / 2, to - from];
    }
  return found;
}

function paintNames(pen, plot, dim) {
  for (const [names, [alpha, beta, tall]] of Object.entries(places(dim))) {
    const text = REGIONS[names][1], high = plot.sy(0) - plot.sy(tall);
    if (names !== "networks linear") {
      if (high > 16) plot.words(text, alpha, beta, { align: "center", dx: 0 });
    } else if (high > 3) {
      plot.curve([alpha, 0.62], [beta, 0.1], { wide: 1 });
      plot.words(text, 0.62, 0.1, { dx: 4 });
    }
  }
}

function paintBars(pen, { width, height, ink, alpha, beta, dim, gain }) {
  const r = exponents(alpha, beta, dim);
  const step = height / ROWS.length;
  ROWS.forEach(([name, hue, text], k) => {
    const top = k * step;
    pen.fillStyle = ink.ink;
    pen.textBaseline = "top";
    pen.textAlign = "left";
    pen.fillText(text, 0, top + 4);
    pen.textAlign = "right";
    pen.fillText(`r = ${r[name].toFixed(3)},  n × ${times(samplesFactor(r[name], gain))}`, width, top + 4);
    pen.fillStyle = ink.faint;
    pen.fillRect(0, top + 22, width, 10);
    pen.strokeStyle = pen.fillStyle = ink[hue];
    if (name === "old") pen.strokeRect(1, top + 23, r[name] * width - 2, 8);
    else pen.fillRect(0, top + 22, r[name] * width, 10);
  });
}

function render({ model, el }) {
  const fig = figure(el, model);
  const dims = fig.slider("D", { min: 1, max: 10, name: "dim", value: 2 });
  const range = { min: LEAST, step: 0.05, text: (v) => v.toFixed(2) };
  const alphas = fig.slider("α", { ...range, max: MOST.alpha, name: "alpha", value: 2 });
  const betas = fig.slider("β", { ...range, max: MOST.beta, name: "beta", value: 1.5 });
  const gains = fig.choice("divide the error by", ["2", "10"], { value: "10" });
  const say = fig.readout();
  const now = () => ({ alpha: alphas.value, beta: betas.value, dim: dims.value, gain: Number(gains.value) });
  let plot;
  const plane = fig.draw({ aspect: 0.62, lowest: 320 }, (pen, size) => {
    const point = now();
    plot = paintPlane(pen, { ...size, ...point });
    const { alpha, beta, dim, gain } = point;
    const r = exponents(alpha, beta, dim);
    const best = REGIONS[leaders(alpha, beta, dim).join(" ")][1];
    say(`α = ${alpha.toFixed(2)}, β = ${beta.toFixed(2)}, D = ${dim}: ${best}. To divide the error by ${gain}, `
      + `networks need ${times(samplesFactor(r.networks, gain))} times the samples, `
      + `a linear method ${times(samplesFactor(r.linear, gain))} times.`);
  });
  fig.draw({ aspect: 0, lowest: 152, label: "The four exponents at this point, as bars." },
    (pen, size) => paintBars(pen, { ...size, ...now() }));
  const onGrid = (v, most) => Math.min(most, Math.max(LEAST, Math.round(v * 20) / 20));
  fig.pointer(plane, (x, y) => {
    if (x === null || !plot) return;
    alphas.value = onGrid(plot.sx.back(x), MOST.alpha);
    betas.value = onGrid(plot.sy.back(y), MOST.beta);
  });
  return fig.cleanUp;
}

export default { render };
