/** A worker process that serves counting jobs; it prints, as careless libraries do. */
import process from "node:process";
import { eager } from "@cugro/tensors/seam";
import { serve } from "../../shared/jobs/serve_jobs.ts";
import { countingHandlers } from "./counting_job.ts";

process.stdout.write("printed before the bus is open, with no line break");
await serve({
  kinds: ["states.train"],
  createHandlers: () => {
    console.log("printed by console.log");
    process.stdout.write("printed past the console");
    return countingHandlers;
  },
  openCompute: () => Promise.resolve({ profile: { backend: "none" }, compile: eager }),
});
