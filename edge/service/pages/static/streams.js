// The streams page: tiles that follow what the service tells.

import {
  announce, API, ask, askWith, capital, element, enter, fromTemplate, headline, one, onSubmit, sentence, trying, vendorOptions,
} from "./shared.js";
import { follow } from "./events.js";
import { forget, keepFresh } from "./snapshots.js";

const STATES = {
  connecting: ["connecting", "Nothing was seen of it yet"],
  watching: ["watching", "It is looked at often, for something is new or not yet certain"],
  asleep: ["asleep", "What can be known is known; it is looked at rarely"],
  failing: ["failing", "The last look failed; it is tried again"],
  stopped: ["off", "It is not watched"],
};
const PICTURE_FAULTS = {
  black: "The picture is black", frozen: "The picture is frozen", blurred: "The picture is blurred",
  ir_stuck: "The infrared filter is stuck",
};
const CHECKS = {
  reachable: "Reachable", login: "Login", stream: "Stream", frame_rate: "Frame rate", key_frames: "Key frames",
  jitter: "Jitter", loss: "Loss", clock: "Clock", not_black: "Not black", not_frozen: "Not frozen", sharp: "Sharp",
  colour: "Colour", vendor: "Maker", model: "Model", firmware: "Firmware",
};
const CODECS = { h264: "H.264", hevc: "H.265", mjpeg: "MJPEG" };
const OUTCOMES = { passed: "passed", failed: "failed", not_checked: "not checked" };
const AGES = [[60, "s"], [60, "min"], [24, "h"], [Infinity, "days"]];
const AGE_EVERY_MS = 5000;

/** Stream id to {stream, tile}. */
const shown = new Map();

// --- following the service

async function work() {
  for (const select of document.querySelectorAll("select.vendors")) {
    if (select.length > 1) continue;
    select.append(...vendorOptions());
  }
  await follow(`${API}/streams/events`, tell, one("#tiles"));
}

function tell(kind, body) {
  if (kind === "streams") replaceAll(body.streams);
  else if (kind === "stream") show(body);
  else if (kind === "removed") remove(body.id);
  sumUp();
}

function replaceAll(streams) {
  const there = new Set(streams.map(({ id }) => id));
  for (const id of [...shown.keys()]) if (!there.has(id)) remove(id);
  for (const stream of streams) show(stream);
}

// --- tiles

function show(stream) {
  const tile = shown.get(stream.id)?.tile ?? newTile(stream.id);
  shown.set(stream.id, { stream, tile });
  const { state, identification, last_look } = stream;
  tile.className = `stream ${state} ${identification?.verdict ?? "unknown"}`;
  one("h2", tile).textContent = stream.name;
  const [word, meaning] = STATES[state] ?? [state, ""];
  Object.assign(one(".state-badge", tile), { textContent: word, title: meaning });
  one(".maker", tile).textContent = identification === null ? "" : headline(identification);
  one(".sentence", tile).textContent = stream.sentence === null ? "" : sentence(stream.sentence);
  one(".facts", tile).textContent = facts(stream);
  one(".address", tile).textContent = stream.url;
  one(".pause", tile).textContent = stream.enabled ? "Pause" : "Resume";
  one("img", tile).alt = `Newest picture of ${stream.name}`;
  one(".faults", tile).replaceChildren(...faults(stream));
  tile.hidden = !passes(stream);
  keepFresh(tile, stream.id, last_look);
}

function newTile(id) {
  const tile = fromTemplate("#tile-template");
  tile.dataset.id = id;
  one(".check", tile).addEventListener("click", () => check(tile, id));
  one(".change", tile).addEventListener("click", () => openChange(shown.get(id).stream));
  one(".pause", tile).addEventListener("click", () => pause(tile, shown.get(id).stream));
  one(".remove", tile).addEventListener("click", () => openRemoval(shown.get(id).stream));
  one("#tiles").append(tile);
  return tile;
}

function remove(id) {
  const there = shown.get(id);
  if (there === undefined) return;
  forget(there.tile);
  there.tile.remove();
  shown.delete(id);
}

function facts({ info, osd, looks, last_look, intermediary, overlay_by, cameras }) {
  const parts = [];
  if (info !== null) {
    const rate = info.announced_fps === null ? "" : `, ${Math.round(10 * info.announced_fps) / 10} frames/s`;
    parts.push(`${info.width} × ${info.height} ${CODECS[info.codec] ?? info.codec}${rate}`);
  }
  if (osd?.channel_text) parts.push(`shows “${osd.channel_text}”`);
  if (intermediary !== null) parts.push(`through ${intermediary}`);
  if (overlay_by !== null) parts.push(`display drawn by ${overlay_by}`);
  if (cameras.length > 0) parts.push(cameras.length === 1 ? "1 camera in view" : `${cameras.length} cameras in view`);
  parts.push(last_look === null ? (looks === 0 ? "not seen yet" : "") : `seen ${age(last_look)}`);
  return parts.filter(Boolean).join(" · ");
}

function faults({ checks, message, picture_faults, url }) {
  const texts = [];
  // The address stands below.
  if (message !== null) texts.push(capital(message.startsWith(`${url}: `) ? message.slice(url.length + 2) : message));
  texts.push(...picture_faults.map((fault) => PICTURE_FAULTS[fault] ?? fault));
  texts.push(...checks.filter((one) => one.outcome === "failed").map((one) => `${CHECKS[one.id] ?? one.id}: ${one.message}`));
  return texts.map((textContent) => element("li", { textContent }));
}

function age(moment) {
  let value = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  if (value < 5) return "just now";
  for (const [step, unit] of AGES) {
    if (value < step) return `${Math.floor(value)} ${unit} ago`;
    value /= step;
  }
  return "";
}

