/**
 * A process with many workers that do stub jobs, for measuring how fast jobs go through when their work is nothing.
 * `CUGRO_STUB_WORKERS` says how many. At its end it prints how its job messages ended, as one line of JSON.
 * @module
 */
import process from "node:process";
import { runService } from "@cugro/process";
import { runWorker } from "@cugro/worker";
import { JOB_KINDS, type JobKind, type JsonObject } from "@cugro/protocol";
import { createStubHandlers, readStubSettings } from "./stub_service.ts";

await runService({ name: "stub-workers" }, async ({ config, bus, store, log, metrics, signal }) => {
  const count = Number(process.env.CUGRO_STUB_WORKERS ?? 1);
  const handlers = createStubHandlers(readStubSettings(process.env));
  const profile: JsonObject = { backend: "stub" };
  // Half the workers prefer one kind of the many, half the other, so that most fetches take one round trip.
  const many: readonly JobKind[] = ["states.sample", "actions.label"];
  const kinds = config.kinds ?? JOB_KINDS;
  const rest = kinds.filter((kind) => !many.includes(kind));
  const preferring = (index: number) => {
    const first = many.filter((kind) => kinds.includes(kind));
    return [...(index % 2 === 0 ? first : first.reverse()), ...rest];
  };
  await Promise.all(
    Array.from(
      { length: count },
      (_, index) =>
        runWorker({ bus, store, handlers, kinds: preferring(index), profile, signal, log, metrics }),
    ),
  );
  const outcomes: Record<string, number> = {};
  for (const { labels, value } of (await metrics.jobs.get()).values) {
    const outcome = String(labels.outcome);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + value;
  }
  const begun = (await metrics.jobAttempts.get()).values.reduce((sum, { value }) => sum + value, 0);
  console.log(JSON.stringify({ outcomes, begun }));
});
