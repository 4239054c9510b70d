// The upload page.

import {
  API, ask, askForToken, element, enter, fromTemplate, headline, LOST_TOKEN, nameOf, one, save as saveFile, sentence, sleep,
} from "./shared.js";

const KEPT_PHOTOS = "camid-photos";
const VERDICT_WORDS = { identified: "identified", candidates: "candidates", undetermined: "undetermined" };
const KIND_WORDS = {
  wordmark: "Lettering", model: "Model number", mark: "Logo", look: "Shape of the housing",
  osd: "On-screen display", protocol: "Network answer", metadata: "File metadata",
};
const FORM_WORDS = {
  bullet: "bullet", dome: "dome", turret: "turret", ptz: "pan-tilt-zoom", box: "box", fisheye: "fisheye",
  multi: "multi-sensor", alpr: "number-plate reader", indoor: "doorbell or indoor",
};

const waiting = [];
let working = false;

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// --- readiness

async function open() {
  await showKept();
  await waitUntilReady();
  work();
}

async function waitUntilReady() {
  for (;;) {
    try {
      await ask("/readyz");
      say("");
      return;
    } catch (refused) {
      say(refused.message);
      await sleep(refused.retryAfter ?? 5);
    }
  }
}

function say(text) {
  one("#state").textContent = text;
}

// --- sending

function add(files) {
  const added = [...files].map((file) => ({ file, card: newCard(file.name) }));
  one("#results").prepend(...added.map(({ card }) => card));
  waiting.push(...added);
  work();
}

async function work() {
  if (working) return;
  working = true;
  while (waiting.length > 0 && !one("#work").hidden) {
    const { file, card } = waiting[0];
    say(waiting.length > 1 ? `${waiting.length} photos to go` : "");
    try {
      const photo = await send(file);
      waiting.shift();
      await show(card, photo);
      keep(photo.id);
    } catch (refused) {
      if (refused.status === 401) {
        askForToken(LOST_TOKEN);
      } else if (refused.status === 503) {
        say(refused.message);
        await sleep(refused.retryAfter);
      } else {
        waiting.shift();
        fail(card, refused.message);
      }
    }
  }
  working = false;
  if (waiting.length === 0) say("");
}

async function send(file) {
  const form = new FormData();
  form.append("photo", file, file.name);
  return (await (await ask(`${API}/photos`, { method: "POST", body: form })).json()).photos[0];
}

function keptIds() {
  return JSON.parse(sessionStorage.getItem(KEPT_PHOTOS) ?? "[]");
}

function keep(id) {
  sessionStorage.setItem(KEPT_PHOTOS, JSON.stringify([...keptIds(), id].slice(-20)));
}

async function showKept() {
  if (one("#results").childElementCount > 0) return;
  for (const id of keptIds()) {
    try {
      const photo = await (await ask(`${API}/photos/${id}`)).json();
      const card = newCard(photo.source.name);
      one("#results").prepend(card);
      await show(card, photo);
    } catch {
      // The data directory was changed or emptied since.
    }
  }
}

// --- showing

function newCard(name) {
  const card = fromTemplate("#photo-template");
  one("h2", card).textContent = name;
  return card;
}

function fail(card, message) {
  one(".progress", card).hidden = true;
  const error = one(".error", card);
  error.hidden = false;
  error.textContent = message;
  card.setAttribute("aria-busy", "false");
}

async function show(card, photo) {
  const { source, cameras, marks } = photo;
  const count = { 0: "no camera found", 1: "1 camera" }[cameras.length] ?? `${cameras.length} cameras`;
  const taken = source.taken_at === null ? "" : `, taken ${source.taken_at.slice(0, 16).replace("T", " ")}`;
  one("header .facts", card).textContent = `${source.width} × ${source.height} pixels${taken}: ${count}`;
  one(".progress", card).hidden = true;
  one(".answer", card).hidden = false;

  const base = `${API}/photos/${photo.id}`;
  const picture = one(".picture", card);
  picture.width = source.width;
  picture.height = source.height;
  picture.alt = `${source.name}: ${count}`;

  cameras.forEach((camera, index) => one(".cameras", card).append(cameraItem(photo, camera, index)));
  one(".none", card).hidden = cameras.length > 0;
  one(".marks", card).hidden = marks.length === 0;
  marks.forEach((mark, index) => one(".marks ul", card).append(markItem(mark, index, base)));
  drawBoxes(card, photo);
  one(".save-picture", card).onclick = () => save(`${base}/annotated.jpg`, `${stem(source.name)}-camid.jpg`);
  one(".save-report", card).onclick = () => save(`${base}/report.zip`, `${stem(source.name)}-camid.zip`);
  one(".save-json", card).onclick = () => save(base, `${stem(source.name)}-camid.json`);

  await fill(picture, `${base}/picture.jpg`);
  for (const image of card.querySelectorAll("img[data-from]")) await fill(image, image.dataset.from);
  card.setAttribute("aria-busy", "false");
}

async function fill(image, path) {
  try {
    image.src = URL.createObjectURL(await (await ask(path)).blob());
    await image.decode().catch(() => undefined);
  } catch (refused) {
    image.alt = refused.message;
  }
}

