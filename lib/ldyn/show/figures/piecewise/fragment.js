// A random member of the class: two parts of smoothness β on either side of a boundary of smoothness α.
// State: alpha, beta, boundary and parts [low, high], each { phases (K), directions (K rows) }.

// centre + amplitude Σ 2^(−αk) cos(2^k π⟨w_k, x⟩ + φ_k) / Σ 2^(−αk), for a point x (d).
function weierstrass(x, { phases, directions }, alpha, centre, amplitude) {
  let sum = 0;
  let weights = 0;
  phases.forEach((phase, k) => {
    const angle = directions[k].reduce((s, w, j) => s + w * x[j], 0);
    const weight = 2 ** (-alpha * k);
    sum += weight * Math.cos(Math.PI * 2 ** k * angle + phase);
    weights += weight;
  });
  return centre + (amplitude * sum) / weights;
}

function member(x, state) {
  const above = x[1] >= weierstrass([x[0]], state.boundary, state.alpha, 0.5, 0.3);
  return weierstrass(x, state.parts[above ? 1 : 0], state.beta, above ? 0.75 : 0.25, 0.2);
}

// Exponents for D = 2: of the boundary, and of the parts.
function exponents(alpha, beta) { return [alpha / (alpha + 1), beta / (beta + 1)]; }

function render({ model, el }) {
  const fig = figure(el, model);
  const alpha = fig.slider("boundary α", { min: 0.3, max: 3, step: 0.1, name: "alpha", text: (v) => v.toFixed(1) });
  const beta = fig.slider("parts β", { min: 0.3, max: 3, step: 0.1, name: "beta", text: (v) => v.toFixed(1) });
  const say = fig.readout();
  const side = 112;
  const tile = document.createElement("canvas");
  Object.assign(tile, { width: side, height: side });
  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  fig.draw({ aspect: 0.62, tallest: 430 }, (pen, { width, height, ink }) => {
    const state = { alpha: alpha.value, beta: beta.value, boundary: model.get("boundary"), parts: model.get("parts") };
    const [from, to] = [channels(ink.paper), channels(ink.blue)];
    const brush = tile.getContext("2d");
    const picture = brush.createImageData(side, side);
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const share = member([(i + 0.5) / side, 1 - (j + 0.5) / side], state);
        picture.data.set([...from.map((c, k) => c + share * (to[k] - c)), 255], 4 * (j * side + i));
      }
    }
    brush.putImageData(picture, 0, 0);
    const size = Math.min(height - 10, width);
    const left = (width - size) / 2;
    pen.drawImage(tile, left, 5, size, size);
    pen.strokeStyle = ink.vermilion;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let i = 0; i <= 480; i++) {
      const u = i / 480;
      const h = weierstrass([u], state.boundary, state.alpha, 0.5, 0.3);
      pen[i ? "lineTo" : "moveTo"](left + u * size, 5 + (1 - h) * size);
    }
    pen.stroke();
    const rates = exponents(alpha.value, beta.value);
    say(`Best possible exponent here (D = 2): ${Math.min(...rates).toFixed(2)}, the smaller of `
      + `${rates[0].toFixed(2)} for the boundary and ${rates[1].toFixed(2)} for the parts.`);
  });
  return fig.cleanUp;
}

export default { render };
