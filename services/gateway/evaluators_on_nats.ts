/**
 * Evaluators over NATS: which evaluations are wanted, asked of one of the gateways, and evaluations handed in to one of
 * them. They have no token: the rights of NATS decide who may ask and hand in.
 * @module
 */
import type { Answered, Asked, Bus, NatsBus } from "@cugro/bus";
import { newEvaluationSchema } from "@cugro/client/schemas";
import { learnerExists, type LearnerReader, listLearners, wantedEvaluations } from "@cugro/learners";
import {
  ACT_QUEUE,
  BY_NATS,
  EVALUATIONS_WANTED,
  fitsPattern,
  HAND_IN_SUBJECTS,
  learnerOfHandIn,
  MOST_WANTED,
  type WantedAnswer,
  type WantedEvaluation,
  type WantedRequest,
  wantedRequestSchema,
} from "@cugro/protocol";
import type { Store } from "@cugro/store";
import type { Log } from "@cugro/telemetry";
import { z } from "zod";
import { refusal } from "./acting/act_messages.ts";
import { fitting } from "./acting/nats_answer.ts";
import { noLearner } from "./gateway.ts";
import { Problem, problemOf } from "./problem_details.ts";
import { bodyProblem, refuseReserved } from "./request_body.ts";
import { takeEvaluation } from "./routes/evaluation_routes.ts";

/** Dependencies on the gateway. */
export interface EvaluatorDeps {
  store: Store;
  bus: Bus;
  learners: LearnerReader;
  log: Log;
}

/** Requests under way in one process; one more is told to come again. */
const MOST_UNDER_WAY = 64;
/** Wanted evaluations are looked up no more often than this, however many evaluators ask. */
const LOOK_MS = 3_000;

/** The message that hands in an evaluation: the body of HTTP, and the version. */
export const handInSchema = newEvaluationSchema.safeExtend({ version: z.int().min(1) });

/**
 * Begins to answer.
 *
 * @param nats bus that requests come from
 * @param deps store, tokens, limits and log
 * @returns a function that takes no more requests, and resolves when those under way have been answered
 */
export async function evaluateOnNats(
  nats: Pick<NatsBus, "answer">,
  deps: EvaluatorDeps,
): Promise<() => Promise<void>> {
  const wanted = lookUpWanted(deps);
  const stops = await Promise.all([
    nats.answer({
      ...{ subject: EVALUATIONS_WANTED, queue: ACT_QUEUE },
      answer: (asked) =>
        answered(deps, asked, async (message) => ({
          status: 200,
          document: select(await wanted.all(), parsed(wantedRequestSchema, message === "" ? "{}" : message)),
        })),
    }),
    nats.answer({
      ...{ subject: HAND_IN_SUBJECTS, queue: ACT_QUEUE },
      answer: (asked) =>
        answered(deps, asked, async (message) => {
          const reply = await handIn(deps, asked.subject, message);
          wanted.forget();
          return reply;
        }),
    }),
  ]);
  return async () => void await Promise.all(stops.map((stop) => stop()));
}

interface Reply {
  status: number;
  document: object;
}

/** Every request has an answer: a problem document where it cannot be done. */
async function answered(
  { log }: EvaluatorDeps,
  asked: Asked,
  work: (message: string) => Promise<Reply>,
): Promise<Answered> {
  try {
    if (asked.underWay >= MOST_UNDER_WAY) {
      throw new Problem(503, `${asked.underWay} requests are under way here: try again`, {
        headers: { "retry-after": "1" },
      });
    }
    return fitting({ ...await work(new TextDecoder().decode(asked.data)), headers: {} }, asked);
  } catch (error) {
    const problem = problemOf(error);
    const level = problem.status >= 500 ? "error" : "info";
    const requestId = crypto.randomUUID();
    const about = { requestId, subject: asked.subject, status: problem.status, reason: problem.detail };
    log[level]("request of an evaluator refused", level === "error" ? { ...about, error } : about);
    return fitting(refusal(problem, requestId), asked);
  }
}

async function handIn(deps: EvaluatorDeps, subject: string, message: string): Promise<Reply> {
  const name = learnerOfHandIn(subject);
  if (name === undefined || !await learnerExists(deps.store, name)) throw noLearner(name ?? "");
  const { version, ...body } = parsed(handInSchema, message);
  const { evaluation, added } = await takeEvaluation(deps, { name, version, by: BY_NATS }, body);
  return { status: added ? 201 : 200, document: evaluation };
}

/** @throws {Problem} 400, naming each field that is wrong */
function parsed<T>(schema: z.ZodType<T>, message: string): T {
  refuseReserved(message);
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch (cause) {
    throw new Problem(400, "The message is not JSON", { cause });
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw bodyProblem("body", read.error.issues);
}

/** Of all learners, those that are waited for first; those who ask together share a look. */
function lookUpWanted({ store, learners, log }: EvaluatorDeps) {
  let looked = -Infinity;
  let last: Promise<WantedEvaluation[]> | undefined;
  const look = async () => {
    const found: WantedEvaluation[] = [];
    for (const name of await listLearners(store)) {
      try {
        found.push(...wantedEvaluations(await learners.facts(name)));
      } catch (error) {
        // One whose facts are damaged, or that was deleted meanwhile, keeps nobody from the others.
        log.warn("a learner's wanted evaluations could not be read", { learner: name, error });
      }
    }
    return found.sort((a, b) => Number(b.waits) - Number(a.waits));
  };
  const forget = () => void (looked = -Infinity);
  const all = () => {
    if (last === undefined || performance.now() - looked > LOOK_MS) {
      looked = performance.now();
      last = look();
      // Asked again at once by the next, who may have more luck.
      last.catch(forget);
    }
    return last;
  };
  return { all, forget };
}

function select(all: readonly WantedEvaluation[], { environments, learners }: WantedRequest): WantedAnswer {
  const fits = (patterns: readonly string[] | undefined, name: string) =>
    patterns === undefined || patterns.some((pattern) => fitsPattern(pattern, name));
  const found = all.filter((one) => fits(environments, one.environmentName) && fits(learners, one.learner));
  return { wanted: found.slice(0, MOST_WANTED), more: Math.max(0, found.length - MOST_WANTED) };
}
