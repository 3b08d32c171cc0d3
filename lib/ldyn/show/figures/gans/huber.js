// One particle at θ, one datum at 0, linear critics ψx: |ψ| ≤ α (slope), penalty ψ²/4β (weight).
// The generator walks θ ← θ − γψ*(θ). State: nothing but the alt text.

const STEPS = 40;
const EDGE = 2.4; // half the width of the picture
const ALONE = { both: [1, 1], slope: [1, 0], weight: [0, 1] }; // [constraint, penalty] at work

// ψ*(θ); no constraint is slope = Infinity, no penalty weight = Infinity.
function critic(theta, slope, weight) {
  if (weight === Infinity) return slope * Math.sign(theta);
  return Math.max(-slope, Math.min(slope, 2 * weight * theta));
}

// The envelope: max over critics of ψθ − ψ²/4β.
function envelope(theta, slope, weight) {
  const psi = critic(theta, slope, weight);
  return psi * theta - (weight === Infinity ? 0 : (psi * psi) / (4 * weight));
}

// Positions of a descent with step gamma, the start first.
function walk(theta, gamma, slope, weight, steps) {
  const path = [theta];
  for (let k = 0; k < steps; k++) path.push(path[k] - gamma * critic(path[k], slope, weight));
  return path;
}

// The path until it leaves the picture, the first place outside included.
function seen(path, edge) {
  const out = path.findIndex((t) => Math.abs(t) > edge);
  return out < 0 ? path : path.slice(0, out + 1);
}

// What the proposition says of the end.
function verdict(which, gamma, slope, weight) {
  if (which === "slope") return "alternation for ever between two places, the farther at "
    + `${((gamma * slope) / 2).toPrecision(2)} to ${(gamma * slope).toPrecision(2)}`;
  if (gamma * weight < 1) return "convergence, since γ < 1/β";
  if (which === "weight") return "no convergence, since γ ≥ 1/β: each step is as long as the last or longer";
  return "alternation between two places, since γ ≥ 1/β, neither farther than "
    + (gamma * slope - slope / (2 * weight)).toPrecision(2);
}

function render({ model, el }) {
  const fig = figure(el, model);
  const which = fig.choice("regularise with", [["both", "both: the Huber function"],
    ["slope", "the Lipschitz constraint alone"], ["weight", "the penalty alone"]], { value: "both" });
  const alpha = fig.slider("slope α", { min: 0.2, max: 2, step: 0.05, value: 1, text: (v) => v.toFixed(2) });
  const beta = fig.slider("weight β", { min: 0.2, max: 3, step: 0.05, value: 1, text: (v) => v.toFixed(2) });
  const gamma = fig.slider("step γ", { min: 0.05, max: 1.5, step: 0.01, value: 0.7, text: (v) => v.toFixed(2) });
  const start = fig.slider("start θ", { min: -2, max: 2, step: 0.01, value: 1.63, text: (v) => minus(v.toFixed(2)) });
  const say = fig.readout();
  const now = () => {
    const [a, b] = ALONE[which.value];
    const slope = a ? alpha.value : Infinity, weight = b ? beta.value : Infinity;
    return { slope, weight, path: walk(start.value, gamma.value, slope, weight, STEPS) };
  };

  fig.draw({ aspect: 0.42, tallest: 290 }, (pen, { width, height, ink }) => {
    const { slope, weight, path } = now();
    const xs = Array.from({ length: 201 }, (_, i) => EDGE * (i / 100 - 1));
    const plot = chart(pen, { width, height, ink, x: [-EDGE, EDGE], y: [0, 3], xlabel: "place θ of the generator",
      ylabel: "the regularised loss", xticks: [-2, -1, 0, 1, 2], yticks: [0, 1, 2, 3] });
    plot.inside(() => {
      plot.curve(xs, xs.map((t) => envelope(t, slope, weight)), { colour: ink.blue });
      const near = seen(path, EDGE), heights = near.map((t) => envelope(t, slope, weight));
      plot.curve(near, heights, { colour: ink.vermilion, wide: 0.8, alpha: 0.6 });
      plot.dots(near, heights, { colour: ink.vermilion, radius: 2.5 });
      plot.dots([path[0]], [envelope(path[0], slope, weight)], { colour: ink.ink, radius: 5 });
    });
  });
  fig.draw({ aspect: 0.34, lowest: 180, tallest: 230 }, (pen, { width, height, ink }) => {
    const { slope, weight, path } = now();
    const near = seen(path, EDGE), ks = near.map((_, k) => k);
    const plot = chart(pen, { width, height, ink, x: [0, STEPS], y: [-EDGE, EDGE], xlabel: "step", ylabel: "place θ",
      xticks: [0, 10, 20, 30, 40], yticks: [-2, -1, 0, 1, 2] });
    plot.inside(() => {
      plot.curve(ks, near, { colour: ink.vermilion, wide: 1 });
      plot.dots(ks, near, { colour: ink.vermilion, radius: 2.5 });
    });
    const end = Math.abs(path.at(-1));
    const size = end > 1e4 ? "more than 10⁴" : end && end < 1e-9 ? "less than 10⁻⁹" : end.toPrecision(2);
    say(`The proposition foretells ${verdict(which.value, gamma.value, slope, weight)}.\n`
      + `After ${STEPS} steps |θ| is ${size}${near.length < path.length ? "; it left the picture." : "."}`);
  });
  return fig.cleanUp;
}

export default { render };
