// The sessions of the console against a served process, over a network that loses, refuses and delays answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, test } from "node:test";

import { network, Storage } from "./page.mjs";

const { connect, connection } = await import("../../local/console/core/connection.js");
const { agentDraft } = await import("../../local/console/core/agents.js");
const { formDraft } = await import("../../local/console/core/forms.js");
const { partsOf } = await import("../../local/console/core/address.js");
const { parse, pretty } = await import("../../local/console/core/json.js");
const { merge } = await import("../../local/console/core/merge.js");
const { leftovers } = await import("../../local/console/core/copies.js");
const { Session } = await import("../../local/console/core/session.js");

const API = process.env.API_URL.replace(/\/$/, "");
const asText = async (method, path, body, headers = {}) => {
  const answer = await fetch(API + path, { method, headers: { "content-type": "application/json", ...headers }, body });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status}`);
  return answer.text();
};

// An engine that keeps long integers is made one that does not: what others do in either is the same.
delete JSON.rawJSON;
delete JSON.isRawJSON;
connect(API, "");
let opened = [];
const ROOM = Storage.room;

afterEach(() => {
  for (const session of opened) session.end();
  opened = [];
  network.fate = [];
  network.sent = [];
  network.reads = null;
  localStorage.clear();
  Storage.room = ROOM;
  Storage.watch = null;
  connect(API, "");
});

/** Open a draft as a page does. */
async function page(draft) {
  const session = new Session(draft);
  opened.push(session);
  await session.open();
  return session;
}

/** Write or read as another client does, whatever happens to the network of the page. */
async function besideAsText(...request) {
  const { fate, sent, reads } = network;
  Object.assign(network, { fate: [], sent: [], reads: null });
  const told = await asText(...request);
  Object.assign(network, { fate, sent, reads });
  return told;
}

const beside = async (method, path, body, headers) => JSON.parse((await besideAsText(method, path, body && JSON.stringify(body), headers)) || "null");

/** An agent that nobody knows yet. */
function agent() {
  const id = `a-${randomUUID()}`;
  const path = `/v1/tenants/local/agents/${id}/revisions/1/draft`;
  const made = (version) => (version === undefined ? {} : { "if-match": String(version) });
  const put = (suffix) => (body, version) => beside("PUT", path + suffix, body, made(version));
  return {
    putText: (text, version) => besideAsText("PUT", path, text, made(version)),
    text: () => besideAsText("GET", path),
    open: () => page(agentDraft(id, "1")),
    put: put(""),
    make: put(""),
    propose: put("?soft=true"),
    discard: () => beside("DELETE", path),
    content: async () => (await beside("GET", path))?.headData,
    proposals: () => beside("GET", `${path}/proposals`),
  };
}

/** The personas, each by its id; "new-…" is one that nobody has saved yet. */
function form() {
  return {
    open: (id = `new-${randomUUID()}`) => page(formDraft("persona", id)),
    make: async (members) => (await beside("POST", "/persona/draft", members)).draft_id,
    put: (id, members) => beside("POST", "/persona/draft", { draft_id: id, ...members }),
    discard: (id, version) => beside("DELETE", `/persona/draft/${id}`, undefined, { "if-match": String(version) }),
    state: async (id) => (await beside("GET", `/persona/draft/${id}`)).form_state,
    proposals: (id) => beside("GET", `/persona/draft/${id}/proposals`),
  };
}

/** What the browser's storage has. */
const kept = () => Object.keys(localStorage).map((name) => [name, localStorage.getItem(name)]);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A request that waits to be let go, or an answer that waits. */
function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, before: async (go) => (await passed, go()), after: async (go) => { const answer = await go(); await passed; return answer; } };
}

// ------------------------------------------------------------------------------- one thing after the other

test("what is typed while an undo is under way is saved on top of it", async () => {
  const own = agent();
  await own.put({ comment: "old", slots: [] });
  await own.put({ comment: "new", slots: [] }, 1);
  const session = await own.open();
  const slow = gate();
  network.fate = [slow.after];

  const moving = session.move("undo");
  await rest(50);
  session.edit({ ...session.content, assets: [] });
  slow.open();
  await moving;
  await session.send();

  assert.deepEqual(await own.content(), { comment: "old", slots: [], assets: [] });
  assert.deepEqual(session.content, { comment: "old", slots: [], assets: [] });
  assert.equal(session.notice, null, "nobody else changed it");
});

test("a proposal is not accepted under edits that cannot be saved", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await own.propose({ comment: "proposed" }, 1);
  const session = await own.open();
  const [{ key }] = await session.draft.proposals();
  session.edit({ comment: "old", surprise: true });
  await session.send();
  assert.equal(session.status, "refused");

  await assert.rejects(session.decide(key, true), /Save your edits/);

  assert.deepEqual(await own.content(), { comment: "old" });
});

test("what is typed while a proposal is accepted is saved on top of it", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await own.propose({ comment: "proposed" }, 1);
  const session = await own.open();
  const [{ key }] = await session.draft.proposals();
  const slow = gate();
  network.fate = [slow.after];

  const deciding = session.decide(key, true);
  await rest(50);
  session.edit({ ...session.content, slots: [] });
  slow.open();
  await deciding;
  await session.send();

  assert.deepEqual(await own.content(), { comment: "proposed", slots: [] });
});

test("a suggestion names the version that it was made of, though another one was accepted meanwhile", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await own.propose({ comment: "proposed" }, 1);
  const session = await own.open();
  const [{ key }] = await session.draft.proposals();

  await session.suggest(true);
  session.edit({ comment: "old", slots: [] });
  await session.decide(key, true);
  await session.propose();

  const [{ baseVersion, headData }] = await own.proposals();
  assert.deepEqual([baseVersion, headData], [1, { comment: "proposed", slots: [] }]);
  await session.refresh();
  assert.deepEqual(session.content, { comment: "proposed" });
});

test("two undos within one round trip are two undos", async () => {
  const own = agent();
  for (const version of [undefined, 1, 2]) await own.put({ comment: `v${version ?? 0}` }, version);
  const session = await own.open();

  await Promise.all([session.move("undo"), session.move("undo")]);

  assert.deepEqual(await own.content(), { comment: "v0" });
  assert.equal(session.version, 5);
});

test("an undo too many asks the server for nothing", async () => {
  const own = agent();
  await own.put({ comment: "first" });
  await own.put({ comment: "second" }, 1);
  const session = await own.open();

  await Promise.all([1, 2, 3].map(() => session.move("undo")));

  assert.deepEqual(network.sent.map(({ ifMatch }) => ifMatch), ['"2"']);
  assert.deepEqual(session.content, { comment: "first" });
});

test("an answer that is older than a save does not set the draft back", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  const slow = gate();
  network.reads = slow.after;
  session.head = { ...session.head, cursor: undefined };

  const looking = session.refresh();
  await rest(50);
  network.reads = null;
  session.edit({ comment: "new" });
  await session.send();
  slow.open();
  await looking;

  assert.deepEqual([session.version, session.content], [2, { comment: "new" }]);
});

test("of two looks at the draft the later one counts", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  session.head = { ...session.head, cursor: undefined };
  const slow = gate();
  network.reads = slow.after;
  const looking = session.refresh();
  await rest(50);
  network.reads = null;
  await own.put({ comment: "new" }, 1);
  await session.refresh();

  slow.open();
  await looking;

  assert.deepEqual([session.version, session.content], [2, { comment: "new" }]);
});

// ------------------------------------------------------------------------------------------ after a reload

/** Edit without a network, and leave the page. */
async function leave(session, edits) {
  network.fate = ["cut"];
  session.edit(edits);
  await session.send();
  assert.equal(session.status, "offline");
  session.end();
}

test("the first edit of an agent meets a draft that was made meanwhile, also after a reload", async () => {
  const own = agent();
  await leave(await own.open(), { comment: "mine" });
  await own.put({ comment: "theirs" });

  const session = await own.open();
  await session.send();

  assert.equal(session.status, "conflict");
  assert.deepEqual(session.overlaps.map(({ label, theirs, mine }) => [label, theirs, mine]), [["comment", "theirs", "mine"]]);
  assert.deepEqual(await own.content(), { comment: "theirs" });
});

test("a first edit whose answer was lost is known again after a reload", async () => {
  const own = agent();
  const before = await own.open();
  network.fate = ["lose"];
  before.edit({ comment: "mine" });
  await before.send();
  before.end();

  const session = await own.open();
  await session.send();

  assert.deepEqual([session.status, session.version, session.content], ["saved", 1, { comment: "mine" }]);
});

test("an agent that was discarded elsewhere is not made anew unasked after a reload", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await leave(await own.open(), { comment: "mine" });
  await own.discard();

  for (let reloads = 0; reloads < 2; reloads++) {
    const session = await own.open();
    await session.send();
    assert.deepEqual([session.phase, session.status, session.content], ["ready", "gone", { comment: "mine" }]);
    assert.equal(await own.content(), undefined);
    session.end();
  }

  const session = await own.open();
  await session.rebegin();
  assert.deepEqual(await own.content(), { comment: "mine" });
});

test("what was typed in a form that was discarded elsewhere is shown after a reload, and can be saved as a new draft", async () => {
  const own = form();
  const draft = await own.make({ name: "old" });
  await leave(await own.open(draft), { name: "mine" });
  await own.discard(draft, 1);

  const session = await own.open(draft);
  assert.deepEqual([session.phase, session.status, session.content], ["ready", "gone", { name: "mine" }]);
  await session.rebegin();

  assert.notEqual(session.draft.id, draft);
  assert.equal((await own.state(session.draft.id)).name, "mine");
});

test("a form that is gone, with nothing typed into it, is not shown as one", async () => {
  const own = form();
  const draft = await own.make({ name: "old" });
  await own.discard(draft, 1);

  const session = await own.open(draft);

  assert.deepEqual([session.phase, session.problem.status], ["failed", 404]);
});

test("what was left is not sent before it is known what it was made of", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await leave(await own.open(), { comment: "mine" });
  await own.put({ comment: "theirs" }, 1);
  const slow = gate();
  let reads = 0;
  network.reads = (go) => (++reads === 2 ? slow.before(go) : go());

  const opening = own.open();
  while (reads < 2) await rest(5);
  await opened.at(-1).send();
  slow.open();
  const session = await opening;
  await session.send();

  assert.equal(session.status, "conflict");
  assert.deepEqual(await own.content(), { comment: "theirs" });
});

// --------------------------------------------------------------------------------------------- connections

test("a form whose answer was lost is created once, though the token expired before it was sent again", async () => {
  const own = form();
  const id = `new-${randomUUID()}`;
  const before = await own.open(id);
  let created;
  const lose = async (go) => {
    created = (await (await go()).json()).draft_id;
    throw new TypeError("fetch failed");
  };
  network.fate = [lose, "deny"];
  before.edit({ name: "mine" });
  await before.send();
  await before.send();
  assert.equal(before.status, "signed-out");
  before.edit({ description: "typed since" });
  before.end();

  const session = await own.open(id);
  await session.send();

  assert.equal(session.draft.id, created);
  const { name, description } = await own.state(created);
  assert.deepEqual([name, description], ["mine", "typed since"]);
});

test("what is unsaved stays with the user who typed it", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  network.fate = ["cut", "cut"];
  session.edit({ comment: "mine" });
  await session.send();

  session.end();
  const before = kept();
  connect("http://elsewhere.test", "");
  session.edit({ comment: "late" });
  await session.send();
  await rest(300);

  assert.equal(before.length, 2);
  assert.deepEqual(kept(), before);
  assert.equal(network.sent.length, 1);
});

test("a save that is refused after the connection changed leaves its copy as it was", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  const slow = gate();
  network.fate = [async () => (await slow.before(() => null), new Response("{}", { status: 401 }))];
  session.edit({ comment: "mine" });
  const saving = session.send();
  await rest(50);

  session.end();
  connect("http://elsewhere.test", "");
  const before = kept();
  slow.open();
  await saving;

  assert.equal(before.length, 2);
  assert.deepEqual(kept(), before);
});

test("each connection is another one, also to the same address with the same token", () => {
  const before = connection().turn;

  connect(API, "");

  assert.notEqual(connection().turn, before);
});

test("a draft that is left before it is open keeps its copy", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await leave(await own.open(), { comment: "mine" });
  const before = kept();
  const slow = gate();
  network.reads = slow.before;

  const opening = own.open();
  await rest(20);
  opened.at(-1).end();
  slow.open();
  await opening;

  assert.equal(before.length, 2);
  assert.deepEqual(kept(), before);
});

// ---------------------------------------------------------------------------------------------- suggesting

for (const [noun, begin, edits, more, suggested] of [
  ["an agent", agent, { comment: "mine" }, { comment: "mine", slots: [] }, { comment: "mine", slots: [] }],
  ["a form", form, { name: "mine" }, { description: "more" }, { description: "more" }],
]) {
  test(`what is typed while a suggestion for ${noun} is sent is the next suggestion`, async () => {
    const own = begin();
    const id = await own.make({ [Object.keys(edits)[0]]: "old" });
    const session = await own.open(id);
    await session.suggest(true);
    session.edit(edits);
    const slow = gate();
    network.fate = [slow.after];

    const proposing = session.propose();
    await rest(50);
    session.edit(more);
    slow.open();
    await proposing;

    assert.deepEqual([session.suggesting, session.edits], [true, suggested]);
    await session.propose();
    assert.deepEqual([session.suggesting, session.unsaved, (await own.proposals(id)).length], [false, false, 2]);
  });
}

test("Propose pressed twice proposes once", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  await session.suggest(true);
  session.edit({ comment: "mine" });

  await Promise.all([session.propose(), session.propose()]);

  assert.equal(network.sent.length, 1);
  assert.equal((await own.proposals()).length, 1);
});

test("edits that cannot be saved do not become a suggestion", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  network.fate = ["cut", "cut"];
  session.edit({ comment: "mine" });
  await session.send();
  session.edit({ comment: "mine, too" });

  await assert.rejects(session.suggest(true), /Save your edits/);

  assert.deepEqual([session.suggesting, session.content], [false, { comment: "mine, too" }]);
});

test("what is dropped with a suggestion is the suggestion alone", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  session.edit({ comment: "saved" });
  await session.suggest(true);
  session.edit({ comment: "suggested" });

  await session.suggest(false);

  assert.deepEqual([session.unsaved, session.content], [false, { comment: "saved" }]);
  assert.deepEqual(await own.content(), { comment: "saved" });
});

test("a form that somebody saved meanwhile can be proposed to", async () => {
  const own = form();
  const id = await own.make({ name: "old" });
  const session = await own.open(id);
  await session.suggest(true);
  session.edit({ description: "mine" });
  await own.put(id, { name: "theirs" });

  await session.propose();

  const [{ form_state: state, conflicts }] = await own.proposals(id);
  assert.deepEqual([state.name, state.description, conflicts], ["theirs", "mine", []]);
});

test("a suggestion for an agent that was made meanwhile is put on top of what is there", async () => {
  const own = agent();
  const session = await own.open();
  await session.suggest(true);
  session.edit({ slots: [] });
  await own.put({ comment: "theirs" });

  await session.propose();

  const [{ baseVersion, headData }] = await own.proposals();
  assert.deepEqual([baseVersion, headData], [1, { comment: "theirs", slots: [] }]);
});

test("a proposal whose answer was lost is sent again with its key, also after a reload", async () => {
  const own = form();
  const id = await own.make({ name: "old" });
  const before = await own.open(id);
  await before.suggest(true);
  before.edit({ name: "mine" });
  network.fate = ["lose", "lose"];
  await assert.rejects(before.propose());
  await assert.rejects(before.propose());
  before.end();

  const session = await own.open(id);
  await session.propose();

  assert.equal(new Set(network.sent.map(({ key }) => key)).size, 1);
  assert.equal((await own.proposals(id)).length, 1);
});

test("another suggestion than the one whose answer was lost has a key of its own", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  await session.suggest(true);
  session.edit({ comment: "mine" });
  network.fate = ["lose"];
  await assert.rejects(session.propose());

  session.edit({ comment: "mine, too" });
  await session.propose();

  assert.deepEqual((await own.proposals()).map(({ headData }) => headData.comment).sort(), ["mine", "mine, too"]);
});

test("a form that is only proposed has its name, its proposals and no copy", async () => {
  const own = form();
  const session = await own.open();
  const named = [];
  session.onName = (old, now) => named.push([old, now]);
  const { id } = session;
  await session.suggest(true);
  session.edit({ name: "mine" });

  await session.propose();

  assert.deepEqual(named, [[id, `persona/${session.draft.id}`]]);
  assert.equal(session.id, `persona/${session.draft.id}`);
  assert.deepEqual(kept(), []);
  const again = await own.open(session.draft.id);
  assert.deepEqual([again.phase, again.head, (await again.draft.proposals()).length], ["ready", null, 1]);
});

test("a form that was only proposed is saved when the proposal is accepted", async () => {
  const own = form();
  const session = await own.open();
  await session.suggest(true);
  session.edit({ name: "mine" });
  await session.propose();
  const [{ key }] = await session.draft.proposals();

  await session.decide(key, true);

  assert.deepEqual([session.version, session.content.name], [1, "mine"]);
});

test("a form of which the only proposal is rejected is one that nobody has saved yet", async () => {
  const own = form();
  const session = await own.open();
  await session.suggest(true);
  session.edit({ name: "mine" });
  await session.propose();
  const [{ key }] = await session.draft.proposals();

  await session.decide(key, false);
  await session.refresh();

  assert.deepEqual([session.status, session.head], ["saved", null]);
  session.edit({ name: "saved" });
  await session.send();
  await session.rebegin();
  assert.equal((await own.state(session.draft.id)).name, "saved");
});

// --------------------------------------------------------------------------------------------- local copies

test("a draft opens beside what others keep in the browser", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  localStorage.setItem("100%", "theirs");
  localStorage.setItem("draftkeep.copy/%/%/%", "broken");

  const session = await own.open();

  assert.equal(session.phase, "ready");
  assert.deepEqual(kept(), [["100%", "theirs"]]);
});

test("what is typed is copied now and then, what is being sent once", async () => {
  const own = agent();
  const session = await own.open();
  network.fate = ["cut"];
  session.edit({ comment: "sent" });
  await session.send();
  clearTimeout(session.timers.retry);
  const written = [];
  Storage.watch = (name) => written.push(name);

  for (const round of [1, 2]) {
    for (let count = 0; count < 100; count++) session.edit({ comment: `typed ${count}` });
    assert.equal(written.length, round - 1);
    while (written.length < round) await rest(20);
  }

  assert.deepEqual(written, [session.kept.key, session.kept.key]);
  const texts = kept().map(([, text]) => JSON.parse(text).edits.comment);
  assert.deepEqual(texts.sort(), ["sent", "typed 99"]);
});

test("what was typed and what was being sent are both there after a reload", async () => {
  const own = agent();
  const before = await own.open();
  network.fate = ["lose"];
  before.edit({ comment: "sent" });
  await before.send();
  before.edit({ comment: "typed" });
  before.end();

  const session = await own.open();
  assert.deepEqual([session.sending.edits, session.edits], [{ comment: "sent" }, { comment: "typed" }]);
  await session.send();

  assert.deepEqual([session.version, await own.content()], [2, { comment: "typed" }]);
  assert.deepEqual(kept(), []);
});

test("an agent of three million characters is copied while it is sent", async () => {
  const own = agent();
  const before = await own.open();
  const text = "x".repeat(3_000_000);
  network.fate = ["cut"];
  before.edit({ comment: text });
  await before.send();
  assert.deepEqual([before.copied, before.sending?.edits.comment.length], [true, 3_000_000]);
  before.edit({ comment: `${text}!` });
  before.end();
  assert.equal(before.copied, true);

  const session = await own.open();
  await session.send();

  assert.equal((await own.content()).comment, `${text}!`);
});

test("where there is no room for a copy it is said, and none of an older version stays", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  const slow = gate();
  network.fate = [slow.before];
  session.edit({ comment: "first" });
  const saving = session.send();
  await rest(50);
  session.edit({ comment: "second" });
  session.copy();
  assert.equal(kept().length, 2);

  Storage.room = 10;
  network.fate = ["cut"];
  slow.open();
  await saving;

  assert.deepEqual([session.version, session.unsaved, session.copied], [2, true, false]);
  assert.deepEqual(kept(), []);
});

test("what a page left unsaved is listed until its draft is open again", async () => {
  const [one, other] = [form(), form()];
  const [first, second] = [await one.make({ name: "old" }), await other.make({ name: "old" })];
  for (const id of [first, second]) await leave(await one.open(id), { name: "mine" });
  const listed = async () => (await leftovers()).map(({ draft }) => draft).sort();
  assert.deepEqual(await listed(), [`persona/${first}`, `persona/${second}`].sort());

  network.fate = ["cut"];
  const session = await one.open(first);
  await session.send();

  assert.deepEqual([session.status, await listed()], ["offline", [`persona/${second}`]]);
});

test("the copies of a tab that is gone are taken over", async () => {
  const own = agent();
  const before = await own.open();
  network.fate = ["cut"];
  before.edit({ comment: "sent" });
  await before.send();
  before.edit({ comment: "typed" });
  before.end();
  for (const [name, text] of kept()) {
    localStorage.removeItem(name);
    localStorage.setItem(name.replace("draftkeep.copy//", "draftkeep.copy/gone/"), text);
  }

  network.fate = ["cut"];
  const session = await own.open();

  assert.deepEqual([session.sending.edits, session.edits], [{ comment: "sent" }, { comment: "typed" }]);
  assert.deepEqual(kept().map(([name]) => name.split("/")[1]), ["", ""]);
});

test("a copy of an earlier release is read", async () => {
  const own = agent();
  const session = await own.open();
  const key = randomUUID();
  const before = { edits: null, sending: { edits: { comment: "mine" }, key }, suggesting: false, at: 1 };
  session.end();
  localStorage.setItem(session.kept.key, JSON.stringify(before));

  const next = await own.open();
  await next.send();

  assert.deepEqual([network.sent.at(-1).key, await own.content()], [key, { comment: "mine" }]);
});

// ------------------------------------------------------------------------------------------ what is not kept

test("an agent whose integers would be rounded is not opened", async () => {
  const own = agent();
  await own.putText('{"flow": {"steps": [{"id": "a", "limit": 12345678901234567890}]}}');

  const session = await own.open();

  assert.equal(session.phase, "failed");
  assert.match(session.problem.message, /would round the integer 12345678901234567890/);
});

test("edits are not saved over an agent whose integers would be rounded", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  const session = await own.open();
  const theirs = '{"comment": "old", "flow": {"steps": [{"id": "a", "limit": 12345678901234567890}]}}';
  await own.putText(theirs, 1);

  session.edit({ comment: "mine" });
  await session.send();

  assert.equal(session.status, "refused");
  assert.match(session.problem.message, /would round the integer/);
  assert.deepEqual(session.content, { comment: "mine" });
  assert.match(await own.text(), /12345678901234567890/);
});

test("only integers that come out otherwise are refused", () => {
  const rounded = ["9007199254740993", "1152921504606846976", "[-12345678901234567]", '{"a": [1, 1000000000000000000000]}', '["\\"", 9007199254740993]'];
  const kept = ["9007199254740992", "-9007199254740991", '"9007199254740993"', '{"9007199254740993": "\\"9007199254740993"}', "0.12345678901234567", "1e300", "12345678901234567e3"];

  for (const text of rounded) assert.throws(() => parse(text), RangeError, text);
  for (const text of kept) assert.deepEqual(parse(text), JSON.parse(text));
  assert.throws(() => parse("[9007199254740993"), SyntaxError);
});

test("a member of any name is shown and merged", () => {
  const payload = JSON.parse('{"name": "a", "__proto__": {"z": 1}, "constructor": 2, "comment": "c"}');

  assert.deepEqual(JSON.parse(pretty(payload)), payload);
  assert.deepEqual(Object.keys(JSON.parse(pretty(payload))), ["comment", "name", "__proto__", "constructor"]);
  const { value, overlaps } = merge(JSON.parse('{"name": "a"}'), JSON.parse('{"name": "b"}'), payload);
  assert.deepEqual(Object.entries(value).sort(), Object.entries({ ...payload, name: "b" }).sort());
  assert.deepEqual(overlaps, []);
});

test("what both added under a name that every object has is a place that both changed", () => {
  const { overlaps } = merge({}, JSON.parse('{"toString": 1, "__proto__": 1}'), JSON.parse('{"toString": 2, "__proto__": 2}'));

  assert.deepEqual(overlaps.map(({ label, base, theirs, mine }) => [label, base, theirs, mine]), [["toString", undefined, 1, 2], ["__proto__", undefined, 1, 2]]);
});

test("an address that cannot be decoded is taken as it is", () => {
  assert.deepEqual(partsOf("#/persona/%"), ["persona", "%"]);
  assert.deepEqual(partsOf("#/agents/a%20b/3/"), ["agents", "a b", "3"]);
  assert.deepEqual(partsOf(""), []);
});

test("what waited for its turn is not asked over another connection", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  await own.propose({ comment: "proposed" }, 1);
  for (const what of [(session) => session.move("undo"), (session) => session.decide("k", true), (session) => session.propose(), (session) => session.discard()]) {
    const session = await own.open();
    const slow = gate();
    network.sent = [];
    network.fate = [async () => (await slow.before(() => null), new Response("{}", { status: 422 }))];
    session.edit({ comment: "mine" });
    session.send();
    const waiting = what(session);
    await rest(20);

    session.end();
    slow.open();
    await waiting;

    assert.deepEqual(network.sent.map(({ method }) => method), ["PUT"]);
    localStorage.clear();
  }
});

test("a move that was asked for over one connection is not made over the next", async () => {
  const own = agent();
  await own.put({ comment: "old" });
  for (const what of [(session) => session.move("reset"), (session) => session.decide("k", true)]) {
    const session = await own.open();
    const slow = gate();
    network.sent = [];
    network.fate = [slow.after];
    session.edit({ ...session.content, comment: randomUUID() });
    const waiting = what(session);
    await rest(50);

    session.end();
    slow.open();
    await waiting;

    assert.deepEqual(network.sent.map(({ method }) => method), ["PUT"]);
    localStorage.clear();
  }
});
