/**
 * The page: its head, the view that the address names, and the open dialog.
 * @module
 */
import { useEffect } from "preact/hooks";
import { ActDialog } from "./acts/act_dialog.tsx";
import { AddTask } from "./acts/add_task.tsx";
import { Evaluate } from "./acts/evaluate.tsx";
import { ExportBundle } from "./acts/export_bundle.tsx";
import { NewLearner } from "./acts/new_learner.tsx";
import { openDialog } from "./acts/open_act.ts";
import { Relabel } from "./acts/relabel_form.tsx";
import { CompareView } from "./compare/compare_view.tsx";
import { DropPlace } from "./parts/drop_place.tsx";
import { Head } from "./parts/head.tsx";
import { Keys } from "./parts/key_help.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { type Route, route } from "./state/route.ts";
import { askedBecause, token } from "./state/page_session.ts";
import { LearnerView } from "./views/learner_view.tsx";
import { LearnersView } from "./views/learners_view.tsx";
import { TokenView } from "./views/token_view.tsx";

export function App() {
  if (askedBecause.value !== undefined) return <TokenView because={askedBecause.value} />;
  if (!token.value) {
    return (
      <main id="content">
        <p class="empty" role="status">Asking the gateway …</p>
      </main>
    );
  }
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>Skip to content</a>
      <Head />
      <View />
      <DropPlace />
      <OpenDialog />
      <Toasts />
    </>
  );
}

/** Shown for an address that names no place of the page. */
function skip(event: Event): void {
  event.preventDefault();
  const content = document.getElementById("content");
  content?.setAttribute("tabindex", "-1");
  content?.focus();
}

function View() {
  const { value } = route;
  const title = titleOf(value);
  useEffect(() => void (document.title = title), [title]);
  switch (value.view) {
    case "learners":
      return <LearnersView />;
    case "learner":
      return <LearnerView name={value.name} tab={value.tab} item={value.item} query={value.query} />;
    case "compare":
      return <CompareView query={value.query} />;
    case "nowhere":
      return (
        <main id="content">
          <h1>There is nothing here</h1>
          <p class="user-text">
            No part of the page is called {value.path.slice(0, 200)}. <a href="#/learners">All learners</a>
          </p>
        </main>
      );
  }
}

function titleOf(place: Route): string {
  if (place.view === "learner") return `${place.name} · CuGRO`;
  return place.view === "compare" ? "Compare · CuGRO" : "CuGRO";
}

function OpenDialog() {
  const open = openDialog.value;
  switch (open?.kind) {
    case "act":
      return <ActDialog key={open.act.title} act={open.act} />;
    case "add task":
      return <AddTask learner={open.learner} file={open.file} />;
    case "relabel":
      return <Relabel learner={open.learner} task={open.task} />;
    case "evaluate":
      return <Evaluate learner={open.learner} version={open.version} />;
    case "export":
      return <ExportBundle learner={open.learner} version={open.version} />;
    case "new learner":
      return <NewLearner />;
    case "keys":
      return <Keys />;
    default:
      return null;
  }
}
