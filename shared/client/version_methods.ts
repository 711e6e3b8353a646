/**
 * Versions of the client: listed, judged, taken away.
 * @module
 */
import { sleep } from "@cugro/async";
import type { PortableAbout } from "@cugro/protocol";
import { decodeTensors, type TensorFile } from "@cugro/protocol/safetensors";
import type { PathOf, Reason, Requester } from "./send_requests.ts";
import type { BundleProgress, Evaluation, NewEvaluation, Version, VersionSummary } from "./schemas/mod.ts";

/** A version's policy, to compute with. Tensors: `actor/NAME`, `proposer/NAME`, `critic/NAME`, `task/K/normaliser/NAME`, `task/K/sketch/NAME`. */
export interface VersionPolicy {
  about: PortableAbout;
  tensors: TensorFile;
}

/** Versions of a learner. */
export interface VersionClient {
  /** @param filter.last only this many, the newest; else all of them. Oldest first */
  list(name: string, filter?: { last?: number }): Promise<VersionSummary[]>;
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
  /** Its one-step networks, its critic and what it knows of its tasks; of the sampler nothing but the critic. */
  policy(name: string, version: number, options?: { signal?: AbortSignal }): Promise<VersionPolicy>;
  /**
   * A zip of what acts without this software: graphs, weights, loaders. It is made in half a minute, and asked for until it is there.
   * `task`: for this one alone; `onProgress` is told how far it is.
   */
  bundle(
    name: string,
    version: number,
    options?: { task?: number; signal?: AbortSignal; onProgress?: (progress: BundleProgress) => void },
  ): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Makes the part of the client that is about versions.
 *
 * @param requests with the gateway's address and token
 * @param of the path of a learner
 * @returns methods that throw a GatewayError where the gateway refuses
 */
export function createVersionClient(requests: Requester, of: PathOf): VersionClient {
  return {
    async list(name, { last } = {}) {
      const path = of(name, `/versions${last === undefined ? "" : `?last=${last}`}`);
      return (await requests.get<{ versions: VersionSummary[] }>(path)).versions;
    },
    show: (name, version) => requests.get(of(name, `/versions/${version}`)),
    promote: (name, version, options = {}) =>
      requests.post(of(name, `/versions/${version}/promote`), options),
    async rollback(name, version, options = {}) {
      const path = of(name, `/versions/${version}/rollback`);
      return (await requests.post<{ withdrawn: number[] }>(path, options)).withdrawn;
    },
    async policy(name, version, { signal } = {}) {
      const path = of(name, `/versions/${version}/policy`);
      const response = await requests.send("GET", path, signal === undefined ? {} : { signal });
      const { tensors, metadata } = decodeTensors(new Uint8Array(await response.arrayBuffer()));
      return { about: JSON.parse(metadata.about ?? "null"), tensors };
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
    bundle: (name, version, { task, ...options } = {}) =>
      fetchBundle(
        requests,
        of(name, `/versions/${version}/bundle${task === undefined ? "" : `?task=${task}`}`),
        options,
      ),
  };
}

/** Asks until the bundle is there. */
async function fetchBundle(
  requests: Requester,
  path: string,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: BundleProgress) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  for (;;) {
    const response = await requests.send("GET", path, signal === undefined ? {} : { signal });
    if (response.status !== 202) return new Uint8Array(await response.arrayBuffer());
    // Read though nobody asks: a body that is left unread keeps its connection.
    const progress = await response.json();
    onProgress?.(progress);
    await sleep(1_000 * (Number(response.headers.get("retry-after")) || 2), signal);
  }
}
