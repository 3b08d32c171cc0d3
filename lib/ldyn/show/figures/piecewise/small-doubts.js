// Assouad's bumps, on a boundary in the plane or on a function of one variable: each is so small that
// its samples leave it in doubt. State: what ("boundary" or "parts"), alpha, n (log2), noise σ.

const HEIGHT = 1.6; // c₀: a bump of width w is c₀ w^α high
const AREA = 0.6034501612189; // ∫ bump
const SQUARE = 0.491690406456; // ∫ bump²
const LIFT = 1.4; // a bump of width w on a function is LIFT w^β high

// A smooth bump on (0, 1), with the value 1 in the middle.
function bump(z) { return z > 0 && z < 1 ? Math.exp(1 - 1 / (1 - (2 * z - 1) ** 2)) : 0; }

// Width and height of the bumps, how many there are, and n‖u‖²/σ² for one of them.
function plan(n, alpha, noise) {
  const count = Math.ceil(n ** (1 / (alpha + 1))), width = 1 / count, height = HEIGHT * width ** alpha;
  const area = AREA * width * height;
  return { count, width, height, area, signal: (n * area) / noise ** 2, floor: (count * area) / 16 };
}

// The same for bumps on a function of one variable, of smoothness β.
function planParts(n, beta, noise) {
  const count = Math.ceil(n ** (1 / (2 * beta + 1))), width = 1 / count, height = LIFT * width ** beta;
  const area = SQUARE * width * height ** 2;
  return { count, width, height, area, signal: (n * area) / noise ** 2, floor: (count * area) / 16 };
}

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}
function normal(random) { return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()); }

// Coins, the samples among n uniform ones that fall into a bump, and what they make one say of each.
function toss(n, alpha, noise, seed) {
  const random = seeded(seed), { count, width, height } = plan(n, alpha, noise);
  const coins = Array.from({ length: count }, () => (random() < 0.5 ? 0 : 1)), inside = [];
  const votes = new Array(count).fill(0);
  for (let i = 0; i < n; i++) {
    const x = random(), above = (random() - 0.5) / height;
    if (above < 0 || above >= 1) continue;
    const j = Math.min(count - 1, Math.floor(x / width));
    if (above >= bump(x / width - j)) continue;
    const y = 1 - coins[j] + noise * normal(random); // a coin of 1 takes the bump away from the upper part
    votes[j] += y - 0.5;
    inside.push([x, above, y]);
  }
  const guesses = votes.map((v) => (v < 0 ? 1 : v > 0 ? 0 : random() < 0.5 ? 0 : 1));
  return { coins, inside, guesses, wrong: guesses.map((g, j) => g !== coins[j]) };
}

// Coins, noisy samples of the sum of the bumps that are there, and the better guess for each bump.
function tossParts(n, beta, noise, seed) {
  const random = seeded(seed), { count, width, height } = planParts(n, beta, noise);
  const coins = Array.from({ length: count }, () => (random() < 0.5 ? 0 : 1)), inside = [];
  const votes = new Array(count).fill(0);
  for (let i = 0; i < n; i++) {
    const x = random(), j = Math.min(count - 1, Math.floor(x / width)), u = height * bump(x / width - j);
    const y = coins[j] * u + noise * normal(random);
    votes[j] += (y - u / 2) * u;
    inside.push([x, y]);
  }
  return { coins, inside, wrong: votes.map((v, j) => (v > 0) !== (coins[j] === 1)) };
}

