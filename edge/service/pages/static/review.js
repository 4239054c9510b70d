// The review page: one doubtful photo after the other, a person's word on each camera in it.

import {
  API, ask, askForToken, askWith, element, enter, headline, LOST_TOKEN, nameOf, one, save as saveFile, sentence, vendorOptions,
} from "./shared.js";
import { Boxes } from "./boxes.js";

const KEPT_NAME = "camid-reviewer";
const WORDS = { open: "no word yet", confirmed: "right", corrected: "corrected", rejected: "no camera", drawn: "added" };
const HINTS = {
  camera: "Draw a box around the camera: its housing, without bracket or pole.",
  blur: "Draw a box around a face, a number plate, or what else must not be seen.",
};
const MOST_ZOOM = 8;

const skipped = new Set();
let photo = null;
let items = [];
let adding = null;
let zoomed = false;

const boxes = new Boxes(one("#stage .overlay"), {
  choose: (item) => choose(item),
  change: (item) => {
    touch(item);
    list();
  },
  draw: (box) => add(adding, box),
});

// --- the next photo

async function work() {
  const makers = one("#word [name=vendor]");
  if (makers.length === 2) {
    makers.append(...vendorOptions());
  }
  one("#by").value = localStorage.getItem(KEPT_NAME) ?? "";
  await next();
}

async function next() {
  photo = null;
  const state = one("#state").value;
  await guarded("#state-message", async () => {
    const queue = await (await ask(`${API}/reviews?state=${state}&limit=200`)).json();
    one("#summary").textContent = `${queue.open} to review · ${queue.reviewed} reviewed`;
    one("#export").disabled = queue.reviewed === 0;
    const left = queue.photos.filter(({ id }) => !skipped.has(id));
    one("#none").hidden = left.length > 0;
    one("#desk").hidden = left.length === 0;
    if (left.length > 0) await open(left[0]);
  });
}

async function open({ id, doubt, reviewed_by: by, reviewed_at: at }) {
  const [found, said] = await Promise.all(
    [`${API}/photos/${id}`, `${API}/photos/${id}/reviews`].map(async (path) => (await ask(path)).json()));
  photo = found;
  const last = said.reviews[0] ?? null;
  items = last === null ? found.cameras.map(asMachine) : asSaid(found.cameras, last);
  const { source } = found;
  one(".look h2").textContent = source.name;
  one(".look .facts").textContent = [
    `${source.width} × ${source.height} pixels`, `doubt ${doubt.toFixed(2)}`,
    ...(by === null ? [] : [`reviewed by ${by}, ${at.slice(0, 10)}`]),
  ].join(" · ");
  one("#complete").checked = last?.complete ?? true;
  one("#save-error").textContent = "";
  zoomTo(null);
  await showPicture(id, source);
  arm(null);
  refresh();
  choose(items.find(({ word }) => word === "open") ?? items[0] ?? null);
}

async function showPicture(id, { name, width, height }) {
  const image = one("#stage .picture");
  image.width = width;
  image.height = height;
  image.alt = name;
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(await (await ask(`${API}/photos/${id}/picture.jpg?side=4096`)).blob());
  await image.decode().catch(() => undefined);
}

function asMachine(camera, machine) {
  return {
    machine, word: "open", blur: false, box: [...camera.box], vendor: machineVendor(camera),
    form_factor: camera.form_factor, mark_text: null,
  };
}

function asSaid(cameras, { cameras: said, blur }) {
  const known = said.map(({ decision, rejected, ...camera }) => ({ ...camera, word: decision, blur: false }));
  const told = new Set(said.map(({ machine }) => machine));
  const rest = cameras.map(asMachine).filter(({ machine }) => !told.has(machine));
  return [...known, ...rest, ...blur.map(blurred)];
}

function blurred(box) {
  return { machine: null, word: "drawn", blur: true, box, vendor: null, form_factor: null, mark_text: null };
}

function machineVendor({ identification: { brand, platform } }) {
  return brand ?? platform;
}

// --- what is shown

/** Numbers and names the boxes anew, draws them and lists them. */
function refresh() {
  list();
  boxes.show(items, photo.source.width, photo.source.height);
}

function list() {
  let number = 0;
  for (const item of items) {
    item.number = item.blur ? null : (number += 1);
    item.label = item.blur ? "To be blurred" : `Camera ${item.number}: ${nameFor(item)}, ${WORDS[item.word]}`;
  }
  one("#cameras").replaceChildren(...items.map(entry));
  for (const group of boxes.overlay.children) {
    if (group.item.label) group.setAttribute("aria-label", group.item.label);
  }
}

