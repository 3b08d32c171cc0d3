// Charts for the figures, after _common.js: axes, curves, points and words, numbers and labels.

function minus(text) { return String(text).replace("-", "−"); }
function superscript(k) { return String(k).replace(/./g, (c) => ({ "-": "⁻" })[c] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]); }

// A plain chart: axes with few ticks, and curves, points and words in data coordinates.
// `log` is "", "x", "y" or "xy"; `xticks`/`yticks` are values; `pad` makes room for labels.
function chart(pen, { width, height, ink, x, y, log = "", xlabel = "", ylabel = "", xticks, yticks,
  xtext, ytext, pad = {} }) {
  const box = { left: 54, right: 14, top: 24, bottom: 42, ...pad };
  const map = (domain, from, to, logarithmic) => {
    const f = logarithmic ? Math.log : (v) => v;
    const [a, b] = domain.map(f);
    const there = (v) => from + ((f(v) - a) / (b - a)) * (to - from);
    there.back = (p) => { const v = a + ((p - from) / (to - from)) * (b - a); return logarithmic ? Math.exp(v) : v; };
    return there;
  };
  const sx = map(x, box.left, width - box.right, log.includes("x"));
  const sy = map(y, height - box.bottom, box.top, log.includes("y"));
  const marks = (domain, logarithmic) => {
    if (!logarithmic) return [0, 0.25, 0.5, 0.75, 1].map((t) => domain[0] + t * (domain[1] - domain[0]));
    const [a, b] = domain.map(Math.log10);
    const within = (leads) => {
      const found = [];
      for (let k = Math.floor(a); k <= b; k++)
        for (const lead of leads) {
          const v = Number(`${lead}e${k}`);
          if (v >= domain[0] * (1 - 1e-9) && v <= domain[1] * (1 + 1e-9)) found.push(v);
        }
      return found;
    };
    return [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]].map(within).find((m) => m.length > 1) ?? domain;
  };
  const number = (v) => minus(Math.abs(v) >= 1e4 || (v && Math.abs(v) < 1e-3)
    ? `10${superscript(Math.round(Math.log10(v)))}` : Number(v.toPrecision(3)));
  const line = (x0, y0, x1, y1, colour) => {
    pen.strokeStyle = colour; pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1, y1); pen.stroke();
  };
  pen.save();
  pen.lineWidth = 1;
  for (const v of yticks ?? marks(y, log.includes("y"))) {
    line(box.left, sy(v), width - box.right, sy(v), ink.faint);
    pen.textAlign = "right"; pen.textBaseline = "middle";
    pen.fillText((ytext ?? number)(v), box.left - 6, sy(v));
  }
  for (const v of xticks ?? marks(x, log.includes("x"))) {
    line(sx(v), height - box.bottom, sx(v), height - box.bottom + 4, ink.grey);
    pen.textAlign = "center"; pen.textBaseline = "top";
    pen.fillText((xtext ?? number)(v), sx(v), height - box.bottom + 6);
  }
  line(box.left, height - box.bottom, width - box.right, height - box.bottom, ink.grey);
  pen.textAlign = "center"; pen.textBaseline = "bottom";
  pen.fillText(xlabel, (box.left + width - box.right) / 2, height - 2);
  pen.textAlign = "left"; pen.textBaseline = "top";
  pen.fillText(ylabel, 2, 2);
  pen.restore();

  function curve(xs, ys, { colour = ink.ink, wide = 2, dash = [], alpha = 1 } = {}) {
    pen.save();
    pen.globalAlpha *= alpha;
    pen.strokeStyle = colour; pen.lineWidth = wide; pen.setLineDash(dash);
    pen.beginPath();
    xs.forEach((v, i) => (i ? pen.lineTo(sx(v), sy(ys[i])) : pen.moveTo(sx(v), sy(ys[i]))));
    pen.stroke();
    pen.restore();
  }
  function dots(xs, ys, { colour = ink.ink, radius = 3, hollow = false } = {}) {
    pen.save();
    pen.fillStyle = hollow ? ink.paper : colour; pen.strokeStyle = colour; pen.lineWidth = 1.5;
    xs.forEach((v, i) => {
      pen.beginPath(); pen.arc(sx(v), sy(ys[i]), radius, 0, 2 * Math.PI); pen.fill();
      if (hollow) pen.stroke();
    });
    pen.restore();
  }
  function words(text, v, w, { colour = ink.ink, align = "left", dx = 6, dy = 0 } = {}) {
    pen.save();
    pen.fillStyle = colour; pen.textAlign = align; pen.textBaseline = "middle";
    pen.fillText(text, sx(v) + dx, sy(w) + dy);
    pen.restore();
  }
  // What `paint` draws is cut at the axes.
  function inside(paint) {
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, width - box.left - box.right, height - box.top - box.bottom);
    pen.clip();
    paint();
    pen.restore();
  }
  function shade(from, to) {
    pen.save();
    pen.globalAlpha = 0.35;
    pen.fillStyle = ink.faint;
    pen.fillRect(sx(from), box.top, sx(to) - sx(from), height - box.top - box.bottom);
    pen.restore();
  }
  return { sx, sy, box, curve, dots, words, inside, shade };
}

// Heights moved apart to at least `gap`, order kept, as near as can be to where they were.
function apart(heights, gap = 15) {
  const order = heights.map((h, i) => [h, i]).sort((a, b) => a[0] - b[0]);
  const blocks = [];
  order.forEach(([h], rank) => {
    let block = { mean: h - rank * gap, size: 1 };
    while (blocks.length && blocks.at(-1).mean > block.mean) {
      const last = blocks.pop();
      block = { mean: (last.mean * last.size + block.mean * block.size) / (last.size + block.size), size: last.size + block.size };
    }
    blocks.push(block);
  });
  const found = new Array(heights.length);
  let rank = 0;
  for (const { mean, size } of blocks)
    for (let k = 0; k < size; k++, rank++) found[order[rank][1]] = mean + rank * gap;
  return found;
}

// The inverse of a positive definite matrix, by Gauss and Jordan.
function inverted(matrix) {
  const n = matrix.length, a = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let k = 0; k < n; k++) {
    const pivot = a[k][k];
    for (let j = k; j < 2 * n; j++) a[k][j] /= pivot;
    for (let i = 0; i < n; i++) {
      const f = a[i][k];
      if (i === k || f === 0) continue;
      for (let j = k; j < 2 * n; j++) a[i][j] -= f * a[k][j];
    }
  }
  return a.map((row) => row.slice(n));
}
