// A digit is noised and denoised by posterior means in windows of the reader's size.
// State: side, data and digits (base64, a byte a pixel, 0 to 16), noises (rows of normal numbers),
// levels (falling), typical (the mean distance of a held-out digit to the nearest training digit).

function pictures(text, size) {
  const all = Array.from(atob(text), (c) => c.charCodeAt(0) / 16);
  return Array.from({ length: all.length / size }, (_, k) => all.slice(k * size, (k + 1) * size));
}

// Σ w_i x⁽ⁱ⁾_p / Σ w_i for each pixel p, with w_i from the pixels at most `radius` away in each axis.
function localMean(x, data, noise, radius, side) {
  return x.map((_, p) => {
    const near = [];
    for (let q = 0; q < x.length; q++)
      if (Math.abs((q % side) - (p % side)) <= radius
        && Math.abs(Math.floor(q / side) - Math.floor(p / side)) <= radius) near.push(q);
    const squares = data.map((y) => near.reduce((sum, q) => sum + (x[q] - y[q]) ** 2, 0));
    const least = Math.min(...squares);
    let [sum, total] = [0, 0];
    data.forEach((y, i) => {
      const w = Math.exp((least - squares[i]) / (2 * noise * noise));
      sum += w * y[p];
      total += w;
    });
    return sum / total;
  });
}

// Euler's steps of probability flow from the first of `levels` down to 0.
function flow(x, data, levels, radius, side) {
  return levels.reduce((now, level, t) => {
    const clean = localMean(now, data, level, radius, side);
    const share = (levels[t + 1] ?? 0) / level;
    return clean.map((c, p) => c + share * (now[p] - c));
  }, x);
}

// [index, distance] of the nearest.
function nearest(x, data) {
  const found = data.map((y) => Math.sqrt(y.reduce((sum, v, p) => sum + (v - x[p]) ** 2, 0)));
  const at = found.indexOf(Math.min(...found));
  return [at, found[at]];
}

function render({ model, el }) {
  const fig = figure(el, model);
  const side = model.get("side");
  const [data, digits] = ["data", "digits"].map((k) => pictures(model.get(k), side * side));
  const [noises, levels] = [model.get("noises"), model.get("levels")];
  const reach = fig.slider("pixels to each side", { min: 0, max: side - 1, value: 2 });
  const begin = fig.slider("noise σ", { min: 0, max: levels.length - 1, value: 4, text: (t) => levels[t].toPrecision(2) });
  let draw = 0;
  fig.button("another digit and noise", () => { draw += 1; });
  const say = fig.readout();
  const known = new Map();
  const ends = () => { // of the flow, for each window
    const key = `${draw} ${begin.value}`;
    if (!known.has(key)) {
      const noise = noises[draw % noises.length];
      const noisy = digits[draw % digits.length].map((v, p) => v + levels[begin.value] * noise[p]);
      const made = Array.from({ length: side }, (_, r) => flow(noisy, data, levels.slice(begin.value), r, side));
      known.clear();
      known.set(key, { noisy, made, close: made.map((x) => nearest(x, data)) });
    }
    return known.get(key);
  };
  fig.draw({ aspect: 0.26, tallest: 210, lowest: 92 }, (pen, { width, height, ink }) => {
    const { noisy, made, close } = ends();
    const r = reach.value;
    const shown = [["digit and noise", noisy], ["one step", localMean(noisy, data, levels[begin.value], r, side)],
      ["end of the flow", made[r]], ["nearest in training", data[close[r][0]]]];
    const [gap, top] = [8, 20];
    const size = Math.min((width - 3 * gap) / 4, height - top);
    const left = (width - 4 * size - 3 * gap) / 2;
    pen.font = `${Math.min(13, size / 8.5)}px ${getComputedStyle(el).fontFamily}`;
    pen.textBaseline = "top";
    shown.forEach(([name, picture], j) => {
      const corner = left + j * (size + gap);
      pen.globalAlpha = 1;
      pen.fillStyle = ink.ink;
      pen.fillText(name, corner, 2);
      pen.strokeStyle = ink.faint;
      pen.strokeRect(corner, top, size - 1, size - 1);
      picture.forEach((v, p) => {
        pen.globalAlpha = Math.min(1, Math.max(0, v));
        pen.fillRect(corner + ((p % side) * size) / side, top + (Math.floor(p / side) * size) / side, size / side, size / side);
      });
    });
    pen.globalAlpha = 1;
    const [, distance] = close[r];
    say(`Windows of ${r} pixel${r === 1 ? "" : "s"} to each side: the flow ends ${distance.toFixed(2)} from the nearest training digit`
      + `${distance < 0.05 ? ", a copy" : ""}; a held-out digit is ${model.get("typical").toFixed(2)} away on average.`);
  });
  fig.draw({ aspect: 0.36, tallest: 230, lowest: 165 }, (pen, { width, height, ink }) => {
    const distances = ends().close.map(([, d]) => d);
    const typical = model.get("typical");
    const xs = distances.map((_, r) => r);
    const plot = chart(pen, { width, height, ink, x: [0, side - 1], y: [0, Math.max(3, ...distances) * 1.05],
      xlabel: "pixels to each side of the window", ylabel: "distance to the nearest training digit", xticks: xs, yticks: [0, 1, 2, 3] });
    plot.curve([0, side - 1], [typical, typical], { colour: ink.green, dash: [7, 4], wide: 1.5 });
    plot.words("held-out digits", side - 1, typical, { colour: ink.green, align: "right", dy: -9 });
    plot.curve(xs, distances, { colour: ink.blue });
    plot.dots([reach.value], [distances[reach.value]], { colour: ink.vermilion, radius: 5 });
  });
  return fig.cleanUp;
}

export default { render };
