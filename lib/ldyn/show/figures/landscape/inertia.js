// Signs of the surplus block's eigenvalues, for a choice of copies, rank of F and signs of G.
// State: inputs D, outputs M. What a choice rules out is not offered: no more copies with λ < 0 than
// surplus units, no rank of F above M − 1 (cor-one-output), no more signs than ker F has dimensions.

// Numbers of negative, zero and positive eigenvalues: `positive` and `negative` copies, `rank` of F,
// `up` and `down` signs of G on the kernel of F.
function surplusSigns(inputs, outputs, positive, negative, rank, up, down) {
  const surplus = positive + negative - 1;
  const plus = surplus * rank + (positive - 1) * up + negative * down;
  const minus = surplus * rank + (positive - 1) * down + negative * up;
  return { down: minus, zero: surplus * (inputs + outputs) - plus - minus, up: plus };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const d = model.get("inputs");
  const m = model.get("outputs");
  const surplus = fig.slider("surplus units K", { min: 1, max: 4, value: 1 });
  const below = fig.slider("copies with λ < 0", { min: 0, max: surplus.value, value: 0 });
  const rank = fig.slider("rank of F", { min: 0, max: Math.min(d, m - 1), value: Math.min(1, m - 1) });
  const up = fig.slider("positive signs of G on ker F", { min: 0, max: d - rank.value, value: d - rank.value });
  const say = fig.readout();
  const limit = (slider, most) => {
    slider.input.max = most;
    slider.value = Math.min(slider.value, most);
  };
  fig.listen(surplus.input, "input", () => limit(below, surplus.value));
  fig.listen(rank.input, "input", () => limit(up, d - rank.value));

  fig.draw({ aspect: 0.36, lowest: 170 }, (pen, { width, height, ink }) => {
    const room = d - rank.value;
    const plus = up.value;
    const k = surplus.value;
    const negative = below.value;
    const positive = k + 1 - negative;
    const signs = surplusSigns(d, m, positive, negative, rank.value, plus, room - plus);
    const rows = [["down", signs.down, ink.vermilion], ["zero", signs.zero, ink.grey], ["up", signs.up, ink.blue]];
    const left = 56;
    const scale = (width - left - 40) / (surplus.input.max * (d + m));
    pen.textBaseline = "middle";
    rows.forEach(([name, count, colour], i) => {
      const y = (i + 0.5) * (height / 3);
      pen.fillStyle = ink.ink;
      pen.fillText(name, 4, y);
      pen.fillStyle = colour;
      pen.fillRect(left, y - height / 9, Math.max(1, count * scale), height / 4.5);
      pen.fillStyle = ink.ink;
      pen.fillText(String(count), left + count * scale + 8, y);
    });
    const kind = signs.down > 0 ? "a strict saddle" : "a semi-flat minimum";
    say(`D = ${d}, M = ${m}: ${k * (d + m)} surplus coordinates; ${positive} copies with λ > 0, ${negative} with λ < 0; `
      + `G on ker F has ${plus} positive and ${room - plus} negative signs. Over a narrow minimum with positive definite Hessian this is ${kind}.`);
  });
  return fig.cleanUp;
}

export default { render };
