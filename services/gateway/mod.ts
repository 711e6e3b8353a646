/**
 * The gateway: HTTP in front of store and bus.
 * @module
 */
export { createGateway, type GatewayOptions } from "./app.ts";
export { type Authenticator, openAuthenticator } from "./auth.ts";
export { DEFAULT_LIMITS, type Limits, rateOf } from "./limits.ts";
export { createInFlight } from "./around_requests.ts";
