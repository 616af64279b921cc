// A form draft as a session sees it: edits are the members of form_state that were changed.

import { call } from "./api.js";
import { fieldOf, KINDS, togetherWith } from "./kinds.js";
import { same } from "./same.js";

/**
 * The draft `id` of a kind; `id` is "new-…" until the first save.
 * All reads and writes give `{version, content, canUndo, canRedo, cursor, updatedAt, updatedBy, history}`.
 */
export function formDraft(kind, id) {
  const home = `/${kind}/draft`;
  const draft = {
    kind,
    id: id.startsWith("new-") ? null : id,
    noun: KINDS[kind].title.toLowerCase(),

    get name() {
      return `${kind}/${draft.id ?? id}`;
    },
    get route() {
      return `#/${kind}/${draft.id ?? id}`;
    },
    get path() {
      return `${home}/${encodeURIComponent(draft.id)}`;
    },

    async read(version) {
      if (!draft.id) return null;
      try {
        const answer = await call("GET", draft.path, { ifNoneMatch: version });
        return answer.status === 304 ? undefined : head(answer.body);
      } catch (error) {
        // What is only proposed is no draft yet.
        if (error.status === 404 && version === undefined && (await draft.proposals()).length) return null;
        throw error;
      }
    },

    async save(edits, { version, key }) {
      const { body } = await call("POST", home, { body: { ...(draft.id && { draft_id: draft.id }), ...edits }, ifMatch: version, key });
      draft.id = body.draft_id;
      return saved(body);
    },

    move: async (what, { version, key }) => head((await call("POST", `${draft.path}/${what}`, { ifMatch: version, key })).body),
    restore: async (seqNo, { version, key }) =>
      head((await call("POST", `${draft.path}/restore`, { body: { seq_no: seqNo }, ifMatch: version, key })).body),
    discard: ({ version, key }) => call("DELETE", draft.path, { ifMatch: version, key }),

    history: async (query) => camel((await call("GET", `${draft.path}/history${query}`)).body),
    entry: async (seqNo) => (await call("GET", `${draft.path}/history/${seqNo}`)).body.form_state,
    annotate: async (seqNo, change) => camel((await call("PATCH", `${draft.path}/history/${seqNo}`, { body: change })).body),
    compare: async (from, to) => (await call("GET", `${draft.path}/diff?from=${from}&to=${to}`)).body,

    /** Without a precondition: the members that were changed are proposed of the newest version. */
    async propose(edits, { key }) {
      const { body } = await call("POST", home, { body: { ...(draft.id && { draft_id: draft.id }), ...edits, soft: true }, key });
      draft.id ??= body.draft_id;
    },
    proposals: async () => (await call("GET", `${draft.path}/proposals`)).body.map((one) => proposal(kind, one)),
    decide: (key, accept, fields, version) => decide(kind, key, accept, fields, version),

    // -------------------------------------------------------------------------------- edits and their merge
    shown: (content, edits) => (edits ? { ...content, ...edits } : content),
    joined: (older, newer) => (older || newer ? { ...older, ...newer } : null),
    /** The edits that still change something. */
    left: (content, edits) => {
      const rest = Object.entries(edits).filter(([member, value]) => !same(content[member], value));
      return rest.length ? Object.fromEntries(rest) : null;
    },
    empty: null,

    /** What a 409 tells of the draft as it is now. */
    current: ({ body }) => ({
      version: body.current_version,
      content: body.form_state,
      updatedAt: body.updated_at,
      updatedBy: body.updated_by,
      actor: body.actor,
      operation: body.operation,
      cursor: undefined,
    }),

    /**
     * Edits that were made of `base`, put on top of theirs. An overlap `{place, label, base, theirs, mine}` is a field that
     * both changed otherwise: mine is taken, but for `choices`: `{[place]: {value}}`.
     */
    merged(base, theirs, edits, choices = {}) {
      const fields = new Map(Object.keys(edits).map((member) => [fieldOf(kind, member).name, fieldOf(kind, member)]));
      const overlaps = [];
      for (const field of fields.values()) {
        const touched = field.members.filter((member) => Object.hasOwn(edits, member));
        const moved = field.members.some((member) => !same(base?.[member], theirs?.[member]));
        if (!moved || touched.every((member) => same(edits[member], theirs?.[member]))) continue;
        const [shown] = touched;
        overlaps.push({ place: field.name, label: field.label, base: base?.[shown], theirs: theirs?.[shown], mine: edits[shown] });
      }
      const mine = Object.entries(edits).filter(([member]) => !Object.hasOwn(choices, fieldOf(kind, member).name));
      const chosen = overlaps.filter(({ place }) => Object.hasOwn(choices, place)).map(({ place }) => [fields.get(place).members.find((member) => Object.hasOwn(edits, member)), choices[place].value]);
      return { edits: draft.left(theirs, Object.fromEntries([...mine, ...chosen])), overlaps };
    },

    /** Everything there is, as edits of a draft that does not exist: by value, for what belonged to the old draft alone went with it. */
    whole(content) {
      draft.id = null;
      const isThere = (value) => value !== null && value !== undefined && !(Array.isArray(value) && !value.length);
      const kept = KINDS[kind].fields.map(({ name }) => [name, unnamed(content[name])]).filter(([, value]) => isThere(value));
      const pending = (content.pending_ids ?? []).filter((id) => kept.some(([, value]) => value === id || (Array.isArray(value) && value.includes(id))));
      return { ...Object.fromEntries(kept), ...(pending.length && { pending_ids: pending }) };
    },
  };
  return draft;
}

