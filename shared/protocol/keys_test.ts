import { assertEquals, assertThrows } from "@std/assert";
import { checkKey } from "./key_grammar.ts";
import {
  announcedKey,
  arrivalKey,
  artifactKey,
  attemptKey,
  cancelledKey,
  checkpointKey,
  configKey,
  datasetKey,
  doneKey,
  failureKey,
  headKey,
  incomingKey,
  incomingPartOf,
  isUploadKey,
  jobKey,
  jobOfKey,
  jobOfResult,
  learnerKey,
  learnerOfKey,
  oldJobKey,
  oldResultKey,
  parseDeliveryKey,
  pendingKey,
  recipientOfKey,
  resultKey,
  retryKey,
  taskKey,
  uploadKey,
  versionKey,
  webhookKey,
  webhookSettingsKey,
  withdrawnKey,
} from "./keys.ts";
import { checkLearnerName, safeFileName } from "./names.ts";

const hash = "0123456789abcdef".repeat(4);

Deno.test("keys are what the table of shapes says", () => {
  assertEquals(learnerKey("cheetah"), "learners/cheetah/learner.json");
  assertEquals(configKey("cheetah", 2), "learners/cheetah/config/2.json");
  assertEquals(arrivalKey("cheetah", 3), "learners/cheetah/arrivals/3.json");
  assertEquals(taskKey("cheetah", 3), "learners/cheetah/tasks/3.json");
  assertEquals(attemptKey("cheetah", 3, 2), "learners/cheetah/tasks/3/attempts/2.json");
  assertEquals(cancelledKey("cheetah", 3, 1), "learners/cheetah/tasks/3/cancelled/1.json");
  assertEquals(versionKey("cheetah", 1), "learners/cheetah/versions/1.json");
  assertEquals(withdrawnKey("cheetah", 1), "learners/cheetah/versions/1/withdrawn.json");
  assertEquals(headKey("cheetah"), "learners/cheetah/head.json");
  assertEquals(datasetKey(hash), `datasets/${hash}.safetensors`);
  assertEquals(jobKey("states.train", hash), `jobs/states.train/${hash}/job.json`);
  assertEquals(resultKey("states.train", hash), `jobs/states.train/${hash}/result.json`);
  assertEquals(checkpointKey("states.train", hash), `jobs/states.train/${hash}/checkpoint`);
  assertEquals(failureKey("states.train", hash, 1), `jobs/states.train/${hash}/failures/1.json`);
  assertEquals(retryKey("states.train", hash, 1), `jobs/states.train/${hash}/retries/1.json`);
  assertEquals(artifactKey(hash), `artifacts/${hash}`);
  assertEquals(announcedKey(taskKey("a", 1)), "announced/learners/a/tasks/1.json");
  assertEquals(incomingKey("a", "x.hdf5"), "incoming/a/x.hdf5");
  const hook = "0123456789abcdef01234567";
  assertEquals(webhookKey(hook), `webhooks/${hook}/webhook.json`);
  assertEquals(webhookSettingsKey(hook, 2), `webhooks/${hook}/settings/2.json`);
  assertEquals(pendingKey(hook, taskKey("a", 1)), `deliveries/pending/${hook}/learners/a/tasks/1.json`);
  assertEquals(doneKey(hook, taskKey("a", 1)), `deliveries/done/${hook}/learners/a/tasks/1.json`);
  assertEquals(parseDeliveryKey(doneKey(hook, taskKey("a", 1))), {
    ...{ kind: "done", webhook: hook, event: taskKey("a", 1) },
  });
  assertEquals(parseDeliveryKey(taskKey("a", 1)), undefined);
  assertThrows(() => webhookKey("../x"), RangeError, "24 hexadecimal digits");
});

Deno.test("checkKey() refuses what could leave a folder or confuse a store", () => {
  for (const key of ["", "/a", "a/", "a//b", "a/../b", "./a", "a b", "a\\b", "ä", "a\0", "a".repeat(513)]) {
    assertThrows(() => checkKey(key), RangeError, "cannot be a key");
  }
  assertEquals(checkKey("a/b.c_d=e-F"), "a/b.c_d=e-F");
});

Deno.test("checkLearnerName() states its rule", () => {
  for (const name of ["", "-a", "a-", "A", "a_b", "a/b", "..", "a".repeat(65)]) {
    assertThrows(() => checkLearnerName(name), RangeError, "1 to 64 lower-case letters");
  }
  assertEquals(checkLearnerName("walker-2"), "walker-2");
});

Deno.test("key builders refuse invalid numbers and hashes", () => {
  assertThrows(() => taskKey("a", 0), RangeError);
  assertThrows(() => versionKey("a", 1.5), RangeError);
  assertThrows(() => jobKey("states.train", "../../etc"), RangeError);
  assertThrows(() => jobKey("../states" as "states.train", hash), RangeError, "no jobs of kind");
  assertThrows(() => incomingKey("a", "b/c"), RangeError);
});

Deno.test("questions about a key see what lies above it, whatever the rest says", () => {
  assertEquals(learnerOfKey(taskKey("a", 12)), "a");
  assertEquals(learnerOfKey("learners/a/what/comes/later"), "a");
  for (const key of ["learners/a", "learners/A/x", "learners", "jobs/a/x", ""]) {
    assertEquals(learnerOfKey(key), undefined);
  }
  assertEquals([
    jobOfKey(checkpointKey("states.train", hash)),
    jobOfKey(`jobs/states.train/${hash}/new.json`),
  ], [hash, hash]);
  assertEquals([jobOfKey("jobs/readiness"), jobOfKey("jobs/x/job.json")], [undefined, undefined]);
  assertEquals([jobOfKey(oldJobKey(hash)), jobOfKey(`jobs/${hash}/new.json`)], [hash, hash]);
  assertEquals([jobOfKey(`jobs/other.kind/${hash}/x`), jobOfKey("jobs/states.train/x/y")], [
    undefined,
    undefined,
  ]);
  assertEquals(jobOfResult(oldResultKey(hash)), hash);
  assertEquals([jobOfResult(resultKey("states.train", hash)), jobOfResult(jobKey("states.train", hash))], [
    hash,
    undefined,
  ]);
  assertEquals(["incoming/a/x", "incoming/A B/x/y", "incoming/a/"].map(recipientOfKey), ["a", "A B", "a"]);
  for (const key of ["incoming/a", "incoming/", "learners/a/x"]) assertEquals(recipientOfKey(key), undefined);
  assertEquals([isUploadKey(uploadKey("a", "0", "x")), isUploadKey(incomingKey("a", "x"))], [true, false]);
  assertEquals(incomingPartOf("my/store/incoming/a/x y"), "incoming/a/x y");
  assertEquals(incomingPartOf("notincoming/a/x"), undefined);
});

Deno.test("safeFileName() makes any file name a key's part", () => {
  assertEquals(safeFileName("/data/my run (1).hdf5"), "my-run-1-.hdf5");
  for (const name of ["../..", "..", "ä", "", "C:\\x\\y.hdf5", ".hidden"]) {
    checkKey(incomingKey("a", safeFileName(name)));
  }
});
