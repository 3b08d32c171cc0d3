// Sets of frequencies of a Gaussian kernel, in two of their axes, and how far their mean of cosines
// strays from the kernel along a ray, and over random displacements.
// State: nets, a scrambled Sobol' net each: columns (axes × 10) and shift (axes), of 30 binary digits.

const CELL = 2 ** -30, STEP = 1 / 64, REACH = 7;

// Φ at the knots −7, −7 + 1/64, …, 0, by Simpson's rule over each cell: the tail before is 10⁻¹².
const density = (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
const KNOTS = [1.279812543885835e-12];
for (let i = 0; i < REACH / STEP; i++) {
  const z = -REACH + i * STEP;
  KNOTS.push(KNOTS[i] + (STEP / 6) * (density(z) + 4 * density(z + STEP / 2) + density(z + STEP)));
}

// Φ⁻¹(u): from the knot below, Newton's steps on Φ's own expansion about it.
function quantile(u) {
  if (u > 0.5) return -quantile(1 - u);
  let [low, high] = [0, KNOTS.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (KNOTS[middle] <= u) low = middle; else high = middle;
  }
  const z = -REACH + low * STEP, p = density(z);
  let t = STEP / 2;
  for (let k = 0; k < 6; k++) {
    const value = p * (t - (z * t * t) / 2 + ((z * z - 1) * t ** 3) / 6 - ((z ** 3 - 3 * z) * t ** 4) / 24 + ((z ** 4 - 6 * z * z + 3) * t ** 5) / 120);
    t -= (KNOTS[low] + value - u) / density(z + t);
  }
  return z + t;
}

// Numbers in (0, 1) from a seed.
function source(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}
const normals = (draw, rows, d) => Array.from({ length: rows }, () => Array.from({ length: d }, () => quantile(draw())));
const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);

// The first q points of a net in d axes, in the order of Gray's code, at the centres of their cells.
function netPoints({ columns, shift }, d, q) {
  const at = shift.slice(0, d), found = [];
  for (let i = 0; i < q; i++) {
    found.push(at.map((v) => v * CELL + CELL / 2));
    const turn = 31 - Math.clz32(~i & (i + 1));
    if (i + 1 < q) for (let j = 0; j < d; j++) at[j] ^= columns[j][turn];
  }
  return found;
}

// q frequencies at bandwidth 1, (q, d): −ω has the cosine of ω, so that a net fills the half ω₁ < 0.
function netFrequencies(net, d, q) {
  return netPoints(net, d, q).map((u) => u.map((v, j) => quantile(j ? v : v / 2)));
}
function orthogonalFrequencies(draw, d, q) {
  const found = [];
  while (found.length < q) {
    const block = [];
    for (const v of normals(draw, d, d)) {
      for (const b of block) { const c = dot(b, v); v.forEach((_, i) => { v[i] -= c * b[i]; }); }
      const size = Math.sqrt(dot(v, v));
      block.push(v.map((x) => x / size));
    }
    normals(draw, d, d).forEach((w, i) => found.push(block[i].map((x) => x * Math.sqrt(dot(w, w)))));
  }
  return found.slice(0, q);
}

// Mean of cosines less the kernel, at displacements in bandwidths; and its variance times q, if
// frequencies are independent, at s = ‖δ‖².
function errorAt(w, delta) {
  let sum = 0;
  for (const v of w) sum += Math.cos(dot(v, delta));
  return sum / w.length - Math.exp(-dot(delta, delta) / 2);
}
function variance(s) { return (1 - Math.exp(-s)) ** 2 / 2; }
const rootMean = (values) => Math.sqrt(values.reduce((sum, v) => sum + v, 0) / values.length);

// Differences of 200 pairs of normal points, in units of their median distance times `scale`.
function displacements(d, scale) {
  const draw = source(7), x = normals(draw, 200, d), z = normals(draw, 200, d);
  const apart = x.map((v, i) => v.map((a, j) => a - z[i][j]));
  const sizes = apart.map((v) => Math.sqrt(dot(v, v))).sort((a, b) => a - b);
  const h = scale * (sizes[99] + sizes[100]) / 2;
  return apart.map((v) => v.map((a) => a / h));
}

const DIMS = [2, 8, 20, 50], SAMPLERS = [["iid", "independent"], ["orthogonal", "orthogonal"], ["sobol", "Sobol’ net"]];
const SCALES = [[1, "median distance"], [Math.SQRT1_2, "median distance / √2"]];

