/**
 * Opens a learner's report in its own tab.
 * @module
 */
import { showToast } from "../parts/toasts.tsx";
import { client, sentenceOf } from "../state/page_session.ts";

/** A page opened by its address sends no token, so the gateway gives out an address that needs none, for some minutes. */
export function ReportButton({ learner }: { learner: string }) {
  const open = async () => {
    // During the click: browsers let a page open a tab only then.
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
