// The room that a bound leaves to two copies: where the added risk costs less than a nat, with their
// mean input weights held fixed and with these following. State: weight (2,), direction (2,), x (n, 2)
// inputs, clip (B), u (log₁₀ of the rate).

// The mean square by which two copies at the shares ½ ± c and input weights apart by `eta` along the
// direction differ from one unit, over B; `follow` is 0 or 1.
function added({ weight, direction, x, clip }, c, eta, follow) {
  let sum = 0;
  for (const point of x) {
    const z = weight[0] * point[0] + weight[1] * point[1];
    const s = eta * (direction[0] * point[0] + direction[1] * point[1]);
    const middle = z - follow * c * s;
    const pair = (0.5 + c) * Math.tanh(middle + s / 2) + (0.5 - c) * Math.tanh(middle - s / 2);
    sum += (pair - Math.tanh(z)) ** 2;
  }
  return sum / (x.length * clip);
}

// Cells of the plane: c from −½ to ½, and η from −1 to 1, finer near 0.
const [WIDE, HIGH] = [121, 241];
const SHIFTS = Array.from({ length: WIDE }, (_, i) => (i + 0.5) / WIDE - 0.5);
const EDGES = Array.from({ length: HIGH + 1 }, (_, j) => Math.sinh(4 * ((2 * j) / HIGH - 1)) / Math.sinh(4));
const middle = (j) => (EDGES[j] + EDGES[j + 1]) / 2;

function rooms(state, follow) {
  return SHIFTS.map((c) => Array.from({ length: HIGH }, (_, j) => added(state, c, middle(j), follow)));
}

// The price of being in the room, −ln of its share of the plane.
function price(room, rate) {
  const inside = (row) => row.reduce((sum, loss, j) => sum + (rate * loss <= 1 ? EDGES[j + 1] - EDGES[j] : 0), 0);
  return -Math.log(room.reduce((sum, row) => sum + inside(row), 0) / (2 * WIDE));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const state = Object.fromEntries(["weight", "direction", "x", "clip"].map((k) => [k, model.get(k)]));
  const both = [["b follows", rooms(state, 1), "blue"], ["b fixed", rooms(state, 0), "ochre"]];
  const rate = fig.slider("rate u", {
    min: 2, max: 6, step: 0.1, name: "u", value: 4.5, text: (v) => Math.round(10 ** v).toLocaleString("en"),
  });
  const say = fig.readout();
  fig.draw({ aspect: 0.55, tallest: 400 }, (pen, { width, height, ink }) => {
    const u = 10 ** rate.value;
    const plot = chart(pen, {
      width, height, ink, x: [-0.5, 0.5], y: [-1, 1], xlabel: "move c along the line", ylabel: "difference η",
      xticks: [-0.5, -0.25, 0, 0.25, 0.5], yticks: [-1, -0.5, 0, 0.5, 1],
    });
    const snap = (v) => Math.round(2 * v) / 2; // whole pixels of the canvas, so that no seams show
    plot.inside(() => {
      for (const [, room, hue] of both) {
        pen.globalAlpha = hue === "blue" ? 0.35 : 0.8;
        pen.fillStyle = ink[hue];
        room.forEach((row, i) => {
          const [left, right] = [0, 1].map((k) => snap(plot.sx((i + k) / WIDE - 0.5)));
          for (let j = 0; j < HIGH; j++) {
            if (u * row[j] > 1) continue;
            const low = EDGES[j];
            while (j + 1 < HIGH && u * row[j + 1] <= 1) j++;
            const top = plot.sy(EDGES[j + 1]);
            pen.fillRect(left, top, right - left, plot.sy(low) - top);
          }
        });
      }
    });
    both.forEach(([name, , hue], k) => plot.words(name, 0.1 + 0.22 * k, 1, { colour: ink[hue], dx: 0, dy: -11 }));
    say(both.map(([name, room]) => `${name}: ${(100 * Math.exp(-price(room, u))).toFixed(1)} % of the plane, ${
      price(room, u).toFixed(2)} nats`).join("\n"));
  });
  return fig.cleanUp;
}

export default { render };
