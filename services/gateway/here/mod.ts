/**
 * A gateway without a cluster: the page and the API for one person on this machine, in a process that has a store and a bus.
 * @module
 */
export { addressOfPage } from "./page_address.ts";
export { type Here, type HereOptions, serveHere } from "./serve_here.ts";
export { watchStore } from "./watch_store.ts";
