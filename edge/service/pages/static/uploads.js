// Sends what waits in the queue, one after the other, until each arrived or was refused, however often the network goes.

import { API, ask } from "./shared.js";
import { send } from "./sending.js";

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 30;
const STALLED_S = 30;
/** After these the same photo may do better later; 0 stands for no answer. */
const PASSING = new Set([0, 429, 502, 503, 504, 507]);

export class Uploads {
  /**
   * `told` hears what happens: next(entry) is at work, sending(entry, share), arrived(entry, photo),
   * refused(entry), waiting(error) before another try, locked() where the service wants to know who asks,
   * done() when nothing is left.
   */
  constructor(queue, told) {
    this.queue = queue;
    this.told = told;
    this.untried = new Set();
    this.running = false;
  }

  add(entry) {
    this.untried.add(entry.key);
  }

  /** Sends all; there is one sender at a time, in whatever tab. */
  async run() {
    if (this.running) return;
    this.running = true;
    try {
      await alone(() => this.sendAll());
    } finally {
      this.running = false;
    }
  }

  async sendAll() {
    for (let entry = await this.next(); entry !== undefined; entry = await this.next()) {
      this.told.next(entry);
      let photo;
      try {
        photo = await this.deliver(entry);
      } catch (refused) {
        if (refused.status === 401) {
          this.told.locked();
          return;
        }
        await this.queue.refuse(entry, { code: refused.code, message: refused.message });
        this.told.refused(entry);
        continue;
      }
      await this.queue.arrive(entry, photo.id);
      await this.told.arrived(entry, photo);
    }
    this.told.done();
  }

  async next() {
    return (await this.queue.entries()).find(({ refused }) => refused === null);
  }

  async deliver(entry) {
    for (let wait = FIRST_WAIT_S; ; wait = Math.min(2 * wait, LONGEST_WAIT_S)) {
      try {
        await ask("/readyz");
        return (await this.earlier(entry)) ?? (await this.post(entry));
      } catch (refused) {
        if (!PASSING.has(refused.status)) throw refused;
        this.told.waiting(refused);
        await pause(refused.status === 0 ? wait : Math.max(wait, refused.retryAfter));
      }
    }
  }

  /** The result of an earlier try whose answer was lost on the way. */
  async earlier({ key }) {
    if (this.untried.delete(key)) return null;
    try {
      return await (await ask(`${API}/photos/sent/${key}`)).json();
    } catch (refused) {
      if (refused.status === 404) return null;
      throw refused;
    }
  }

  async post(entry) {
    const form = new FormData();
    form.append("photo", entry.file, entry.name);
    const stop = new AbortController();
    const silence = new Silence(() => stop.abort());
    const lost = () => stop.abort();
    addEventListener("offline", lost);
    const heard = (share) => {
      // What is sent whole may take long to be looked at.
      if (share < 1) silence.broken();
      else silence.end();
      this.told.sending(entry, share);
    };
    try {
      const answer = await send(`${API}/photos`, form, heard, stop.signal, { "Idempotency-Key": entry.key });
      return answer.photos[0];
    } finally {
      silence.end();
      removeEventListener("offline", lost);
    }
  }
}

/** Calls `act` when nothing was heard for a while: a phone that lost its network may not notice. */
class Silence {
  constructor(act) {
    this.act = act;
    this.broken();
  }

  broken() {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.act, 1000 * STALLED_S);
  }

  end() {
    clearTimeout(this.timer);
  }
}

/** Ends after `seconds`, or as soon as the network or the person is back. */
function pause(seconds) {
  return new Promise((done) => {
    const timer = setTimeout(over, 1000 * seconds);
    function over() {
      clearTimeout(timer);
      removeEventListener("online", over);
      document.removeEventListener("visibilitychange", over);
      done();
    }
    addEventListener("online", over);
    document.addEventListener("visibilitychange", over);
  });
}

// Locks are there over HTTPS only; without them the service still keeps a photo once.
function alone(work) {
  return navigator.locks === undefined ? work() : navigator.locks.request("camid-uploads", work);
}
