// Dirac's GAN: data at 0, one fake at θ, the critic φ(x) = ψx. Points are released into the field of
// their moves. State: starts [[θ, ψ], …].

const STEPS = 400;
const HALF = 2.4;
const sigmoid = (v) => 1 / (1 + Math.exp(-v));

// (θ̇, ψ̇): the generator descends, the critic ascends; strength of the regulariser.
function fieldAt({ loss, penalty, strength }, [theta, psi]) {
  const t = psi * theta, line = loss === "wasserstein", sign = loss === "minimax" ? 1 : -1;
  const up = line ? 1 : sigmoid(-t), down = line ? 1 : sigmoid(-sign * t);
  const v = [-psi * down, theta * up];
  if (penalty === "zero") v[1] -= strength * psi;
  if (penalty === "one") v[1] -= strength * (psi - Math.sign(psi));
  if (penalty === "consensus") {
    const bend = line ? 0 : sigmoid(t) * sigmoid(-t);
    const j = [[sign * psi * psi * bend, -down + sign * t * bend], [up - t * bend, -theta * theta * bend]];
    return [0, 1].map((i) => v[i] - strength * (j[0][i] * v[0] + j[1][i] * v[1]));
  }
  return v;
}

function move(game, [theta, psi], h, rule) {
  const plus = (z, v, s) => [z[0] + s * v[0], z[1] + s * v[1]];
  const z = [theta, psi], v = fieldAt(game, z);
  if (rule === "simultaneous") return plus(z, v, h);
  if (rule === "alternating") {
    const moved = theta + h * v[0];
    return [moved, psi + h * fieldAt(game, [moved, psi])[1]];
  }
  const b = fieldAt(game, plus(z, v, h / 2)), c = fieldAt(game, plus(z, b, h / 2));
  const d = fieldAt(game, plus(z, c, h));
  return [0, 1].map((i) => z[i] + (h / 6) * (v[i] + 2 * b[i] + 2 * c[i] + d[i]));
}

function walk(game, start, h, rule, steps) {
  const path = [start];
  for (let k = 0; k < steps; k++) {
    const next = move(game, path.at(-1), h, rule);
    if (!(Math.hypot(...next) < 1e6)) break;
    path.push(next);
  }
  return path;
}

// What a step multiplies a small distance by: the spectral radius of the linear map at the goal.
function factor({ loss, penalty, strength }, h, rule) {
  const c = loss === "wasserstein" ? 1 : 0.5;
  const a = penalty === "consensus" ? -strength * c * c : 0;
  const d = penalty === "zero" ? -strength : a;
  let trace = a + d, det = a * d + c * c;
  if (rule === "flow") {
    const root = trace * trace - 4 * det;
    return Math.exp(h * (root > 0 ? (trace + Math.sqrt(root)) / 2 : trace / 2));
  }
  if (rule === "simultaneous") [trace, det] = [2 + h * trace, 1 + h * trace + h * h * det];
  else [trace, det] = [2 + h * trace - h * h * c * c, (1 + h * a) * (1 + h * d)];
  const root = trace * trace - 4 * det;
  return root > 0 ? (Math.abs(trace) + Math.sqrt(root)) / 2 : Math.sqrt(det);
}

