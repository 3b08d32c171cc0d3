// A cut through the loss of the 1–2–1 toy across its λ-line, at a share to choose.
// State: theta [v, w] of the narrow minimum.

const POINTS = Array.from({ length: 61 }, (_, i) => -3 + i / 10);

// The loss at share λ and difference η of the input weights, the sums held fixed.
function lossAt([v, w], share, eta) {
  const w0 = w + (1 - share) * eta;
  const w1 = w - share * eta;
  return POINTS.reduce((sum, x) => {
    const y = 2 * Math.tanh(x) - Math.tanh(4 * x);
    const r = share * v * Math.tanh(w0 * x) + (1 - share) * v * Math.tanh(w1 * x) - y;
    return sum + (r * r) / 2;
  }, 0);
}

function render({ model, el }) {
  const fig = figure(el, model);
  const narrow = model.get("theta");
  const level = lossAt(narrow, 0.5, 0);
  const share = fig.slider("share λ", {
    min: -0.4, max: 1.4, step: 0.02, value: 0.5, text: (v) => minus(v.toFixed(2)),
  });
  const say = fig.readout();
  const etas = Array.from({ length: 121 }, (_, i) => -0.3 + i / 200);

  fig.draw({ aspect: 0.5 }, (pen, { width, height, ink }) => {
    const plot = chart(pen, {
      width, height, ink, x: [-0.3, 0.3], y: [-0.03, 0.05], xlabel: "difference of the input weights η",
      ylabel: "loss, compared with the line", xticks: [-0.3, 0, 0.3], yticks: [-0.02, 0, 0.02, 0.04],
    });
    const cut = etas.map((e) => lossAt(narrow, share.value, e) - level);
    const inside = etas.map((e, i) => [e, cut[i]]).filter(([, h]) => h > -0.03 && h < 0.05);
    const colour = share.value > 0 && share.value < 1 ? ink.green : ink.vermilion;
    plot.curve([-0.3, 0.3], [0, 0], { colour: ink.grey, dash: [4, 4] });
    plot.curve(inside.map(([e]) => e), inside.map(([, h]) => h), { colour, wide: 2.5 });
    plot.dots([0], [0], { colour, radius: 6 });
    const curved = share.value * (1 - share.value);
    const kind = Math.abs(curved) < 1e-9 ? "an end of the segment, flat to second order"
      : curved > 0 ? "the floor of a valley: a local minimum" : "a ridge: a saddle";
    say(`λ = ${minus(share.value.toFixed(2))}: ${kind}. The network's function is the same for all λ.`);
  });
  return fig.cleanUp;
}

export default { render };
