// Resources of the catalog: searched, read by id, and created; each is read once.

import { call } from "./api.js";
import { onConnect } from "./connection.js";

const rows = new Map();
onConnect(() => rows.clear());

const keep = (row) => {
  rows.set(`${row.type}/${row.id}`, Promise.resolve(row));
  return row;
};

/** Rows whose value begins with `q`: `{rows, next}`. */
export async function search(type, q, { limit = 20 } = {}) {
  const query = new URLSearchParams({ q, limit });
  const { body, next } = await call("GET", `/catalog/${type}?${query}`);
  return { rows: body.map(keep), next };
}

/** One row; an id that is not there any more has no value. */
export function row(type, id) {
  const name = `${type}/${id}`;
  if (!rows.has(name)) {
    const asked = call("GET", `/catalog/${type}/${encodeURIComponent(id)}`).then(
      ({ body }) => body,
      (error) => {
        rows.delete(name);
        return { id, type, value: null, failed: error };
      },
    );
    rows.set(name, asked);
  }
  return rows.get(name);
}

/** Create a shared row; needs the group catalog-admin. */
export async function create(type, value) {
  return keep((await call("POST", `/catalog/${type}`, { body: { value } })).body);
}

/** All flags in use, by type: `[{type, rows}]`. */
export async function flagTypes() {
  const { rows: flags } = await search("flags", "", { limit: 100 });
  const types = Map.groupBy(flags, (flag) => flag.attributes.type);
  return [...types].map(([type, found]) => ({ type, rows: found.sort((a, b) => ORDER.indexOf(a.value) - ORDER.indexOf(b.value)) }));
}

const ORDER = ["true", "false", "off", "none", "minimal", "low", "medium", "high", "standard", "strict"];
