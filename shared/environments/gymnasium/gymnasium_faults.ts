/**
 * What can go wrong with an environment in Python, each in words that say what to do.
 * @module
 */
import { adaptedAdvice, adaptedModule, adaptedPackage } from "./adapted.ts";
import { interpreterAdvice, pipInstall } from "./interpreter.ts";

/** Calls of the process. */
export type GymnasiumCall = "open" | "reset" | "step" | "close";

/** This installation does not run the environment: returns are not measured, and everything else is. */
export class GymnasiumUnavailable extends Error {
  override name = "GymnasiumUnavailable";
}

/** The environment raised an exception, or is none that the data can come from. */
export class GymnasiumFault extends Error {
  override name = "GymnasiumFault";
}

/** The process died, or gave no answer in time; it is started again at the next `open`. */
export class GymnasiumLost extends Error {
  override name = "GymnasiumLost";
}

/** A fault as Python tells it. */
export interface ReportedFault {
  code: "package" | "unregistered" | "refused" | "unusable" | "raised" | "unconfined" | "protocol";
  message: string;
  type?: string;
  traceback?: string;
  /** `make`, `reset` or `step`, and which of the copies, from 0. */
  doing?: string;
  copy?: number | null;
  /** The one that cannot be imported. */
  package?: string | null;
}

/** Advice for an operator who trusts the senders of data. */
export const TRUST_ADVICE =
  "an operator who trusts those who send data allows it with --trust-environments or CUGRO_GYMNASIUM_TRUST=any";

const MOST_CHARACTERS = 3_000;
const MOST_OF_MESSAGE = 500;

/**
 * What an environment said, fit for JSON, a terminal and a page: it may have half a character, codes that colour a terminal,
 * and no end. Of a long text the end is kept, where a traceback says most.
 *
 * @param text what came from the environment
 * @param most characters that are kept
 * @returns without control characters, beginning with an ellipsis where it was cut
 */
export function plainWords(text: string, most = MOST_CHARACTERS): string {
  const plain = text.toWellFormed().replace(CONTROLS, "");
  return plain.length > most ? `… ${plain.slice(-most).toWellFormed()}` : plain;
}

// deno-lint-ignore no-control-regex
const CONTROLS = /\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * The error of a fault of the environment `id` in the interpreter `python`.
 *
 * @param id of the environment
 * @param python the interpreter's path
 * @param fault as the process reports it
 * @returns GymnasiumUnavailable with advice, GymnasiumLost or GymnasiumFault
 */
export function errorOfFault(id: string, python: string, fault: ReportedFault): Error {
  const { code } = fault;
  const message = plainWords(fault.message, MOST_OF_MESSAGE);
  const unavailable = (advice: string) =>
    new GymnasiumUnavailable(`${id} is not run as ${message}: ${advice}`);
  const adapted = adaptedPackage(id) ?? adaptedModule(fault.package ?? undefined);
  switch (code) {
    case "package":
      if (adapted) return unavailable(adaptedAdvice(adapted));
      return unavailable(`install it with ${pipInstall(python)}, or name one that is there with --gymnasium`);
    case "unregistered":
      if (adapted) {
        return unavailable(`${adaptedAdvice(adapted)}, or name one that is there with --gymnasium`);
      }
      return unavailable(
        `name the package that does in CUGRO_GYMNASIUM_PACKAGES, as gymnasium,its_name, or one that is there with --gymnasium`,
      );
    case "refused":
      return unavailable(TRUST_ADVICE);
    case "unconfined":
      return unavailable("set CUGRO_GYMNASIUM_NETWORK=allow where that is acceptable");
    case "unusable":
      return unavailable("nothing can be done here, so it is learnt without a simulator");
    case "protocol":
      return new GymnasiumLost(`Python does not speak the protocol of this version: ${message}`);
    default:
      return new GymnasiumFault(describeException(id, { ...fault, message }));
  }
}

function describeException(id: string, { type, message, doing, copy, traceback }: ReportedFault): string {
  const where = typeof copy === "number" ? ` of its copy ${copy}` : "";
  return `${id} raised ${type} in ${doing}${where}: ${message}\n${plainWords(traceback ?? "")}`.trim();
}

/**
 * There is no interpreter.
 *
 * @param id of the environment
 * @returns the error, to be thrown
 */
export function noInterpreter(id: string): GymnasiumUnavailable {
  const adapted = adaptedPackage(id);
  const advice = adapted ? adaptedAdvice(adapted) : interpreterAdvice();
  return new GymnasiumUnavailable(`${id} is not run as there is no Python for it: ${advice}`);
}
