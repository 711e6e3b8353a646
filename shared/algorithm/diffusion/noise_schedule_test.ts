import { assertAlmostEquals, assertLess } from "@std/assert";
import { alpha, lambda, sigma, timeOfLambda } from "./noise_schedule.ts";

Deno.test("alpha(), sigma() and lambda() have the known values of the linear VP schedule", () => {
  assertAlmostEquals(alpha(1), 0.00657, 1e-5);
  assertAlmostEquals(sigma(1e-3), 0.0105, 1e-4);
  assertAlmostEquals(lambda(1), -5.03, 0.01);
  assertAlmostEquals(lambda(1e-3), 4.56, 0.01);
  for (const t of [1e-5, 1e-3, 0.3, 1]) assertAlmostEquals(alpha(t) ** 2 + sigma(t) ** 2, 1, 1e-14);
});

Deno.test("sigma() does not cancel near 0", () => {
  // To second order sigma^2 = beta0 t + (beta1 - beta0) t^2 / 2 - (beta0 t)^2 / 2.
  const t = 1e-9;
  assertLess(Math.abs(sigma(t) ** 2 / (0.1 * t) - 1), 1e-6);
});

Deno.test("timeOfLambda() is the inverse of lambda()", () => {
  for (const t of [1e-5, 1e-4, 1e-3, 0.02, 0.5, 0.9, 1]) {
    assertLess(Math.abs(timeOfLambda(lambda(t)) / t - 1), 1e-10);
  }
});
