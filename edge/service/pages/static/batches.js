// The batches page: started from a folder or an archive, followed as the service tells, asked for what they found.

import { announce, API, ask, askForToken, askWith, enter, fromTemplate, LOST_TOKEN, one, onSubmit, trying } from "./shared.js";
import { Results } from "./batch_results.js";
import { follow } from "./events.js";
import { send } from "./sending.js";

const STATES = {
  queued: "waits", running: "running", pausing: "about to pause", paused: "paused",
  cancelling: "about to end", cancelled: "cancelled", done: "done", failed: "failed",
};
/** State to the buttons that make sense in it. */
const ACTIONS = {
  queued: ["pause", "cancel"], running: ["pause", "cancel"], pausing: ["resume", "cancel"],
  paused: ["resume", "cancel"], failed: ["resume", "cancel"], cancelling: [], cancelled: [], done: [],
};
const AGAIN = new Set(["done", "cancelled"]);
const SIZES = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];
/** The buttons that are off while a form is at work: sending can be stopped. */
const SUBMIT = "[type=submit]";

/** Batch id to {batch, card, results}. */
const shown = new Map();

// --- following the service

async function work() {
  await follow(`${API}/batches/events`, tell, one("#batches"));
}

function tell(kind, body) {
  if (kind === "batches") replaceAll(body);
  else if (kind === "batch") show(body);
  else if (kind === "removed") remove(body.id);
  sumUp();
}

function replaceAll({ batches, folders }) {
  const there = new Set(batches.map(({ id }) => id));
  for (const id of [...shown.keys()]) if (!there.has(id)) remove(id);
  for (const batch of batches) show(batch);
  one("#from-folder").hidden = !folders;
  one("#no-folders").hidden = folders;
}

// --- cards, the newest first

function show(batch) {
  const entry = shown.get(batch.id) ?? newEntry(batch);
  const before = entry.batch;
  entry.batch = batch;
  const { card } = entry;
  card.className = `batch panel ${batch.state}`;
  one("h2", card).textContent = batch.name;
  one(".state-badge", card).textContent = STATES[batch.state] ?? batch.state;
  one(".source", card).textContent = source(batch);
  showBar(one("progress", card), batch);
  one(".counts", card).textContent = counts(batch.progress);
  one(".pace", card).textContent = pace(batch);
  one(".error", card).textContent = batch.error?.message ?? "";
  showActions(card, batch);
  if (batch.state !== before.state || batch.progress.cameras !== before.progress.cameras) entry.results?.markOld(batch);
}

function newEntry(batch) {
  const card = fromTemplate("#batch-template");
  const entry = { batch, card, results: null };
  card.dataset.id = batch.id;
  for (const action of ["pause", "resume", "cancel"]) {
    one(`.${action}`, card).addEventListener("click", () => change(entry, action));
  }
  one(".remove", card).addEventListener("click", () => openRemoval(entry.batch));
  one(".show", card).addEventListener("click", () => toggleResults(entry));
  shown.set(batch.id, entry);
  one("#batches").prepend(card);
  return entry;
}

function remove(id) {
  const entry = shown.get(id);
  if (entry === undefined) return;
  entry.results?.forget();
  entry.card.remove();
  shown.delete(id);
}

function showBar(bar, { state, progress }) {
  const waits = state === "queued" && progress.settled === 0;
  if (progress.files === null && !waits && progress.settled === 0) bar.removeAttribute("value");
  else bar.value = progress.files === null ? 0 : progress.settled;
  bar.max = Math.max(1, progress.files ?? 1);
}

function showActions(card, { state, source: { kind } }) {
  const again = AGAIN.has(state) && kind === "folder";
  for (const action of ["pause", "resume", "cancel"]) {
    one(`.${action}`, card).hidden = !(ACTIONS[state] ?? []).includes(action) && !(again && action === "resume");
  }
  one(".resume", card).textContent = again ? "Look for new files" : "Resume";
}

function source({ name, source: { kind, name: from, bytes }, created_at }) {
  const parts = [new Date(created_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })];
  if (kind !== "folder") parts.unshift(size(bytes));
  if (from !== name) parts.unshift(from);
  return parts.join(" · ");
}

function size(bytes) {
  const [unit, word] = SIZES.find(([least]) => bytes >= least) ?? [1, "bytes"];
  const value = bytes / unit;
  return `${unit === 1 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${word}`;
}

function counts({ photos, frames, cameras, identified, duplicates, unreadable }) {
  const parts = [plural(photos, "photo"), plural(cameras, "camera"), `${number(identified)} named`];
  if (frames > 0) parts.splice(1, 0, plural(frames, "video frame"));
  if (duplicates > 0) parts.push(plural(duplicates, "copy", "copies"));
  if (unreadable > 0) parts.push(`${number(unreadable)} without an answer`);
  return parts.join(" · ");
}

