import { segmented } from "./dom.js";

const KEY = "push-admin.theme";
const THEMES = [["system", "Auto"], ["light", "Light"], ["dark", "Dark"]];

function chosen() {
  const value = localStorage.getItem(KEY);
  return THEMES.some(([name]) => name === value) ? value : "system";
}

/** Applies what was chosen: the style sheet follows the system unless the root says otherwise. */
export function applyTheme() {
  const theme = chosen();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** The switch between the system's colours, light and dark. */
export function themeSwitch() {
  return segmented("Colours", THEMES, chosen(), (theme) => {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    applyTheme();
  });
}
