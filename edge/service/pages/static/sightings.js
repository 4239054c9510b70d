// The page of sightings: filters, the list, the map beside it, and one sighting when it is chosen.

import { forgetPictures, showLater } from "./lazy.js";
import { announce, API, ask, askForToken, askWith, enter, fromTemplate, LOST_TOKEN, one, onSubmit, save, trying, vendorOptions } from "./shared.js";
import { Detail, placeOf, titleOf } from "./sightings_detail.js";
import { SightingMap } from "./sightings_map.js";
import { text } from "./texts.js";
import { moment, wordFor } from "./words.js";

const PAGE = 200;
const filter = one("#filter");
const map = new SightingMap(one("#map"), openOne);
let shown = [];
let total = 0;
let asked = 0;
let detail = null;
let returnTo = null;
const chosen = new Set();

async function work() {
  one("[name=vendor]", filter).append(...vendorOptions());
  one("#filters").open = matchMedia("(min-width: 60rem)").matches;
  await Promise.all([guarded(() => map.lay()), load()]);
  map.fit();
}

async function guarded(act) {
  one("#error").textContent = "";
  try {
    return await act();
  } catch (refused) {
    if (refused.status === 401) askForToken(LOST_TOKEN);
    one("#error").textContent = refused.message;
    return null;
  }
}

// --- the list

function conditions() {
  return new URLSearchParams([...new FormData(filter)].filter(([, value]) => value.trim() !== ""));
}

/** Asks for the list by the filters, from its beginning or where it ends. */
async function load(offset = 0) {
  const turn = ++asked;
  const query = conditions();
  query.set("limit", PAGE);
  query.set("offset", offset);
  const answer = await guarded(async () => (await ask(`${API}/sightings?${query}`)).json());
  if (answer === null || turn !== asked) return;
  const known = new Set(offset === 0 ? [] : shown.map(({ id }) => id));
  shown = [...(offset === 0 ? [] : shown), ...answer.sightings.filter(({ id }) => !known.has(id))].map(titled);
  total = answer.total;
  showAll();
}

function titled(sighting) {
  return { ...sighting, title: titleOf(sighting) };
}

function showAll() {
  for (const id of [...chosen]) if (!shown.some((one) => one.id === id)) chosen.delete(id);
  const list = one("#sightings");
  forgetPictures(list);
  list.replaceChildren(...shown.map(item));
  one("#more").hidden = shown.length >= total;
  one("#none").hidden = total > 0;
  const placed = shown.filter(({ place }) => place !== null).length;
  announce(`${text("sightings.count", { count: total })} · ${text("sightings.placed", { count: placed })}`);
  map.show(shown);
  showChosen();
}

function item(sighting) {
  const made = fromTemplate("#item-template");
  const [view] = sighting.views;
  made.dataset.id = sighting.id;
  made.classList.add(sighting.rejected ? "rejected" : sighting.machine.verdict);
  one(".name", made).textContent = sighting.title;
  one(".facts", made).textContent = factsOf(sighting);
  showLater(one("img", made), `${API}/photos/${view.photo}/cameras/${view.index}.jpg`);
  one(".open", made).addEventListener("click", () => openOne(sighting.id));
  const tick = one("[type=checkbox]", made);
  tick.setAttribute("aria-label", text("sightings.choose", { name: sighting.title, photo: view.name }));
  tick.disabled = !sighting.own;
  tick.checked = chosen.has(sighting.id);
  tick.addEventListener("change", () => {
    if (tick.checked) chosen.add(sighting.id);
    else chosen.delete(sighting.id);
    showChosen();
  });
  return made;
}

function factsOf({ form_factor: form, taken_at: taken, place, country, views, said, machine }) {
  return [
    said === null ? wordFor("verdict", machine.verdict) : text("sightings.by_person"),
    form === null ? null : wordFor("form", form),
    taken === null ? null : moment(taken),
    place === null ? text("sightings.place_none") : [country, placeOf(place)].filter(Boolean).join(" "),
    views.length > 1 ? text("sightings.views", { count: views.length }) : views[0].name,
  ].filter(Boolean).join(" · ");
}

// --- joining from the list

function showChosen() {
  one(".joining").hidden = chosen.size < 2;
  one(".joining p").textContent = text("sightings.chosen", { count: chosen.size });
}

async function joinChosen() {
  const sightings = shown.map(({ id }) => id).filter((id) => chosen.has(id));
  const joint = await guarded(async () => (await askWith("POST", `${API}/sightings/join`, { sightings })).json());
  if (joint === null) return;
  chosen.clear();
  await changed(joint, sightings.slice(1));
  await openOne(joint.id);
}

// --- one of them

async function openOne(id) {
  const sighting = shown.find((one) => one.id === id);
  if (sighting === undefined) return;
  returnTo = id;
  detail?.end();
  detail = new Detail(sighting, map, { changed, close: closeDetail, remove: askToRemove });
  one("#detail").replaceChildren(detail.root);
  one("#detail").hidden = false;
  one("#listing").hidden = true;
  map.choose(sighting);
  detail.focus();
  one("#detail").scrollIntoView({ block: "nearest" });
}

function closeDetail() {
  detail?.end();
  detail = null;
  map.choose(null);
  one("#detail").hidden = true;
  one("#detail").replaceChildren();
  one("#listing").hidden = false;
  one(`[data-id="${returnTo}"] .open`)?.focus();
}

/** Takes the sighting as it is now into list and map; `gone` are one with it, `more` came out of it. */
async function changed(sighting, gone, more = null) {
  const at = shown.findIndex(({ id }) => id === sighting.id);
  shown = shown.filter(({ id }) => id !== sighting.id && !gone.includes(id));
  shown.splice(at < 0 ? 0 : at, 0, ...[sighting, more].filter(Boolean).map(titled));
  total += (more === null ? 0 : 1) - gone.length;
  showAll();
  map.choose(sighting);
}

function askToRemove(sighting) {
  const dialog = one("#removal");
  dialog.dataset.id = sighting.id;
  one(".error", dialog).textContent = "";
  dialog.showModal();
}

async function remove(form) {
  const { id } = one("#removal").dataset;
  const done = await trying(form, () => ask(`${API}/sightings/${id}`, { method: "DELETE" }));
  if (!done) return;
  one("#removal").close();
  shown = shown.filter((one) => one.id !== id);
  total -= 1;
  closeDetail();
  showAll();
  one("#summary").focus();
}

// --- start

filter.addEventListener("change", () => load());
onSubmit("#filter", () => load());
onSubmit("#removal form", remove);
one("#removal .close").addEventListener("click", () => one("#removal").close());
one("#more").addEventListener("click", () => load(shown.length));
one("#join-chosen").addEventListener("click", joinChosen);
for (const button of document.querySelectorAll("[data-export]")) {
  button.addEventListener("click", () => {
    const kind = button.dataset.export;
    guarded(() => save(`${API}/sightings/export.${kind}?${conditions()}`, `camid-sightings.${kind}`));
  });
}

enter(work);
