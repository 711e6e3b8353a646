/**
 * A policy that acts in its owner's way unless a request says otherwise.
 * @module
 */
import type { WayOfActing } from "@cugro/protocol";
import { type Acting, checkActing } from "@cugro/serving";

/**
 * The same answers, chosen by `way` unless a request says otherwise; the version's own way where `way` is undefined.
 *
 * `about` refuses a version that cannot act that way, as every request would be.
 */
export function actingSo<A extends Pick<Acting, "act" | "about">>(
  acting: A,
  way: WayOfActing | undefined,
): A {
  if (way === undefined) return acting;
  return {
    ...acting,
    act: (learner, request, signal) => acting.act(learner, { acting: way, ...request }, signal),
    async about(learner) {
      const facts = await acting.about(learner);
      checkActing(facts, { acting: way });
      return { ...facts, actingByTask: new Map(facts.tasks.map(({ task }) => [task, way])) };
    },
  };
}
