import { assertEquals } from "@std/assert";
import { isAccepted, lintErrors } from "./doc_lint.ts";

const PRINTED =
  `\u001b[1m\u001b[31merror[private-type-ref]\u001b[0m: public type 'open' references private type 'Options'
  --> /repo/shared/store/open.ts:57:1
   |\u0020
57 | export async function open(
   | ^
   = hint: make the referenced type public or remove the reference

error[missing-jsdoc]: exported symbol is missing JSDoc documentation
  --> /repo/shared/bus/bus.ts:14:3
   |\u0020
14 |   jobId: string;
   |   ^
`;

Deno.test("lintErrors() reads code, sentence, place and line of what deno doc --lint prints", () => {
  assertEquals(lintErrors(PRINTED), [
    {
      code: "private-type-ref",
      message: "public type 'open' references private type 'Options'",
      place: "/repo/shared/store/open.ts:57:1",
      source: "export async function open(",
    },
    {
      code: "missing-jsdoc",
      message: "exported symbol is missing JSDoc documentation",
      place: "/repo/shared/bus/bus.ts:14:3",
      source: "  jobId: string;",
    },
  ]);
});

Deno.test("isAccepted() takes fields without a sentence and types of packages, but no symbol without one", () => {
  const error = {
    code: "missing-jsdoc",
    message: "",
    place: "shared/bus/bus.ts:1:1",
    source: "  jobId: string;",
  };
  assertEquals(isAccepted(error), true);
  assertEquals(isAccepted({ ...error, source: "export function open() {" }), false);
  const type = {
    ...error,
    code: "private-type-ref",
    message: "public type 'f' references private type 'Tensor2D'",
  };
  assertEquals(isAccepted(type), true);
  assertEquals(isAccepted({ ...type, message: "public type 'f' references private type 'Options'" }), false);
  assertEquals(
    isAccepted({ ...error, code: "missing-explicit-type", source: "export const x = f();" }),
    false,
  );
});
