// The reporter's page: photos are taken or chosen, wait on this device until they arrive, and are answered in their cards.

import { Queue } from "./queue.js";
import { showResult } from "./result.js";
import { API, ask, askForToken, enter, fromTemplate, learnNames, LOST_TOKEN, one, onSubmit, save as saveFile, trying } from "./shared.js";
import { keepShell } from "./shell.js";
import { explained, text } from "./texts.js";
import { Uploads } from "./uploads.js";
import { percent } from "./words.js";

const queue = await Queue.open();
/** Cards of photos that did not arrive yet, by the key of their entry. */
const cards = new Map();

const uploads = new Uploads(queue, {
  next(entry) {
    const card = cardOf(entry);
    tell(card, text("queue.waiting"));
    if (!entry.kept) warn(card);
    sayLeft();
  },
  sending(entry, share) {
    tell(cardOf(entry), share < 1 ? text("queue.sending", { percent: percent(share) }) : text("queue.identifying"), share);
  },
  async arrived(entry, photo) {
    const card = cardOf(entry);
    cards.delete(entry.key);
    await answer(card, photo);
    one("#heard").textContent = one(".picture", card).alt;
  },
  refused: (entry) => refuse(entry),
  async waiting(refused) {
    for (const [, card] of cards) if (card.dataset.state !== "refused") tell(card, text("queue.waiting"));
    say(refused.status === 0 ? text("queue.offline", { count: await left() }) : explained(refused));
  },
  async locked() {
    askForToken(LOST_TOKEN);
    sayLocked();
  },
  async done() {
    say("");
    await settle();
  },
});

async function open() {
  say("");
  await showKept();
  uploads.run();
}

function say(message) {
  if (one("#state").textContent !== message) one("#state").textContent = message;
}

async function left() {
  return (await queue.entries()).filter(({ refused }) => refused === null).length;
}

async function sayLeft() {
  const count = await left();
  say(count > 1 ? text("queue.left", { count }) : "");
}

async function sayLocked() {
  const count = await left();
  if (count > 0 && one("#work").hidden) say(text("queue.locked", { count }));
}

// --- photos that wait

async function add(files) {
  navigator.storage?.persist?.(); // or the browser may clear the queue when its storage runs short
  for (const file of files) {
    const entry = await queue.add(file);
    uploads.add(entry);
    const card = cardOf(entry);
    if (!entry.kept) warn(card);
  }
  uploads.run();
}

function cardOf(entry) {
  if (!cards.has(entry.key)) {
    cards.set(entry.key, newCard(entry.name));
    one("#results").prepend(cards.get(entry.key));
    tell(cards.get(entry.key), text("queue.waiting"));
  }
  return cards.get(entry.key);
}

function newCard(name) {
  const card = fromTemplate("#photo-template");
  one("h2", card).textContent = name;
  return card;
}

/** `share` is of the bytes that went; undefined while that cannot be told. */
function tell(card, doing, share) {
  card.dataset.state = "waiting";
  card.setAttribute("aria-busy", "true");
  one(".doing", card).textContent = doing;
  const bar = one("progress", card);
  if (share === undefined || share === 1) bar.removeAttribute("value");
  else bar.value = share;
}

function warn(card) {
  const warning = one(".warning", card);
  warning.hidden = false;
  warning.textContent = text("queue.not_kept");
}

function refuse(entry) {
  const card = cardOf(entry);
  rest(card, "refused");
  one(".error", card).textContent = explained(entry.refused);
  one(".again", card).onclick = async () => {
    one(".error", card).textContent = "";
    await queue.refuse(entry, null);
    tell(card, text("queue.waiting"));
    uploads.run();
  };
  one(".drop-it", card).onclick = async () => {
    await queue.forget(entry);
    cards.delete(entry.key);
    removeCard(card);
  };
}

/** Nothing waits any more: what cards still say so, another tab has dealt with, or the browser took away. */
async function settle() {
  const shown = [...cards];
  const entries = new Map((await queue.entries()).map((entry) => [entry.key, entry]));
  for (const [key, card] of shown) {
    if (!entries.has(key)) await askWhatBecame(key, card);
    else if (entries.get(key).refused !== null) refuse(entries.get(key));
  }
}

async function askWhatBecame(key, card) {
  try {
    const photo = await (await ask(`${API}/photos/sent/${key}`)).json();
    await queue.forget({ key });
    cards.delete(key);
    await answer(card, photo);
  } catch (refused) {
    if (refused.status !== 404) return;
    cards.delete(key);
    rest(card, "lost");
    one(".error", card).textContent = text("queue.lost");
  }
}

function rest(card, state) {
  card.dataset.state = state;
  card.setAttribute("aria-busy", "false");
}

// --- answers

async function answer(card, photo) {
  card.dataset.state = "showing";
  one(".warning", card).hidden = true;
  const base = `${API}/photos/${photo.id}`;
  const stem = photo.source.name.replace(/\.[^.]*$/, "") || "photo";
  one(".save-picture", card).onclick = () => save(`${base}/annotated.jpg`, `${stem}-camid.jpg`);
  one(".save-report", card).onclick = () => save(`${base}/report.zip`, `${stem}-camid.zip`);
  one(".save-json", card).onclick = () => save(base, `${stem}-camid.json`);
  one(".delete", card).onclick = () => askRemoval(card, photo);
  await learnNames().catch(() => undefined);
  await showResult(card, photo);
  rest(card, "answered");
}

async function save(path, name) {
  try {
    await saveFile(path, name);
  } catch (refused) {
    say(explained(refused));
  }
}

async function showKept() {
  if (one("#results").childElementCount === 0) {
    for (const { id } of await queue.results()) await showAgain(id);
  }
  for (const entry of await queue.entries()) {
    if (entry.refused === null) cardOf(entry);
    else refuse(entry);
  }
}

async function showAgain(id) {
  try {
    const photo = await (await ask(`${API}/photos/${id}`)).json();
    const card = newCard(photo.source.name);
    one("#results").prepend(card);
    await answer(card, photo);
  } catch (refused) {
    if (refused.status === 404) await queue.forgetResult(id);
  }
}

// --- deleting

const removal = one("#removal");
let removing = null;

function askRemoval(card, photo) {
  removing = { card, photo };
  one(".what", removal).textContent = text("removal.what", { name: photo.source.name });
  one(".error", removal).textContent = "";
  removal.showModal();
}

async function remove() {
  const { card, photo } = removing;
  await ask(`${API}/photos/${photo.id}`, { method: "DELETE" }).catch((refused) => {
    if (refused.status !== 404) throw refused;
  });
  await queue.forgetResult(photo.id);
  removal.close();
  removeCard(card);
  one("#heard").textContent = text("removal.done", { name: photo.source.name });
}

function removeCard(card) {
  const next = card.nextElementSibling ?? card.previousElementSibling;
  for (const image of card.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  card.remove();
  (next === null ? one("#files") : one("h2", next)).focus();
}

onSubmit("#removal form", (form) => trying(form, remove));
one("#removal .close").addEventListener("click", () => removal.close());

// --- start

const drop = one("#drop");
for (const choice of document.querySelectorAll("#files, #camera")) {
  choice.addEventListener("change", async () => {
    await add([...choice.files]);
    choice.value = "";
  });
}
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.remove("over");
  });
}
document.addEventListener("drop", ({ dataTransfer }) => {
  if (!one("#work").hidden) add([...dataTransfer.files]);
});
addEventListener("beforeunload", (event) => {
  if (queue.unkept.length > 0) event.preventDefault();
});

enter(open, { offline: true });
sayLocked();
keepShell();
