import { assertEquals } from "@std/assert";
import { describeActing } from "./acting_words.ts";

Deno.test("describeActing() says how each task is acted in, by which comparison, and why not otherwise", () => {
  assertEquals(describeActing([{ task: 1 }, { task: 2 }]), [], "a version that can only sample");
  const refused = "4.2 points below the sampler on average";
  const simulated = {
    task: 2,
    acting: "proposer" as const,
    ways: [
      { acting: "actor" as const, passed: false, score: 80, episodes: 20, difference: -4.2, reason: refused },
      { acting: "proposer" as const, passed: true, score: 84.6, episodes: 40, difference: 0.44, low: -1 },
      { acting: "sampler" as const, passed: true, score: 84.2, episodes: 40 },
    ],
  };
  const compared = { agreement: 0.031, valueDifference: -0.02 };
  const judgedByActions = {
    task: 1,
    acting: "actor" as const,
    ways: [
      { acting: "actor" as const, passed: true, ...compared },
      { acting: "sampler" as const, passed: true },
    ],
  };
  assertEquals(describeActing([simulated, judgedByActions, { task: 3 }]), [
    {
      task: 1,
      acting: "actor",
      compared: "actor (3.1 % of the range from the sampler's, -0.02 spreads of value)",
    },
    {
      task: 2,
      acting: "proposer",
      compared: `actor 80.0 (-4.2 to the sampler, n = 20) not taken: ${refused}; ` +
        "proposer 84.6 (+0.4 to the sampler, n = 40); sampler 84.2 (n = 40)",
    },
    { task: 3, acting: "sampler", compared: "" },
  ]);
});
