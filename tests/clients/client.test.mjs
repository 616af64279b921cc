// docs/client.js against a served process, through a proxy that loses, refuses and delays answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, request } from "node:http";
import { after, before, test } from "node:test";

import { autosave } from "../../docs/client.js";

const API = new URL(process.env.API_URL);
// What happens to the next requests, one word each: "lose", "garble", "refuse", "busy", "deny", else forwarded.
let fate = [];
let sent = [];
let proxy;

before(async () => {
  proxy = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => answer(incoming, outgoing, Buffer.concat(chunks)));
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});

after(() => {
  proxy.closeAllConnections();
  proxy.close();
});

function answer({ method, url, headers }, outgoing, body) {
  const word = fate.shift();
  sent.push({ method, key: headers["idempotency-key"], ifMatch: headers["if-match"], body: body.toString(), word });
  if (word === "refuse") {
    outgoing.writeHead(503, { "content-type": "application/problem+json", "retry-after": "1" });
    return outgoing.end('{"code": "throttled", "status": 503}');
  }
  if (word === "busy") {
    outgoing.writeHead(429, { "content-type": "application/json" });
    return outgoing.end('{"message": "Too Many Requests"}');
  }
  if (word === "deny") {
    outgoing.writeHead(401, { "content-type": "application/json" });
    return outgoing.end('{"message": "Unauthorized"}');
  }
  if (word === "block") {
    outgoing.writeHead(403, { "content-type": "text/html" });
    return outgoing.end("<h1>Blocked</h1>");
  }
  const forwarded = request({ host: API.hostname, port: API.port, method, path: url, headers }, (incoming) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      // It was done, and nobody is told.
      if (word === "lose") return outgoing.destroy();
      if (word === "garble") {
        outgoing.writeHead(200, { "content-type": "application/json" });
        return outgoing.end('{"version": ');
      }
      outgoing.writeHead(incoming.statusCode, incoming.headers);
      outgoing.end(Buffer.concat(chunks));
    });
  });
  forwarded.end(body);
}

// A draft that no other test knows: its client, what the client was told, and the way past the proxy.
function begun(options = {}) {
  fate = [];
  sent = [];
  const path = `/v1/tenants/local/agents/a-${randomUUID()}/revisions/1/draft`;
  const told = { saved: [], trouble: [], conflicts: [] };
  const draft = autosave(`http://127.0.0.1:${proxy.address().port}${path}`, {
    pauseMs: 30,
    onSaved: (state) => told.saved.push(state),
    onTrouble: (problem, waitMs) => told.trouble.push([problem, waitMs]),
    ...options,
  });
  const direct = async (method, suffix = "", headers = {}, body) => {
    const type = { "Content-Type": "application/json" };
    const reply = await fetch(`${API.origin}${path}${suffix}`, { method, headers: { ...type, ...headers }, body });
    return reply.status === 204 ? undefined : reply.json();
  };
  const entries = async () => (await direct("GET", "/history")).entries;
  return { draft, told, direct, entries };
}

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("many edits in a row are one save, the newest one", async () => {
  const { draft, told, direct, entries } = begun();

  for (const comment of ["h", "he", "hel", "hell", "hello"]) draft.edit({ comment });
  await rest(60);
  await draft.flush();

  assert.deepEqual(sent.map((one) => [one.method, one.ifMatch]), [["PUT", '"0"']]);
  assert.equal((await direct("GET")).headData.comment, "hello");
  assert.equal((await entries()).length, 1);
  assert.equal(told.saved[0].version, 1);
  assert.ok(!("headData" in told.saved[0]), "the answer has no content: the client has it");
});

test("who types without rest is saved all the same", async () => {
  const { draft, told } = begun();

  for (let count = 0; count < 30; count++) {
    draft.edit({ comment: `turn ${count}` });
    await rest(10);
  }
  const whileTyping = told.saved.length;
  await draft.flush();

  assert.ok(whileTyping >= 1, `saved ${whileTyping} times`);
  assert.equal(JSON.parse(sent.at(-1).body).comment, "turn 29");
});

test("each save names the version before it, and has a key of its own", async () => {
  const { draft, entries } = begun();

  for (const comment of ["one", "two", "three"]) {
    draft.edit({ comment });
    await draft.flush();
  }

  assert.deepEqual(sent.map((one) => one.ifMatch), ['"0"', '"1"', '"2"']);
  assert.equal(new Set(sent.map((one) => one.key)).size, 3);
  assert.equal((await entries()).length, 3);
});

test("a loaded draft is saved upon", async () => {
  const { draft, direct } = begun();
  assert.equal(await draft.load(), undefined);
  await direct("PUT", "", {}, '{"comment": "there"}');

  const state = await draft.load();
  draft.edit({ ...state.headData, slots: [] });
  await draft.flush();

  assert.equal(sent.at(-1).ifMatch, '"1"');
  assert.deepEqual((await direct("GET")).headData, { comment: "there", slots: [] });
});

for (const word of ["lose", "garble"]) {
  test(`a save whose answer is lost (${word}) is sent again with its key, and exists once`, async () => {
    const { draft, told, direct, entries } = begun();
    draft.edit({ comment: "first" });
    await draft.flush();

    fate = [word, word];
    draft.edit({ comment: "second" });
    await draft.flush();

    const [, ...tries] = sent;
    assert.deepEqual(tries.map((one) => one.word), [word, word, undefined]);
    assert.equal(new Set(tries.map((one) => `${one.key} ${one.ifMatch} ${one.body}`)).size, 1);
    assert.equal(told.trouble.length, 2);
    assert.deepEqual(told.saved.map((state) => state.version), [1, 2]);
    assert.equal((await entries()).length, 2);
    assert.equal((await direct("GET")).version, 2);
  });
}

