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

const [WIDE, HIGH] = [121, 161]; // cells of the plane: c from −½ to ½, η from −1 to 1
const cells = (count, reach) => Array.from({ length: count }, (_, i) => reach * (((2 * i + 1) / count) - 1));

function rooms(state, follow) {
  return cells(WIDE, 0.5).map((c) => cells(HIGH, 1).map((eta) => added(state, c, eta, follow)));
}

// The price of being in the room, −ln of its share of the plane.
function price(room, rate) {
  return -Math.log(room.flat().filter((loss) => rate * loss <= 1).length / (WIDE * HIGH));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const state = Object.fromEntries(["weight", "direction", "x", "clip"].map((k) => [k, model.get(k)]));
  const both = [["b follows", rooms(state, 1), "blue"], ["b fixed", rooms(state, 0), "ochre"]];
  const rate = fig.slider("rate u", {
    min: 1, max: 6, step: 0.1, name: "u", value: 3, text: (v) => Math.round(10 ** v).toLocaleString("en"),
  });
  const say = fig.readout();
  fig.draw({ aspect: 0.55, tallest: 400 }, (pen, { width, height, ink }) => {
    const u = 10 ** rate.value;
    const plot = chart(pen, {
      width, height, ink, x: [-0.5, 0.5], y: [-1, 1], xlabel: "move c along the line", ylabel: "difference η",
      xticks: [-0.5, -0.25, 0, 0.25, 0.5], yticks: [-1, -0.5, 0, 0.5, 1],
    });
    const [wide, high] = [plot.sx(1 / WIDE) - plot.sx(0), plot.sy(0) - plot.sy(2 / HIGH)];
    plot.inside(() => {
      for (const [, room, hue] of both) {
        pen.fillStyle = ink[hue];
        cells(WIDE, 0.5).forEach((c, i) => cells(HIGH, 1).forEach((eta, j) => {
          if (u * room[i][j] <= 1) pen.fillRect(plot.sx(c) - wide / 2, plot.sy(eta) - high / 2, wide + 0.5, high + 0.5);
        }));
      }
    });
    plot.words("b follows", -0.48, 0.92, { colour: ink.blue });
    plot.words("b fixed", -0.48, 0.78, { colour: ink.ochre });
    say(both.map(([name, room]) => `${name}: ${(100 * Math.exp(-price(room, u))).toFixed(1)} % of the plane, ${
      price(room, u).toFixed(2)} nats`).join("\n"));
  });
  return fig.cleanUp;
}

export default { render };
