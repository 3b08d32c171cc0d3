// Particles descend on ½ MMD² with a Gaussian kernel (σ = 1) towards the data.
// State: data [[x, y], …]; blob and wide, the two starts, [[x, y], …].

const SAFE = 1 / (2 + 2 * Math.exp(-1.5)); // 1 / (β₁ + β₂)
const STEPS = 300;

// Adds weight · ∇k(a − b) for all b to the gradients of all a.
function pull(as, bs, weight, gradient) {
  as.forEach(([x, y], i) => {
    for (const [u, v] of bs) {
      const k = Math.exp(-((x - u) ** 2 + (y - v) ** 2) / 2) * weight;
      gradient[i][0] -= (x - u) * k;
      gradient[i][1] -= (y - v) * k;
    }
  });
  return gradient;
}

// ∇Φ at the particles.
function fieldAt(points, data) {
  const zero = points.map(() => [0, 0]);
  return pull(points, data, -1 / data.length, pull(points, points, 1 / points.length, zero));
}

function meanKernel(as, bs) {
  let sum = 0;
  for (const [x, y] of as) for (const [u, v] of bs) sum += Math.exp(-((x - u) ** 2 + (y - v) ** 2) / 2);
  return sum / as.length / bs.length;
}

function lossAt(points, data, within) {
  return meanKernel(points, points) / 2 - meanKernel(points, data) + within / 2;
}

// All positions and losses of a descent with step eta.
function descend(start, data, eta, steps) {
  const within = meanKernel(data, data);
  const path = [start], losses = [lossAt(start, data, within)];
  for (let k = 0; k < steps; k++) {
    const now = path.at(-1), slope = fieldAt(now, data);
    path.push(now.map(([x, y], i) => [x - eta * slope[i][0], y - eta * slope[i][1]]));
    losses.push(lossAt(path.at(-1), data, within));
  }
  return { path, losses };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const data = model.get("data");
  const where = fig.choice("start", [["blob", "in the middle"], ["wide", "far and wide"]], { value: "blob" });
  const step = fig.slider("step η", {
    min: -1, max: 2, step: 0.05, value: 0,
    text: (v) => `${(SAFE * 10 ** v).toPrecision(2)} = ${(10 ** v).toPrecision(2)}/(β₁+β₂)`,
  });
  const time = fig.slider("after steps", { min: 0, max: STEPS, value: 60, text: String });
  const say = fig.readout();
  let key, run;
  const current = () => {
    const wanted = `${where.value} ${step.value}`;
    if (key !== wanted) run = descend(model.get(where.value), data, SAFE * 10 ** step.value, STEPS);
    key = wanted;
    return run;
  };

  fig.draw({ aspect: 0.55, tallest: 330 }, (pen, { width, height, ink }) => {
    const { path } = current();
    const half = 3.3, wide = (half * width) / height;
    const sx = (x) => (width * (x + wide)) / (2 * wide), sy = (y) => (height * (half - y)) / (2 * half);
    const dot = ([x, y], colour, radius) => {
      pen.fillStyle = colour;
      pen.beginPath(); pen.arc(sx(x), sy(y), radius, 0, 2 * Math.PI); pen.fill();
    };
    data.forEach((p) => dot(p, ink.grey, 2));
    pen.strokeStyle = ink.blue; pen.lineWidth = 0.8; pen.globalAlpha = 0.6;
    path[0].forEach((_, i) => {
      pen.beginPath();
      path.slice(0, time.value + 1).forEach((points, k) => pen[k ? "lineTo" : "moveTo"](sx(points[i][0]), sy(points[i][1])));
      pen.stroke();
    });
    pen.globalAlpha = 1;
    path[time.value].forEach((p) => dot(p, ink.vermilion, 3.5));
  });
  fig.draw({ aspect: 0.3, lowest: 150, tallest: 200 }, (pen, { width, height, ink }) => {
    const { losses } = current();
    const floor = 1e-5, steps = losses.map((_, k) => k);
    const plot = chart(pen, {
      width, height, ink, x: [0, STEPS], y: [floor, 1], log: "y", xlabel: "step", ylabel: "½ MMD²",
      xticks: [0, 100, 200, 300], yticks: [1e-4, 1e-2, 1],
    });
    plot.curve(steps, losses.map((v) => Math.max(v, floor)), { colour: ink.blue });
    plot.dots([time.value], [Math.max(losses[time.value], floor)], { colour: ink.vermilion, radius: 5 });
    const rises = losses.slice(1).filter((v, k) => v > losses[k] * (1 + 1e-12)).length;
    const factor = 10 ** step.value;
    say(`${factor <= 2 ? "The theorem promises a fall at each step" : "The theorem promises nothing here"}; `
      + `the loss rose at ${rises} of ${STEPS} steps and is ${losses[time.value].toExponential(1)} now.`);
  });
  return fig.cleanUp;
}

export default { render };