function pace({ state, progress: { files, settled, rate }, waits_for }) {
  if (waits_for !== null) return waits_for === 0 ? "Starts at once" : `Waits for ${plural(waits_for, "batch", "batches")} before it`;
  const parts = [];
  if (files !== null && settled < files) parts.push(`${number(settled)} of ${number(files)} files`);
  else if (files === null && state === "running") parts.push(`${plural(settled, "file")} so far, still counting`);
  if (rate > 0 && state === "running") {
    parts.push(`${rate} a second`);
    if (files !== null) parts.push(timeLeft((files - settled) / rate));
  }
  return parts.join(" · ");
}

function timeLeft(seconds) {
  if (seconds < 90) return "about a minute left";
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} minutes left`;
  if (seconds < 172800) return `about ${Math.round(seconds / 3600)} hours left`;
  return `about ${Math.round(seconds / 86400)} days left`;
}

function number(value) {
  return value.toLocaleString("en").replaceAll(",", "\u202f");
}

function plural(value, word, many = `${word}s`) {
  return `${number(value)} ${value === 1 ? word : many}`;
}

function sumUp() {
  const batches = [...shown.values()].map(({ batch }) => batch);
  const running = batches.filter(({ state }) => state === "running").length;
  const parts = [plural(batches.length, "batch", "batches")];
  if (running > 0) parts.push(`${running} running`);
  announce(parts.join(" · "));
  one("#none").hidden = batches.length > 0;
}

// --- what people do

async function change({ batch, card }, action) {
  const buttons = [...card.querySelectorAll(".links button")];
  for (const button of buttons) button.disabled = true;
  try {
    show(await (await ask(`${API}/batches/${batch.id}/${action}`, { method: "POST" })).json());
  } catch (refused) {
    if (refused.status === 401) askForToken(LOST_TOKEN);
    one(".error", card).textContent = refused.message;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function toggleResults(entry) {
  const place = one(".results", entry.card);
  const open = place.hidden;
  place.hidden = !open;
  one(".show", entry.card).textContent = open ? "Hide cameras" : "Show cameras";
  one(".show", entry.card).setAttribute("aria-expanded", String(open));
  if (!open) return;
  if (entry.results === null) {
    entry.results = new Results(entry.batch);
    place.append(entry.results.root);
  }
  entry.results.load();
}

function openNew(open) {
  one("#new").hidden = !open;
  one("#open-new").setAttribute("aria-expanded", String(open));
  one("#open-new").textContent = open ? "Close" : "Start a batch";
  if (open && !one("#from-folder").hidden) one("#from-folder").elements.folder.focus();
}

async function startFolder(form) {
  const { folder, name } = form.elements;
  const body = { folder: folder.value.trim(), ...(name.value.trim() && { name: name.value.trim() }) };
  if (!(await trying(form, () => askWith("POST", `${API}/batches`, body), SUBMIT))) return;
  form.reset();
  openNew(false);
}

async function startArchive(form) {
  const { archive, name } = form.elements;
  const [file] = archive.files;
  const most = Number(document.body.dataset.most);
  if (file.size > most) {
    one(".error", form).textContent = `${file.name} has ${size(file.size)}; at most ${size(most)} can be sent.`;
    return;
  }
  const query = new URLSearchParams({ file: file.name });
  if (name.value.trim()) query.set("name", name.value.trim());
  const bar = one("#sent");
  const stop = new AbortController();
  one("#stop-sending").onclick = () => stop.abort();
  bar.hidden = one("#stop-sending").hidden = false;
  bar.value = 0;
  const sent = await trying(form, () => send(`${API}/batches?${query}`, file, (share) => { bar.value = share; }, stop.signal), SUBMIT);
  bar.hidden = one("#stop-sending").hidden = true;
  if (!sent) return;
  form.reset();
  openNew(false);
}

let chosen = null;

function openRemoval(batch) {
  chosen = batch;
  one("#removal .error").textContent = "";
  one("#removal .what").textContent = `“${batch.name}” with all that it found. Its photos are not touched.`;
  one("#removal").showModal();
}

async function removeBatch(form) {
  if (await trying(form, () => ask(`${API}/batches/${chosen.id}`, { method: "DELETE" }), SUBMIT)) one("#removal").close();
}

// --- start

onSubmit("#from-folder", startFolder);
onSubmit("#from-archive", startArchive);
onSubmit("#removal form", removeBatch);
one("#open-new").addEventListener("click", () => openNew(one("#new").hidden));
one("#removal .close").addEventListener("click", () => one("#removal").close());

enter(work);
