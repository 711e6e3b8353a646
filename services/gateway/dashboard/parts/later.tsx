/**
 * A part of the page that is loaded when it is looked at.
 * @module
 */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../state/page_session.ts";
import { NothingYet } from "./nothing_yet.tsx";

/** A component with a placeholder until it is loaded. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  what: string,
): (props: Props) => preact.JSX.Element {
  let loaded: ComponentType<Props> | undefined;
  return function Later(props) {
    const [part, setPart] = useState(() => loaded);
    const [fault, setFault] = useState<string | undefined>(undefined);
    useEffect(() => {
      if (part) return;
      load().then((found) => {
        loaded = found;
        setPart(() => found);
      }, (error) => setFault(sentenceOf(error)));
    }, []);
    const Part = part;
    return Part ? <Part {...props} /> : <NothingYet fault={fault} what={what} />;
  };
}
