/**
 * What is wrong with a body, field by field, the same whichever way it came.
 * @module
 */
import { type FieldFault, likelyField } from "@cugro/client/schemas";
import type { z } from "zod";
import { Problem } from "./problem_details.ts";

/**
 * What schemas refuse, field by field; `place` is where: `body`, `path`, `query`.
 *
 * @param place `body`, `path` or `query`
 * @param issues of a schema
 * @returns of status 400
 */
export function bodyProblem(place: string, issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = issues.map((issue) => ({
    field: [place, ...issue.path].join("."),
    detail: wordsOf(issue) + (issue.code === "unrecognized_keys" ? likelyField(issue.keys) : ""),
  }));
  const detail = errors.map(({ field, detail }: FieldFault) => `${field}: ${detail}`).join("; ");
  return new Problem(400, detail, { errors });
}

/** A field that was left out is missing; the schemas' own words say that nothing is of the wrong type. */
function wordsOf({ code, message }: z.core.$ZodIssue): string {
  const [, expected] = code === "invalid_type"
    ? /expected (\w+), received undefined$/.exec(message) ?? []
    : [];
  if (!expected) return message;
  return `it is missing; wanted: ${expected === "record" ? "object" : expected}`;
}

/**
 * A member `__proto__` would be dropped silently on the way: no name of ours is.
 *
 * @param text of the body, before it is parsed
 * @throws {Problem} 400
 */
export function refuseReserved(text: string): void {
  // The name itself, or letters of it in another spelling: numbers, which large bodies consist of, are not read twice.
  if (!/__proto__|\\u00(5f|7[0-9a]|6f|74)/i.test(text)) return;
  const refuse = () => {
    throw new Problem(400, 'The name "__proto__" stands for nothing here: leave it out');
  };
  try {
    JSON.parse(text, (key, value) => key === "__proto__" ? refuse() : value);
  } catch (error) {
    // Invalid JSON is reported where the body is read.
    if (error instanceof Problem) throw error;
  }
}
