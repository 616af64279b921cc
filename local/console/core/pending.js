// Proposals that wait for a decision: those of one draft, and those of all drafts that this browser knows of.

import { agentDraft, listAgentDrafts } from "./agents.js";
import { decide, inbox } from "./forms.js";
import { KINDS } from "./kinds.js";
import { recentAgents } from "./recent.js";

const MOST_PAGES = 10;
const MOST_AGENTS = 6;
const MOST_DRAFTS = 5;

/** Of one open draft; a draft that has no name yet has none. */
export const pendingOf = async ({ draft }) => (draft.id ? draft.proposals() : []);

/** Of all form drafts, and of the agents that were looked at last: `{proposals, failed}`, newest first. */
export async function pending() {
  const asked = [...Object.keys(KINDS).map(ofForms), ...recentAgents().slice(0, MOST_AGENTS).map(ofAgent)];
  const answers = await Promise.allSettled(asked);
  const failed = answers.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  if (failed.length === answers.length) throw failed[0];
  const proposals = answers.flatMap(({ value = [] }) => value).sort((a, b) => b.createdAt - a.createdAt);
  tellOf(proposals.length);
  return { proposals, failed };
}

async function ofForms(kind) {
  const found = [];
  for (let query = "", pages = 0; query !== null && pages < MOST_PAGES; pages++) {
    const { proposals, next } = await inbox(kind, query);
    found.push(...proposals);
    query = next;
  }
  return found;
}

async function ofAgent(agent) {
  const { drafts } = await listAgentDrafts(agent);
  return (await Promise.all(drafts.slice(0, MOST_DRAFTS).map((one) => agentDraft(agent, one.baseRevision).proposals()))).flat();
}

/** Decide on a proposal whose draft is not open. */
export function decideOn({ kind, draft, key }, accept, fields, version) {
  return kind === "agent" ? agentDraft(...draft.split("/")).decide(key, accept, fields, version) : decide(kind, key, accept, fields, version);
}

// ---------------------------------------------------------------------------------------------------- number

const listeners = new Set();
let number = 0;

/** How many were waiting when it was last looked. */
export const pendingCount = () => number;

export function onPending(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

function tellOf(found) {
  number = found;
  for (const tell of listeners) tell();
}

/** Count anew; a count that cannot be had stays as it was. */
export const recount = () => pending().catch(() => null);
