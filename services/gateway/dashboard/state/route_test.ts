import { assertEquals } from "@std/assert";
import { addressOf, parseRoute, type Route, toLearner } from "./route.ts";

Deno.test("every place of the page is an address that leads back to it", () => {
  const query = { task: "3", rows: "all" };
  const places: Route[] = [
    { view: "learners" },
    { view: "compare", query: {} },
    { view: "compare", query: { left: "a/b ?#%&=<b>", leftVersion: "3", right: "\u202e", task: "2" } },
    { view: "learner", name: "walker", tab: "live", query: {} },
    { view: "learner", name: "walker", tab: "live", query },
    { view: "learner", name: "a/b ?#%<b>", tab: "versions", item: "3", query },
    { view: "learner", name: "walker", tab: "robots", query: { task: "2", a: "3", b: "other/1" } },
    { view: "learner", name: "walker", tab: "jobs", item: "f".repeat(64), query: {} },
  ];
  for (const place of places) assertEquals(parseRoute(addressOf(place)), place);
  assertEquals(toLearner("walker"), "#/learners/walker");
});

Deno.test("an address that leads nowhere is told as such, and none throws", () => {
  for (const hash of ["#/robots", "#/learners/x/nothing", "#/learners/x/jobs/1/2"]) {
    assertEquals(parseRoute(hash).view, "nowhere");
  }
  for (const hash of ["", "#", "#/", "#/learners/"]) assertEquals(parseRoute(hash), { view: "learners" });
  assertEquals(parseRoute("#/learners/%E0%A4%A"), {
    view: "learner",
    name: "%E0%A4%A",
    tab: "live",
    query: {},
  });
});
