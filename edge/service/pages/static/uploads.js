// Sends what waits in the queue, one after the other, until each arrived or was refused, however often the network goes.

import { API, ask, Refused } from "./shared.js";
import { send } from "./sending.js";
import { text } from "./texts.js";

const FIRST_WAIT_S = 1;
const LONGEST_WAIT_S = 30;
const STALLED_S = 30;
/** After these the same photo may do better later; 0 stands for no answer. */
const PASSING = new Set([0, 429, 502, 503, 504, 507]);
/** No status of a service: the photo never left this device. */
const UNREADABLE = -1;

export class Uploads {
  /**
   * `told` hears what happens: next(entry) is at work, sending(entry, share), arrived(entry, photo),
   * refused(entry), waiting(error) before another try, locked() where the service wants to know who asks,
   * done() when nothing is left, also of what other tabs added.
   */
  constructor(queue, told) {
    this.queue = queue;
    this.told = told;
    this.untried = new Set();
    this.failures = new Map();
    this.running = false;
    this.wanted = false;
  }

  add(entry) {
    this.untried.add(entry.key);
  }

  /** Sends all, also what is added meanwhile; there is one sender at a time, in whatever tab. */
  async run() {
    this.wanted = true;
    if (this.running) return;
    this.running = true;
    try {
      while (this.wanted) {
        this.wanted = false;
        await alone(() => this.sendAll());
      }
    } finally {
      this.running = false;
    }
  }

  async sendAll() {
    let last;
    let wait = FIRST_WAIT_S;
    for (let entry = await this.next(); entry !== undefined; entry = await this.next()) {
      if (entry.key !== last) this.told.next(entry);
      last = entry.key;
      let photo;
      try {
        photo = await this.deliver(entry);
      } catch (refused) {
        if (refused.status === 401) {
          this.told.locked();
          return;
        }
        if (PASSING.has(refused.status)) wait = await this.hold(refused, wait);
        else await this.giveUp(entry, refused);
        continue;
      }
      wait = FIRST_WAIT_S;
      await this.queue.arrive(entry, photo.id);
      await this.told.arrived(entry, photo);
    }
    await this.told.done();
  }

  /** Waits before another try; gives the seconds to wait after the next. */
  async hold(refused, wait) {
    this.told.waiting(refused);
    await pause(refused.status === 0 ? wait : Math.max(wait, refused.retryAfter));
    return Math.min(2 * wait, LONGEST_WAIT_S);
  }

  async giveUp(entry, { code, message }) {
    await this.queue.refuse(entry, { code, message });
    this.told.refused(entry);
  }

  /** The first of those that failed least often: one that never gets through holds up no other. */
  async next() {
    const waiting = (await this.queue.entries()).filter(({ refused }) => refused === null);
    const failed = ({ key }) => this.failures.get(key) ?? 0;
    return waiting.reduce((best, one) => (best === undefined || failed(one) < failed(best) ? one : best), undefined);
  }

  async deliver(entry) {
    await ask("/readyz");
    try {
      return (await this.earlier(entry)) ?? (await this.post(entry));
    } catch (refused) {
      this.failures.set(entry.key, (this.failures.get(entry.key) ?? 0) + 1);
      throw refused;
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
    await checkReadable(entry);
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

/** A file that was moved, or a card that was taken out, would look like a network that is gone. */
async function checkReadable({ file }) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new Refused(UNREADABLE, text("queue.unreadable"));
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
