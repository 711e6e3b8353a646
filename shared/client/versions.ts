/**
 * Versions of the client: listed, judged, taken away.
 * @module
 */
import type { PathOf, Reason, Requester } from "./requests.ts";
import type { Evaluation, NewEvaluation, Version, VersionSummary } from "./schemas/mod.ts";

/** Versions of a learner. */
export interface VersionClient {
  list(name: string): Promise<VersionSummary[]>;
  show(name: string, version: number): Promise<Version>;
  promote(name: string, version: number, options?: Reason): Promise<VersionSummary>;
  /** The versions that were withdrawn; `version` 0 is before the first. */
  rollback(name: string, version: number, options?: Reason): Promise<number[]>;
  /** Hands in episodes that were run elsewhere; `added` is false if they had been handed in before. Needs the scope submit. */
  evaluate(
    name: string,
    version: number,
    evaluation: NewEvaluation,
  ): Promise<Evaluation & { added: boolean }>;
  /** What was handed in, oldest first. */
  evaluations(name: string, version: number): Promise<Evaluation[]>;
  /** A zip of what acts without this software: graphs, weights, loaders; half a minute. `task`: for this one alone. */
  bundle(
    name: string,
    version: number,
    options?: { task?: number; signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/** See {@link VersionClient}. */
export function createVersionClient(requests: Requester, of: PathOf): VersionClient {
  return {
    async list(name) {
      return (await requests.get<{ versions: VersionSummary[] }>(of(name, "/versions"))).versions;
    },
    show: (name, version) => requests.get(of(name, `/versions/${version}`)),
    promote: (name, version, options = {}) =>
      requests.post(of(name, `/versions/${version}/promote`), options),
    async rollback(name, version, options = {}) {
      const path = of(name, `/versions/${version}/rollback`);
      return (await requests.post<{ withdrawn: number[] }>(path, options)).withdrawn;
    },
    async evaluate(name, version, evaluation) {
      const path = of(name, `/versions/${version}/evaluations`);
      const sent = { body: JSON.stringify(evaluation), type: "application/json" };
      const response = await requests.send("POST", path, sent);
      return { ...await response.json() as Evaluation, added: response.status === 201 };
    },
    async evaluations(name, version) {
      const path = of(name, `/versions/${version}/evaluations`);
      return (await requests.get<{ evaluations: Evaluation[] }>(path)).evaluations;
    },
    async bundle(name, version, { task, signal } = {}) {
      const path = of(name, `/versions/${version}/bundle${task === undefined ? "" : `?task=${task}`}`);
      const response = await requests.send("GET", path, signal === undefined ? {} : { signal });
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
