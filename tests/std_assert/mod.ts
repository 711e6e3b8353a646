/**
 * The functions of `@std/assert` that this project uses, over `node:assert`, for machines that cannot reach JSR.
 * Drop the line `links` in the root `deno.json` to use the real package; no import changes.
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Thrown when an assertion fails. */
export const AssertionError: typeof nodeAssert.AssertionError = nodeAssert.AssertionError;

/** Asserts that `expression` is truthy. */
export function assert(expression: unknown, message = "Expected a truthy value"): asserts expression {
  if (!expression) throw new nodeAssert.AssertionError({ message });
}

/** Asserts deep strict equality. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message as string);
}

/** Asserts deep strict inequality. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message as string);
}

/** Asserts identity (`Object.is`). */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, message as string);
}

/** Asserts that a value is neither null nor undefined. */
export function assertExists<T>(actual: T, message = "Expected a value"): asserts actual is NonNullable<T> {
  if (actual === null || actual === undefined) throw new nodeAssert.AssertionError({ message });
}

/** Asserts `|actual - expected| <= tolerance` (default 1e-7 of the expected size). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(actual - expected) <= allowed) return;
  throw new nodeAssert.AssertionError({
    message: message ?? `Expected ${actual} to be ${expected} within ${allowed}`,
  });
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, message?: string): void {
  if (!(actual > expected)) {
    throw new nodeAssert.AssertionError({ message: message ?? `Expected ${actual} > ${expected}` });
  }
}

/** Asserts `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual >= expected)) {
    throw new nodeAssert.AssertionError({ message: message ?? `Expected ${actual} >= ${expected}` });
  }
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  if (!(actual < expected)) {
    throw new nodeAssert.AssertionError({ message: message ?? `Expected ${actual} < ${expected}` });
  }
}

/** Asserts `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void {
  if (!(actual <= expected)) {
    throw new nodeAssert.AssertionError({ message: message ?? `Expected ${actual} <= ${expected}` });
  }
}

/** Asserts that the string contains `part`. */
export function assertStringIncludes(actual: string, part: string, message?: string): void {
  if (!actual.includes(part)) {
    throw new nodeAssert.AssertionError({ message: message ?? `Expected "${actual}" to contain "${part}"` });
  }
}

/** Asserts that the string matches the expression. */
export function assertMatch(actual: string, expression: RegExp, message?: string): void {
  if (!expression.test(actual)) {
    throw new nodeAssert.AssertionError({
      message: message ?? `Expected "${actual}" to match ${expression}`,
    });
  }
}

type ErrorClass<E extends Error> = new (...args: never[]) => E;

function checkError<E extends Error>(error: unknown, errorClass?: ErrorClass<E>, part = ""): E {
  if (!(error instanceof Error)) {
    throw new nodeAssert.AssertionError({ message: `A non-Error was thrown: ${error}` });
  }
  if (errorClass && !(error instanceof errorClass)) {
    throw new nodeAssert.AssertionError({
      message: `Expected ${errorClass.name}, got ${error.name}: ${error.message}`,
    });
  }
  assertStringIncludes(error.message, part);
  return error as E;
}

/** Asserts that `fn` throws, optionally an instance of `errorClass` whose message contains `part`. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  part?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, part);
  }
  throw new nodeAssert.AssertionError({ message: "Expected function to throw" });
}

/** Asserts that the promise of `fn` rejects, optionally with an instance of `errorClass` whose message contains `part`. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  part?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, errorClass, part);
  }
  throw new nodeAssert.AssertionError({ message: "Expected function to reject" });
}
