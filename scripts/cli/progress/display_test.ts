import { assertEquals, assertStringIncludes } from "@std/assert";
import { createDisplay } from "./display.ts";

function recorder(isTerminal: boolean) {
  const written: string[] = [];
  let time = 0;
  const display = createDisplay({
    write: (text) => void written.push(text),
    isTerminal,
    width: () => 100,
    now: () => time,
  });
  return { display, written, advance: (ms: number) => void (time += ms) };
}

Deno.test("createDisplay() prints plain lines with rate, time left and loss, not too often", () => {
  const { display, written, advance } = recorder(false);
  display.progress({ jobId: "a", label: "critic.train task 2", step: 0, steps: 1000 });
  advance(10_000);
  display.progress({ jobId: "a", label: "critic.train task 2", step: 100, steps: 1000, loss: 0.5 });
  assertEquals(written, []);
  advance(10_000);
  display.progress({ jobId: "a", label: "critic.train task 2", step: 200, steps: 1000, loss: 0.25 });
  assertEquals(written, ["critic.train task 2: 200/1000  10/s 1:20 left  loss 0.2500\n"]);
});

Deno.test("createDisplay() starts a line at its start, wherever Ctrl-C has left the cursor", () => {
  const { display, written } = recorder(true);
  display.progress({ jobId: "a", label: "evaluate task 1", step: 5, steps: 10 });
  const before = written.length;
  display.note("stopping");
  assertEquals(written.slice(before, before + 2), ["\r\x1b[1A\x1b[0J", "stopping\n"]);
  display.close();
});

Deno.test("createDisplay() redraws its lines on a terminal and takes them away", () => {
  const { display, written, advance } = recorder(true);
  display.progress({ jobId: "a", label: "one", step: 5, steps: 10 });
  advance(200);
  display.progress({ jobId: "b", label: "two", step: 1, steps: 10 });
  assertStringIncludes(written.join(""), "█████████░░░░░░░░░");
  display.finished("a", "one", 3);
  assertStringIncludes(written.join(""), "one: done in 3.0 s\n");
  assertStringIncludes(written.at(-1)!, "two");
  display.failed("b", "two failed: no luck");
  assertEquals(written.at(-2), "two failed: no luck\n");
  assertEquals(written.at(-1), "", "no line is left of what has ended");
  display.close();
});
