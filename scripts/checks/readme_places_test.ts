import { assertEquals } from "@std/assert";
import { anchorsOf, deadPlaces, indexFiles } from "./readme_places.ts";

const FILES = ["README.md", "shared/store/README.md", "shared/store/store.ts", "shared/store/s3/open.ts"];
const HEADINGS = "# Store\n## When `it` breaks, twice\n## Twice\n## Twice\n```\n# no heading\n```\n";

function deadIn(text: string, path = "README.md"): [number, string][] {
  const read = (name: string) => name === "shared/store/README.md" ? HEADINGS : "";
  return deadPlaces(path, text, indexFiles(FILES), read).map(({ line, text }) => [line, text]);
}

Deno.test("anchorsOf() has headings as GitHub names them, numbered where one comes again, and none of fenced code", () => {
  assertEquals([...anchorsOf(HEADINGS)], ["store", "when-it-breaks-twice", "twice", "twice-1"]);
});

Deno.test("deadPlaces() finds links and anchors that lead nowhere", () => {
  assertEquals(deadIn("[a](shared/store/store.ts) [b](shared/store) [c](https://example.org/x.md)"), []);
  assertEquals(deadIn("\n[a](shared/stores/store.ts)"), [[2, "shared/stores/store.ts"]]);
  assertEquals(deadIn("[a](shared/store/README.md#twice-1) [b](shared/store#store)"), []);
  assertEquals(deadIn("[a](shared/store/README.md#thrice)"), [[1, "shared/store/README.md#thrice"]]);
  assertEquals(deadIn("```\n[a](nowhere.ts)\n```"), []);
});

Deno.test("deadPlaces() finds quoted names of sources that no file has", () => {
  assertEquals(deadIn("`store.ts`, `s3/open.ts`, `task1.hdf5`, `*.ts`, `shared/store/`"), []);
  assertEquals(deadIn("`stores.ts` and `s3/store.ts`"), [[1, "stores.ts"], [1, "s3/store.ts"]]);
  assertEquals(deadIn("`../store.ts`", "shared/store/s3/README.md"), []);
  assertEquals(deadIn("`shared/stores/`"), [[1, "shared/stores/"]]);
});