function refreshAges() {
  if (document.hidden) return;
  for (const { stream, tile } of shown.values()) one(".facts", tile).textContent = facts(stream);
}

// --- all together

function troubled({ state, picture_faults, checks, message }) {
  return state === "failing" || picture_faults.length > 0 || message !== null || checks.some((one) => one.outcome === "failed");
}

function passes(stream) {
  const filter = one("#filter").value;
  if (filter === "troubled") return troubled(stream);
  if (filter === "unnamed") return stream.identification?.verdict !== "identified";
  return true;
}

function sumUp() {
  const streams = [...shown.values()].map(({ stream }) => stream);
  const named = streams.filter(({ identification }) => identification?.verdict === "identified").length;
  const bad = streams.filter(troubled).length;
  const parts = [streams.length === 1 ? "1 stream" : `${streams.length} streams`, `${named} named`];
  if (bad > 0) parts.push(`${bad} with faults`);
  announce(parts.join(" · "));
  one("#none").hidden = streams.length > 0;
}

// --- adding, checking, changing, removing

function filled(form, names) {
  const values = new FormData(form);
  const entries = names.map((name) => [name, name === "password" ? values.get(name) : values.get(name).trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function addressIn(form) {
  const body = filled(form, ["url", "username", "password"]);
  const vendor = form.elements.vendor.value;
  return vendor === "" ? body : { ...body, expect: { vendor } };
}

function openNew(open) {
  one("#new").hidden = !open;
  one("#open-new").setAttribute("aria-expanded", String(open));
  one("#open-new").textContent = open ? "Close" : "Add a stream";
  if (open) one("#new").elements.url.focus();
}

async function addStream(form) {
  const body = { ...addressIn(form), ...filled(form, ["name"]) };
  const added = await trying(form, () => askWith("POST", `${API}/streams`, body));
  if (!added) return;
  form.reset();
  one(".report", form).replaceChildren();
  openNew(false);
}

async function validate(place, path, body) {
  place.replaceChildren(element("p", { className: "progress" }), element("p", { textContent: "Watching the camera for some seconds …" }));
  try {
    const report = await (await askWith("POST", path, body)).json();
    place.replaceChildren(verdictOf(report), checkList(report.checks));
  } catch (refused) {
    place.replaceChildren();
    throw refused;
  }
}

function verdictOf({ checks, sentence: said }) {
  const failed = checks.filter(({ outcome }) => outcome === "failed").length;
  const words = failed === 0 ? "All checks passed." : failed === 1 ? "1 check failed." : `${failed} checks failed.`;
  return element("p", {}, element("strong", { textContent: words }), said ? ` ${sentence(said)}` : "");
}

function checkList(checks) {
  return element("ul", { className: "checks" }, ...checks.map(({ id, outcome, message }) =>
    element("li", { className: outcome },
      element("span", { className: "outcome", textContent: OUTCOMES[outcome] ?? outcome }),
      element("span", { textContent: message === "" ? CHECKS[id] ?? id : `${CHECKS[id] ?? id}: ${message}` }))));
}

async function check(tile, id) {
  const place = one(".report", tile);
  const button = one(".check", tile);
  button.disabled = true;
  try {
    await validate(place, `${API}/streams/${id}/validate`, {});
    place.append(element("button", { type: "button", className: "quiet", textContent: "Hide", onclick: () => place.replaceChildren() }));
  } catch (refused) {
    place.replaceChildren(element("p", { className: "error", textContent: refused.message }));
  } finally {
    button.disabled = false;
  }
}

async function pause(tile, { id, enabled }) {
  try {
    await askWith("PATCH", `${API}/streams/${id}`, { enabled: !enabled });
  } catch (refused) {
    one(".report", tile).replaceChildren(element("p", { className: "error", textContent: refused.message }));
  }
}

let chosen = null;

function openChange(stream) {
  chosen = stream;
  const form = one("#change form");
  form.reset();
  one(".error", form).textContent = "";
  one(".address", form).textContent = stream.url;
  form.elements.name.value = stream.name;
  form.elements.vendor.value = stream.expect.vendor ?? "";
  one(".tick", form).hidden = !stream.has_credentials;
  one("#change").showModal();
}

async function saveChange(form) {
  const { vendor, forget: forgetLogin } = form.elements;
  const expect = { ...chosen.expect, vendor: vendor.value || null };
  const login = forgetLogin.checked ? { username: null, password: null } : filled(form, ["username", "password"]);
  const body = { name: form.elements.name.value, expect, ...login };
  if (await trying(form, () => askWith("PATCH", `${API}/streams/${chosen.id}`, body))) one("#change").close();
}

function openRemoval(stream) {
  chosen = stream;
  one("#removal .error").textContent = "";
  one("#removal .what").textContent = `“${stream.name}” with its password, its picture and all that is known of it.`;
  one("#removal").showModal();
}

async function removeStream(form) {
  if (await trying(form, () => ask(`${API}/streams/${chosen.id}`, { method: "DELETE" }))) one("#removal").close();
}

// --- start

onSubmit("#new", addStream);
onSubmit("#change form", saveChange);
onSubmit("#removal form", removeStream);
one("#open-new").addEventListener("click", () => openNew(one("#new").hidden));
one("#check-new").addEventListener("click", () => {
  const form = one("#new");
  if (form.reportValidity()) trying(form, () => validate(one(".report", form), `${API}/streams/validate`, addressIn(form)));
});
for (const button of document.querySelectorAll("dialog .close")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
one("#filter").addEventListener("change", () => {
  for (const { stream, tile } of shown.values()) tile.hidden = !passes(stream);
});
setInterval(refreshAges, AGE_EVERY_MS);

enter(work);
