// Eigenvalues of a joint game of two numbers in the plane, the disc that a step allows them, and the
// spectral radius of simultaneous and alternating steps. No state but the alt text.

const GAMES = {
  r1: ["Dirac: R1 or R2, weight γ", (g) => [[0, -0.5], [0.5, -g]]],
  both: ["Dirac: R1 and R2", (g) => [[0, -0.5], [0.5, -2 * g]]],
  consensus: ["Dirac: consensus γ", (g) => [[-g / 4, -0.5], [0.5, -g / 4]]],
  generator: ["Dirac: generator's term η = γ", (g) => [[-g / 4, -0.5], [0.5, 0]]],
  gaussian: ["Gaussian: R1", (g) => [[0, -1], [1, -1.5 - 4 * g]]],
  wasserstein: ["Gaussian, Wasserstein: R1", (g) => [[0, -2], [2, -4 * g]]],
};
const STRONGEST = 2, LONGEST = 5;

// The two roots of z² − trace z + det, as [real, imaginary].
function roots(trace, det) {
  const under = (trace * trace) / 4 - det, root = Math.sqrt(Math.abs(under));
  return under < 0 ? [[trace / 2, root], [trace / 2, -root]] : [[trace / 2 + root, 0], [trace / 2 - root, 0]];
}

function eigenvalues([[a, b], [c, d]]) { return roots(a + d, a * d - b * c); }

function radius([[a, b], [c, d]], h, rule) {
  const [trace, det] = rule === "simultaneous"
    ? [2 + h * (a + d), 1 + h * (a + d) + h * h * (a * d - b * c)]
    : [2 + h * (a + d) + h * h * b * c, (1 + h * a) * (1 + h * d)];
  return Math.max(...roots(trace, det).map(([x, y]) => Math.hypot(x, y)));
}

// The longest stable step; 0 where there is none.
function limit(matrix, rule) {
  const [[a, b], [c, d]] = matrix, s = -(a + d);
  if (!(s > 0)) return 0;
  if (rule === "alternating") return 4 / (s + Math.sqrt((a - d) ** 2 - 4 * b * c));
  return Math.min(...eigenvalues(matrix).map(([x, y]) => (-2 * x) / (x * x + y * y)));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const kind = fig.choice("game", Object.entries(GAMES).map(([key, [name]]) => [key, name]), { value: "r1" });
  const weight = fig.slider("γ", { min: 0, max: STRONGEST, step: 0.02, value: 0.3, text: (v) => v.toFixed(2) });
  const size = fig.slider("step h", { min: 0.05, max: LONGEST, step: 0.05, value: 1, text: (v) => v.toFixed(2) });
  const say = fig.readout();
  const matrix = (g = weight.value) => GAMES[kind.value][1](g);

  fig.draw({ aspect: 0.5, tallest: 320 }, (pen, { width, height, ink }) => {
    const tall = { wasserstein: 2.4, gaussian: 1.4 }[kind.value] ?? 0.9;
    const scale = (height - 66) / (2 * tall), left = -(width - 68) / scale + 0.25 * tall;
    const plot = chart(pen, {
      width, height, ink, x: [left, 0.25 * tall], y: [-tall, tall], xlabel: "real part", ylabel: "imaginary part",
      yticks: [-tall, -tall / 2, 0, tall / 2, tall].map((v) => Number(v.toFixed(2))), xticks: [0, -1, -2, -3, -4, -5, -6, -8, -10, -12].filter((v) => v >= left && (left > -6 || v % 2 === 0)),
    });
    plot.inside(() => {
      const h = size.value, turn = Array.from({ length: 181 }, (_, k) => (k * Math.PI) / 90);
      pen.save();
      pen.globalAlpha = 0.35; pen.fillStyle = ink.faint;
      pen.beginPath(); pen.arc(plot.sx(-1 / h), plot.sy(0), scale / h, 0, 2 * Math.PI); pen.fill();
      pen.restore();
      plot.curve(turn.map((t) => (Math.cos(t) - 1) / h), turn.map((t) => Math.sin(t) / h), { colour: ink.grey, wide: 1 });
      plot.curve([0, 0], [-tall, tall], { colour: ink.grey, wide: 1, dash: [4, 4] });
      for (const i of [0, 1]) {
        const track = Array.from({ length: 401 }, (_, k) => eigenvalues(matrix((STRONGEST * k) / 400))[i]);
        plot.curve(track.map((z) => z[0]), track.map((z) => z[1]), { colour: ink.blue, wide: 1, alpha: 0.7 });
      }
      const now = eigenvalues(matrix());
      plot.dots(now.map((z) => z[0]), now.map((z) => z[1]), { colour: ink.vermilion, radius: 5 });
    });
  });
  fig.draw({ aspect: 0.32, lowest: 160, tallest: 210, label: "The spectral radius of a step against its length." },
    (pen, { width, height, ink }) => {
      const plot = chart(pen, {
        width, height, ink, x: [0, LONGEST], y: [0, 2], xlabel: "step h", ylabel: "factor of a step",
        xticks: [0, 1, 2, 3, 4, 5], yticks: [0, 0.5, 1, 1.5, 2], pad: { right: 70 },
      });
      const steps = Array.from({ length: 251 }, (_, k) => (LONGEST * k) / 250);
      const rules = [["simultaneous", "at once", "blue"], ["alternating", "in turn", "green"]];
      plot.inside(() => {
        plot.curve([0, LONGEST], [1, 1], { colour: ink.grey, wide: 1, dash: [4, 4] });
        rules.forEach(([rule, , colour]) => {
          plot.curve(steps, steps.map((h) => radius(matrix(), h, rule)), { colour: ink[colour] });
          plot.dots([size.value], [radius(matrix(), size.value, rule)], { colour: ink[colour], radius: 5 });
        });
      });
      const ends = rules.map(([rule]) => plot.sy(Math.min(2, radius(matrix(), LONGEST, rule))));
      apart(ends).forEach((y, i) => plot.words(rules[i][1], LONGEST, 0, { colour: ink[rules[i][2]], dy: y - plot.sy(0) }));
      const [one, two] = rules.map(([rule]) => limit(matrix(), rule));
      const told = (v) => (v ? v.toFixed(2) : "0, no step");
      say(`Longest stable step: at once ${told(one)}, in turn ${told(two)}. With h = ${size.value.toFixed(2)} a step multiplies by ${
        radius(matrix(), size.value, "simultaneous").toFixed(3)} or ${radius(matrix(), size.value, "alternating").toFixed(3)}.`);
    });
  return fig.cleanUp;
}

export default { render };
