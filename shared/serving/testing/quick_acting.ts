/**
 * Stores and policies for tests of acting.
 * @module
 */
import { createLog } from "@cugro/telemetry";
import { openBackend } from "@cugro/tensors";
import { openFilesystemStore, type Store } from "@cugro/store";
import { type Acting, type ActingOptions, openActing } from "../answer_learners.ts";
import type { OpenPolicy } from "../running_policy.ts";

const log = createLog({ level: "silent" });

/** Runs a test on a store in a folder of its own, with a backend open. */
export async function withStore(body: (store: Store, root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "cugro-serving-" });
  const store = await openFilesystemStore({ root });
  try {
    await openBackend();
    await body(store, root);
  } finally {
    await store.close();
    await Deno.remove(root, { recursive: true });
  }
}

/** A policy that answers with its version and counts who is open; real ones take seconds to compile. */
export function quickPolicies() {
  const open: string[] = [];
  /** Makes a policy end by itself, as a fault in its thread does. */
  const failures = new Map<string, () => void>();
  const gate = { wait: () => Promise.resolve() };
  const openPolicy: OpenPolicy = ({ learner, version, actionDim, stateDim }) => {
    const name = `${learner}@${version}`;
    open.push(name);
    let isOpen = true;
    failures.set(name, () => isOpen = false);
    return Promise.resolve({
      async act(_task, states) {
        await gate.wait();
        return new Float32Array(states.length / stateDim * actionDim).fill(version);
      },
      forget: () => {},
      isOpen: () => isOpen,
      close: () => {
        isOpen = false;
        open.splice(open.indexOf(name), 1);
        return Promise.resolve();
      },
    });
  };
  return { open, gate, fail: (name: string) => failures.get(name)?.(), openPolicy };
}

/** Runs a test with policies that answer. */
export async function withActing(
  options: ActingOptions,
  body: (acting: Acting) => Promise<void>,
) {
  const acting = await openActing({ log, ...options });
  try {
    await body(acting);
  } finally {
    await acting.close();
  }
}
