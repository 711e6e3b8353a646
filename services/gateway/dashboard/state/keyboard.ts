/**
 * The keyboard: everything is a link, a button or a field, and for what is done often there is a key.
 * @module
 */
import { openDialog } from "../acts/open_act.ts";
import { filterWanted } from "./all_learners.ts";
import { addressOf, goTo, LEARNER_TABS, route, toLearner } from "./route.ts";
import { may } from "./page_session.ts";
import { nextTheme } from "./theme.ts";

/** Keys and what they do, for people. */
export const KEYS = [
  ["l", "all learners"],
  ["c", "compare, with the learner that is open on the left"],
  ["1 2 … 6", "live, tasks, versions, jobs, robots, replay of a learner"],
  ["a", "add a task to the learner"],
  ["/", "all learners, to filter them"],
  ["t", "light, dark, or as the system has it"],
  ["Space r s n", "robots: pause, reset, slow motion, another start state"],
  ["e", "robots: another episode of the data"],
  ["← → ↑ ↓", "a robot that has the focus: shove it"],
  ["?", "these keys"],
  ["Esc", "close what is open"],
] as const;

/** Handles keys, but not while the user is typing. */
export function followKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || openDialog.value || isWriting(event.target)) return;
    if (act(event.key)) event.preventDefault();
  });
}

function act(key: string): boolean {
  const { value: place } = route;
  if (key === "l") goTo("#/learners");
  else if (key === "c") {
    goTo(addressOf({ view: "compare", query: place.view === "learner" ? { left: place.name } : {} }));
  } else if (key === "t") nextTheme();
  else if (key === "?") openDialog.value = { kind: "keys" };
  else if (key === "/") {
    goTo("#/learners");
    filterWanted.value = true;
  } else if (place.view !== "learner") return false;
  else if (key === "a" && may("submit")) {
    openDialog.value = { kind: "add task", learner: place.name, file: undefined };
  } else {
    const tab = LEARNER_TABS[Number(key) - 1];
    if (!tab) return false;
    goTo(toLearner(place.name, tab));
  }
  return true;
}

/** Whether the user is typing there. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea");
}
