/**
 * Acts with an exported policy, in a browser or in Node, without any package.
 *
 *   import { loadPolicy } from "./cugro_policy.mjs";
 *   const policy = await loadPolicy();             // the folder that this file lies in, or another's URL
 *   const action = policy.act(observation, 1);     // task 1; raw numbers in, raw numbers out; a discrete action's number
 *   policy.act(observation, 1, { way: "sampler", random: Math.random });
 *
 * node cugro_policy.mjs tests the folder that it lies in against selftest.safetensors.
 */

/** Arrays by name, and the metadata, of the bytes of a safetensors file. */
export function readSafetensors(bytes) {
  const size = Number(new DataView(bytes).getBigUint64(0, true));
  const { __metadata__: metadata = {}, ...header } = JSON.parse(
    new TextDecoder().decode(bytes.slice(8, 8 + size)),
  );
  const types = { F32: Float32Array, I32: Int32Array, U8: Uint8Array };
  const arrays = Object.fromEntries(
    Object.entries(header).map((
      [name, { dtype, shape, data_offsets: [from, to] }],
    ) => [name, { shape, data: new types[dtype](bytes.slice(8 + size + from, 8 + size + to)) }]),
  );
  return { arrays, metadata };
}

async function bytesOf(url) {
  if (url.protocol !== "file:") return await (await fetch(url)).arrayBuffer();
  const file = await (await import("node:fs/promises")).readFile(url);
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
}

/** Opens the policy in a folder. */
export async function loadPolicy(folder = new URL(".", import.meta.url)) {
  return openPolicy(await bytesOf(new URL("weights.safetensors", folder)));
}

