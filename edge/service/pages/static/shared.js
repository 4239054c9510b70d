// What the pages have in common: asking the service, the token, and small pieces of a page. Everything that comes
// from a picture, a camera or the catalogue is untrusted and is set as textContent or an attribute value, never as
// HTML.

import { explained, text } from "./texts.js";

export const API = "/api/v1";
export const LOST_TOKEN = text("token.lost");
const KEPT_TOKEN = "camid-token";

export const one = (selector, root = document) => root.querySelector(selector);
export const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

export class Refused extends Error {
  /** `code` is that of the service's error, undefined where it gave none. */
  constructor(status, message, retryAfter, code) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.code = code;
  }
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function fromTemplate(selector) {
  return one(selector).content.cloneNode(true).firstElementChild;
}

export async function ask(path, options = {}) {
  const headers = { ...options.headers, Authorization: authorisation() };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch {
    throw new Refused(0, text("service.silent"));
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  throw refusedBy(answer.status, problem, Number(answer.headers.get("Retry-After")) || 5);
}

export function authorisation() {
  return `Bearer ${sessionStorage.getItem(KEPT_TOKEN) ?? ""}`;
}

/** The error for an answer with this status and body. */
export function refusedBy(status, problem, retryAfter = 5) {
  const { code, message } = problem?.error ?? {};
  return new Refused(status, message ?? text("service.status", { status }), retryAfter, code);
}

export function askWith(method, path, body) {
  return ask(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

/** Gives what lies at `path` to the browser as a file. */
export async function save(path, name) {
  const address = URL.createObjectURL(await (await ask(path)).blob());
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// --- forms

export function onSubmit(selector, act) {
  one(selector).addEventListener("submit", (event) => {
    event.preventDefault();
    act(event.target);
  });
}

/** Runs `work` with these buttons of `form` off; says in `form` what went wrong. */
export async function trying(form, work, which = "button") {
  const error = one(".error", form);
  const buttons = [...form.querySelectorAll(which)];
  error.textContent = "";
  for (const button of buttons) button.disabled = true;
  try {
    await work();
    return true;
  } catch (refused) {
    if (refused.status === 401) askForToken(LOST_TOKEN);
    error.textContent = refused.message;
    return false;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** Shows `text` as the sum of the page; said again, it would be read out again. */
export function announce(text) {
  if (one("#summary").textContent !== text) one("#summary").textContent = text;
}

// --- the token

function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(KEPT_TOKEN, given);
  history.replaceState(null, "", location.pathname);
}

/**
 * Asks for a token until the service takes one, then shows #work and calls `work`. A page that can do without the service
 * for a while says so by `offline`: it is let in when the service does not answer.
 */
export function enter(work, { offline = false } = {}) {
  takeTokenFromAddress();
  one("#token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEPT_TOKEN, one("#token").value.trim());
    one("#token").value = "";
    open(work, offline);
  });
  open(work, offline);
}

async function open(work, offline) {
  const hasToken = sessionStorage.getItem(KEPT_TOKEN) !== null;
  try {
    await learnNames(); // without a token too: a paired phone has a cookie, which no script can see
  } catch (refused) {
    if (!(offline && refused.status === 0)) {
      askForToken(refused.code !== "unauthorised" ? explained(refused) : hasToken ? text("token.wrong") : "");
      return;
    }
  }
  one("#token-form").hidden = true;
  one("#work").hidden = false;
  work();
}

export function askForToken(message) {
  sessionStorage.removeItem(KEPT_TOKEN);
  one("#work").hidden = true;
  one("#token-form").hidden = false;
  one("#token-error").textContent = message;
  one("#token").focus();
}

// --- words

const vendorNames = new Map();
let oldAfterDays = Infinity;

/** Makers by their names from now on; asks once. */
export async function learnNames() {
  if (vendorNames.size > 0) return;
  const { vendors, old_after_days: limit } = await (await ask(`${API}/vendors`)).json();
  oldAfterDays = limit;
  for (const vendor of vendors) vendorNames.set(vendor.id, vendor.name);
}

export function nameOf(id) {
  return vendorNames.get(id) ?? id ?? "unknown";
}

/** One sentence where the catalogue of this date (ISO 8601) is old, else null. */
export function agedNotice(date) {
  const days = (Date.now() - Date.parse(date)) / 86_400_000;
  return days >= oldAfterDays ? text("facts.old", { date, days: oldAfterDays }) : null;
}

/** A source: a link where it is an address and nothing else. */
export function linked(source) {
  if (!/^https:\/\/\S+$/.test(source)) return element("span", { textContent: source, lang: "en" });
  return element("a", { href: source, textContent: source, rel: "noopener noreferrer", target: "_blank" });
}

/** Every maker for a list to choose from, by name. */
export function vendorOptions() {
  const makers = [...vendorNames].sort(([, a], [, b]) => a.localeCompare(b));
  return makers.map(([value, textContent]) => element("option", { value, textContent }));
}

/** The maker, as a heading. */
export function headline({ verdict, brand, platform, candidates }) {
  if (verdict === "identified") return nameOf(brand ?? platform);
  if (verdict === "candidates") return `${candidates.map((c) => nameOf(c.brand ?? c.platform)).join(` ${text("result.or")} `)}?`;
  return text("result.unnamed");
}

export function capital(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

export function sentence(text) {
  return `${capital(text)}.`;
}
