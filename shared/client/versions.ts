/**
 * Versions of the client: listed, judged, taken away.
 * @module
 */
import type { PortableAbout } from "@cugro/protocol";
import { decodeTensors, type TensorFile } from "@cugro/protocol/safetensors";
import type { PathOf, Reason, Requester } from "./requests.ts";
import type { Version, VersionSummary } from "./schemas/mod.ts";

/** A version's policy, to compute with. Tensors: `actor/NAME`, `proposer/NAME`, `critic/NAME`, `task/K/normaliser/NAME`, `task/K/sketch/NAME`. */
export interface VersionPolicy {
  about: PortableAbout;
  tensors: TensorFile;
}

/** Versions of a learner. */
export interface VersionClient {
  list(name: string): Promise<VersionSummary[]>;
  show(name: string, version: number): Promise<Version>;
  promote(name: string, version: number, options?: Reason): Promise<VersionSummary>;
  /** The versions that were withdrawn; `version` 0 is before the first. */
  rollback(name: string, version: number, options?: Reason): Promise<number[]>;
  /** Its one-step networks, its critic and what it knows of its tasks; of the sampler nothing but the critic. */
  policy(name: string, version: number, options?: { signal?: AbortSignal }): Promise<VersionPolicy>;
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
    async policy(name, version, { signal } = {}) {
      const path = of(name, `/versions/${version}/policy`);
      const response = await requests.send("GET", path, signal === undefined ? {} : { signal });
      const { tensors, metadata } = decodeTensors(new Uint8Array(await response.arrayBuffer()));
      return { about: JSON.parse(metadata.about ?? "null"), tensors };
    },
    async bundle(name, version, { task, signal } = {}) {
      const path = of(name, `/versions/${version}/bundle${task === undefined ? "" : `?task=${task}`}`);
      const response = await requests.send("GET", path, signal === undefined ? {} : { signal });
      return new Uint8Array(await response.arrayBuffer());
    },
  };
}
