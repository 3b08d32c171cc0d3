// Steps of conjugate gradients against the rank k of the best preconditioner, K̂ = the k largest
// eigenvalues of K. In the eigenbasis everything is a list. State: kernels {name: {values, parts}},
// the eigenvalues of K and the parts of y along its eigenvectors, and most, the largest step count.

const NAMES = [["gaussian", "Gaussian"], ["matern32", "Matérn 3/2"], ["laplace", "Laplace"]];

// Steps until the error, in the norm of K + λ, is `goal` times the first one; `most` if never.
function steps({ values, parts }, rank, ridge, goal, most) {
  const n = values.length, r = parts.slice(), p = new Array(n).fill(0);
  const a = values.map((v) => v + ridge), w = a.map((v, i) => (i < rank ? 1 / v : 1 / ridge));
  const error = () => r.reduce((sum, v, i) => sum + (v * v) / a[i], 0);
  const end = goal * goal * error();
  let before = Infinity;
  for (let t = 1; t <= most; t++) {
    let rz = 0, curve = 0;
    for (let i = 0; i < n; i++) rz += r[i] * r[i] * w[i];
    for (let i = 0; i < n; i++) { p[i] = w[i] * r[i] + (rz / before) * p[i]; curve += p[i] * p[i] * a[i]; }
    for (let i = 0; i < n; i++) r[i] -= (rz / curve) * a[i] * p[i];
    before = rz;
    if (error() <= end) return t;
  }
  return most;
}

// Steps that the condition number promises to suffice.
function promised(kappa, goal) {
  const root = Math.sqrt(kappa);
  return root <= 1 ? 1 : Math.ceil(Math.log(2 / goal) / Math.log((root + 1) / (root - 1)));
}

function condition({ values }, rank, ridge) { return 1 + (values[rank] ?? 0) / ridge; }

// The smallest r with at most λ of trace beyond it.
function tailRank({ values }, ridge) {
  let left = 0, r = values.length;
  while (r > 0 && left + values[r - 1] <= ridge) left += values[--r];
  return r;
}

function ranks(n) {
  const found = [];
  for (let k = 1; k < n; k = Math.max(k + 1, Math.round(k * 1.25))) found.push(k);
  return found;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const kernel = fig.choice("kernel", NAMES, { value: "gaussian" });
  const power = { text: (v) => `10${superscript(v)}` };
  const ridge = fig.slider("ridge λ", { min: -6, max: 1, value: -2, text: (v) => power.text(v) });
  const goal = fig.slider("error ε", { min: -10, max: -1, value: -6, text: (v) => power.text(v) });
  const rank = fig.slider("rank k", { min: 1, max: model.get("most") - 1, value: 30 });
  const say = fig.readout();
  fig.draw({ aspect: 0.55, tallest: 380 }, (pen, { width, height, ink }) => {
    const system = model.get("kernels")[kernel.value], most = model.get("most");
    const [lambda, eps] = [10 ** ridge.value, 10 ** goal.value];
    const ks = ranks(system.values.length), top = 10 * most;
    const plot = chart(pen, { width, height, ink, x: [1, most], y: [1, top], log: "xy", xlabel: "rank k of the preconditioner",
      ylabel: "steps", xticks: [1, 3, 10, 30, 100, 300], yticks: [1, 10, 100, 1000] });
    const tail = tailRank(system, lambda);
    const at = (k) => Math.min(promised(condition(system, k, lambda), eps), top);
    plot.inside(() => {
      plot.curve([Math.max(tail, 1), Math.max(tail, 1)], [1, top], { colour: ink.grey, wide: 1, dash: [4, 4] });
      plot.curve(ks, ks.map(at), { colour: ink.vermilion });
      plot.dots(ks, ks.map((k) => steps(system, k, lambda, eps, most)), { colour: ink.blue });
      plot.dots([rank.value], [steps(system, rank.value, lambda, eps, most)], { colour: ink.ink, radius: 5 });
    });
    const kappa = condition(system, rank.value, lambda), taken = steps(system, rank.value, lambda, eps, most);
    say(`Rank ${rank.value}: ${taken < most ? taken : `${most} or more`} steps, where κ ≤ ${kappa < 1000 ? kappa.toPrecision(3) : Math.round(kappa).toLocaleString("en")} promises `
      + `${promised(kappa, eps)}.\nThe λ-tail rank is ${tail} of ${system.values.length}.`);
  });
  return fig.cleanUp;
}

export default { render };
