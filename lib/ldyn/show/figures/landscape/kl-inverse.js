// The inverse of the divergence of two coins, which PAC-Bayes bounds are made of, and its tangent.
// State: risk (q, on the sample), budget (ε, divergence over the number of samples).

function kl(q, p) {
  return (q > 0 ? q * Math.log(q / p) : 0) + (q < 1 ? (1 - q) * Math.log((1 - q) / (1 - p)) : 0);
}

function klInverse(q, budget) {
  let [low, high] = [q, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (kl(q, middle) <= budget) low = middle; else high = middle;
  }
  return high;
}

// The bound p, its slope against the budget, and the rate κ at which risk is exchanged for budget.
function tangent(q, budget) {
  const p = klInverse(q, budget);
  return { p, slope: (p * (1 - p)) / (p - q), rate: Math.log((p * (1 - q)) / (q * (1 - p))) };
}

const INSIDE = Array.from({ length: 301 }, (_, i) => Math.min(0.9999, Math.max(1e-4, i / 300)));
const BUDGETS = Array.from({ length: 201 }, (_, i) => i / 200);

function render({ model, el }) {
  const fig = figure(el, model);
  const risk = fig.slider("risk q", {
    min: 0, max: 0.5, step: 0.005, name: "risk", value: 0.1, text: (v) => v.toFixed(3),
  });
  const budget = fig.slider("budget ε", {
    min: 0.01, max: 0.8, step: 0.01, name: "budget", value: 0.2, text: (v) => v.toFixed(2),
  });
  const say = fig.readout();
  const axes = { y: [0, 1], xticks: [0, 0.2, 0.4, 0.6, 0.8, 1], yticks: [0, 0.5, 1] };

  fig.draw({ aspect: 0.4, tallest: 260, lowest: 160 }, (pen, { width, height, ink }) => {
    const [q, e] = [risk.value, budget.value];
    const { p } = tangent(q, e);
    const plot = chart(pen, {
      width, height, ink, x: [0, 1], ...axes, xlabel: "true risk p", ylabel: "kl(q‖p)",
    });
    plot.inside(() => {
      plot.curve(INSIDE, INSIDE.map((t) => 2 * (t - q) ** 2), { colour: ink.grey, dash: [6, 4], wide: 1.5 });
      plot.curve([0, 1], [e, e], { colour: ink.ochre, wide: 1.5 });
      plot.curve([p, p], [0, e], { colour: ink.vermilion, wide: 1, dash: [2, 3] });
      plot.curve(INSIDE, INSIDE.map((t) => kl(q, t)), { colour: ink.blue });
    });
    plot.dots([p], [e], { colour: ink.vermilion, radius: 5 });
    plot.words("budget", 0.99, e, { colour: ink.ochre, align: "right", dx: 0, dy: -9 });
    plot.words("q", q, 0, { dx: q > 0.02 ? -4 : 6, dy: -9 });
    plot.words("p", p, 0, { colour: ink.vermilion, dx: 5, dy: -9 });
  });

  fig.draw({ aspect: 0.4, tallest: 260, lowest: 160, label: "The bound against the budget, and its tangent." },
    (pen, { width, height, ink }) => {
      const [q, e] = [risk.value, budget.value];
      const { p, slope, rate } = tangent(q, e);
      const plot = chart(pen, {
        width, height, ink, x: [0, 1], ...axes, xlabel: "budget ε", ylabel: "bound p",
      });
      plot.inside(() => {
        plot.curve(BUDGETS, BUDGETS.map((b) => klInverse(q, b)), { colour: ink.blue });
        plot.curve([0, 1], [p - slope * e, p + slope * (1 - e)], { colour: ink.vermilion, wide: 1.5 });
      });
      plot.dots([e], [p], { colour: ink.vermilion, radius: 5 });
      say(`q = ${q.toFixed(3)}, ε = ${e.toFixed(2)}: p = ${p.toFixed(3)} (Pinsker: ${
        Math.min(1, q + Math.sqrt(e / 2)).toFixed(3)}).\nA budget larger by 0.01 raises it by ${
        (slope / 100).toFixed(4)} at most; ${q > 0
          ? `a risk larger by 0.01 weighs as much as a budget larger by ${(rate / 100).toFixed(4)} (κ = ${rate.toFixed(2)}).`
          : "at q = 0 no budget outweighs a risk (κ = ∞)."}`);
    });
  return fig.cleanUp;
}

export default { render };
