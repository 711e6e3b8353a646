import { assert, assertEquals, assertThrows } from "@std/assert";
import { createRng, InvalidInputError, openNoise } from "@cugro/algorithm/arrays";
import { rowSources } from "@cugro/algorithm/arrays";
import { sharedMemory } from "./joined_session.ts";
import { openSession, openSharedSession, type SharedSession } from "./session.ts";
import type { InferenceActing, SessionInput } from "./session_input.ts";
import type { JoinedQuestion } from "./testing/joined_worker.ts";
import {
  bitsOf,
  criticWeights,
  exampleKnobs,
  exampleNormalisers,
  ODD,
  oneStepWeights,
} from "./testing/example_networks.ts";

function inputOf(acting: InferenceActing, over = {}, seed = 1): SessionInput {
  return {
    ...{ acting, network: oneStepWeights(acting, ODD, seed), normalisers: exampleNormalisers(ODD) },
    critic: acting === "actor" ? undefined : criticWeights(ODD),
    ...{ stateDim: ODD.stateDim, actionDim: ODD.actionDim, hyperparameters: exampleKnobs(over) },
  };
}

const states = createRng(4, "states").normals(300 * ODD.stateDim);

/** Runs a test with a thread that has joined this thread's memory. */
async function withThread(
  body: (ask: (question: JoinedQuestion) => Promise<Float32Array | string>) => Promise<void>,
) {
  const worker = new Worker(new URL("./testing/joined_worker.ts", import.meta.url), { type: "module" });
  try {
    await body((question) =>
      new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(sharedMemory()!.memory);
        worker.postMessage(question);
      })
    );
  } finally {
    worker.terminate();
  }
}

/** What a thread is asked: 300 rows of task 9, the seed 5. */
function questionOf(session: SharedSession, workBytes = session.joined!.workBytes): JoinedQuestion {
  const sources = rowSources([{ noise: openNoise(5), rows: 300 }], 300);
  const noise = session.draw(sources) ?? 0;
  return {
    ...{ session: session.joined!, task: 9, states, noise },
    place: sharedMemory()!.take(workBytes),
  };
}

Deno.test("a session that is joined by another thread gives the same bytes there, whatever is opened later", () =>
  withThread(async (ask) => {
    for (
      const input of [
        inputOf("actor"),
        inputOf("proposer"),
        inputOf("proposer", { selection: "one", candidates: 150 }),
      ]
    ) {
      const alone = openSession(input), session = openSharedSession(input);
      const wanted = bitsOf(alone.act(9, states, 5));
      assertEquals(bitsOf(session.act(9, states, 5)), wanted);
      const question = questionOf(session);
      const later = Array.from({ length: 20 }, (_, seed) => openSharedSession(inputOf("actor", {}, seed)));
      const [answer] = await Promise.all([ask(question), later[0]!.act(9, states, 0)]);
      assertEquals(bitsOf(answer as Float32Array), wanted);
      [alone, session, ...later].forEach((one) => one.dispose());
      sharedMemory()!.release(question.place);
    }
  }));

Deno.test("a joined session refuses what the session refuses, and a place that is too small", () =>
  withThread(async (ask) => {
    const session = openSharedSession(inputOf("proposer"));
    const question = questionOf(session);
    assert(`${await ask({ ...question, task: 3 })}`.includes("known tasks are [4, 2, 9]"));
    const { noise } = question.noise as { noise: Float32Array };
    const short = { noise: noise.subarray(16) };
    assertThrows(() => session.act(9, states, short), InvalidInputError, "noise must be [300, 16, 3]");
    assert(`${await ask({ ...question, noise: short })}`.includes("noise must be [300, 16, 3]"));
    const small = { ...question.place, bytes: question.place.bytes / 2 };
    assert(`${await ask({ ...question, place: small })}`.includes(" are needed"));
    assertEquals(bitsOf(await ask(question) as Float32Array), bitsOf(session.act(9, states, 5)));
    session.dispose();
  }));
