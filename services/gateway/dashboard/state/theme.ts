/**
 * Light or dark: as the system has it, or as was chosen here.
 * @module
 */
import { effect, signal } from "@preact/signals";

const STORED = "cugro.theme";
const THEMES = ["system", "light", "dark"] as const;
type Theme = typeof THEMES[number];

/** The chosen theme. */
export const theme = signal<Theme>("system");
/** Whether it is dark now. */
export const isDark = signal(false);

/** Follows system and choice. */
export function followTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = localStorage.getItem(STORED);
  theme.value = THEMES.find((one) => one === stored) ?? "system";
  const look = () => {
    isDark.value = theme.value === "dark" || (theme.value === "system" && system.matches);
    document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
  };
  system.addEventListener("change", look);
  effect(look);
}

/** The next of system, light and dark. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  localStorage.setItem(STORED, theme.value);
}