function paintFunction(pen, { width, height, ink }, drawn, now) {
  const plot = chart(pen, { width, height, ink, x: [0, 1], y: [-2.5, 2.5], xlabel: "x", xticks: [0, 0.5, 1], ylabel: "y", yticks: [-2, 0, 2] });
  const us = Array.from({ length: 801 }, (_, i) => i / 800);
  const at = (u) => Math.min(now.count - 1, Math.floor(u * now.count));
  const whole = us.map((u) => now.height * bump(u * now.count - at(u)));
  plot.inside(() => {
    pen.globalAlpha = 0.5;
    const few = drawn.inside.slice(0, 1500);
    plot.dots(few.map(([x]) => x), few.map(([, y]) => y), { colour: ink.grey, radius: 1.5 });
    pen.globalAlpha = 1;
    plot.curve(us, whole, { colour: ink.ink, dash: [4, 4], wide: 1 });
    plot.curve(us, us.map((u, i) => drawn.coins[at(u)] * whole[i]), { colour: ink.blue, wide: 2.5 });
  });
  drawn.wrong.forEach((wrong, j) => {
    if (wrong) plot.words("×", (j + 0.5) * now.width, 2.2, { colour: ink.vermilion, align: "center", dx: 0 });
  });
}

function paintStrip(pen, { width, height, ink }, drawn, now) {
  const plot = chart(pen, { width, height, ink, x: [0, 1], y: [-0.6, 1.5], xlabel: "x₁", xticks: [0, 0.5, 1],
    ylabel: "x₂, in heights of a bump above ½", yticks: [0, 1] });
  const us = Array.from({ length: 801 }, (_, i) => i / 800);
  const at = (u) => Math.min(now.count - 1, Math.floor(u * now.count));
  const whole = us.map((u) => bump(u * now.count - at(u)));
  const graph = us.map((u, i) => drawn.coins[at(u)] * whole[i]);
  pen.save();
  pen.globalAlpha = 0.3; pen.fillStyle = ink.blue;
  pen.beginPath(); pen.moveTo(plot.sx(0), plot.sy(1.5));
  us.forEach((u, i) => pen.lineTo(plot.sx(u), plot.sy(graph[i])));
  pen.lineTo(plot.sx(1), plot.sy(1.5)); pen.fill();
  pen.restore();
  plot.curve(us, whole, { colour: ink.grey, dash: [4, 4], wide: 1 });
  plot.curve(us, graph, { colour: ink.blue, wide: 2.5 });
  for (const hollow of [false, true]) {
    const those = drawn.inside.filter(([, , y]) => (y < 0.5) === hollow);
    plot.dots(those.map(([x]) => x), those.map(([, v]) => v), { colour: ink.ink, radius: 3.5, hollow });
  }
  drawn.wrong.forEach((wrong, j) => {
    if (wrong) plot.words("×", (j + 0.5) * now.width, 1.25, { colour: ink.vermilion, align: "center", dx: 0 });
  });
}

function render({ model, el }) {
  const fig = figure(el, model), noise = model.get("noise");
  const what = fig.choice("in doubt", [["boundary", "the boundary, D = 2"], ["parts", "the parts, D = 1"]], { name: "what" });
  const alphas = fig.slider("its smoothness", { min: 0.5, max: 3, step: 0.1, name: "alpha", value: 1, text: (v) => v.toFixed(1) });
  const sizes = fig.slider("samples n", { min: 6, max: 14, name: "n", value: 9, text: (v) => (2 ** v).toLocaleString("en") });
  let seed = 13;
  fig.button("toss again", () => { seed++; });
  const say = fig.readout();
  fig.draw({ aspect: 0.5, lowest: 220 }, (pen, size) => {
    const n = 2 ** sizes.value, edge = what.value === "boundary", args = [n, alphas.value, noise];
    const now = edge ? plan(...args) : planParts(...args);
    const drawn = edge ? toss(...args, seed) : tossParts(...args, seed);
    (edge ? paintStrip : paintFunction)(pen, size, drawn, now);
    say(`${now.count} bumps, ${now.width.toPrecision(2)} wide and ${now.height.toPrecision(2)} high; `
      + `n‖u‖²/σ² = ${now.signal.toFixed(2)}. Of ${n.toLocaleString("en")} samples ${drawn.inside.length} lie in a bump, `
      + `and ${drawn.wrong.filter(Boolean).length} of the ${now.count} guesses are wrong. `
      + `Whatever one does, the worst-case risk is at least ${now.floor.toPrecision(2)}.`);
  });
  return fig.cleanUp;
}

export default { render };
