import { assertAlmostEquals } from "@std/assert";
import * as tf from "tf";
import { expectileLoss } from "./critic_step.ts";
import { noLeaks } from "../testing/no_leaks.ts";

Deno.test(
  "expectileLoss() has the value and gradient of |tau - 1(u < 0)| u^2",
  noLeaks(() => {
    tf.tidy(() => {
      const target = tf.tensor2d([[1], [-1]]);
      const { value, grad } = tf.valueAndGrad((v) => expectileLoss(v, target, 0.9))(tf.tensor2d([[0], [0]]));
      assertAlmostEquals(value.dataSync()[0]!, (0.9 + 0.1) / 2, 1e-6);
      const [up, down] = grad.dataSync();
      assertAlmostEquals(up!, -0.9, 1e-6);
      assertAlmostEquals(down!, 0.1, 1e-6);
    });
  }),
);