function cameraItem(photo, camera, index) {
  const { identification, box } = camera;
  const item = fromTemplate("#camera-template");
  const base = `${API}/photos/${photo.id}/cameras/${index}`;
  item.id = `camera-${photo.id}-${index}`;
  item.tabIndex = -1;
  item.classList.add(identification.verdict);
  one(".number", item).textContent = index + 1;
  one(".name", item).textContent = headline(identification);
  one(".badge", item).textContent = VERDICT_WORDS[identification.verdict];
  one(".sentence", item).textContent = sentence(photo.sentences[index]);
  one(".facts", item).textContent = facts(camera);
  const crop = one(".crop img", item);
  crop.dataset.from = `${base}.jpg`;
  crop.alt = `Camera ${index + 1}`;
  identification.evidence.forEach((evidence, number) =>
    one(".evidence", item).append(evidenceItem(evidence, `${base}/evidence/${number}.jpg`)));
  addAdvisories(item, identification);
  return item;
}

function facts({ form_factor, box: [x0, y0, x1, y1], score, identification }) {
  const parts = [`${Math.round(x1 - x0)} × ${Math.round(y1 - y0)} pixels`, `camera with score ${score.toFixed(2)}`];
  if (form_factor !== null) parts.unshift(FORM_WORDS[form_factor] ?? form_factor);
  if (identification.verdict === "identified") parts.push(`name with probability ${percent(identification.confidence)}`);
  return parts.join(" · ");
}

function percent(probability) {
  return probability === 1 ? "100\u00a0%" : `${Math.min(99, Math.floor(100 * probability))}\u00a0%`;
}

function evidenceItem({ kind, value, box, strength, note }, path) {
  const text = element("div", {}, `${KIND_WORDS[kind] ?? kind}: “${value}”`,
    element("small", { textContent: `${strength} evidence` }));
  if (note !== null) text.append(element("small", { textContent: note }));
  const item = element("li");
  if (box !== null) {
    const image = element("img", { alt: `Where “${value}” stands` });
    image.dataset.from = path;
    item.append(image);
  }
  item.append(text);
  return item;
}

function addAdvisories(item, { advisories, brand, platform }) {
  if (advisories.length === 0) return;
  const details = one(".advisories", item);
  details.hidden = false;
  const count = advisories.length === 1 ? "1 published fact" : `${advisories.length} published facts`;
  one("summary", details).textContent = `${count} about ${nameOf(brand ?? platform)}: bans, listings, vulnerabilities`;
  for (const { text, jurisdiction, date, source, strength } of advisories) {
    const origin = element("small", {}, `${jurisdiction} · ${date} · ${strength} source: `, linked(source));
    one("ul", details).append(element("li", {}, text, origin));
  }
}

function linked(source) {
  if (!/^https:\/\/\S+$/.test(source)) return source;
  return element("a", { href: source, textContent: source, rel: "noopener noreferrer", target: "_blank" });
}

function markItem({ text, vendor }, index, base) {
  const image = element("img", { alt: "Lettering in the picture" });
  image.dataset.from = `${base}/marks/${index}.jpg`;
  const said = [vendor === null ? null : nameOf(vendor), text === null ? null : `“${text}”`].filter(Boolean);
  return element("li", {}, image, element("p", { textContent: said.join(", ") || "A maker’s mark" }));
}

// --- boxes over the picture

function drawBoxes(card, { id, source, cameras, marks }) {
  const overlay = one(".overlay", card);
  overlay.setAttribute("viewBox", `0 0 ${source.width} ${source.height}`);
  for (const { box } of marks) overlay.append(svg("g", { class: "box mark" }, ...lines(box)));
  cameras.forEach((camera, index) => {
    const verdict = camera.identification.verdict;
    const label = `Camera ${index + 1}: ${headline(camera.identification)}`;
    const item = document.getElementById(`camera-${id}-${index}`);
    const link = svg("a", { href: `#${item.id}`, "aria-label": label },
      svg("title", {}, label), ...lines(camera.box), plate(camera.box, index + 1));
    const group = svg("g", { class: `box ${verdict}` }, link);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      item.focus();
      item.scrollIntoView({ block: "nearest" });
    });
    for (const [from, to] of [[group, item], [item, group]]) {
      from.addEventListener("pointerenter", () => to.classList.add("lit"));
      from.addEventListener("pointerleave", () => to.classList.remove("lit"));
    }
    overlay.append(group);
  });
  new ResizeObserver(() => sizePlates(overlay, source.width)).observe(overlay);
}

function lines([x0, y0, x1, y1]) {
  const place = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  return [svg("rect", { ...place, class: "under" }), svg("rect", { ...place, class: "line" })];
}

function plate([x0, y0], number) {
  const width = 12 + 8 * String(number).length;
  const group = svg("g", { class: "number-plate", "data-x": x0, "data-y": y0 });
  group.append(
    svg("rect", { class: "plate", width, height: 20, rx: 3 }),
    svg("text", { class: "tag", x: width / 2, y: 10.5 }, String(number)),
  );
  return group;
}

// The overlay is drawn in pixels of the picture; the plates stay as large on the screen as other text.
function sizePlates(overlay, pictureWidth) {
  const scale = pictureWidth / overlay.clientWidth;
  if (!Number.isFinite(scale)) return;
  for (const group of overlay.querySelectorAll(".number-plate")) {
    const { x, y } = group.dataset;
    const top = Math.max(0, Number(y) - 22 * scale);
    group.setAttribute("transform", `translate(${x} ${top}) scale(${scale})`);
  }
}

// --- saving

function stem(name) {
  return name.replace(/\.[^.]*$/, "") || "photo";
}

async function save(path, name) {
  try {
    await saveFile(path, name);
  } catch (refused) {
    say(refused.message);
  }
}

// --- start

const drop = one("#drop");
one("#files").addEventListener("change", ({ target }) => {
  add([...target.files]);
  target.value = "";
});
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

enter(open);
