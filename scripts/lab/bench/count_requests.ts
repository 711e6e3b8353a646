/**
 * How often a store is asked, and for what.
 * @module
 */
import { parseKey } from "@cugro/protocol";
import type { Store } from "@cugro/store";

/** Number of requests by method and kind of key, by who makes them. */
export type Requests = Record<"coordinator" | "workers", Record<string, number>>;

const COUNTED: readonly (string | symbol)[] = [
  "put",
  "putStream",
  "get",
  "head",
  "list",
  "folders",
  "delete",
];

/** The store, with every request counted. */
export function countRequests(store: Store, counts: Record<string, number>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...values: unknown[]) => {
        if (COUNTED.includes(name)) {
          const key = String(values[0]);
          const what = `${String(name)} ${parseKey(key)?.kind ?? kindOfPrefix(key)}`;
          counts[what] = (counts[what] ?? 0) + 1;
        }
        return member.apply(target, values);
      };
    },
  });
}

/** `jobs/<kind>/<id>/` and the like. */
function kindOfPrefix(prefix: string): string {
  const parts = prefix.split("/").filter(Boolean);
  return parts.map((part, index) => index === 0 ? part : "*").join("/");
}
