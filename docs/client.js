// Saves an agent's draft as somebody edits it: no edit is lost, none is saved twice. For browsers and Node 20; MIT.
//
//   const draft = autosave("https://…/v1/tenants/acme/agents/support/revisions/3/draft", {
//     token: () => session.idToken,                   // or a string; asked for before each request
//     onConflict: (theirs, mine) => merged(theirs.headData, mine),       // what to save now; undefined: nothing
//     onSaved: (state) => show(state.version), onTrouble: (problem, waitMs) => warn(problem, waitMs),
//   });
//   editor.show((await draft.load())?.headData ?? {});
//   editor.on("change", (content) => draft.edit(content));               // as often as keys are pressed
//   await draft.flush();                                                 // everything edited so far is saved
export function autosave(url, { token, onConflict, onSaved = () => {}, onTrouble = () => {}, pauseMs = 800 } = {}) {
  // version: the one that the editor's content was made of; 0: there is no draft. wanted: the content to save next.
  let version = 0, wanted, timer, editedAt, saving;

  async function send(method, headers, body) {
    const bearer = typeof token === "function" ? await token() : token;
    const all = bearer ? { ...headers, Authorization: `Bearer ${bearer}` } : headers;
    return fetch(url, { method, headers: all, body, cache: "no-store", signal: AbortSignal.timeout(35_000) });
  }

  // One request, sent until it is answered. When an answer is lost the save may have been done: the key tells that.
  async function put(body) {
    const headers = { "Content-Type": "application/json", "If-Match": `"${version}"`, Prefer: "return=minimal" };
    headers["Idempotency-Key"] = crypto.randomUUID();
    for (let tries = 0; ; tries++) {
      let answer, told;
      try {
        answer = await send("PUT", headers, body);
        told = await answer.json().catch((error) => (answer.ok ? Promise.reject(error) : { status: answer.status }));
        if (answer.status !== 429 && answer.status < 500) return [answer.status, told];
      } catch (error) {
        told = error;
      }
      const backoffMs = Math.random() * Math.min(30_000, 500 * 2 ** tries);
      const waitMs = Math.max(backoffMs, 1000 * (Number(answer?.headers.get("Retry-After")) || 0));
      onTrouble(told, waitMs);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  // One save after the other; what was edited meanwhile is the next one.
  async function save() {
    while (wanted !== undefined) {
      const mine = wanted;
      wanted = editedAt = undefined;
      const [status, told] = await put(JSON.stringify(mine));
      if (status === 200) version = told.version;
      if (status === 200) onSaved(told);
      else if (status === 409 && "currentVersion" in told) await decide(told, wanted ?? mine);
      else onTrouble(told); // refused: it would be again, until the content or the token is another one
    }
  }

  // A conflict: what to save now. What is edited while somebody decides is decided on, too. If nobody does, the edit
  // stays, and so does its version: the next save meets the conflict again.
  async function decide(theirs, mine) {
    [wanted, editedAt] = [mine, undefined];
    const decided = await onConflict(theirs, mine);
    if (editedAt !== undefined) return decide(theirs, wanted);
    [wanted, version] = [decided, theirs.currentVersion];
  }

  function flush() {
    return (saving ??= save().catch(onTrouble).finally(() => (saving = undefined)));
  }

  async function load() {
    const answer = await send("GET", {});
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const state = answer.status === 204 ? undefined : await answer.json();
    version = state?.version ?? 0;
    return state;
  }

  function edit(content) {
    wanted = content;
    editedAt ??= Date.now();
    clearTimeout(timer); // saves when the hands rest, or after five pauses without rest
    timer = setTimeout(flush, Math.max(0, Math.min(pauseMs, editedAt + 5 * pauseMs - Date.now())));
  }

  return { load, edit, flush };
}
