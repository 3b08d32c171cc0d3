// Random edges of the square, the frequencies that each of them sees, and the genie's bound.
// State: scale (log2 of the bumps to a side), n (log2 of n/σ²).

const REACH = 34; // the frequency plane is drawn up to this number of bumps to a side

// A plain generator of random numbers in [0, 1), so that the picture is the same each time.
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

// The prior of the proof for D = 2: axis d, slope a in [−1, 1], place t in [−1, 2].
function drawEdge(random) {
  return { axis: random() < 0.5 ? 0 : 1, a: 2 * random() - 1, t: 3 * random() - 1 };
}

// The height of an edge over the other coordinate.
function heightAt(edge, u) { return edge.a * u + edge.t; }

// How many of the N × N cells the edge crosses.
function crossed(edge, side) {
  const cells = [];
  for (let k = 0; k < side; k++) {
    const ends = [heightAt(edge, k / side), heightAt(edge, (k + 1) / side)];
    const low = Math.max(0, Math.floor(Math.min(...ends) * side));
    const high = Math.min(side - 1, Math.ceil(Math.max(...ends) * side) - 1);
    for (let l = low; l <= high; l++) cells.push(edge.axis === 1 ? [k, l] : [l, k]);
  }
  return cells;
}

// mΛ/(1 + nΛ/σ²) with m = N² and Λ = N⁻³, the last line of the genie's lemma up to constants.
function genie(side, ratio) {
  const weight = side ** -3;
  return (side ** 2 * weight) / (1 + ratio * weight);
}

// The N at which it is largest: (2n/σ²)^(1/3).
function bestSide(ratio) { return Math.cbrt(2 * ratio); }

function square(pen, { left, top, size, ink }, paint) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, size, size);
  pen.clip();
  paint();
  pen.restore();
  pen.strokeStyle = ink.grey;
  pen.lineWidth = 1;
  pen.strokeRect(left, top, size, size);
}

function paintSpace(pen, box, edges, side) {
  const { left, top, size, ink } = box;
  const at = (x, y) => [left + x * size, top + (1 - y) * size];
  const line = (edge) => {
    const ends = [0, 1].map((u) => (edge.axis === 1 ? at(u, heightAt(edge, u)) : at(heightAt(edge, u), u)));
    pen.beginPath(); pen.moveTo(...ends[0]); pen.lineTo(...ends[1]); pen.stroke();
  };
  square(pen, box, () => {
    const last = edges.at(-1), hit = new Set(crossed(last, side).map(String));
    for (let k = 0; k < side; k++)
      for (let l = 0; l < side; l++) {
        const [x, y] = at((k + 0.5) / side, (l + 0.5) / side);
        const inside = hit.has(String([k, l]));
        pen.globalAlpha = inside ? 0.75 : 0.5;
        pen.fillStyle = inside ? ink.vermilion : ink.faint;
        pen.beginPath(); pen.arc(x, y, (0.42 * size) / side, 0, 2 * Math.PI); pen.fill();
      }
    pen.globalAlpha = 0.35; pen.strokeStyle = ink.blue; pen.lineWidth = 1;
    edges.slice(0, -1).forEach(line);
    pen.globalAlpha = 1; pen.strokeStyle = ink.ink; pen.lineWidth = 2.5;
    line(last);
  });
}

function paintFrequencies(pen, box, edges, side) {
  const { left, top, size, ink } = box;
  const middle = [left + size / 2, top + size / 2], half = size / 2;
  const ray = (edge, reach) => {
    const slope = -edge.a * reach; // ν = (−a, 1) or (1, −a)
    const [x, y] = edge.axis === 1 ? [slope, reach] : [reach, slope];
    pen.beginPath();
    pen.moveTo(middle[0] - x, middle[1] + y); pen.lineTo(middle[0] + x, middle[1] - y);
    pen.stroke();
  };
  square(pen, box, () => {
    pen.setLineDash([3, 4]); pen.strokeStyle = ink.grey; pen.lineWidth = 1;
    for (const s of [1, -1]) {
      pen.beginPath(); pen.moveTo(middle[0] - half, middle[1] - s * half); pen.lineTo(middle[0] + half, middle[1] + s * half);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 0.35; pen.strokeStyle = ink.blue;
    edges.slice(0, -1).forEach((edge) => ray(edge, half));
    pen.globalAlpha = 1; pen.strokeStyle = ink.ink; pen.lineWidth = 2.5;
    ray(edges.at(-1), half);
    const ring = (half * side) / REACH;
    pen.strokeStyle = ink.vermilion; pen.lineWidth = 2;
    pen.strokeRect(middle[0] - ring, middle[1] - ring, 2 * ring, 2 * ring);
  });
}

function paintBound(pen, size, side, ratio) {
  const sides = Array.from({ length: 121 }, (_, i) => 2 ** (i / 24)), { ink } = size;
  const most = genie(bestSide(ratio), ratio);
  const plot = chart(pen, { ...size, x: [1, 32], y: [most / 20, 2 * most], log: "xy", xlabel: "N, bumps to a side",
    ylabel: "the genie's bound, up to its constant", xticks: [1, 2, 4, 8, 16, 32], yticks: [] });
  plot.inside(() => plot.curve(sides, sides.map((v) => genie(v, ratio)), { colour: ink.blue }));
  plot.dots([side], [Math.max(most / 20, genie(side, ratio))], { colour: ink.vermilion, radius: 6 });
}

function render({ model, el }) {
  const fig = figure(el, model);
  const scale = fig.slider("bumps to a side, N", { min: 0, max: 5, name: "scale", value: 3, text: (v) => 2 ** v });
  const sizes = fig.slider("n/σ²", { min: 3, max: 13, name: "n", value: 8, text: (v) => (2 ** v).toLocaleString("en") });
  const random = seeded(20);
  let edges = [{ axis: 1, a: 0.45, t: 0.3 }];
  const more = (count) => { for (let k = 0; k < count; k++) edges.push(drawEdge(random)); edges = edges.slice(-400); };
  fig.button("one more edge", () => more(1));
  fig.button("a hundred more", () => more(100));
  const say = fig.readout();
  fig.draw({ aspect: 0.5, lowest: 190, tallest: 330 }, (pen, { width, height, ink }) => {
    const size = Math.min(height - 26, (width - 24) / 2), gap = (width - 2 * size) / 3;
    const [one, two] = [gap, 2 * gap + size].map((left) => ({ left, top: 22, size, ink }));
    pen.textBaseline = "top"; pen.textAlign = "left"; pen.fillStyle = ink.ink;
    pen.fillText("edges and bumps", one.left, 2);
    pen.fillText("frequencies ω", two.left, 2);
    paintSpace(pen, one, edges, 2 ** scale.value);
    paintFrequencies(pen, two, edges, 2 ** scale.value);
  });
  fig.draw({ aspect: 0.24, lowest: 130, tallest: 170, label: "The genie's bound against the number of bumps to a side." },
    (pen, size) => {
      const side = 2 ** scale.value, ratio = 2 ** sizes.value;
      paintBound(pen, size, side, ratio);
      say(`The last edge crosses ${crossed(edges.at(-1), side).length} of ${side ** 2} bumps. `
        + `The bound is largest at N = ${bestSide(ratio).toFixed(1)}; at N = ${side} it has `
        + `${Math.round((100 * genie(side, ratio)) / genie(bestSide(ratio), ratio))} % of that.`);
    });
  return fig.cleanUp;
}

export default { render };