function frequencies(sampler, net, seed, d, q) {
  if (sampler === "sobol") return netFrequencies(net, d, q);
  const draw = source(1000 * seed + d);
  return sampler === "iid" ? normals(draw, q, d) : orthogonalFrequencies(draw, d, q);
}

function render({ model, el }) {
  const fig = figure(el, model), nets = model.get("nets");
  const sampler = fig.choice("frequencies", SAMPLERS, { value: "sobol" });
  const dim = fig.slider("dimension d", { min: 0, max: 3, value: 0, text: (k) => DIMS[k] });
  const pairs = fig.slider("pairs q", { min: 4, max: 10, value: 8, text: (k) => 2 ** k });
  const scale = fig.choice("bandwidth h", SCALES, { value: 1 });
  const turn = fig.slider("draw", { min: 1, max: nets.length, value: 1 });
  const second = fig.slider("second axis", { min: 2, max: 50, value: 2, text: (k) => Math.min(k, DIMS[dim.value]) });
  const say = fig.readout();
  let key, kept;
  const now = () => {
    const wanted = [sampler.value, dim.value, pairs.value, scale.value, turn.value].join();
    if (key === wanted) return kept;
    const d = DIMS[dim.value], q = 2 ** pairs.value, apart = displacements(d, Number(scale.value));
    const w = frequencies(sampler.value, nets[turn.value - 1], turn.value, d, q);
    const found = rootMean(apart.map((v) => errorAt(w, v) ** 2));
    const alone = rootMean(apart.map((v) => variance(dot(v, v)) / q));
    const size = Math.sqrt(dot(apart[0], apart[0])), along = w.map((v) => dot(v, apart[0]) / size);
    key = wanted;
    kept = { d, q, w, along, found, alone };
    return kept;
  };
  fig.draw({ aspect: 0.5, tallest: 300, lowest: 200, label: "Two axes of the frequencies, with their mirror images." }, (pen, { width, height, ink }) => {
    const { d, w } = now(), j = Math.min(second.value, d) - 1, most = 3.6;
    second.input.disabled = d === 2;  // there is no other
    const side = Math.min(width, 1.25 * height), pad = (width - side) / 2;
    const plot = chart(pen, { width, height, ink, x: [-most, most], y: [-most, most], xticks: [-2, 0, 2], yticks: [-2, 0, 2],
      xlabel: "h ω₁", ylabel: `h ω, axis ${j + 1}`, pad: { left: 54 + pad, right: 14 + pad } });
    plot.inside(() => {
      plot.dots(w.map((v) => -v[0]), w.map((v) => -v[j]), { colour: ink.faint, radius: 2 });
      plot.dots(w.map((v) => v[0]), w.map((v) => v[j]), { colour: ink.blue, radius: 2 });
    });
  });
  fig.draw({ aspect: 0.36, tallest: 240, lowest: 170 }, (pen, { width, height, ink }) => {
    const { d, q, along, found, alone } = now(), top = 2 / Math.sqrt(q);
    const rs = Array.from({ length: 121 }, (_, i) => i / 40);
    const error = rs.map((r) => along.reduce((sum, p) => sum + Math.cos(r * p), 0) / q - Math.exp((-r * r) / 2));
    const spread = rs.map((r) => Math.sqrt(variance(r * r) / q));
    const plot = chart(pen, { width, height, ink, x: [0, 3], y: [-top, top], xticks: [0, 1, 2, 3], yticks: [-top, 0, top],
      ytext: (v) => minus(v.toFixed(3)), xlabel: "distance in bandwidths, along one direction", ylabel: "mean of cosines − kernel" });
    plot.inside(() => {
      for (const sign of [1, -1]) plot.curve(rs, spread.map((v) => sign * v), { colour: ink.grey, dash: [5, 4], wide: 1.5 });
      plot.curve(rs, error, { colour: ink.vermilion, wide: 2.5 });
    });
    const ratio = alone / found;
    say(`d = ${d}, ${q} pairs: root mean squared error ${found.toPrecision(2)} over 200 displacements; independent frequencies have `
      + `${alone.toPrecision(2)} on average, ${ratio >= 1 ? `${ratio.toFixed(1)} times as much` : `${ratio.toFixed(2)} times that`}.`);
  });
  return fig.cleanUp;
}

export default { render };