/** A policy of the bytes of weights.safetensors. */
export function openPolicy(bytes) {
  const { arrays, metadata: knobs } = readSafetensors(bytes);
  const tasks = [...arrays["tasks/ids"].data], acting = knobs.acting.split(",");
  const M = Number(knobs.candidates),
    classes = Number(knobs.classes),
    A = arrays["tasks/actions.min"].shape[1];
  const programs = Object.fromEntries(
    Object.entries(knobs).filter(([, text]) => text.includes(";"))
      .map(([name, text]) => [name, text.split(";").map((word) => word.split(" "))]),
  );
  const row = ({ shape, data }, k) => data.subarray(k * shape[1], (k + 1) * shape[1]);
  const table = (k) => (name) => row(arrays["tasks/" + name], k);

  /** a and b combined; one of them may have one row, or be a row itself. Values are `{ rows, width, data }`. */
  const mix = (a, b, of) => {
    const rows = Math.max(a.rows, b.rows),
      width = Math.max(a.width, b.width),
      data = new Float32Array(rows * width);
    for (let r = 0, i = 0; r < rows; r++) {
      for (let c = 0; c < width; c++, i++) {
        data[i] = of(
          a.data[(r % a.rows) * a.width + c % a.width],
          b.data[(r % b.rows) * b.width + c % b.width],
          c,
        );
      }
    }
    return { rows, width, data };
  };
  const each = ({ rows, width, data }, of) => ({ rows, width, data: data.map((x, i) => of(x, i % width)) });
  const asRow = (data) => ({ rows: 1, width: data.length, data });
  const sum = (a, b) => mix(a, b, (x, y) => x + y);
  const columns = new Map(); // Matrices by columns: a column is read once for four rows.
  const times = ({ rows, width, data }, { shape: [, O], data: w }) => {
    if (!columns.has(w)) {
      columns.set(
        w,
        Float32Array.from(w, (_, at) => w[(at % width) * O + Math.floor(at / width)]),
      );
    }
    const out = new Float32Array(rows * O), by = columns.get(w);
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      const a = r * width, b = a + width, c = b + width, d = c + width;
      for (let o = 0, at = 0; o < O; o++) {
        let wa = 0, wb = 0, wc = 0, wd = 0;
        for (let i = 0; i < width; i++, at++) {
          const v = by[at];
          wa += v * data[a + i];
          wb += v * data[b + i];
          wc += v * data[c + i];
          wd += v * data[d + i];
        }
        const to = r * O + o;
        out[to] = wa;
        out[to + O] = wb;
        out[to + 2 * O] = wc;
        out[to + 3 * O] = wd;
      }
    }
    for (; r < rows; r++) {
      for (let o = 0, at = 0; o < O; o++) {
        let sum = 0;
        for (let i = r * width; i < (r + 1) * width; i++, at++) sum += by[at] * data[i];
        out[r * O + o] = sum;
      }
    }
    return { rows, width: O, data: out };
  };
  const norm = ({ rows, width, data }) => {
    const out = new Float32Array(data.length);
    for (let from = 0; from < data.length; from += width) {
      const own = data.subarray(from, from + width), mean = own.reduce((a, x) => a + x, 0) / width;
      const scale = 1 / Math.sqrt(own.reduce((a, x) => a + (x - mean) ** 2, 0) / width + 1e-5);
      own.forEach((x, i) => out[from + i] = (x - mean) * scale);
    }
    return { rows, width, data: out };
  };

  /** A network's words, see bundle.json: one current value and a few registers. */
  const run = (network, k, registers, step = 0) => {
    const kept = { ...registers };
    let x = asRow(new Float32Array(1));
    for (const [verb, name] of programs[network]) {
      const w = arrays[name];
      if (verb === "get") x = kept[name] ?? asRow(new Float32Array(1));
      else if (verb === "set") kept[name] = x;
      else if (verb === "add") x = sum(x, kept[name]);
      else if (verb === "join") {
        const before = kept[name], width = before.width + x.width, joined = new Float32Array(x.rows * width);
        for (let r = 0; r < x.rows; r++) {
          joined.set(before.data.subarray(r * before.width, (r + 1) * before.width), r * width);
          joined.set(x.data.subarray(r * x.width, (r + 1) * x.width), r * width + before.width);
        }
        x = { rows: x.rows, width, data: joined };
      } else if (verb === "times") x = times(x, w);
      else if (verb === "plus") x = sum(x, asRow(w.data));
      else if (verb === "task") x = sum(x, asRow(row(w, k)));
      else if (verb === "step") x = sum(x, asRow(row(w, step)));
      else if (verb === "pick") {
        x = {
          rows: x.rows,
          width: 1,
          data: x.data.filter((_, i) => i % x.width === k),
        };
      } else if (verb === "norm") x = norm(x);
      else if (verb === "silu") x = each(x, (v) => v / (1 + Math.exp(-v)));
      else if (verb === "relu") x = each(x, (v) => Math.max(v, 0));
    }
    return x;
  };

  const sample = (k, s, noise, clamp) => {
    let x = noise, at = noise, before = noise, predicted = [];
    const { shape: [steps], data } = arrays["sampler/solver"];
    for (let step = 0; step < steps; step++) {
      const [keep, c1, c2, c3, end, clamps, kx, m, q] = data.subarray(step * 9);
      predicted.push(run("sampler", k, { s, z: at }, step));
      at = each(x, (v) => keep * v);
      [c1, c2, c3].forEach((c, i) => {
        if (c) at = mix(at, predicted[i], (a, e) => a + c * e);
      });
      if (clamps) at = clamp(at);
      if (!end) continue;
      const ahead = mix(at, before, (y, b) => m * (y + q * (y - b)));
      [before, predicted] = [at, []];
      x = at = mix(x, ahead, (v, a) => kx * v + a);
    }
    return clamp(x);
  };

  const choose = (k, s, candidates, gumbel, of) => {
    let [cs, cz] = [s, candidates];
    if (classes) cz = candidates = oneHot(candidates);
    if (knobs.criticNormalisedInputs !== "true") {
      [cs, cz] = [[s, "observations"], [candidates, "actions"]].map(([rows, kind]) =>
        each(rows, (v, d) => v * of(kind + ".halfRange")[d] + of(kind + ".centre")[d])
      );
    }
    const all = Array.from(
      { length: Number(knobs.critics) },
      (_, e) => run("critic." + e, k, { s: cs, z: cz }).data,
    );
    const q = Array.from(all[0], (_, i) => {
      const own = all.map((values) => values[i]);
      return knobs.pessimism === "min"
        ? Math.min(...own)
        : meanOf(own) - Number(knobs.pessimism) * deviationOf(own);
    });
    let w = weigh(q, knobs, gumbel);
    if (knobs.selection === "mode" && !classes) {
      w = heavierMode(w, candidates.data, of("actions.low"), of("actions.high"));
    }
    return asRow(
      Float32Array.from(
        { length: A },
        (_, d) => w.reduce((a, v, i) => a + v * candidates.data[i * A + d], 0),
      ),
    );
  };

  /** One raw action `[A]` for one raw observation `[S]`, or the number of a discrete one. */
  const act = (observation, task, { way, noise, gumbel, random = Math.random } = {}) => {
    const k = tasks.indexOf(task), S = arrays["tasks/observations.min"].shape[1];
    if (k < 0) throw new RangeError(`Cannot act in task ${task}: known tasks are ${tasks}`);
    if (observation.length !== S || !Array.from(observation).every(Number.isFinite)) {
      throw new RangeError(
        `An observation must have ${S} finite numbers: current one has ${observation.length}`,
      );
    }
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const of = table(k),
      clampTo = (low, high) => (x) => each(x, (v, d) => Math.min(Math.max(v, low[d]), high[d]));
    const clamp = clampTo(of("actions.low"), of("actions.high"));
    const s = clampTo(of("observations.clampLow"), of("observations.clampHigh"))(asRow(Float32Array.from(
      observation,
      (v, d) => (Math.fround(v) - of("observations.centre")[d]) / of("observations.halfRange")[d],
    )));
    way ??= acting[k];
    let actions;
    if (way === "actor") actions = clamp(run("actor", k, { s }));
    else {
      const z = {
        rows: M,
        width: A,
        data: Float32Array.from(noise ?? Array.from({ length: M * A }, normal)),
      };
      const drawn = way === "sampler" ? sample(k, s, z, clamp) : clamp(run(way, k, { s, z }));
      actions = choose(
        k,
        s,
        drawn,
        gumbel ?? Array.from({ length: M }, () => -Math.log(-Math.log(1 - random()))),
        of,
      );
    }
    if (classes) return best(actions.data);
    const raw = each(actions, (v, d) => v * of("actions.halfRange")[d] + of("actions.centre")[d]);
    return clampTo(of("actions.min"), of("actions.max"))(raw).data;
  };
  return { tasks, acting: Object.fromEntries(tasks.map((task, k) => [task, acting[k]])), knobs, arrays, act };
}

