/**
 * The store is backed up while the cluster works, lost, and restored as `infra/OPERATIONS.md` says: services stopped; in an
 * empty store where it was they are started before it is restored, in another place afterwards. The bus stays as it is.
 * @module
 */
import { sleep } from "@cugro/async";
import { backUp, openSnapshot, restore, snapshotStore } from "@cugro/backup";
import { headFactSchema, headKey, parseFact } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { Recorder } from "./run_history.ts";
import type { Places } from "./places.ts";
import type { Supervised } from "./supervisor.ts";

/** What a restoration concerns. */
export interface Loss {
  places: Places;
  processes: readonly Supervised[];
  learners: readonly string[];
  record: Recorder;
  /** How long the cluster works on after each of two snapshots; what it does after the second is lost. */
  ms: number;
  elsewhere: boolean;
}

/** Backs up twice, loses the store and restores the second snapshot. */
export async function loseAndRestore(loss: Loss): Promise<void> {
  const { places, processes, record, ms, elsewhere } = loss;
  const backup = await places.beside("backup");
  for (let snapshot = 0; snapshot < 2; snapshot++) {
    await backUp({ store: places.era().store, to: backup, name: "campaign" });
    await sleep(ms);
  }
  await Promise.all(processes.map((process) => process.halt()));
  const { snapshot } = await openSnapshot(backup);
  const kept = new Set(snapshot.objects.map(({ key }) => key));
  const all = await places.era().store.list("");
  const store = await places.lose(elsewhere);
  const start = () => processes.forEach((process) => process.resume());
  record({
    what: "lost",
    keys: all.flatMap(({ key }) => kept.has(key) ? [] : [key]),
    heads: await headsOf(snapshotStore(backup, snapshot), loss.learners),
  });
  if (!elsewhere) start();
  await restore({ from: backup, snapshot, store });
  places.admit(store);
  if (elsewhere) start();
}

async function headsOf(
  store: Pick<Store, "get">,
  learners: readonly string[],
): Promise<Record<string, number | null>> {
  const heads: Record<string, number | null> = {};
  for (const learner of learners) {
    const found = await store.get(headKey(learner));
    heads[learner] = found ? parseFact(headFactSchema, found.bytes, headKey(learner)).version : null;
  }
  return heads;
}
