/**
 * Ids of deliveries: what receivers see in `webhook-id`, and what paths name. The event's id in letters that a path and a
 * header can hold; the same for every attempt, so that a receiver can drop what it has seen.
 * @module
 */

/**
 * The id of an event's delivery: the event's id in letters that a path and a header can hold.
 *
 * @param event its id
 * @returns base64url
 */
export function deliveryId(event: string): string {
  return Buffer.from(event).toString("base64url");
}

/**
 * The event of a delivery's id.
 *
 * @param id of a delivery
 * @returns the event's id
 */
export function eventOfDelivery(id: string): string {
  return Buffer.from(id, "base64url").toString();
}
