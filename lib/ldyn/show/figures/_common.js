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
  // In JupyterLab keys belong to the control that has the focus, not to the notebook's commands:
  // the attribute says so to Lab, on each control, and a key goes no further than the figure.
  const keyed = (control) => { control.dataset.lmSuppressShortcuts = "true"; return control; };
  listen(el, "keydown", (e) => { if (!e.ctrlKey && !e.metaKey) e.stopPropagation(); });
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
    label.append(text, keyed(input));
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
    controls.append(keyed(input));
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
    el.insertBefore(keyed(canvas), el.querySelector(".ldyn-readout"));
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
