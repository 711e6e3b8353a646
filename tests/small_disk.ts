/**
 * A real disk that fills up at once, for tests of full disks.
 * @module
 */

/** Makes the disk larger, as `1m` says. */
export type Grow = (size: string) => Promise<void>;

/**
 * Runs on a disk of its own; says so where this user may not mount one.
 *
 * @param size as mount writes it, e.g. `180k`.
 */
export async function onSmallDisk(
  size: string,
  run: (root: string, grow: Grow) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const mounted = await command("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", root);
  if (!mounted) {
    console.warn("skipped: a full disk needs the right to mount a small one");
    await Deno.remove(root);
    return;
  }
  try {
    await run(root, async (larger) => {
      if (!await command("mount", "-o", `remount,size=${larger}`, root)) {
        throw new Error(`${root} cannot grow`);
      }
    });
  } finally {
    await command("umount", root);
    await Deno.remove(root);
  }
}

async function command(name: string, ...args: string[]): Promise<boolean> {
  return await new Deno.Command(name, { args }).output().then(({ success }) => success, () => false);
}
