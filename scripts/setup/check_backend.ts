/** Opens the backend named by the environment, checks its arithmetic and a gradient, prints one line of JSON. */
import { openBackend, profileId } from "@cugro/tensors/backend";

async function selfTest(): Promise<void> {
  const started = performance.now();
  const backend = await openBackend();
  const tf = await import("tf");
  tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const w = tf.tensor2d([1, -1, 0.5, 2], [2, 2]);
    expect("matMul", tf.matMul(x, w), [2, 3, 5, 5, 8, 7]);
    // d/dw of the sum of squares of x·w is 2 xᵀ(x·w).
    const gradient = tf.grad((v) => tf.sum(tf.square(tf.matMul(x, v as typeof w))))(w);
    expect("gradient", gradient, [114, 106, 144, 136]);
    expect("sigmoid", tf.sigmoid(tf.tensor1d([0])), [0.5]);
  });
  console.log(
    JSON.stringify({ profile: profileId(backend.profile), seconds: (performance.now() - started) / 1000 }),
  );
}

function expect(what: string, found: { dataSync(): ArrayLike<number> }, wanted: number[]): void {
  const values = Array.from(found.dataSync());
  const wrong = values.length !== wanted.length || values.some((v, i) => !(Math.abs(v - wanted[i]!) < 1e-4));
  if (wrong) throw new Error(`Wrong ${what}: wanted [${wanted}], found [${values}]`);
}

try {
  await selfTest();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
