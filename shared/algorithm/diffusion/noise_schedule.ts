/**
 * The forward process of both generators: VP-SDE with linear beta on t in [0, 1] (Song et al. 2021; DPM-Solver, Lu et al. 2022).
 * All of it in float64 on the host: near t = 0 float32 would cancel.
 * @module
 */

const BETA0 = 0.1;
const BETA1 = 20;

/** Least time that training draws. */
export const TRAINING_TIME_START = 1e-5;

/**
 * log alpha_t = -t^2 (beta1 - beta0) / 4 - t beta0 / 2.
 * Source: the variance-preserving SDE (Song et al. 2021, Eq. 33), beta0 = 0.1, beta1 = 20.
 *
 * @param t in [0, 1]
 * @returns at most 0
 */
export function logAlpha(t: number): number {
  return -0.25 * t * t * (BETA1 - BETA0) - 0.5 * t * BETA0;
}

/**
 * alpha_t: what is left of the sample.
 *
 * @param t in [0, 1]
 * @returns in (0, 1]
 */
export function alpha(t: number): number {
  return Math.exp(logAlpha(t));
}

/**
 * sigma_t = sqrt(1 - alpha_t^2), without cancellation near t = 0.
 *
 * @param t in [0, 1]
 * @returns in [0, 1)
 */
export function sigma(t: number): number {
  return Math.sqrt(-Math.expm1(2 * logAlpha(t)));
}

/**
 * lambda_t = log(alpha_t / sigma_t), half the log signal-to-noise ratio; falls with t.
 * Source: DPM-Solver (Lu et al. 2022).
 *
 * @param t in (0, 1]
 * @returns about 4.6 at t = 0.001, -5 at t = 1
 */
export function lambda(t: number): number {
  return logAlpha(t) - Math.log(sigma(t));
}

/**
 * The t of a lambda: the inverse of {@linkcode lambda}.
 * Source: DPM-Solver (Lu et al. 2022).
 *
 * @param value lambda
 * @returns t in (0, 1]
 */
export function timeOfLambda(value: number): number {
  // -2 log alpha = log(1 + exp(-2 lambda)); then the quadratic in t, in the form that keeps small t exact.
  const minusTwoLogAlpha = value < 0
    ? -2 * value + Math.log1p(Math.exp(2 * value))
    : Math.log1p(Math.exp(-2 * value));
  const root = Math.sqrt(BETA0 * BETA0 + 2 * (BETA1 - BETA0) * minusTwoLogAlpha);
  return (2 * minusTwoLogAlpha) / (root + BETA0);
}
