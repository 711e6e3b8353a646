/**
 * What one of the two pictures is to show, as its words in the address: `3` is version 3 of the learner that is looked at, `other/3` of
 * another one, `data/12` episode 12 of the task's data. Pure.
 * @module
 */

export type ShownSide =
  | { kind: "version"; learner: string; version: number }
  | { kind: "data"; episode: number };

/** Undefined for words that name nothing. */
export function parseSide(words: string | undefined, learner: string): ShownSide | undefined {
  const [first = "", second, ...rest] = (words ?? "").split("/");
  const [name, number] = second === undefined ? [learner, first] : [first, second];
  if (rest.length > 0 || name === "" || !/^\d{1,9}$/.test(number)) return undefined;
  if (second !== undefined && name === "data") return { kind: "data", episode: Number(number) };
  return Number(number) > 0 ? { kind: "version", learner: name, version: Number(number) } : undefined;
}

/** The words of a side in the address. */
export function sideWords(side: ShownSide, learner: string): string {
  if (side.kind === "data") return `data/${side.episode}`;
  return side.learner === learner ? String(side.version) : `${side.learner}/${side.version}`;
}

/** Whose critic judges an episode of the data: the version beside it where it knows the task, else the newest that does. */
export function judgingVersion(
  beside: ShownSide | undefined,
  { learner, task }: { learner: string; task: number },
  versions: readonly { version: number; tasks: readonly number[] }[],
): number | undefined {
  const knowing = versions.filter(({ tasks }) => tasks.includes(task)).map(({ version }) => version);
  const isKnowing = beside?.kind === "version" && beside.learner === learner &&
    knowing.includes(beside.version);
  return isKnowing ? beside.version : knowing.at(-1);
}

/** The episode `by` places further on: behind the last one comes the first. */
export function episodeBeside(episode: number, by: number, episodes: number): number {
  return (Math.min(episode, episodes - 1) + by + episodes) % episodes;
}

/** The default comparison: the version that learnt the task, and the newest that counts. */
export function usualSides(
  task: number,
  versions: readonly { version: number; task: number; tasks: readonly number[] }[],
): [number | undefined, number | undefined] {
  const knowing = versions.filter(({ tasks }) => tasks.includes(task));
  const learnt = knowing.find((version) => version.task === task) ?? knowing[0];
  const newest = knowing.at(-1);
  return newest === learnt ? [newest?.version, undefined] : [learnt?.version, newest?.version];
}
