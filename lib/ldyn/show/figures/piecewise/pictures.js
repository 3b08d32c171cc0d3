// Estimates of one function, side by side, one frame a sample size.
// State: frame, sizes (n of each frame), names, side, pixels[name][frame] (base64, 0 to 255 for
// values low to high), risks[name][frame], low, high.

function values(text) { return Array.from(atob(text), (c) => c.charCodeAt(0)); }

// A byte as a value between low and high.
function unpack(byte, low, high) { return low + (byte / 255) * (high - low); }

function mix(from, to, share) {
  const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  return [0, 1, 2].map((i) => Math.round((1 - share) * part(from, i) + share * part(to, i)));
}

function render({ model, el }) {
  const fig = figure(el, model);
  const [names, sizes, side] = ["names", "sizes", "side"].map((k) => model.get(k));
  const bytes = names.map((name) => model.get("pixels")[name].map(values));
  const frame = fig.slider("samples n", { min: 0, max: sizes.length - 1, name: "frame", text: (k) => sizes[k].toLocaleString("en") });
  const say = fig.readout();
  const tile = document.createElement("canvas");
  Object.assign(tile, { width: side, height: side });
  fig.draw({ aspect: 1 / names.length + 0.08, lowest: 150, tallest: 420 }, (pen, { width, height, ink }) => {
    const gap = 8;
    const size = Math.min((width - gap * (names.length - 1)) / names.length, height - 24);
    const brush = tile.getContext("2d");
    pen.imageSmoothingEnabled = false;
    names.forEach((name, j) => {
      const picture = brush.createImageData(side, side);
      bytes[j][frame.value].forEach((byte, i) => {
        const share = Math.min(1, Math.max(0, unpack(byte, model.get("low"), model.get("high"))));
        // Stored column by column, x₂ upward; canvas rows run downward.
        const at = 4 * ((side - 1 - (i % side)) * side + Math.floor(i / side));
        picture.data.set([...mix(ink.paper, ink.ink, 0.04 + 0.86 * share), 255], at);
      });
      brush.putImageData(picture, 0, 0);
      const left = j * (size + gap);
      pen.drawImage(tile, left, 22, size, size);
      pen.textBaseline = "top";
      pen.fillText(name, left, 2);
    });
    const risks = names.map((name) => [name, model.get("risks")[name][frame.value]]);
    say(risks.filter(([, r]) => r !== null).map(([name, r]) => `${name}: risk ${r.toPrecision(2)}`).join("; ") + ".");
  });
  return fig.cleanUp;
}

export default { render };
