// What the console's modules find in a page, in Node: storage with room for so much, locks, and a network that can fail.

/** Local and session storage are of this; `room` is how many characters fit, `watch` is told what is written. */
export class Storage {
  static room = 5_000_000;
  static watch = null;
  #kept = new Map();

  static made() {
    const kept = new Storage();
    return new Proxy(kept, {
      get: (_, name) => (typeof kept[name] === "function" ? kept[name].bind(kept) : undefined),
      ownKeys: () => [...kept.#kept.keys()],
      getOwnPropertyDescriptor: (_, name) => (kept.#kept.has(name) ? { enumerable: true, configurable: true } : undefined),
    });
  }

  getItem(name) {
    return this.#kept.get(name) ?? null;
  }

  setItem(name, value) {
    const others = [...this.#kept].filter(([own]) => own !== name);
    const size = others.reduce((sum, [own, text]) => sum + own.length + text.length, name.length + String(value).length);
    if (size > Storage.room) throw new Error("QuotaExceededError");
    this.#kept.set(name, String(value));
    Storage.watch?.(name);
  }

  removeItem(name) {
    this.#kept.delete(name);
  }

  clear() {
    this.#kept.clear();
  }
}

/** What happens to the next writes, one each: "lose" (done, and nobody is told), "cut", "deny", or a function round the request. */
export const network = { fate: [], sent: [], reads: null };

const ask = globalThis.fetch;
const WORDS = {
  lose: async (go) => {
    await go();
    throw new TypeError("fetch failed");
  },
  cut: async () => {
    throw new TypeError("fetch failed");
  },
  deny: async () => new Response('{"message": "Unauthorized"}', { status: 401 }),
};

globalThis.fetch = (url, options) => {
  const go = () => ask(url, options);
  if (options.method === "GET") return (network.reads ?? ((way) => way()))(go);
  const fate = network.fate.shift() ?? ((way) => way());
  const { headers, body } = options;
  network.sent.push({ method: options.method, url, key: headers["idempotency-key"], ifMatch: headers["if-match"], body });
  return (WORDS[fate] ?? fate)(go);
};

const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
define("localStorage", Storage.made());
define("sessionStorage", Storage.made());
define("navigator", { locks: { query: async () => ({ held: [] }), request: (_name, _options, work) => work({}) } });
define("location", { origin: "http://console.test", hash: "" });
define("document", { visibilityState: "visible" });