test("a lost answer is no conflict, also when somebody else has saved since", async () => {
  const { draft, told, direct, entries } = begun({
    onConflict: (theirs, mine) => ({ ...theirs.headData, ...mine }),
    onTrouble: async () => {
      // Between the lost answer and the repetition.
      await direct("PUT", "", { "If-Match": "1" }, '{"comment": "mine", "slots": []}');
    },
  });

  fate = ["lose"];
  draft.edit({ comment: "mine" });
  await draft.flush();
  draft.edit({ comment: "mine, too" });
  await draft.flush();

  assert.deepEqual(told.saved.map((state) => state.version), [1, 3]);
  assert.deepEqual((await direct("GET")).headData, { comment: "mine, too", slots: [] });
  assert.equal((await entries()).length, 3);
});

test("503 is waited for as long as it says, 429 for a while, then sent again", async () => {
  const { draft, told, entries } = begun();
  const started = Date.now();

  fate = ["refuse", "busy"];
  draft.edit({ comment: "at last" });
  await draft.flush();

  const [[throttled, waited], [limited]] = told.trouble;
  assert.ok(Date.now() - started >= 1000);
  assert.ok(waited >= 1000);
  assert.deepEqual([throttled.code, limited.message], ["throttled", "Too Many Requests"]);
  assert.equal(new Set(sent.map((one) => one.key)).size, 1);
  assert.equal((await entries()).length, 1);
});

test("a conflict shows what is there, and what the editor makes of it is saved", async () => {
  const conflicts = [];
  const { draft, direct, entries } = begun({
    onConflict: (theirs, mine) => {
      conflicts.push(theirs);
      return { ...theirs.headData, comment: `${theirs.headData.comment} and ${mine.comment}` };
    },
  });
  await direct("PUT", "", {}, '{"comment": "base"}');
  await draft.load();
  await direct("PUT", "", { "If-Match": "1" }, '{"comment": "theirs"}');

  draft.edit({ comment: "mine" });
  await draft.flush();

  assert.deepEqual([conflicts[0].code, conflicts[0].currentVersion], ["version_conflict", 2]);
  assert.equal((await direct("GET")).headData.comment, "theirs and mine");
  assert.equal((await entries()).length, 3);
});

test("what is edited while somebody decides on a conflict is not lost", async () => {
  const asked = [];
  const { draft, direct } = begun({
    onConflict: async (theirs, mine) => {
      asked.push(mine.comment);
      if (asked.length === 1) draft.edit({ comment: "mine, edited meanwhile" });
      await rest(60);
      return { ...theirs.headData, ...mine };
    },
  });
  await direct("PUT", "", {}, '{"comment": "theirs", "slots": []}');

  draft.edit({ comment: "mine" });
  await draft.flush();

  assert.deepEqual(asked, ["mine", "mine, edited meanwhile"]);
  assert.deepEqual((await direct("GET")).headData, { comment: "mine, edited meanwhile", slots: [] });
});

for (const [how, onConflict] of [["fails", () => Promise.reject(new Error("closed"))], ["is not there", undefined]]) {
  test(`an edit stays, and meets its conflict again, when who decides ${how}`, async () => {
    const { draft, told, direct } = begun({ onConflict });
    draft.edit({ comment: "first" });
    await draft.flush();
    await direct("PUT", "", { "If-Match": "1" }, '{"comment": "theirs"}');

    draft.edit({ comment: "mine" });
    await draft.flush();
    await rest(60); // the pause after the edit is over: it may have been tried again
    await draft.flush();

    const [, ...tries] = sent;
    assert.ok(tries.length >= 2);
    for (const one of tries) assert.deepEqual([one.ifMatch, one.body], ['"1"', '{"comment":"mine"}']);
    assert.equal(told.trouble.length, tries.length);
    assert.deepEqual((await direct("GET")).headData, { comment: "theirs" });
  });
}

test("a conflict that the editor leaves open saves nothing until the next edit", async () => {
  const { draft, direct, entries } = begun({ onConflict: () => undefined });
  await direct("PUT", "", {}, '{"comment": "theirs"}');

  draft.edit({ comment: "mine" });
  await draft.flush();
  assert.equal((await direct("GET")).headData.comment, "theirs");
  draft.edit({ comment: "mine after all" });
  await draft.flush();

  assert.equal((await direct("GET")).headData.comment, "mine after all");
  assert.equal((await entries()).length, 2);
});

test("what is refused is told and not sent again; the next edit is", async () => {
  const { draft, told, entries } = begun();

  draft.edit({ surprise: true });
  await draft.flush();
  fate = ["deny"];
  draft.edit({ comment: "without a token" });
  await draft.flush();
  fate = ["block"];
  draft.edit({ comment: "on the way" });
  await draft.flush();
  draft.edit({ comment: "fine" });
  await draft.flush();

  assert.deepEqual(told.trouble.map(([problem, waitMs]) => [problem.code ?? problem.message, waitMs]), [
    ["invalid_fields", undefined],
    ["Unauthorized", undefined],
    [undefined, undefined],
  ]);
  assert.equal(told.trouble[2][0].status, 403);
  assert.equal(sent.length, 4);
  assert.equal((await entries()).length, 1);
});

test("an edit made while a save is under way is the next save", async () => {
  const { draft, told, direct } = begun();

  draft.edit({ comment: "first" });
  const saving = draft.flush();
  draft.edit({ comment: "second" });
  await saving;

  assert.deepEqual(told.saved.map((state) => state.version), [1, 2]);
  assert.equal((await direct("GET")).headData.comment, "second");
});
