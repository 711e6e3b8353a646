/**
 * What is known of something, each with its name.
 * @module
 */
import type { ComponentChildren } from "preact";

/** Names with what is known of each; those without anything are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined);
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="user-text">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
