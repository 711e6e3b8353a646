import { assert, assertEquals } from "@std/assert";
import * as tf from "tf";
import { openBackend } from "../backend.ts";
import { filled, normals } from "../testing/example_step.ts";
import { nativeBackend } from "./native_backend.ts";
import { nativeCompile } from "./native_compile.ts";
import { KNOWN_OPERATIONS } from "./operations.ts";
import { traceStep } from "./record_graph.ts";
import { eager, type Params, type Stored } from "../seam.ts";

await openBackend({ backend: "native" });

type Cases = Record<string, (inputs: Params) => tf.Tensor>;
type Unary = (x: tf.Tensor) => tf.Tensor;

const tested = new Set<string>();
const compile = nativeCompile({
  warn: (message) => {
    throw new Error(message);
  },
});

/** `a` and `b` are [4, 6] normal, `p` [4, 6] positive, `row` [6], `q` [6, 3], `i` [5] row numbers, `bit` [4, 6] 0 or 1. */
function randomInputs(seed: number): Stored {
  const normal = normals(seed);
  const uniform = normals(seed + 1000);
  const integers = (shape: number[], below: number) => {
    const { data } = filled(shape, () => Math.floor(Math.abs(uniform()) * 1000) % below);
    return { shape, data: Int32Array.from(data) };
  };
  return {
    a: filled([4, 6], normal),
    b: filled([4, 6], normal),
    p: filled([4, 6], () => 0.2 + Math.abs(normal())),
    row: filled([6], normal),
    q: filled([6, 3], normal),
    i: integers([5], 4),
    bit: integers([4, 6], 2),
  };
}

/** Compiles all cases as one step and compares each with eager on three random inputs. */
async function agree(group: string, cases: Cases): Promise<void> {
  const definition = {
    name: group,
    step: (state: Params, inputs: Params) => ({
      state,
      outputs: Object.fromEntries(Object.entries(cases).map(([name, f]) => [name, f(inputs)])),
    }),
  };
  const trace = traceStep(nativeBackend(), definition, {}, randomInputs(0));
  for (const node of trace.nodes) if (node.kind === "operation") tested.add(node.op);
  const [loose, compiled] = [eager, compile].map((make) => make(definition, {}, randomInputs(0)));
  for (const seed of [1, 2, 3]) {
    const [expected, actual] = [
      await loose!.run(randomInputs(seed)),
      await compiled!.run(randomInputs(seed)),
    ];
    assertEquals(Object.keys(actual), Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      assertEquals(actual[name]!.shape, shape, name);
      data.forEach((value, i) => {
        const other = actual[name]!.data[i]!;
        const close = Math.abs(other - value) <= 1e-6 * Math.max(1, Math.abs(value)) ||
          Object.is(other, value);
        assert(close, `${name}[${i}] must be ${value}: it is ${other}`);
      });
    }
  }
  loose!.dispose();
  compiled!.dispose();
}

/** Each function and its gradient, at `at`. */
function withGradients(at: string, functions: Record<string, Unary>): Cases {
  const cases: Cases = {};
  for (const [name, f] of Object.entries(functions)) {
    cases[name] = (inputs) => f(inputs[at]!);
    cases[`${name} gradient`] = (inputs) => tf.grad((x) => tf.sum(tf.mul(f(x), f(x))))(inputs[at]!);
  }
  return cases;
}

Deno.test("compiled functions of one argument and their gradients agree with eager", async () => {
  await agree(
    "anywhere",
    withGradients("a", {
      abs: tf.abs,
      neg: tf.neg,
      square: tf.square,
      exp: tf.exp,
      expm1: tf.expm1,
      sin: tf.sin,
      cos: tf.cos,
      tan: tf.tan,
      atan: tf.atan,
      tanh: tf.tanh,
      sinh: tf.sinh,
      cosh: tf.cosh,
      erf: tf.erf,
      sigmoid: tf.sigmoid,
      relu: tf.relu,
      softplus: tf.softplus,
      relu6: tf.relu6,
      elu: tf.elu,
      sign: tf.sign,
      floor: tf.floor,
      ceil: tf.ceil,
      round: tf.round,
      softmax: (x) => tf.softmax(x),
      logSumExp: (x) => tf.logSumExp(x, -1, true),
      clipByValue: (x) => tf.clipByValue(x, -0.5, 0.7),
      clone: (x) => tf.clone(x),
      step: (x) => tf.mul(tf.step(x), x),
    }),
  );
  await agree(
    "positive",
    withGradients("p", {
      sqrt: tf.sqrt,
      rsqrt: tf.rsqrt,
      reciprocal: tf.reciprocal,
      log: tf.log,
      log1p: tf.log1p,
      pow: (x) => tf.pow(x, 1.7),
    }),
  );
});

