// A trained Meta-CGNN makes effects under the pointer.
// State: body { layer1, layer2, out }, each [matrix rows, bias]; tasks [{ name, x, y, forth, back,
// costs }], standardised columns, the modulations of both directions, and both costs; x is the cause.

const LEVELS = [-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534]; // of eight equal parts

function layer(u, [matrix, bias]) {
  return bias.map((b, k) => u.reduce((sum, v, i) => sum + v * matrix[i][k], b));
}

// ŷ at one cause and noise: γ, β of both layers stand one after another in `film`.
function generateAt(body, film, cause, noise) {
  let u = [cause, noise];
  ["layer1", "layer2"].forEach((name, j) => {
    const z = layer(u, body[name]), width = z.length;
    u = z.map((v, k) => Math.max(0, (1 + film[2 * j * width + k]) * v + film[(2 * j + 1) * width + k]));
  });
  return layer(u, body.out)[0];
}

function render({ model, el }) {
  const fig = figure(el, model);
  const body = model.get("body"), tasks = model.get("tasks");
  const which = fig.choice("pair", tasks.map((t, k) => [String(k), t.name]), { value: "0" });
  const way = fig.choice("make", [["forth", "y from x"], ["back", "x from y"]], { value: "forth" });
  const say = fig.readout();
  const grid = Array.from({ length: 49 }, (_, k) => -3 + k / 8);
  let at = 0.5, back;
  const canvas = fig.draw({ aspect: 0.62, tallest: 400 }, (pen, { width, height, ink }) => {
    const task = tasks[Number(which.value)], forth = way.value === "forth";
    const [cause, effect] = forth ? [task.x, task.y] : [task.y, task.x];
    const film = task[way.value], made = LEVELS.map((noise) => generateAt(body, film, at, noise));
    const plot = chart(pen, {
      width, height, ink, x: [-3, 3], y: [-3.2, 3.2], xlabel: forth ? "x" : "y",
      ylabel: forth ? "y" : "x", xticks: [-2, 0, 2], yticks: [-2, 0, 2],
    });
    back = plot.sx.back;
    plot.inside(() => {
      plot.dots(cause, effect, { colour: ink.grey, radius: 2.5 });
      for (const noise of LEVELS)
        plot.curve(grid, grid.map((c) => generateAt(body, film, c, noise)), { colour: ink.blue, wide: 1, alpha: 0.6 });
      plot.curve([at, at], [-3.2, 3.2], { colour: ink.grey, wide: 1, dash: [3, 3] });
      plot.dots(made.map(() => at), made, { colour: ink.vermilion, radius: 4.5 });
    });
    const [s, t] = task.costs;
    say(`Cost ${s.toPrecision(2)} for y from x, ${t.toPrecision(2)} for x from y: the net `
      + `${s < t ? "is right, x" : "is wrong, y"} is said to be the cause.`);
  });
  fig.pointer(canvas, (x) => { if (x !== null && back) at = Math.max(-3, Math.min(3, back(x))); });
  return fig.cleanUp;
}

export default { render };
