// One layer of patches opened: an image, the patch under the pointer, responses, thresholds, pools.
// State: side, size (of a patch, odd), images [[side² values in 0…1]], filters [[size² weights]],
// biases, threshold, contrast, cells (a side of the pooled map), width (of its windows, in cells).
// Images are continued periodically, so each pixel is the middle of one patch.

function wrap(i, side) { return ((i % side) + side) % side; }

// The image moved right by `k` pixels; what leaves comes back on the left.
function moved(image, side, k) {
  return image.map((_, at) => image[at - (at % side) + wrap((at % side) - k, side)]);
}

function patchAt(image, side, size, row, column) {
  const half = (size - 1) / 2;
  const values = [];
  for (let i = -half; i <= half; i++)
    for (let j = -half; j <= half; j++) values.push(image[wrap(row + i, side) * side + wrap(column + j, side)]);
  return values;
}

// Minus the mean, over the root of variance plus contrast.
function normalised(patch, contrast) {
  const mean = patch.reduce((sum, v) => sum + v, 0) / patch.length;
  const centred = patch.map((v) => v - mean);
  const scale = Math.sqrt(centred.reduce((sum, v) => sum + v * v, 0) / patch.length + contrast);
  return centred.map((v) => v / scale);
}

function response(patch, filter, bias, contrast) {
  return normalised(patch, contrast).reduce((sum, v, i) => sum + v * filter[i], -bias);
}

// What is above the threshold and what is below minus it, at each pixel.
function twoSided(image, side, size, filter, bias, contrast, threshold) {
  const found = [[], []];
  image.forEach((_, at) => {
    const r = response(patchAt(image, side, size, Math.floor(at / side), at % side), filter, bias, contrast);
    found[0].push(Math.max(0, r - threshold));
    found[1].push(Math.max(0, -r - threshold));
  });
  return found;
}

// Rows of weights, one a cell, that add up to one: Gaussian around the middle of the cell.
function windows(side, cells, width) {
  return Array.from({ length: cells }, (_, c) => {
    const weights = Array.from({ length: side }, (_, p) => {
      const gap = wrap(p + 0.5 - ((c + 0.5) * side) / cells + side / 2, side) - side / 2;
      return Math.exp(-(((gap * cells) / (side * width)) ** 2) / 2);
    });
    const total = weights.reduce((sum, v) => sum + v, 0);
    return weights.map((v) => v / total);
  });
}

function pooled(map, side, weights) {
  const found = [];
  for (const down of weights) for (const across of weights) {
    let sum = 0;
    map.forEach((v, at) => { sum += down[Math.floor(at / side)] * across[at % side] * v; });
    found.push(sum);
  }
  return found;
}

// ‖a − b‖ / ‖a‖
function change(a, b) {
  const norm = (v) => Math.sqrt(v.reduce((sum, w) => sum + w * w, 0));
  return norm(a.map((v, i) => v - b[i])) / norm(a);
}

function layer(image, get) {
  const [side, size, contrast, t] = [get("side"), get("size"), get("contrast"), get("threshold")];
  const weights = windows(side, get("cells"), get("width"));
  const maps = get("filters").map((f, k) => twoSided(image, side, size, f, get("biases")[k], contrast, t));
  return { maps, pools: maps.map((pair) => pair.map((m) => pooled(m, side, weights))) };
}

