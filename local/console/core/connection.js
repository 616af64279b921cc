// Where the API is, and who calls. Kept in the memory of this page alone: a reload forgets the token.

const own = { base: "", token: "", turn: 0 };
const listeners = new Set();

/**
 * The connection: `base` is the API's address ("" is the server of this page), `token` the bearer token or "", `turn` a number
 * that no earlier connection of this page had.
 */
export const connection = () => own;

export function connect(base, token) {
  own.base = base.trim().replace(/\/+$/, "");
  own.token = token.trim().replace(/^Bearer\s+/i, "");
  own.turn++;
  for (const tell of listeners) tell();
}

export function onConnect(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The claims of the token, unverified: the server verifies, the page only names who is signed in. */
export function claims() {
  try {
    const [, middle] = own.token.split(".");
    const bytes = Uint8Array.from(atob(middle.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const told = JSON.parse(new TextDecoder().decode(bytes));
    return told && typeof told === "object" ? told : {};
  } catch {
    return {};
  }
}

/** `{user, tenant}` as the server will see them; without a token those of `make serve`. */
export function principal() {
  if (!own.token) return { user: "dev", tenant: "local" };
  const told = claims();
  const tenant = told["custom:tenant"] ?? Object.entries(told).find(([name]) => /tenant/i.test(name))?.[1];
  return { user: String(told.sub ?? "?"), tenant: String(tenant ?? "local") };
}

/** What tells local copies of different APIs and users apart. */
export function scope() {
  const { user, tenant } = principal();
  return `${own.base || location.origin}|${tenant}|${user}`;
}
