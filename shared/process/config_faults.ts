/**
 * What is wrong with an environment, in words.
 * @module
 */
import type { z } from "zod";

/** Variables by name. */
export type Environment = Record<string, string | undefined>;

/**
 * Variables that are right alone, and wrong together.
 *
 * @param environment values by the names of variables
 * @returns a sentence for each fault, indented by two spaces
 */
export function faultsBetween(environment: Environment): string[] {
  const [key, secret] = ["CUGRO_S3_ACCESS_KEY", "CUGRO_S3_SECRET_KEY"] as const;
  if (!environment[key] === !environment[secret]) return [];
  const [missing, present] = environment[key] ? [secret, key] : [key, secret];
  return [`  ${missing} must be set too, as ${present} is`];
}

/**
 * One fault that the schema found: the variable, what it may be, what it is; never a secret.
 *
 * @param issue the fault, its path beginning with the variable's name
 * @param environment values by the names of variables
 * @returns a sentence, indented by two spaces
 */
export function describeFault(issue: z.core.$ZodIssue, environment: Environment): string {
  const name = String(issue.path[0]);
  const isChoice = issue.code === "invalid_value" && issue.path.length === 1;
  const allowed = isChoice ? `must be ${issue.values.join(" or ")}` : issue.message;
  const value = environment[name];
  if (value === undefined || value === "") return `  ${name} ${allowed}`;
  return `  ${name} ${allowed}: current value is "${name.includes("SECRET") ? "(hidden)" : value}"`;
}

/**
 * Variables that a process cannot do without, and that are not set.
 *
 * @param required what each must be
 * @param environment values by the names of variables
 * @returns a sentence for each that is missing, indented by two spaces
 */
export function missingOf(required: Readonly<Record<string, string>>, environment: Environment): string[] {
  return Object.entries(required).flatMap(([name, text]) => environment[name] ? [] : [`  ${name} ${text}`]);
}