function shade(from, to, share) {
  const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(part(from, i) + share * (part(to, i) - part(from, i))));
  return `rgb(${mixed.join(",")})`;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const get = (name) => model.get(name);
  const [side, size] = [get("side"), get("size")];
  const picture = fig.slider("digit", { min: 1, max: get("images").length, value: 1 });
  const filter = fig.slider("filter", { min: 1, max: get("filters").length, value: 1 });
  const shift = fig.slider("image moved right by", { min: 0, max: 4, value: 0, text: (k) => `${k} pixel${k === 1 ? "" : "s"}` });
  const column = fig.slider("patch across", { min: 0, max: side - 1, value: 12 });
  const row = fig.slider("patch down", { min: 0, max: side - 1, value: side / 2 });
  const say = fig.readout();
  let [known, first, now, image] = ["", null, null, null];
  const refresh = () => {
    const asked = `${picture.value} ${shift.value}`;
    if (asked === known) return;
    known = asked;
    const still = get("images")[picture.value - 1];
    image = moved(still, side, shift.value);
    first = layer(still, get);
    now = layer(image, get);
    now.change = ["maps", "pools"].map((k) => change(first[k].flat(2), now[k].flat(2)));
    now.pixels = change(still, image);
  };
  let tile = 80;
  const canvas = fig.draw({ aspect: 0.56, tallest: 430, lowest: 230 }, (pen, { width, height, ink }) => {
    refresh();
    const gap = 10;
    tile = Math.min((width - 2 - 3 * gap) / 4, (height - 44) / 2);
    const k = filter.value - 1;
    const patch = patchAt(image, side, size, row.value, column.value);
    const seen = normalised(patch, get("contrast"));
    const most = (values) => Math.max(1e-9, ...values.map(Math.abs));
    const paint = (place, title, values, across, top) => {
      const [x, y] = [1 + (place % 4) * (tile + gap), Math.floor(place / 4) * (tile + 22)];
      pen.textBaseline = "top";
      pen.fillText(title, x, y, tile);
      const unit = tile / across;
      values.forEach((v, at) => {
        pen.fillStyle = shade(ink.paper, v < 0 ? ink.blue : top === 1 ? ink.ink : ink.vermilion, Math.min(1, Math.abs(v) / top));
        pen.fillRect(x + (at % across) * unit, y + 18 + Math.floor(at / across) * unit, unit + 0.3, unit + 0.3);
      });
      pen.fillStyle = ink.ink;
      pen.strokeStyle = ink.grey; pen.lineWidth = 1;
      pen.strokeRect(x, y + 18, tile, tile);
      return [x, y + 18, unit];
    };
    const [x, y, unit] = paint(0, "image", image, side, 1);
    pen.strokeStyle = ink.vermilion; pen.lineWidth = 2;
    pen.strokeRect(x + (column.value - (size - 1) / 2) * unit, y + (row.value - (size - 1) / 2) * unit, size * unit, size * unit);
    paint(1, "patch", patch, size, 1);
    paint(2, "normalised", seen, size, most(seen));
    paint(3, "filter", get("filters")[k], size, most(get("filters")[k]));
    const [maps, pools] = [now.maps[k], now.pools[k]];
    [0, 1].forEach((sign) => {
      const [left, top, step] = paint(4 + sign, ["map, +", "map, −"][sign], maps[sign], side, most(maps.flat()));
      pen.strokeStyle = ink.ink; pen.lineWidth = 1.5;
      pen.strokeRect(left + column.value * step, top + row.value * step, step, step);
      paint(6 + sign, ["pooled, +", "pooled, −"][sign], pools[sign], get("cells"), most(pools.flat()));
    });
    const r = response(patch, get("filters")[k], get("biases")[k], get("contrast"));
    const t = get("threshold");
    const per = (v) => `${(100 * v).toFixed(0)} %`;
    say(`response of this patch ${minus(r.toFixed(2))}, threshold ±${t.toFixed(2)}: `
      + `${r > t || r < -t ? `counts ${(Math.abs(r) - t).toFixed(2)} on the ${r > 0 ? "+" : "−"} side` : "counts nothing"}. `
      + (shift.value ? `The move changes the pixels by ${per(now.pixels)}, the maps of all filters by ${per(now.change[0])}, the pooled maps by ${per(now.change[1])}.`
        : "Move the image to compare pixels, maps and pools."));
  });
  fig.pointer(canvas, (px, py) => {
    if (px === null) return;
    const [i, j] = [Math.floor(((py - 18) % (tile + 22)) / (tile / side)), Math.floor((px % (tile + 10)) / (tile / side))];
    const place = Math.floor(px / (tile + 10)) + 4 * Math.floor(py / (tile + 22));
    if (![0, 4, 5].includes(place) || i < 0 || j < 0 || i >= side || j >= side) return;
    row.value = i;
    column.value = j;
  });
  return fig.cleanUp;
}

export default { render };
