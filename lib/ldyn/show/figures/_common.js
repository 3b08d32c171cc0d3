// Helpers that every figure module starts with: see the top of show/__init__.py for their use.

const INKS = ["blue", "vermilion", "green", "purple", "ochre", "grey", "ink", "faint", "paper"];
const HEADER = 80; // CSS pixels that a page's own bar and some air take from the screen's height

function figure(el, model) {
  el.classList.add("ldyn");
  const controls = document.createElement("div");
  controls.className = "ldyn-controls";
  el.append(controls);
  const undo = [];
  const drawings = [];
  const sizes = [];
  let [asked, wide, beside] = [0, 0, 0];

  const redraw = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => drawings.forEach((paint) => paint()));
  };
  const listen = (target, event, f, options) => {
    target.addEventListener(event, f, options);
    undo.push(() => target.removeEventListener(event, f, options));
  };
  const bind = (name, take) => {
    if (!name) return;
    const heard = () => { take(model.get(name)); redraw(); };
    model.on(`change:${name}`, heard);
    undo.push(() => model.off(`change:${name}`, heard));
  };
  const tell = (name, value) => {
    if (!name || model.get(name) === value) return;
    model.set(name, value);
    model.save_changes();
  };
  const labelled = (text, input) => {
    const label = document.createElement("label");
    label.append(text, input);
    controls.append(label);
    return label;
  };

  // A labelled range. `name` ties it to a name of the state; `text(value)` writes its value.
  function slider(text, { min, max, step = 1, value, name, text: write = String }) {
    const input = document.createElement("input");
    Object.assign(input, { type: "range", min, max, step });
    input.value = (name && model.get(name)) ?? value ?? min;
    const shown = document.createElement("span");
    shown.className = "ldyn-value";
    const say = () => {
      shown.textContent = write(Number(input.value));
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    listen(input, "input", () => { say(); tell(name, Number(input.value)); redraw(); });
    bind(name, (v) => { input.value = v; say(); });
    labelled(text, input).append(shown);
    say();
    return {
      input,
      get value() { return Number(input.value); },
      set value(v) { input.value = v; say(); tell(name, Number(input.value)); redraw(); },
    };
  }

  // A labelled choice among strings, or among [value, text] pairs.
  function choice(text, options, { name, value } = {}) {
    const input = document.createElement("select");
    options.forEach((o) => input.append(Array.isArray(o) ? new Option(o[1], o[0]) : new Option(o, o)));
    const start = (name && model.get(name)) ?? value;
    if (start !== undefined) input.value = start;
    listen(input, "change", () => { tell(name, input.value); redraw(); });
    bind(name, (v) => { input.value = v; });
    labelled(text, input);
    return { input, get value() { return input.value; } };
  }

  function tick(text, { name, value = false } = {}) {
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = (name && model.get(name)) ?? value;
    listen(input, "change", () => { tell(name, input.checked); redraw(); });
    bind(name, (v) => { input.checked = v; });
    labelled(text, input);
    return { input, get value() { return input.checked; } };
  }

  function button(text, press) {
    const input = document.createElement("button");
    Object.assign(input, { type: "button", textContent: text });
    listen(input, "click", () => { press(); redraw(); });
    controls.append(input);
    return input;
  }

  // A line of text under the figure; write to it with the function returned.
  function readout() {
    const line = document.createElement("output");
    line.className = "ldyn-readout";
    el.append(line);
    return (text) => { if (line.textContent !== text) line.textContent = text; };
  }

  // Between `lowest` and its wish, so that controls, canvases and readout fit in one screen.
  function fitted(wish, lowest) {
    if (wide !== el.clientWidth) [wide, beside] = [el.clientWidth, 0];
    const taken = sizes.reduce((sum, { canvas }) => sum + canvas.offsetHeight, 0);
    beside = Math.max(beside, el.offsetHeight - taken); // a readout that grows moves nothing twice
    const least = sizes.reduce((sum, size) => sum + size.lowest, 0);
    const most = sizes.reduce((sum, size) => sum + size.wish, 0);
    const part = (document.documentElement.clientHeight - HEADER - beside - least) / Math.max(1, most - least);
    return Math.round(lowest + Math.min(1, Math.max(0, part)) * (wish - lowest));
  }

  // A canvas at twice the pixels; `paint(pen, { width, height, ink })` works in CSS pixels.
  function draw({ aspect = 0.6, tallest = 460, lowest = 230, label = model.get("alt") } = {}, paint) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    el.insertBefore(canvas, el.querySelector(".ldyn-readout"));
    const size = { canvas, lowest, wish: lowest };
    sizes.push(size);
    drawings.push(() => {
      const width = Math.max(260, canvas.clientWidth || el.clientWidth || 640);
      size.wish = Math.max(lowest, Math.min(tallest, aspect * width));
      const height = fitted(size.wish, lowest);
      const style = getComputedStyle(el);
      const ink = Object.fromEntries(INKS.map((n) => [n, style.getPropertyValue(`--ldyn-${n}`).trim()]));
      canvas.width = 2 * width;
      canvas.height = 2 * height;
      canvas.style.height = `${height}px`;
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.font = `13px ${style.fontFamily || "sans-serif"}`;
      pen.lineJoin = "round";
      pen.fillStyle = pen.strokeStyle = ink.ink;
      paint(pen, { width, height, ink });
    });
    return canvas;
  }

  // `move(x, y)` in CSS pixels of the canvas while the pointer is over it, `move(null)` after.
  function pointer(canvas, move) {
    listen(canvas, "pointermove", (e) => { move(e.offsetX, e.offsetY); redraw(); });
    listen(canvas, "pointerdown", (e) => { move(e.offsetX, e.offsetY); redraw(); });
    listen(canvas, "pointerleave", () => { move(null, null); redraw(); });
  }

  const sized = new ResizeObserver(redraw);
  sized.observe(el);
  listen(window, "resize", redraw);
  undo.push(() => sized.disconnect());
  const themed = new MutationObserver(redraw);
  for (const root of [document.documentElement, document.body])
    themed.observe(root, { attributes: true, attributeFilter: ["data-theme", "theme", "class", "data-jp-theme-light"] });
  undo.push(() => themed.disconnect(), () => cancelAnimationFrame(asked));
  const cleanUp = () => undo.splice(0).forEach((f) => f());
  return { slider, choice, tick, button, readout, draw, pointer, listen, redraw, bind, cleanUp };
}

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