function entry(item) {
  const button = element("button", { type: "button", onclick: () => choose(item) },
    element("span", { className: "number", textContent: item.blur ? "▒" : item.number }),
    element("span", { className: "name", textContent: item.blur ? "To be blurred" : nameFor(item) }),
    element("span", { className: "word", textContent: item.blur ? "" : WORDS[item.word] }));
  button.setAttribute("aria-current", String(item === boxes.chosen));
  return element("li", { className: item.blur ? "blur" : item.word }, button);
}

function nameFor({ machine, word, vendor }) {
  if (machine !== null && (word === "open" || word === "rejected")) return headline(photo.cameras[machine].identification);
  if (vendor === null) return "Maker cannot be told";
  return vendor === "other" ? "Another maker" : nameOf(vendor);
}

function choose(item) {
  boxes.choose(item);
  list();
  const form = one("#word");
  form.hidden = item === null;
  if (item === null) return;
  one("h3", form).textContent = item.blur ? "To be blurred" : `Camera ${item.number}`;
  const machine = item.machine === null ? null : photo.cameras[item.machine];
  one(".sentence", form).textContent = machine === null ? "" : sentence(photo.sentences[item.machine]);
  one(".camera-only", form).hidden = item.blur;
  for (const name of ["vendor", "form_factor", "mark_text"]) form.elements[name].value = item[name] ?? "";
  one("#confirm").hidden = item.machine === null;
  one("#confirm").textContent = item.word === "rejected" ? "It is a camera" : "This is right";
  one("#reject").textContent = item.machine === null ? "Remove the box" : "No camera";
  if (zoomed) zoomTo(item);
}

function zoomTo(item) {
  const stage = one("#stage");
  const frame = one(".frame", stage);
  zoomed = item !== null;
  one("#zoom").setAttribute("aria-pressed", String(zoomed));
  if (item === null) {
    frame.style.width = "";
    return;
  }
  const [x0, y0, x1, y1] = item.box;
  const { width, height } = photo.source;
  const wide = Math.max(x1 - x0, y1 - y0) / width;
  const times = Math.min(MOST_ZOOM, Math.max(1, 0.35 / wide));
  frame.style.width = `${100 * times}%`;
  stage.scrollLeft = ((x0 + x1) / 2 / width) * frame.clientWidth - stage.clientWidth / 2;
  stage.scrollTop = ((y0 + y1) / 2 / height) * frame.clientHeight - stage.clientHeight / 2;
}

// --- what a person says

function touch(item) {
  if (item.machine === null) return;
  item.word = isAsMachine(item) ? "confirmed" : "corrected";
}

function isAsMachine({ machine, box, vendor, form_factor: form }) {
  const camera = photo.cameras[machine];
  const moved = box.some((side, index) => Math.abs(side - camera.box[index]) > 0.75);
  return !moved && vendor === machineVendor(camera) && form === camera.form_factor;
}

function takeForm() {
  const { chosen } = boxes;
  if (chosen === null || chosen.blur) return;
  for (const name of ["vendor", "form_factor", "mark_text"]) {
    chosen[name] = one("#word").elements[name].value.trim() || null;
  }
  touch(chosen);
  refresh();
}

function confirm() {
  if (boxes.chosen === null || boxes.chosen.machine === null) return;
  touch(boxes.chosen);
  refresh();
  step(1, true);
}

function reject() {
  const { chosen } = boxes;
  if (chosen === null) return;
  if (chosen.machine === null) {
    items = items.filter((item) => item !== chosen);
    refresh();
    choose(items[0] ?? null);
    return;
  }
  chosen.word = "rejected";
  refresh();
  step(1, true);
}

function confirmAll() {
  for (const item of items) if (item.word === "open") item.word = "confirmed";
  refresh();
  choose(boxes.chosen);
}

/** To the next box; with `openOnly` to the next that has no word, or stays. */
function step(by, openOnly = false) {
  const start = items.indexOf(boxes.chosen);
  for (let away = 1; away <= items.length; away += 1) {
    const item = items[(start + by * away + items.length * away) % items.length];
    if (!openOnly || item.word === "open") {
      choose(item);
      return;
    }
  }
  choose(boxes.chosen);
}

function arm(what) {
  adding = adding === what ? null : what;
  boxes.adding = adding !== null;
  one("#stage").classList.toggle("adding", boxes.adding);
  one("#draw").setAttribute("aria-pressed", String(adding === "camera"));
  one("#blur").setAttribute("aria-pressed", String(adding === "blur"));
  one("#hint").textContent = adding === null ? "" : HINTS[adding];
}