Deno.test("compiled reductions and shapes and their gradients agree with eager", async () => {
  await agree("reductions", {
    ...withGradients("a", {
      sum: (x) => tf.sum(x),
      sumRows: (x) => tf.sum(x, 0),
      sumKept: (x) => tf.sum(x, -1, true),
      mean: (x) => tf.mean(x),
      meanKept: (x) => tf.mean(x, 1, true),
      max: (x) => tf.max(x, 1),
      min: (x) => tf.min(x, 0),
      prod: (x) => tf.prod(x, 1),
      cumsum: (x) => tf.cumsum(x, 1),
    }),
    argMax: ({ a }) => tf.argMax(a!, 1),
    argMin: ({ a }) => tf.argMin(a!, 0),
    all: ({ a }) => tf.all(tf.greater(a!, -1), 1),
    any: ({ a }) => tf.any(tf.greater(a!, 1), 0, true),
    topValues: ({ a }) => tf.topk(a!, 3).values,
    topIndices: ({ a }) => tf.topk(a!, 3).indices,
  });
  await agree("shapes", {
    ...withGradients("a", {
      reshape: (x) => tf.reshape(x, [3, 8]),
      expandDims: (x) => tf.expandDims(x, 1),
      transpose: (x) => tf.transpose(x),
      slice: (x) => tf.slice(x, [1, 2], [2, 3]),
      split: (x) => tf.mul(...tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]),
      stack: (x) => tf.stack([x, tf.square(x)], 1),
      unstack: (x) => tf.add(tf.unstack(x)[1]!, tf.unstack(x)[3]!),
      concat: (x) => tf.concat([x, tf.neg(x)], 1),
      tile: (x) => tf.tile(x, [2, 1]),
      reverse: (x) => tf.reverse(x, 0),
      broadcastTo: (x) => tf.broadcastTo(tf.slice(x, [0, 0], [1, 6]), [5, 6]),
      pad: (x) => tf.pad(x, [[1, 0], [0, 2]], 3),
      zerosLike: (x) => tf.add(tf.zerosLike(x), x),
      onesLike: (x) => tf.add(tf.onesLike(x), x),
    }),
    stridedSlice: ({ a }) => tf.stridedSlice(a!, [0, 0], [4, 6], [2, 3]),
    fill: ({ a }) => tf.add(a!, tf.fill([4, 6], 2.5)),
    range: ({ row }) => tf.add(row!, tf.range(0, 6)),
    zeros: ({ a }) => tf.add(a!, tf.zeros([4, 6])),
    constant: () => tf.tensor2d([[1, -2.5], [-0, 4]]),
  });
});

/** A function of two arguments and both gradients. */
function binary(name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, [x, y]: [string, string]): Cases {
  const gradient = (which: number) => (inputs: Params) =>
    tf.grads((a, b) => tf.sum(tf.square(f(a!, b!))))([inputs[x]!, inputs[y]!])[which]!;
  return {
    [`${name} ${x} ${y}`]: (inputs) => f(inputs[x]!, inputs[y]!),
    [`${name} ${x} ${y} left`]: gradient(0),
    [`${name} ${x} ${y} right`]: gradient(1),
  };
}

