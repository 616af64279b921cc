// The agents that were worked on lately in this browser; the server lists drafts of an agent, not agents.

import { scope } from "./connection.js";

const MOST = 12;
const place = () => `draftkeep.agents/${encodeURIComponent(scope())}`;

export function recentAgents() {
  try {
    const told = JSON.parse(localStorage.getItem(place()) ?? "[]");
    return Array.isArray(told) ? told.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export const rememberAgent = (agent) => put([agent, ...recentAgents().filter((one) => one !== agent)].slice(0, MOST));
export const forgetAgent = (agent) => put(recentAgents().filter((one) => one !== agent));

function put(agents) {
  try {
    localStorage.setItem(place(), JSON.stringify(agents));
  } catch {
    // A full store loses nothing but this list.
  }
}
