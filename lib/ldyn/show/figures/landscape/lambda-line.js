// Eigenvalues along the λ-line of the 1–2–1 toy, and gradient descent released near it.
// State: theta [v, w] of the narrow minimum, shares, lowest and second eigenvalues there.

const COUNT = 61;
const RATE = 5e-3;
const STEPS = 6000;
const LOOKS = 100;
const PUSH = [0.6, 0.3, -0.2, 0.7];

function data() {
  const x = Array.from({ length: COUNT }, (_, i) => -3 + (6 * i) / (COUNT - 1));
  return { x, y: x.map((u) => 2 * Math.tanh(u) - Math.tanh(4 * u)) };
}

// Loss and gradient at θ = [v0, w0, v1, w1].
function lossAndSlope(theta, { x, y }) {
  const [v0, w0, v1, w1] = theta;
  let loss = 0;
  const slope = [0, 0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const p = Math.tanh(w0 * x[i]);
    const q = Math.tanh(w1 * x[i]);
    const r = v0 * p + v1 * q - y[i];
    loss += (r * r) / 2;
    slope[0] += r * p;
    slope[1] += r * v0 * (1 - p * p) * x[i];
    slope[2] += r * q;
    slope[3] += r * v1 * (1 - q * q) * x[i];
  }
  return { loss, slope };
}

// Where descent starts: the point of the line with share λ, pushed by `size` along PUSH.
function released(narrow, share, size) {
  const [v, w] = narrow;
  return [share * v, w, (1 - share) * v, w].map((t, i) => t + size * PUSH[i]);
}

// Losses at LOOKS + 1 equispaced times, the start included, and the end.
function descend(start, sample) {
  let theta = start;
  const losses = [lossAndSlope(theta, sample).loss];
  for (let step = 1; step <= STEPS; step += 1) {
    const { slope } = lossAndSlope(theta, sample);
    theta = theta.map((t, i) => t - RATE * slope[i]);
    if (step % (STEPS / LOOKS) === 0) losses.push(lossAndSlope(theta, sample).loss);
  }
  return { losses, theta };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const sample = data();
  const shares = model.get("shares");
  const lowest = model.get("lowest");
  const second = model.get("second");
  const narrow = model.get("theta");
  const level = lossAndSlope(released(narrow, 0, 0), sample).loss;
  const share = fig.slider("share λ", {
    min: -0.5, max: 1.5, step: 0.02, value: 1.3, text: (v) => minus(v.toFixed(2)),
  });
  const push = fig.slider("size of the push", {
    min: -4, max: -1, step: 0.25, value: -2, text: (v) => (10 ** v).toPrecision(1),
  });
  const say = fig.readout();
  let key = "";
  let run = { losses: [level], theta: narrow };

  fig.draw({ aspect: 0.36, lowest: 190 }, (pen, { width, height, ink }) => {
    const plot = chart(pen, {
      width, height, ink, x: [-0.5, 1.5], y: [-0.5, 0.75], xlabel: "share λ", ylabel: "the two smallest eigenvalues",
      xticks: [-0.5, 0, 0.5, 1, 1.5], yticks: [-0.5, 0, 0.5], pad: { right: 22 },
    });
    plot.curve(shares, lowest, { colour: ink.vermilion });
    plot.curve(shares, second, { colour: ink.blue });
    const i = nearest(shares, share.value);
    plot.dots([shares[i], shares[i]], [lowest[i], second[i]], { colour: ink.ink, radius: 5 });
  });
  fig.draw({ aspect: 0.42, lowest: 210 }, (pen, { width, height, ink }) => {
    const wanted = `${share.value} ${push.value}`;
    if (key !== wanted) {
      run = descend(released(narrow, share.value, 10 ** push.value), sample);
      key = wanted;
    }
    const steps = run.losses.map((_, k) => (k * STEPS) / LOOKS);
    const plot = chart(pen, {
      width, height, ink, x: [0, STEPS], y: [0, 1], xlabel: "steps of gradient descent", ylabel: "loss",
      xticks: [0, 2000, 4000, 6000], yticks: [0, 0.25, 0.5, 0.75, 1], pad: { right: 22 },
    });
    plot.curve([0, STEPS], [level, level], { colour: ink.grey, dash: [4, 4] });
    plot.curve(steps, run.losses.map((v) => Math.min(v, 1)), { colour: ink.blue });
    const end = run.losses.at(-1);
    const i = nearest(shares, share.value);
    const value = Math.abs(second[i]) > Math.abs(lowest[i]) ? second[i] : lowest[i];
    const kind = Math.abs(value) < 1e-3 ? "an end of the segment" : value > 0 ? "a minimum" : "a saddle";
    say(`λ = ${minus(share.value.toFixed(2))}: ${kind}; the eigenvalue beside zero is ${minus(value.toFixed(3))}. `
      + `Loss ${level.toFixed(4)} on the line, ${end.toFixed(4)} after ${STEPS.toLocaleString("en")} steps.`);
  });
  return fig.cleanUp;
}

function nearest(grid, value) {
  return grid.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(grid[best] - value) ? i : best), 0);
}

export default { render };
