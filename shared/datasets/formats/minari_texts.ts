/**
 * What Minari writes of an environment in JSON notation, as attributes of its HDF5 file or in `metadata.json`.
 * @module
 */

/**
 * An object in JSON notation.
 *
 * @param text an attribute of a file
 * @returns empty where it is none
 */
export function objectIn(text: unknown): Record<string, unknown> {
  if (typeof text !== "string") return {};
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/**
 * The attribute of the largest magnitude of an action, told by the space of actions.
 *
 * @param space JSON of a space of Gymnasium
 * @returns nothing where it has no bounds
 */
export function limitOfActions(space: unknown): { action_limit?: number[] } {
  const limits = limitsOf(objectIn(space));
  return limits ? { action_limit: limits } : {};
}

/** Of a box with bounds; one that has none says nothing. */
function limitsOf({ type, low, high }: Record<string, unknown>): number[] | undefined {
  if (type !== "Box" || !Array.isArray(low) || !Array.isArray(high) || low.length !== high.length) {
    return undefined;
  }
  const limits = low.map((least, i) => Math.max(Math.abs(Number(least)), Math.abs(Number(high[i]))));
  return limits.length > 0 && limits.length <= 256 && limits.every((limit) => limit > 0 && limit <= 1e6)
    ? limits
    : undefined;
}
