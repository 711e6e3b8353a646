/**
 * Opens the report of a learner in a tab of its own.
 * @module
 */
import { showToast } from "../parts/toasts.tsx";
import { client, sentenceOf } from "../state/page_session.ts";

/** A page that a browser opens by an address sends no token: the gateway gives an address that needs none, for some minutes. */
export function ReportButton({ learner }: { learner: string }) {
  const open = async () => {
    // At the click itself: a browser lets a page open no tab later.
    const tab = globalThis.open("about:blank", "_blank");
    if (tab) tab.opener = null;
    try {
      const { url } = await client.value.reportLink(learner);
      (tab ?? globalThis).location.replace(url);
    } catch (error) {
      tab?.close();
      showToast(sentenceOf(error), { isFault: true });
    }
  };
  return <button type="button" onClick={() => void open()}>Report</button>;
}
