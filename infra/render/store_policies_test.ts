import { assertEquals, assertThrows } from "@std/assert";
import { storeRights } from "../permissions.ts";
import { dropperRights } from "../store_rights.ts";
import { storePolicy } from "./store_policies.ts";

const statementsOn = (policy: ReturnType<typeof storePolicy>, key: string) =>
  policy.Statement.filter(({ Resource }) => Resource.includes(`arn:aws:s3:::cugro/${key}`));

Deno.test("storePolicy() lets nobody on AWS overwrite a result or a failure, and says nothing of it to others", () => {
  const rights = storeRights()["critic-training"]!;
  const [result, checkpoint] = ["jobs/critic.train/*/result.json", "jobs/critic.train/*/checkpoint"];
  const onAws = statementsOn(storePolicy(rights, "aws"), result);
  assertEquals(onAws.map(({ Action, Condition }) => [Action, Condition]), [
    [["s3:PutObject"], { Null: { "s3:if-none-match": "false" } }],
  ]);
  assertEquals(statementsOn(storePolicy(rights, "aws"), checkpoint).map(({ Condition }) => Condition), [
    undefined,
    undefined,
  ]);
  assertEquals(statementsOn(storePolicy(rights), result).map(({ Condition }) => Condition), [undefined]);
});

Deno.test("storePolicy() of a prefix names nothing outside of it", () => {
  for (const rights of Object.values(storeRights())) {
    for (const { Resource, Condition } of storePolicy(rights, "minio", "cugro/team-a").Statement) {
      const prefixes = Condition && "StringLike" in Condition ? Condition.StringLike["s3:prefix"] : [];
      const outside = [...Resource, ...prefixes.map((prefix) => `arn:aws:s3:::cugro/${prefix}`)]
        .filter((place) => !place.startsWith("arn:aws:s3:::cugro/team-a/"));
      assertEquals(outside, prefixes.length > 0 ? ["arn:aws:s3:::cugro"] : []);
    }
  }
});

Deno.test("dropperRights() refuses what no learner's name begins with", () => {
  for (const names of ["", "*", "Team", "a/", "-a"]) {
    assertThrows(() => dropperRights(names), RangeError, names);
  }
});
