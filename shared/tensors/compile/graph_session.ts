/**
 * Graphs loaded into TensorFlow. A session holds one graph and one state. Sessions that are given back wait, without
 * their state, for the next step with the same graph: loading and optimising a graph takes longer than many steps.
 * @module
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataType } from "./graph_def.ts";
import type { Binding } from "./native_backend.ts";
import { encodeSavedModel } from "./saved_model.ts";
import type { Port, StepGraph } from "./step_graph.ts";
import type { Stored } from "../seam.ts";

/** Loaded graphs that wait for a step, at most; the one unused for longest is dropped first. */
const MAX_IDLE = 8;

const idle: Session[] = [];

/**
 * A session for `graph`: a waiting one with the very same bytes, or a new one.
 *
 * @param graph of a step
 * @returns to be given back with {@link giveBack}
 */
export function openSession(binding: Binding, graph: StepGraph): Session {
  const known = hashes.get(graph);
  const reused = known === undefined ? undefined : takeIdle(known);
  if (reused) return reused;
  const bytes = encodeSavedModel(graph.nodes);
  const hash = createHash("sha256").update(bytes).digest("hex");
  hashes.set(graph, hash);
  return takeIdle(hash) ?? new Session(binding, loadGraph(binding, bytes), hash);
}

/** Hashes of graphs that have been encoded before: a graph is compiled many times. */
const hashes = new WeakMap<StepGraph, string>();

function takeIdle(hash: string): Session | undefined {
  const waiting = idle.findIndex((session) => session.hash === hash);
  return waiting >= 0 ? idle.splice(waiting, 1)[0] : undefined;
}

/**
 * Frees the state of `session` and keeps its graph for the next step that needs it.
 *
 * @param session not to be used by its caller any more
 */
export function giveBack(session: Session, graph: StepGraph): void {
  session.run([], {}, [], graph.released);
  idle.push(session);
  while (idle.length > MAX_IDLE) idle.shift()!.close();
}

/** Drops every waiting graph; sessions in use are not touched. */
export function closeIdleSessions(): void {
  for (const session of idle.splice(0)) session.close();
}

/** One graph in one TensorFlow session. */
class Session {
  constructor(private readonly binding: Binding, private readonly id: number, readonly hash: string) {}

  /** Feeds, runs until `done` and all `outputs` are there, and copies the outputs. */
  run(feeds: Port[], arrays: Stored, outputs: Port[], done: string): Stored {
    const { binding } = this;
    const inputs = feeds.map(({ spec }) => {
      return binding.createTensor(spec.shape, DataType[spec.dtype], arrays[spec.name]!.data);
    });
    const fetches = outputs.length > 0 ? outputs.map(({ tensor }) => tensor) : [done];
    try {
      const names = feeds.map(({ tensor }) => tensor).join(",");
      const handles = binding.runSavedModel(this.id, inputs, names, fetches.join(","));
      const values = handles.map(({ id }) => this.#take(id));
      return Object.fromEntries(
        outputs.map(({ spec }, i) => [spec.name, { shape: [...spec.shape], data: values[i]! }]),
      );
    } finally {
      for (const id of inputs) binding.deleteTensor(id);
    }
  }

  close(): void {
    this.binding.deleteSavedModel(this.id);
  }

  #take(id: number): Float32Array | Int32Array {
    const values = this.binding.tensorDataSync(id);
    this.binding.deleteTensor(id);
    return values instanceof Uint8Array ? Int32Array.from(values) : values;
  }
}

export type { Session };

/** TensorFlow reads graphs from folders only; it is done with the folder when it returns. */
function loadGraph(binding: Binding, bytes: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "cugro-graph-"));
  try {
    writeFileSync(join(folder, "saved_model.pb"), bytes);
    return binding.loadSavedModel(folder, "serve");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
