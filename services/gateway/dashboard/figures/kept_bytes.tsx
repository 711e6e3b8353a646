/**
 * Bytes of raw data, which may be deleted, against what is kept in their place.
 * @module
 */
import type { Learner } from "@cugro/client";
import { byteSize } from "@cugro/report/words";

export function KeptBytes({ learner: { bytes } }: { learner: Learner }) {
  const rows = [
    ["raw data, which may be deleted", bytes.rawData, "raw"],
    ["generators, which remember it", bytes.generators, "kept"],
    ["critic", bytes.critic, "kept"],
    ["pseudo-samples of the newest version, for a while", bytes.shards, "passing"],
  ] as const;
  const most = Math.max(1, ...rows.map(([, size]) => size));
  return (
    <table class="bars">
      <tbody>
        {rows.map(([name, size, kind]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{byteSize(size)}</td>
            <td class="bar">
              <span class={kind} style={{ width: `${100 * size / most}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
