import { assertEquals } from "@std/assert";
import { type Problem, problemEvent } from "@cugro/protocol";
import { createDisplay } from "./display.ts";
import { createJobNews } from "./job_news.ts";

const problem: Problem = {
  ...{
    id: "0123456789abcdef01234567",
    code: "file.name",
    severity: "warning",
    since: null,
    acknowledged: null,
  },
  subject: { learner: "walker" },
  message: "task 1.txt lies there and nobody takes it.",
  advice: "Give it a name that ends in .hdf5.",
};

Deno.test("createJobNews() says what a problem is and what to do, and once that it is over", () => {
  const written: string[] = [];
  const display = createDisplay({
    write: (text) => void written.push(text),
    isTerminal: false,
    width: () => 100,
    now: () => 0,
  });
  const news = createJobNews(display, new Map());
  const raised = problemEvent("cugro.problem.raised", problem);
  news.event(raised);
  news.event(raised);
  news.event(problemEvent("cugro.problem.resolved", problem));
  assertEquals(written, [
    `! walker: ${problem.message} ${problem.advice}\n`,
    `over: walker: ${problem.message}\n`,
  ]);
});
