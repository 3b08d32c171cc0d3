// Risk curves on log–log axes; a slider for n moves a marker and tells every method's risk there.
// State: sizes (m,), curves [{ name, risks (m,), ink, dash }], at (index of the first n shown).

function render({ model, el }) {
  const fig = figure(el, model);
  const sizes = model.get("sizes");
  const curves = model.get("curves");
  const n = fig.slider("samples n", {
    min: 0, max: sizes.length - 1, name: "at", value: Math.floor(sizes.length / 2),
    text: (i) => sizes[i].toLocaleString("en"),
  });
  const all = curves.flatMap((c) => c.risks);
  const low = 0.8 * Math.min(...all);
  const high = 1.25 * Math.max(...all);
  const say = fig.readout();

  fig.draw({ aspect: 0.62 }, (pen, { width, height, ink }) => {
    const longest = Math.max(...curves.map((c) => pen.measureText(c.name).width));
    const plot = chart(pen, {
      width, height, ink, x: [sizes[0], sizes.at(-1)], y: [low, high], log: "xy",
      xlabel: "samples n", ylabel: "risk", xticks: sizes.filter((_, i) => i % 2 === 0),
      xtext: (v) => `2${superscript(Math.round(Math.log2(v)))}`, pad: { right: longest + 16 },
    });
    const i = n.value;
    const ends = apart(curves.map((c) => plot.sy(c.risks.at(-1))));
    pen.fillStyle = ink.faint;
    pen.fillRect(plot.sx(sizes[i]) - 1, plot.box.top, 2, height - plot.box.top - plot.box.bottom);
    curves.forEach((c, k) => {
      const colour = ink[c.ink] ?? ink.ink;
      plot.curve(sizes, c.risks, { colour, dash: c.dash ? [5, 4] : [] });
      plot.dots([sizes[i]], [c.risks[i]], { colour, radius: 5 });
      plot.words(c.name, sizes.at(-1), c.risks.at(-1), {
        colour, dy: ends[k] - plot.sy(c.risks.at(-1)),
      });
    });
    const ranked = [...curves].sort((a, b) => a.risks[i] - b.risks[i]);
    say(`At n = ${sizes[i].toLocaleString("en")}: `
      + ranked.map((c) => `${c.name} ${c.risks[i].toPrecision(2)}`).join(" · "));
  });
  return fig.cleanUp;
}

export default { render };
