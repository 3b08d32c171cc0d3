// A boundary of smoothness α < 1 that zigzags through square cells. State: alpha, level.

const TALL = 0.5; // c₀: a tooth over cells of side w is c₀ w^α high

// The height of the zigzag over x₁: ¼ + δ dist(x₁/w, 2Z).
function zigzag(x, level, alpha) {
  const w = 2 ** -level, z = (x / w) % 2;
  return 0.25 + TALL * w ** alpha * Math.min(z, 2 - z);
}

// The share of the cell in column k and row l that lies above the zigzag, by its heights v in teeth.
function share(l, level, alpha) {
  const w = 2 ** -level, tooth = TALL * w ** alpha;
  const clamp = (v) => Math.min(1, Math.max(0, v));
  const [low, high] = [l, l + 1].map((row) => (row * w - 0.25) / tooth);
  // ∫ clamp(v) over the rows: clamp has the antiderivative c²/2 up to 1, then v − ½.
  const area = (v) => (v <= 0 ? 0 : v >= 1 ? v - 0.5 : clamp(v) ** 2 / 2);
  return (area(high) - area(low)) / (high - low);
}

// Rows whose cells have their mean between ¼ and ¾: wrong by 3/16 of their area whatever is said.
function spoiled(level, alpha) {
  const rows = [];
  for (let l = 0; l < 2 ** level; l++) {
    const s = share(l, level, alpha);
    if (s >= 0.25 && s <= 0.75) rows.push(l);
  }
  return rows;
}

// Cells whose mean is that, and the least squared error over them, ∑ s(1 − s)|Q|.
function cost(level, alpha) {
  const rows = spoiled(level, alpha), side = 2 ** level;
  const least = rows.reduce((sum, l) => sum + share(l, level, alpha) * (1 - share(l, level, alpha)), 0);
  return { cells: rows.length * side, error: (least * side) / side ** 2 };
}

function render({ model, el }) {
  const fig = figure(el, model);
  const alphas = fig.slider("α", { min: 0.2, max: 1, step: 0.05, name: "alpha", value: 0.5, text: (v) => v.toFixed(2) });
  const levels = fig.slider("level j", { min: 2, max: 7, name: "level", value: 4 });
  const say = fig.readout();
  fig.draw({ aspect: 0.6, lowest: 240 }, (pen, { width, height, ink }) => {
    const size = Math.min(width, height) - 8, left = (width - size) / 2, level = levels.value, alpha = alphas.value;
    const side = 2 ** level, cell = size / side;
    const at = (x, y) => [left + x * size, 4 + (1 - y) * size];
    pen.globalAlpha = 0.55; pen.fillStyle = ink.ochre;
    for (const l of spoiled(level, alpha)) pen.fillRect(left, at(0, (l + 1) / side)[1], size, cell);
    pen.globalAlpha = 1; pen.strokeStyle = ink.faint; pen.lineWidth = 1;
    for (let k = 0; k <= side; k++) {
      pen.beginPath(); pen.moveTo(...at(k / side, 0)); pen.lineTo(...at(k / side, 1)); pen.stroke();
      pen.beginPath(); pen.moveTo(...at(0, k / side)); pen.lineTo(...at(1, k / side)); pen.stroke();
    }
    pen.strokeStyle = ink.blue; pen.lineWidth = 2;
    pen.beginPath();
    for (let k = 0; k <= side; k++) pen[k ? "lineTo" : "moveTo"](...at(k / side, zigzag(k / side, level, alpha)));
    pen.stroke();
    const { cells, error } = cost(level, alpha);
    say(`Teeth of height ${(TALL * side ** -alpha).toPrecision(2)} over cells of side 1/${side}: ${cells.toLocaleString("en")} of ${(side ** 2).toLocaleString("en")} cells are `
      + `between a quarter and three quarters full. No values on them have a squared error below ${error.toPrecision(2)}; `
      + `that is ${(error * side ** alpha).toPrecision(2)} times 2^(−jα).`);
  });
  return fig.cleanUp;
}

export default { render };