/** Arguments and their outputs without their ids; any other value as it is. */
const unnamed = (value) =>
  Array.isArray(value) ? value.map((one) => (one && typeof one === "object" && "outputs" in one ? { ...one, id: null, outputs: one.outputs.map((output) => ({ ...output, id: null })) } : one)) : value;

/** The caller's drafts of a kind: `{drafts: [{id, name, version, createdAt, updatedAt}], next}`. */
export async function listForms(kind, { search, query } = {}) {
  const asked = query ?? (search ? `?search=${encodeURIComponent(search)}` : "");
  const { body, next } = await call("GET", `/${kind}/drafts${asked}`);
  return { drafts: body.map(camel), next };
}

/** Pending proposals of all the caller's drafts of a kind. */
export async function inbox(kind, query = "") {
  const { body, next } = await call("GET", `/${kind}/proposals${query}`);
  return { proposals: body.map((one) => proposal(kind, one)), next };
}

/** Decide on a proposal of a form; `fields` null decides on all of it, `version` says that conflicts were seen. */
export async function decide(kind, key, accept, fields, version) {
  const body = { idempotency_key: key, accept, ...(fields && { accept_fields: fields }) };
  return saved((await call("POST", `/${kind}/draft`, { body, ifMatch: version })).body);
}

function head(body) {
  const { form_state: content, history_cursor: cursor, ...rest } = body;
  return { ...camel(rest), content, cursor, history: body.history?.map(camel) ?? [] };
}

// The answer of a save says nothing of the cursor: `cursor` undefined asks for a read.
const saved = (body) => ({ version: body.version, content: body.form_state, cursor: undefined });

function proposal(kind, told) {
  const place = (one) => ({ ...one, place: one.field, label: fieldOf(kind, one.field).label, group: togetherWith(kind, one.field) });
  return {
    kind,
    draft: told.draft_id,
    route: `#/${kind}/${told.draft_id}`,
    title: told.form_state?.name,
    key: told.idempotency_key,
    proposedBy: told.proposed_by,
    actor: told.actor,
    createdAt: told.created_at,
    baseVersion: told.base_version,
    currentVersion: told.current_version,
    changes: told.changes.map(place),
    changesTotal: told.changes_total,
    conflicts: told.conflicts.map(place),
    conflictsTotal: told.conflicts_total,
    preview: told.form_state,
  };
}

/** snake_case members in camelCase, one level deep, and lists of such objects. */
export function camel(told) {
  const spell = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  const made = {};
  for (const [name, value] of Object.entries(told)) {
    const isList = Array.isArray(value) && value.every((one) => one && typeof one === "object" && !Array.isArray(one));
    made[spell(name)] = isList ? value.map(camel) : value;
  }
  return made;
}