const best = (values) => values.reduce((b, v, i) => v > values[b] ? i : b, 0);
const meanOf = (values) => values.reduce((a, v) => a + v, 0) / values.length;
const deviationOf = (values) => Math.sqrt(meanOf(values.map((v) => (v - meanOf(values)) ** 2)));
function oneHot({ rows, width, data }) {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) out[r * width + best(data.subarray(r * width, (r + 1) * width))] = 1;
  return { rows, width, data: out };
}

/** The weight of each candidate, by its value. */
function weigh(q, { selection, topCount, selectionSpread, inverseTemperature }, gumbel) {
  if (selection === "top") {
    const n = Math.min(Number(topCount), q.length);
    const order = q.map((_, i) => i).sort((a, b) => q[b] - q[a] || a - b).slice(0, n);
    return q.map((_, i) => order.includes(i) ? 1 / n : 0);
  }
  const spread = selectionSpread === "returns" ? 1 : Math.max(deviationOf(q), 1e-4),
    greatest = Math.max(...q);
  const logits = q.map((v) => (v - greatest) / spread * Number(inverseTemperature));
  if (selection === "one") {
    return logits.map((_, i) => Number(i === best(logits.map((l, j) => l + gumbel[j]))));
  }
  const w = logits.map(Math.exp), total = w.reduce((a, v) => a + v, 0);
  return w.map((v) => v / total);
}

