/**
 * Routing: every state of the page is an address, `#/learners/walker/versions/3?task=2`. It stands behind the `#`, so that it is
 * neither sent nor logged.
 * @module
 */
import { signal } from "@preact/signals";

/** The parts of one learner's page. */
export const LEARNER_TABS = ["live", "tasks", "versions", "jobs", "robots", "replay"] as const;
/** One of {@link LEARNER_TABS}. */
export type LearnerTab = typeof LEARNER_TABS[number];

/** A place of the page. `item`: the task, version or job that is opened; `query`: what is chosen in figures. */
export type Route =
  | { view: "learners" }
  | { view: "compare"; query: Query }
  | { view: "learner"; name: string; tab: LearnerTab; item?: string; query: Query }
  | { view: "nowhere"; path: string };

/** The choices made in figures, by name. */
export type Query = Readonly<Record<string, string>>;

/** The place that an address names. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "").map(decoded);
  const [view, name, tab = "live", item, ...rest] = parts;
  if (view === undefined || (view === "learners" && name === undefined)) return { view: "learners" };
  const query = Object.fromEntries(new URLSearchParams(search));
  if (view === "compare" && name === undefined) return { view: "compare", query };
  const isTab = (LEARNER_TABS as readonly string[]).includes(tab);
  if (view !== "learners" || !isTab || rest.length > 0) return { view: "nowhere", path };
  return {
    view: "learner",
    name: name!,
    tab: tab as LearnerTab,
    ...item === undefined ? {} : { item },
    query,
  };
}

/** The address of a place. */
export function addressOf(route: Route): string {
  if (route.view === "learners") return "#/learners";
  if (route.view === "nowhere") return `#${route.path}`;
  if (route.view === "compare") return `#/compare${searchOf(route.query)}`;
  const { name, tab, item, query } = route;
  const parts = [
    "learners",
    name,
    ...tab === "live" && item === undefined ? [] : [tab],
    ...item ? [item] : [],
  ];
  return `#/${parts.map(encodeURIComponent).join("/")}${searchOf(query)}`;
}

function searchOf(query: Query): string {
  const search = new URLSearchParams(query).toString();
  return search === "" ? "" : `?${search}`;
}

/** The address of a comparison of two versions of a learner. */
export function toComparison(learner: string, left: number, right: number): string {
  const both = { left: learner, leftVersion: String(left), right: learner, rightVersion: String(right) };
  return addressOf({ view: "compare", query: both });
}

/** The address of the evaluation that a version's score on a task is from. */
export function toEvaluation(name: string, version: number, task: number): string {
  const query = { version: String(version), task: String(task) };
  return addressOf({ view: "learner", name, tab: "jobs", item: EVALUATION, query });
}

/** In the place of a job: the one that has evaluated a version on a task. */
export const EVALUATION = "evaluation";

/** The address of a part of a learner's page. */
export function toLearner(name: string, tab: LearnerTab = "live", item?: string | number): string {
  return addressOf({
    view: "learner",
    name,
    tab,
    query: {},
    ...item === undefined ? {} : { item: String(item) },
  });
}

/** Where the page is now. */
export const route = signal<Route>({ view: "learners" });

/** Follows the address. */
export function followAddress(): void {
  const read = () => route.value = parseRoute(location.hash);
  addEventListener("hashchange", read);
  read();
}

/** Goes to an address. */
export function goTo(address: string): void {
  location.hash = address;
}

/** Changes what is chosen, in the same place: one goes back past it, not through it. */
export function choose(change: Record<string, string | undefined>): void {
  const { value } = route;
  if (value.view !== "learner" && value.view !== "compare") return;
  const all = { ...value.query, ...change };
  const query = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  route.value = { ...value, query };
  history.replaceState(null, "", addressOf(route.value));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