function render({ model, el }) {
  const fig = figure(el, model);
  const loss = fig.choice("loss", [["minimax", "minimax"], ["non-saturating", "non-saturating"], ["wasserstein", "Wasserstein"]]);
  const penalty = fig.choice("regulariser", [["none", "none"], ["zero", "penalty, centred at 0"],
    ["one", "penalty, centred at 1"], ["consensus", "consensus"]]);
  const strength = fig.slider("its strength γ", { min: 0.05, max: 2, step: 0.05, value: 0.3, text: (v) => v.toFixed(2) });
  const rule = fig.choice("moves", [["flow", "without end small (the flow)"], ["simultaneous", "both at once"],
    ["alternating", "in turn"]], { value: "simultaneous" });
  const size = fig.slider("step h", { min: -2, max: 0.6, step: 0.05, value: -0.7, text: (v) => (10 ** v).toPrecision(2) });
  const theta = fig.slider("release at θ", { min: -2, max: 2, step: 0.1, value: 1, text: (v) => minus(v.toFixed(1)) });
  const psi = fig.slider("and ψ", { min: -2, max: 2, step: 0.1, value: 0, text: (v) => minus(v.toFixed(1)) });
  let starts = [...model.get("starts")], hover = null, place = null;
  fig.button("release", () => starts.push([theta.value, psi.value]));
  fig.button("clear", () => { starts = []; });
  const say = fig.readout();
  const game = () => ({ loss: loss.value, penalty: penalty.value, strength: strength.value });
  const paths = () => [...starts, hover ?? [theta.value, psi.value]]
    .map((s) => walk(game(), s, 10 ** size.value, rule.value, STEPS));

  const canvas = fig.draw({ aspect: 0.55, tallest: 340 }, (pen, { width, height, ink }) => {
    const plot = chart(pen, {
      width, height, ink, x: [-HALF * (width / height), HALF * (width / height)], y: [-HALF, HALF],
      xticks: [-4, -2, 0, 2, 4].filter((v) => Math.abs(v) < HALF * (width / height)), yticks: [-2, -1, 0, 1, 2],
      xlabel: "generator θ", ylabel: "critic ψ",
    });
    place = [plot.sx.back, plot.sy.back];
    strength.input.disabled = penalty.value === "none";
    plot.inside(() => {
      pen.strokeStyle = ink.grey; pen.lineWidth = 1; pen.globalAlpha = 0.7;
      for (let x = 70; x < width; x += 30) for (let y = 34; y < height - 40; y += 30) {
        const v = fieldAt(game(), [plot.sx.back(x), plot.sy.back(y)]);
        const norm = Math.hypot(...v) || 1, long = 11 * Math.min(1, 0.3 + norm);
        const [a, b] = [(v[0] / norm) * long, (-v[1] / norm) * long];
        pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + a, y + b);
        pen.moveTo(x + a - 0.3 * (a - b), y + b - 0.3 * (b + a)); pen.lineTo(x + a, y + b);
        pen.lineTo(x + a - 0.3 * (a + b), y + b - 0.3 * (b - a)); pen.stroke();
      }
      pen.globalAlpha = 1;
      paths().forEach((path, i, all) => {
        const last = i === all.length - 1, colour = last ? ink.vermilion : ink.blue;
        plot.curve(path.map((z) => z[0]), path.map((z) => z[1]), { colour, wide: last ? 1.6 : 1 });
        plot.dots([path[0][0]], [path[0][1]], { colour, radius: 4, hollow: true });
        plot.dots([path.at(-1)[0]], [path.at(-1)[1]], { colour, radius: 4 });
      });
      plot.dots([0], [0], { colour: ink.ink, radius: 3 });
    });
  });
  const at = (x, y) => [place[0](x), place[1](y)];
  fig.pointer(canvas, (x, y) => { hover = x === null || !place ? null : at(x, y); });
  fig.listen(canvas, "pointerdown", (e) => { starts.push(at(e.offsetX, e.offsetY)); fig.redraw(); });

  fig.draw({ aspect: 0.3, lowest: 150, tallest: 190, label: "The distance from the goal against the step." },
    (pen, { width, height, ink }) => {
      const plot = chart(pen, {
        width, height, ink, x: [0, STEPS], y: [1e-4, 1e2], log: "y", xlabel: "step", ylabel: "distance from the goal",
        xticks: [0, 100, 200, 300, 400], yticks: [1e-4, 1e-2, 1, 100],
      });
      const all = paths();
      plot.inside(() => all.forEach((path, i) => plot.curve(path.map((_, k) => k),
        path.map((z) => Math.max(1e-6, Math.hypot(...z))), { colour: i === all.length - 1 ? ink.vermilion : ink.blue })));
      const end = Math.hypot(...all.at(-1).at(-1)), h = 10 ** size.value;
      const near = factor(game(), h, rule.value);
      say(`${penalty.value === "one" ? "The field jumps at the goal, where ψ changes sign"
        : `Near the goal a step multiplies distances by ${near.toFixed(4)}`}; vermilion is at ${end.toPrecision(3)} after ${
        all.at(-1).length - 1} steps.`);
    });
  return fig.cleanUp;
}

export default { render };
