/**
 * Waiting and limiting: what every room does with promises.
 * @module
 */
export { createGate } from "./semaphore.ts";
