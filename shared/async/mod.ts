/**
 * Waiting and limiting: what every room does with promises.
 * @module
 */
export { abortable } from "./abortable.ts";
export { backoffMs } from "./backoff.ts";
export { deadline } from "./deadline.ts";
export { mapConcurrently } from "./map_concurrently.ts";
export { pause } from "./pause.ts";
export { createSemaphore, type Semaphore } from "./semaphore.ts";
export { sleep } from "./sleep.ts";
export { waitAtMost } from "./wait_at_most.ts";
export { createWakeup, type Wakeup } from "./wakeup.ts";