Deno.test("compiled arithmetic with broadcasting and its gradients agree with eager", async () => {
  // tfjs has no gradient for these three when their arguments have different shapes.
  const sameShape = { minimum: tf.minimum, maximum: tf.maximum, squaredDifference: tf.squaredDifference };
  const cases: Cases = {
    addN: ({ a, b, p }) => tf.addN([a!, b!, p!]),
    mod: ({ a, p }) => tf.mod(a!, p!),
    floorDiv: ({ bit }) => tf.floorDiv(tf.add(bit!, tf.scalar(7, "int32")), tf.scalar(2, "int32")),
  };
  for (const [name, f] of Object.entries({ add: tf.add, sub: tf.sub, mul: tf.mul, ...sameShape })) {
    Object.assign(cases, binary(name, f, ["a", "b"]));
    if (name in sameShape) cases[`${name} broadcast`] = ({ a, row }) => f(a!, row!);
    else Object.assign(cases, binary(name, f, ["a", "row"]), binary(name, f, ["row", "a"]));
  }
  Object.assign(cases, binary("div", tf.div, ["a", "p"]), binary("div", tf.div, ["row", "p"]));
  await agree("arithmetic", cases);
  await agree("matrices", {
    ...binary("matMul", (a, q) => tf.matMul(a, q), ["a", "q"]),
    ...binary("transposed left", (a, b) => tf.matMul(a, b, true), ["a", "b"]),
    ...binary("transposed right", (a, b) => tf.matMul(a, b, false, true), ["a", "b"]),
    ...binary("transposed both", (a, q) => tf.matMul(q, a, true, true), ["a", "q"]),
    batched: ({ a, b }) => tf.matMul(tf.reshape(a!, [2, 2, 6]), tf.reshape(b!, [2, 6, 2])),
  });
});

Deno.test("compiled comparisons, choices and indices agree with eager", async () => {
  const cases: Cases = {};
  const compare = {
    equal: tf.equal,
    notEqual: tf.notEqual,
    greater: tf.greater,
    greaterEqual: tf.greaterEqual,
    less: tf.less,
    lessEqual: tf.lessEqual,
  };
  for (const [name, f] of Object.entries(compare)) {
    cases[name] = ({ a, b }) => tf.cast(f(tf.round(a!), tf.round(b!)), "int32");
  }
  const [positive, odd] = [
    (t: Params) => tf.greater(t["a"]!, 0),
    (t: Params) => tf.cast(t["bit"]!, "bool"),
  ];
  await agree("choices", {
    ...cases,
    boolean: positive,
    and: (t) => tf.logicalAnd(positive(t), odd(t)),
    or: (t) => tf.logicalOr(positive(t), odd(t)),
    not: (t) => tf.logicalNot(odd(t)),
    isNaN: ({ a }) => tf.isNaN(tf.sqrt(a!)),
    where: (t) => tf.where(odd(t), t["a"]!, t["b"]!),
    "where gradient": (t) => tf.grad((x) => tf.sum(tf.where(odd(t), tf.square(x), tf.mul(x, 3))))(t["a"]!),
    cast: ({ a, bit }) => tf.add(tf.cast(tf.mul(a!, 9), "int32"), bit!),
    oneHot: ({ i }) => tf.oneHot(i!, 4),
    gather: ({ a, i }) => tf.gather(a!, i!),
    "gather gradient": ({ a, i }) => tf.grad((x) => tf.sum(tf.square(tf.gather(x, i!))))(a!),
    "gather of top": ({ a }) =>
      tf.gather(tf.slice(a!, [0, 0], [4, 1]), tf.slice(tf.topk(tf.transpose(a!), 2).indices, [0, 0], [1, 2])),
    gatherNd: ({ a, i }) => tf.gatherND(a!, tf.reshape(i!, [5, 1])),
    segments: ({ a, i }) => tf.unsortedSegmentSum(a!, tf.slice(i!, [0], [4]) as tf.Tensor1D, 5),
  });
});

Deno.test("variableGrads() inside a compiled step agrees with eager", async () => {
  await agree("variables", {
    weight: ({ a, q }) => {
      const weight = tf.variable(q!);
      const { grads } = tf.variableGrads(
        () => tf.mean(tf.square(tf.matMul(a as tf.Tensor2D, weight as tf.Tensor2D))),
        [weight],
      );
      weight.dispose();
      return Object.values(grads)[0]!;
    },
  });
});

Deno.test("every known operation is tested in this file", () => {
  assertEquals(KNOWN_OPERATIONS.filter((op) => !tested.has(op)), []);
});
