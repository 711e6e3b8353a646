/**
 * Text that can be copied, with a button that does it.
 * @module
 */
import { useState } from "preact/hooks";

/** A line of code and a button that copies it. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  return (
    <div class="copy-line">
      <span class="copy-label">{label}</span>
      <code tabIndex={0}>{text}</code>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}

/** A button that copies a text. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [caption, setCaption] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCaption("Copied");
    } catch {
      setCaption("Not allowed");
    }
    setTimeout(() => setCaption("Copy"), 1_500);
  };
  return <button type="button" class="small" aria-label={label} onClick={() => void copy()}>{caption}
  </button>;
}
