// An agent draft as a session sees it: edits are the whole new payload.

import { call } from "./api.js";
import { principal } from "./connection.js";
import { merge } from "./merge.js";
import { same } from "./same.js";

const part = encodeURIComponent;

/** The caller's draft of a base revision of an agent; see `formDraft` for what a draft can do. */
export function agentDraft(agent, revision) {
  const path = `/v1/tenants/${part(principal().tenant)}/agents/${part(agent)}/revisions/${part(revision)}/draft`;
  const change = async (method, suffix, options) => head((await call(method, path + suffix, options)).body);
  return {
    kind: "agent",
    id: `${agent}/${revision}`,
    noun: "agent",
    name: `agent/${agent}/${revision}`,
    route: `#/agents/${part(agent)}/${part(revision)}`,
    path,

    async read(version) {
      const answer = await call("GET", path, { ifNoneMatch: version });
      if (answer.status === 304) return undefined;
      return answer.status === 204 ? null : head(answer.body);
    },

    save: (edits, { version, key }) => change("PUT", "", { body: edits, ifMatch: version ?? 0, key }),
    move: (what, { version, key }) => change("POST", `:${what}`, { ifMatch: version, key }),
    restore: (seqNo, { version, key }) => change("POST", ":restore", { body: { seqNo }, ifMatch: version, key }),
    discard: ({ version, key }) => call("DELETE", path, { ifMatch: version, key }),

    history: async (query) => (await call("GET", `${path}/history${query}`)).body,
    entry: async (seqNo) => (await call("GET", `${path}/history/${seqNo}`)).body.headData,
    annotate: async (seqNo, change) => (await call("PATCH", `${path}/history/${seqNo}`, { body: change })).body,
    compare: async (from, to) => (await call("GET", `${path}:diff?from=${from}&to=${to}`)).body,

    propose: async (edits, { version, key }) => void (await call("PUT", `${path}?soft=true`, { body: edits, ifMatch: version ?? 0, key })),
    proposals: async () => (await call("GET", `${path}/proposals`)).body.map((one) => proposal(agent, revision, one)),
    decide: (key, accept, fields, version) => decideAgent(path, key, accept, fields, version),

    shown: (content, edits) => edits ?? content,
    joined: (older, newer) => newer ?? older,
    left: (content, edits) => (same(content, edits) ? null : edits),
    empty: {},

    current: ({ body }) => ({
      version: body.currentVersion,
      content: body.headData,
      updatedAt: body.updatedAt,
      updatedBy: body.updatedBy,
      actor: body.actor,
      operation: body.operation,
      cursor: undefined,
    }),

    /** Edits that were made of `base`, put on top of theirs; see `merge`. */
    merged(base, theirs, edits, choices) {
      const { value, overlaps } = merge(base, theirs, edits, choices);
      return { edits: value, overlaps };
    },

    /** Everything there is, as edits of a draft that does not exist. */
    whole: (content) => content,
  };
}

/** The caller's drafts of an agent, a page of them: `{drafts: [{baseRevision, version, updatedAt}], next}`. */
export async function listAgentDrafts(agent, query = "") {
  const { body, next } = await call("GET", `/v1/tenants/${part(principal().tenant)}/agents/${part(agent)}/drafts${query}`);
  return { drafts: body, next };
}

async function decideAgent(path, idempotencyKey, accept, acceptFields, version) {
  const { body } = await call("POST", `${path}:ack`, { body: { idempotencyKey, accept, ...(acceptFields && { acceptFields }) }, ifMatch: version });
  return body && head(body);
}

const head = ({ headData: content, historyCursor: cursor, ...rest }) => ({ ...rest, content, cursor });

function proposal(agent, revision, told) {
  const place = (one) => ({ ...one, place: one.pointer, label: one.pointer, group: one.pointer });
  return {
    ...told,
    kind: "agent",
    draft: `${agent}/${revision}`,
    route: `#/agents/${part(agent)}/${part(revision)}`,
    title: `${agent}, revision ${revision}`,
    key: told.idempotencyKey,
    changes: told.changes.map(place),
    conflicts: told.conflicts.map(place),
    preview: told.headData,
  };
}
