// The best m Haar terms of a disk against the first m: same number of terms, different terms.
// State: m (log2 of the number of terms).

const SIDE = 64;

// The indicator of the disk with centre (.48, .52) and radius .3 on a SIDE × SIDE grid of centres.
function diskGrid(side = SIDE) {
  const grid = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const x = (i + 0.5) / side - 0.48;
      const y = (j + 0.5) / side - 0.52;
      grid.push(x * x + y * y <= 0.09 ? 1 : 0);
    }
  }
  return grid;
}

// Orthonormal Haar transform of a side × side grid; `level[k]` orders coefficients coarse to fine.
function haar(grid, side = SIDE) {
  const a = [...grid];
  const level = new Array(a.length).fill(0);
  for (let s = side, depth = Math.log2(side); s > 1; s /= 2, depth--) {
    const half = s / 2;
    const next = new Array(s * s);
    for (let i = 0; i < half; i++) {
      for (let j = 0; j < half; j++) {
        const [p, q, r, t] = [a[2 * i * side + 2 * j], a[2 * i * side + 2 * j + 1], a[(2 * i + 1) * side + 2 * j], a[(2 * i + 1) * side + 2 * j + 1]];
        next[i * s + j] = (p + q + r + t) / 2;
        next[i * s + j + half] = (p - q + r - t) / 2;
        next[(i + half) * s + j] = (p + q - r - t) / 2;
        next[(i + half) * s + j + half] = (p - q - r + t) / 2;
      }
    }
    for (let i = 0; i < s; i++) {
      for (let j = 0; j < s; j++) {
        a[i * side + j] = next[i * s + j];
        if (i >= half || j >= half) level[i * side + j] = depth;
      }
    }
  }
  return { a, level };
}

function inverse(coefficients, side = SIDE) {
  const a = [...coefficients];
  for (let s = 2; s <= side; s *= 2) {
    const half = s / 2;
    const next = new Array(s * s);
    for (let i = 0; i < half; i++) {
      for (let j = 0; j < half; j++) {
        const [m, h, v, d] = [a[i * side + j], a[i * side + j + half], a[(i + half) * side + j], a[(i + half) * side + j + half]];
        next[2 * i * s + 2 * j] = (m + h + v + d) / 2;
        next[2 * i * s + 2 * j + 1] = (m - h + v - d) / 2;
        next[(2 * i + 1) * s + 2 * j] = (m + h - v - d) / 2;
        next[(2 * i + 1) * s + 2 * j + 1] = (m - h - v + d) / 2;
      }
    }
    for (let i = 0; i < s; i++) for (let j = 0; j < s; j++) a[i * side + j] = next[i * s + j];
  }
  return a;
}

// Keep m coefficients, the largest or the coarsest; the squared error is what is left out.
function keep(m, which, side = SIDE) {
  const { a, level } = haar(diskGrid(side), side);
  const order = a.map((_, k) => k).sort((k, l) =>
    which === "best" ? Math.abs(a[l]) - Math.abs(a[k]) : level[k] - level[l] || k - l);
  const kept = new Array(a.length).fill(0);
  order.slice(0, m).forEach((k) => { kept[k] = a[k]; });
  const error = order.slice(m).reduce((sum, k) => sum + a[k] * a[k], 0) / a.length;
  return { values: inverse(kept, side), error };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const terms = fig.slider("terms m", { min: 0, max: 11, step: 0.5, name: "m", value: 6, text: (v) => String(Math.round(2 ** v)) });
  const say = fig.readout();
  fig.draw({ aspect: 0.56, lowest: 200 }, (pen, { width, height, ink }) => {
    const m = Math.round(2 ** terms.value);
    const panes = ["first", "best"].map((which) => keep(m, which));
    const size = Math.floor(Math.min(height - 24, (width - 18) / 2));
    panes.forEach(({ values }, k) => {
      const left = Math.round(k * (size + 16) + (width - 2 * size - 16) / 2);
      const edge = (i) => Math.round((2 * i * size) / SIDE) / 2;
      values.forEach((v, index) => {
        const [i, j] = [Math.floor(index / SIDE), SIDE - 1 - (index % SIDE)];
        pen.globalAlpha = Math.min(1, Math.max(0, v));
        pen.fillStyle = ink[k ? "ochre" : "blue"];
        pen.fillRect(left + edge(i), 20 + edge(j), edge(i + 1) - edge(i), edge(j + 1) - edge(j));
      });
      pen.globalAlpha = 1;
      pen.fillStyle = pen.strokeStyle = ink.ink;
      pen.strokeRect(left, 20, size, size);
      pen.fillText(k ? `the ${m} largest` : `the first ${m}`, left, 14);
    });
    say(`squared error: first ${panes[0].error.toPrecision(2)}, best ${panes[1].error.toPrecision(2)}`);
  });
  return fig.cleanUp;
}

export default { render };
