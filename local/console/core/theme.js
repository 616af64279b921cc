// Light, dark, or what the system says.

const KEY = "draftkeep.theme";
export const THEMES = ["auto", "light", "dark"];

export const theme = () => localStorage.getItem(KEY) ?? "auto";

export function setTheme(name) {
  if (name === "auto") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, name);
  show();
}

export function show() {
  const chosen = theme();
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
