/**
 * A file's judgement before it is handed over: nothing is kept of it.
 * @module
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { learnerName, type Validation, validationSchema } from "@cugro/client/schemas";
import { DatasetError, datasetHash, episodeHashes, reportOf, reportOfError } from "@cugro/datasets";
import { judgeFileAt, type OpenFile } from "@cugro/judging";
import { foreseeRevision } from "@cugro/learners";
import { describeEnvironment, type Reading, readingOf } from "@cugro/protocol";
import type { Store } from "@cugro/store";
import { createRoute, z } from "@hono/zod-openapi";
import { type Gateway, json, PROBLEMS, type RouteDeps, secured } from "../gateway.ts";
import { boundedBody } from "../limits.ts";
import { Problem } from "../problem_details.ts";
import { READING_QUERY } from "./reading_query.ts";
import { FILE_NAME } from "./upload_routes.ts";

/** A larger file is judged by its import alone. */
const MOST_BYTES = 256 << 20;
/** Files that this process judges at a time. */
const MOST_FILES = 2;

const DESCRIPTION =
  "The body is the file as it is, of at most 256 MiB. It is read and judged as an import would, and forgotten. A file that " +
  "would be refused is an answer too (`ok: false`), with what is wrong in `error`.";

/** Adds the route. */
export function registerValidation(app: Gateway, deps: RouteDeps): void {
  const validate = createRoute({
    operationId: "validateTask",
    ...secured(deps, "submit", { bodyBytes: 0 }),
    ...{ method: "post", path: "/v1/learners/{name}/validate", tags: ["tasks"] },
    summary: "What is right and wrong with a file, before it is handed over",
    description: DESCRIPTION,
    request: {
      params: z.object({ name: learnerName }),
      query: z.object({ fileName: FILE_NAME, ...READING_QUERY }),
      body: {
        required: true,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
    },
    responses: { 200: json(validationSchema, "Its judgement"), ...PROBLEMS },
  });
  let judging = 0;
  app.openapi(validate, async (context) => {
    if (judging >= MOST_FILES) {
      throw new Problem(429, `${judging} files are being judged here: try again`, {
        headers: { "retry-after": "5" },
      });
    }
    judging++;
    try {
      const { fileName, gymnasium: environment, ...flags } = context.req.valid("query");
      const body = boundedBody(context.req.raw, { ...deps.limits, maxBytes: MOST_BYTES });
      const about = { learner: context.req.valid("param").name, fileName };
      const reading = readingOf({ ...flags, environment }) ?? {};
      return context.json(await inFolder((folder) => judge(deps.store, folder, body, about, reading)), 200);
    } finally {
      judging--;
    }
  });
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "cugro-judged-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function judge(
  store: Store,
  folder: string,
  body: AsyncIterable<Uint8Array>,
  { learner, fileName }: { learner: string; fileName: string },
  reading: Reading,
): Promise<Validation> {
  // Not under its own name: that is a stranger's.
  const path = join(folder, "file");
  await pipeline(body, createWriteStream(path));
  if ((await stat(path)).size === 0) {
    throw new Problem(422, "The body must be the bytes of the file: it is empty");
  }
  let judged: OpenFile;
  try {
    judged = await judgeFileAt(path, fileName, reading);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { ...reportOfError(fileName, error), notices: [], becomes: null } as Validation;
  }
  try {
    const { environment } = judged;
    return {
      ...reportOf(fileName, judged),
      notices: [...judged.notices],
      environment: environment && describeEnvironment(environment),
      becomes: await foreseen(store, learner, judged),
    };
  } finally {
    judged.close();
  }
}

async function foreseen(store: Store, learner: string, { dataset }: OpenFile): Promise<string | null> {
  const { metadata: { discreteActions }, stateDim, actionDim, size } = dataset;
  const revision = await foreseeRevision(store, learner, {
    ...{ datasetHash: datasetHash(dataset), stateDim, actionDim, size },
    ...(discreteActions === undefined ? {} : { discreteActions }),
    episodes: episodeHashes(dataset),
  });
  return revision ?? null;
}
