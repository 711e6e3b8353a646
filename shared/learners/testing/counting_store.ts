/**
 * A store that counts what is asked of it.
 * @module
 */
import type { Store } from "@cugro/store";

type Op = "get" | "head" | "list";

/** A store that counts what is asked of it; writing is not counted. */
export function counting(store: Store) {
  const calls = { count: 0 };
  const counted = <O extends Op>(op: O) =>
    ((...args: Parameters<Store[O]>) => {
      calls.count++;
      return (store[op] as (...args: unknown[]) => unknown).apply(store, args);
    }) as Store[O];
  const proxy = new Proxy(store, {
    get: (target, name) => {
      if (name === "get" || name === "head" || name === "list") return counted(name);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: proxy, calls };
}
