import { assertEquals } from "@std/assert";
import { JOB_KINDS } from "@cugro/protocol";
import { compare, consumerConfiguration, STREAM_CONFIGURATIONS } from "./nats_configurations.ts";
import { jobFilter, jobSubject, NEWS_SUBJECTS } from "./subjects.ts";

Deno.test("compare() names fields that differ, and takes what the server leaves out for zero", () => {
  const wanted = { name: "JOBS", subjects: ["jobs.>"], max_age: 0, discard_new_per_subject: true };
  assertEquals(compare(wanted, { name: "JOBS", subjects: ["jobs.>"], discard_new_per_subject: true }), []);
  assertEquals(compare(wanted, { name: "JOBS", subjects: ["jobs.*"], max_age: 5 }), [
    'subjects is ["jobs.*"], must be ["jobs.>"]',
    "max_age is 5, must be 0",
    "discard_new_per_subject is false, must be true",
  ]);
});

Deno.test("each kind has a consumer of its own, whose filter takes its jobs and no others", () => {
  const filters = JOB_KINDS.map((kind) => consumerConfiguration(kind, 30_000).filter_subject as string);
  assertEquals(new Set(filters).size, JOB_KINDS.length);
  for (const kind of JOB_KINDS) {
    const subject = jobSubject(kind, "ab12");
    assertEquals(filters.filter((filter) => matches(filter, subject)), [jobFilter(kind)]);
  }
  assertEquals(consumerConfiguration("states.sample", 30_000).ack_wait, 30e9);
});

Deno.test("streams take what is published, and progress is stored nowhere", () => {
  const stored = STREAM_CONFIGURATIONS.flatMap(({ subjects }) => subjects as string[]);
  assertEquals(stored, ["jobs.>", NEWS_SUBJECTS.events, NEWS_SUBJECTS.incoming]);
});

function matches(filter: string, subject: string): boolean {
  const [wanted, tokens] = [filter.split("."), subject.split(".")];
  return wanted.length === tokens.length && wanted.every((token, i) => token === "*" || token === tokens[i]);
}