function add(what, box) {
  const item = { ...blurred(box), blur: what === "blur" };
  items.push(item);
  arm(null);
  refresh();
  choose(item);
  if (!item.blur) one("#word [name=vendor]").focus({ preventScroll: true });
}

/** Where there is no pointer: a box in the middle of what is seen, to be moved with the arrows. */
function addByKey(what) {
  const stage = one("#stage");
  const frame = one(".frame", stage);
  const { width, height } = photo.source;
  const middle = [
    ((stage.scrollLeft + Math.min(stage.clientWidth, frame.clientWidth) / 2) / frame.clientWidth) * width,
    ((stage.scrollTop + Math.min(stage.clientHeight, frame.clientHeight) / 2) / frame.clientHeight) * height,
  ];
  const half = Math.min(40 * boxes.scale, width / 2, height / 2);
  const [x, y] = [Math.min(Math.max(middle[0], half), width - half), Math.min(Math.max(middle[1], half), height - half)];
  add(what, [x - half, y - half, x + half, y + half]);
  boxes.focus();
}

async function save() {
  const complete = one("#complete").checked;
  const by = one("#by").value.trim();
  const silent = items.find(({ word }) => word === "open");
  if (complete && silent !== undefined) {
    choose(silent);
    one("#save-error").textContent = `Say of camera ${silent.number} whether it is right, or that it is no camera.`;
    return;
  }
  if (by === "") {
    one("#save-error").textContent = "Give your name: it stays with what you say.";
    one("#by").focus();
    return;
  }
  localStorage.setItem(KEPT_NAME, by);
  const body = {
    by, complete,
    cameras: items.filter(({ blur, word }) => !blur && word !== "open").map(
      ({ machine, word, box, vendor, form_factor, mark_text }) =>
        ({ machine, rejected: word === "rejected", box, vendor, form_factor, mark_text })),
    blur: items.filter(({ blur }) => blur).map(({ box }) => box),
  };
  const { id } = photo;
  if (await guarded("#save-error", () => askWith("POST", `${API}/photos/${id}/reviews`, body))) {
    if (one("#state").value === "done") skipped.add(id);
    await next();
  }
}

async function skip() {
  skipped.add(photo.id);
  await next();
}

/** Runs `act` and says in `place` why it was refused. */
async function guarded(place, act) {
  one(place).textContent = "";
  try {
    await act();
    return true;
  } catch (refused) {
    if (refused.status === 401) askForToken(LOST_TOKEN);
    else one(place).textContent = refused.message;
    return false;
  }
}

async function exportAll(form) {
  const button = one("button[type=submit]", form);
  button.disabled = true;
  const done = await guarded("#exporting .error", async () => {
    await saveFile(`${API}/reviews/export.zip?faces=${form.elements.faces.checked}`, "camid-reviews.zip");
  });
  button.disabled = false;
  if (done) one("#exporting").close();
}

// --- keys

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  n: () => step(1), p: () => step(-1), c: confirm, x: reject, Delete: reject, a: confirmAll, s: save, k: skip,
  d: () => addByKey("camera"), b: () => addByKey("blur"), z: () => toggleZoom(), Escape: () => arm(null),
};

function toggleZoom() {
  zoomTo(zoomed || boxes.chosen === null ? null : boxes.chosen);
  boxes.fit();
}

document.addEventListener("keydown", (event) => {
  if (photo === null || event.ctrlKey || event.metaKey || one("#exporting").open) return;
  if (event.target.closest("input, select, textarea")) return;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined && boxes.overlay.contains(event.target)) {
    const pixels = event.shiftKey ? 10 : 1;
    boxes.nudge(arrow[0] * pixels, arrow[1] * pixels, event.altKey);
    event.preventDefault();
    return;
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined || event.altKey) return;
  event.preventDefault();
  act();
});

// --- start

one("#word").addEventListener("submit", (event) => {
  event.preventDefault();
  confirm();
});
one("#word").addEventListener("change", takeForm);
one("#reject").addEventListener("click", reject);
one("#draw").addEventListener("click", () => arm("camera"));
one("#blur").addEventListener("click", () => arm("blur"));
one("#zoom").addEventListener("click", toggleZoom);
one("#all").addEventListener("click", confirmAll);
one("#save").addEventListener("click", save);
one("#skip").addEventListener("click", skip);
one("#state").addEventListener("change", () => {
  skipped.clear();
  next();
});
one("#export").addEventListener("click", () => one("#exporting").showModal());
one("#exporting .close").addEventListener("click", () => one("#exporting").close());
one("#exporting form").addEventListener("submit", (event) => {
  event.preventDefault();
  exportAll(event.target);
});

enter(work);
