// Photos that wait on this device, with their original bytes, in IndexedDB: they outlive the network, the page and the
// browser. Where nothing can be kept, or the browser takes it away, they wait in memory, as long as the page is open.

const DATABASE = "camid";
const WAITING = "waiting";
const ARRIVED = "arrived";
const MOST_RESULTS = 20;

/**
 * An entry is { key, file, name, refused, kept }: `key` names it to the service, so that it arrives once however often it
 * is sent; `refused` is null, or { code, message } of why the service does not want it; `kept` is false for one that is in
 * memory only.
 */
export class Queue {
  static async open() {
    return new Queue(await opened().catch(() => null));
  }

  constructor(database) {
    this.database = database;
    this.unkept = [];
    /** What was added here and is on the disk; `gone` are keys of what is done with, whatever the disk still says. */
    this.added = new Map();
    this.gone = new Set();
    if (database !== null) database.onclose = () => this.lose();
  }

  /** The browser took the storage away, with all that was kept in it. */
  lose() {
    this.database = null;
    for (const entry of this.added.values()) this.unkept.push({ ...entry, kept: false });
    this.added.clear();
  }

  async add(file) {
    const entry = { key: randomKey(), file, name: file.name, refused: null, kept: true };
    try {
      await this.change([WAITING], (waiting) => waiting.add(entry));
      this.added.set(entry.key, entry);
    } catch {
      entry.kept = false;
      this.unkept.push(entry);
    }
    return entry;
  }

  /** All that wait or were refused, in the order in which they were added. */
  async entries() {
    const kept = await this.read(WAITING);
    const elsewhere = new Set([...this.gone, ...this.unkept.map(({ key }) => key)]);
    return [...kept.filter(({ key }) => !elsewhere.has(key)), ...this.unkept];
  }

  /** The service answered about the entry with the photo `id`: it waits no longer. */
  async arrive({ key }, id) {
    await this.forget({ key }, (waiting, arrived) => arrived.add({ key, id }));
  }

  async refuse(entry, refused) {
    entry.refused = refused;
    if (this.added.has(entry.key)) this.added.get(entry.key).refused = refused;
    if (this.unkept.includes(entry)) return;
    try {
      await this.change([WAITING], (waiting) => replace(waiting, entry));
    } catch {
      this.unkept = [...this.unkept.filter(({ key }) => key !== entry.key), entry];
    }
  }

  async forget({ key }, also = () => undefined) {
    this.gone.add(key);
    this.added.delete(key);
    this.unkept = this.unkept.filter((one) => one.key !== key);
    await this.change([WAITING, ARRIVED], (waiting, arrived) => {
      withKey(waiting, key, (cursor) => cursor.delete());
      also(waiting, arrived);
    }).catch(() => undefined);
  }

  /** { key, id } of the last photos that arrived from here, the oldest first; older ones are forgotten. */
  async results() {
    const all = await this.read(ARRIVED);
    const last = all.slice(-MOST_RESULTS);
    for (const { id } of all.slice(0, -MOST_RESULTS)) await this.forgetResult(id);
    return last;
  }

  async forgetResult(id) {
    await this.change([ARRIVED], (arrived) => {
      arrived.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (cursor === null) return;
        if (cursor.value.id === id) cursor.delete();
        cursor.continue();
      };
    }).catch(() => undefined);
  }

  /** All of a store; nothing where the browser gives it no longer. */
  read(store) {
    return new Promise((done, failed) => {
      const request = this.database.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    }).catch(() => {
      this.lose();
      return [];
    });
  }

  /** Runs `work` on the stores in one transaction; resolves when it is on the disk, rejects if it cannot be. */
  change(stores, work) {
    return new Promise((done, failed) => {
      if (this.database === null) throw new Error("nothing can be kept");
      const transaction = this.database.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error);
      work(...stores.map((name) => transaction.objectStore(name)));
    });
  }
}

function opened() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      for (const name of [WAITING, ARRIVED]) {
        request.result.createObjectStore(name, { autoIncrement: true }).createIndex("key", "key", { unique: true });
      }
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function withKey(store, key, act) {
  store.index("key").openCursor(key).onsuccess = ({ target: { result: cursor } }) => {
    if (cursor !== null) act(cursor);
  };
}

function replace(store, entry) {
  withKey(store, entry.key, (cursor) => cursor.update(entry));
}

// crypto.randomUUID is there over HTTPS only.
function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