/** The weights again; where the candidates are two groups far apart, those of the heavier one alone. */
function heavierMode(w, actions, low, high) {
  const A = low.length, weighted = (of) => w.reduce((a, v, i) => a + v * of(i), 0);
  const coordinates = Array.from(low, (_, d) => {
    const at = w.map((_, i) => high[d] > low[d] ? (actions[i * A + d] - low[d]) / (high[d] - low[d]) : 0);
    const mean = weighted((i) => at[i]);
    return { at, mean, variance: weighted((i) => (at[i] - mean) ** 2) };
  });
  const { at, mean, variance } = coordinates[best(coordinates.map((one) => one.variance))];
  const cuts = at.map((place) => {
    const share = weighted((i) => at[i] <= place ? 1 : 0),
      moment = weighted((i) => at[i] <= place ? at[i] : 0);
    const rest = Math.max(1 - share, 0), whole = share * rest;
    return whole > 0
      ? {
        place,
        share,
        explained: (mean * share - moment) ** 2 / whole,
        apart: (mean - moment) / rest - moment / share,
      }
      : { place, share, explained: 0, apart: 0 };
  });
  const cut = cuts[best(cuts.map(({ explained }) => explained))];
  if (!(cut.explained > 0.95 * variance && cut.apart > 0.3)) return w;
  const kept = w.map((v, i) => (at[i] <= cut.place) === (cut.share >= 0.5) ? v : 0),
    total = kept.reduce((a, v) => a + v, 0);
  return kept.map((v) => v / total);
}

/** Compares with what the policy answered where it was exported. Whether all ways of acting agree, and lines that say how well. */
export async function selfTest(folder = new URL(".", import.meta.url), atMost = Infinity) {
  const policy = await loadPolicy(folder);
  const { arrays } = readSafetensors(await bytesOf(new URL("selftest.safetensors", folder)));
  const { task: { data: tasks }, observation, noise, gumbel } = arrays;
  const rows = Math.min(tasks.length, atMost), lines = [];
  let agrees = true;
  const part = (array, r) =>
    array &&
    array.data.subarray(r * array.data.length / tasks.length, (r + 1) * array.data.length / tasks.length);
  for (const way of ["actor", "proposer", "sampler"].filter((one) => arrays[one])) {
    const errors = Array.from({ length: rows }, (_, r) => {
      const found = policy.act(part(observation, r), tasks[r], {
        way,
        noise: part(noise, r),
        gumbel: part(gumbel, r),
      });
      const wanted = part(arrays[way], r), unit = policy.arrays["tasks/actions.halfRange"];
      if (typeof found === "number") return Number(found !== wanted[0]);
      const from = policy.tasks.indexOf(tasks[r]) * found.length;
      return Math.max(...found.map((v, d) => Math.abs(v - wanted[d]) / unit.data[from + d]));
    });
    // Two candidates whose values are equal to the last digit may change places: 2 rows of 256.
    const near = errors.filter((error) => error <= 1e-4), far = rows - near.length;
    agrees &&= far <= Math.floor(rows / 100);
    lines.push(
      `${way}: greatest error ${Math.max(...near, 0).toExponential(1)} of ${rows} rows, ${far} elsewhere`,
    );
  }
  return { agrees, lines };
}

if (
  globalThis.process?.argv?.[1] && import.meta.url.endsWith(globalThis.process.argv[1].split(/[\\/]/).pop())
) {
  const { agrees, lines } = await selfTest();
  console.log(lines.join("\n"));
  globalThis.process.exitCode = agrees ? 0 : 1;
}
