// The bills of two roads to one error, against the number of answers that are wanted.
// State: tasks [{ name, error, trials, network: { rows, run, answer }, kernel: { rows, seconds,
// answer } }]; seconds of one training run, of one fit and of one answer; names of the sliders.

const SIGN = { kernel: "blue", network: "vermilion" };

// Bills of both roads, as `ldyn.lowcost.bill` writes them; the trials and the fit after them.
function bills(task, { core, wage, hours, trials, label }) {
  const road = (rows, person, seconds, answer) => ({
    labels: rows * label, person, machine: (seconds * core) / 3600, each: (answer * core) / 3600,
  });
  const { kernel, network } = task;
  return {
    kernel: road(kernel.rows, 0, kernel.seconds, kernel.answer),
    network: road(network.rows, hours * wage, (trials + 1) * network.run, network.answer),
  };
}

function before(bill) { return bill.labels + bill.person + bill.machine; }

// After how many answers two bills are equal, or null: `ldyn.lowcost.break_even`.
function breakEven(first, second) {
  const [early, late] = [before(first) - before(second), second.each - first.each];
  if (early === 0) return 0;
  return early * late > 0 ? early / late : null;
}

function whole(v) { return Number(v.toPrecision(2)).toLocaleString("en"); }
function money(v) { return v >= 100 ? whole(v) : Number(v.toPrecision(2)).toString(); }
function count(v) {
  const [unit, name] = [[1e12, " million million"], [1e9, " thousand million"], [1e6, " million"]].find(([u]) => v >= u) ?? [1, ""];
  return `${whole(v / unit)}${name}`;
}

// What is to be said of a crossing.
function verdict({ kernel, network }) {
  const meet = breakEven(kernel, network);
  const [cheap, dear] = before(kernel) < before(network) ? ["kernel", "network"] : ["network", "kernel"];
  if (meet === null) return `The ${cheap} is the cheaper one at the first answer, and stays it.`;
  return `The ${cheap} is the cheaper one up to ${count(meet)} answers, the ${dear} from there on.`;
}

function render({ model, el }) {
  const fig = figure(el, model);
  const tasks = model.get("tasks");
  const pick = fig.choice("equal accuracy", tasks.map((t, i) => [i, t.name]), { name: "task" });
  const log = (text, name, min, max, write) => fig.slider(text, { min, max, step: 0.1, name, text: (k) => write(10 ** k) });
  const core = log("an hour of a core", "core", -2.5, 1, money);
  const wage = log("an hour of a person", "wage", 0.5, 2.5, money);
  const hours = log("hours on choices", "hours", -1, 3, money);
  const trials = log("trials", "trials", 0, 3.7, (v) => whole(Math.round(v)));
  const label = log("a label", "label", -4, 1, money);
  const say = fig.readout();
  const [x, y] = [[1, 1e12], [1e-6, 1e8]];
  const ends = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((k) => [1, 2, 5].map((m) => m * 10 ** k)).filter((v) => v <= x[1]);

  fig.draw({ aspect: 0.55, tallest: 420 }, (pen, { width, height, ink }) => {
    const task = tasks[Number(pick.input.value)];
    const found = bills(task, { core: 10 ** core.value, wage: 10 ** wage.value, hours: 10 ** hours.value,
      trials: Math.round(10 ** trials.value), label: 10 ** label.value });
    const plot = chart(pen, { width, height, ink, x, y, log: "xy", xlabel: "answers wanted", ylabel: "bill",
      xticks: [1, 1e3, 1e6, 1e9, 1e12], yticks: [1e-6, 1e-4, 1e-2, 1, 100, 1e4, 1e6, 1e8], pad: { left: 44 } });
    const lines = (bill, colour) => {
      const part = (f, dash) => plot.curve(ends, ends.map(f), { colour, wide: 1.3, dash });
      part((n) => bill.machine + n * bill.each, [2, 3]);
      part(() => bill.labels, [7, 4]);
      if (bill.person) part(() => bill.person, [10, 3, 2, 3]);
      plot.curve(ends, ends.map((n) => before(bill) + n * bill.each), { colour, wide: 3 });
    };
    const meet = breakEven(found.kernel, found.network);
    plot.inside(() => {
      lines(found.network, ink[SIGN.network]);
      lines(found.kernel, ink[SIGN.kernel]);
      if (meet !== null && meet >= 1) {
        plot.curve([meet, meet], y, { colour: ink.grey, wide: 1, dash: [4, 4] });
        plot.dots([meet], [before(found.kernel) + meet * found.kernel.each], { colour: ink.ink, radius: 5 });
      }
    });
    Object.entries(SIGN).forEach(([name, colour], k) => plot.words(name, x[0], y[1], { colour: ink[colour], dy: 10 + 17 * k }));
    const told = (name, { labels, person, machine, each }) => `${name}: labels ${money(labels)}, person ${money(person)}, `
      + `machine ${money(machine)}, and ${money(1e6 * each)} for a million answers.`;
    say(`${verdict(found)}\n${told(`Kernel, ${whole(task.kernel.rows)} labels`, found.kernel)}\n`
      + `${told(`Network, ${whole(task.network.rows)} labels`, found.network)}`);
  });
  return fig.cleanUp;
}

export default { render };
