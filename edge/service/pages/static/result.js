// One answered photo in its card: boxes over the picture, each camera with the crops that its name rests on.

import { API, agedNotice, ask, element, fromTemplate, headline, linked, nameOf, one } from "./shared.js";
import { text } from "./texts.js";
import { advicesOf, foundIn, moment, percent, reasonsOf, supported, wordFor } from "./words.js";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Shows `photo` in `card`; ends when its pictures are there. */
export async function showResult(card, photo) {
  const { source, cameras, marks } = photo;
  const base = `${API}/photos/${photo.id}`;
  one(".answer", card).hidden = false;
  one("header .facts", card).textContent = factsOfPhoto(photo);
  const picture = one(".picture", card);
  picture.width = source.width;
  picture.height = source.height;
  picture.alt = text("result.picture", { name: source.name, found: foundIn(photo) });

  cameras.forEach((camera, index) => one(".cameras", card).append(cameraItem(photo, camera, index)));
  one(".none", card).hidden = cameras.length > 0;
  one(".marks", card).hidden = marks.length === 0;
  marks.forEach((mark, index) => one(".marks ul", card).append(markItem(mark, index, base)));
  drawBoxes(card, photo);

  await fill(picture, `${base}/picture.jpg`);
  for (const image of card.querySelectorAll("img[data-from]")) await fill(image, image.dataset.from);
}

async function fill(image, path) {
  try {
    image.src = URL.createObjectURL(await (await ask(path)).blob());
    await image.decode().catch(() => undefined);
  } catch (refused) {
    image.alt = refused.message;
  }
}

function factsOfPhoto(photo) {
  const { width, height, taken_at: taken } = photo.source;
  const parts = [text("result.pixels", { width, height })];
  if (taken !== null) parts.push(text("result.taken", { at: moment(taken) }));
  return [...parts, foundIn(photo)].join(" · ");
}

function cameraItem(photo, camera, index) {
  const { identification } = camera;
  const item = fromTemplate("#camera-template");
  const base = `${API}/photos/${photo.id}/cameras/${index}`;
  item.id = `camera-${photo.id}-${index}`;
  item.tabIndex = -1;
  item.classList.add(identification.verdict);
  one(".number", item).textContent = index + 1;
  one(".name", item).textContent = headline(identification);
  one(".badge", item).textContent = wordFor("verdict", identification.verdict);
  one(".sentence", item).textContent = reasonsOf(camera).join(" ");
  one(".facts", item).textContent = factsOfCamera(camera);
  const crop = one(".crop img", item);
  crop.dataset.from = `${base}.jpg`;
  crop.alt = text("result.camera", { number: index + 1 });
  identification.evidence.forEach((evidence, number) =>
    one(".evidence", item).append(evidenceItem(evidence, `${base}/evidence/${number}.jpg`)));
  addAdvice(item, camera);
  addAdvisories(item, identification);
  return item;
}

function factsOfCamera({ form_factor: form, box: [x0, y0, x1, y1], score, identification }) {
  const parts = [
    text("result.pixels", { width: Math.round(x1 - x0), height: Math.round(y1 - y0) }),
    text("result.score", { score: Math.round(100 * score) / 100 }),
  ];
  if (form !== null) parts.unshift(wordFor("form", form));
  if (identification.verdict === "identified") parts.push(text("result.probability", { percent: percent(identification.confidence) }));
  return parts.join(" · ");
}

function evidenceItem(evidence, path) {
  const { kind, value, box, strength, note } = evidence;
  const said = element("div", {}, `${wordFor("kind", kind)}: “${value}”`);
  const maker = supported(evidence);
  if (maker !== null) said.append(element("strong", { textContent: text("result.catalogue_name", { name: nameOf(maker) }) }));
  said.append(element("small", { textContent: wordFor("strength", strength) }));
  if (note !== null) said.append(element("small", { textContent: note, lang: "en" }));
  const item = element("li");
  if (box !== null) {
    const image = element("img", { alt: text("result.where", { value }) });
    image.dataset.from = path;
    item.append(image);
  }
  item.append(said);
  return item;
}

function addAdvice(item, camera) {
  const advices = advicesOf(camera);
  one(".advice", item).hidden = advices.length === 0;
  one(".advice ul", item).append(...advices.map((textContent) => element("li", { textContent })));
}

function addAdvisories(item, { advisories, brand, platform }) {
  if (advisories.length === 0) return;
  const details = one(".advisories", item);
  details.hidden = false;
  one("summary", details).textContent = text("result.facts", { count: advisories.length, name: nameOf(brand ?? platform) });
  for (const { text: said, jurisdiction, date, source, strength, as_of: asOf } of advisories) {
    const origin = element("small", {}, `${jurisdiction} · ${date} · ${wordFor("source", strength)}: `, linked(source));
    const fact = element("li", {}, element("span", { textContent: said, lang: "en" }), origin);
    if (asOf) fact.append(element("small", { textContent: text("facts.as_of", { date: asOf }) }));
    const notice = agedNotice(asOf);
    if (notice !== null) fact.append(element("small", { className: "aged", textContent: notice }));
    one("ul", details).append(fact);
  }
}

function markItem({ text: read, vendor }, index, base) {
  const image = element("img", { alt: text("result.lettering") });
  image.dataset.from = `${base}/marks/${index}.jpg`;
  const said = [vendor === null ? null : nameOf(vendor), read === null ? null : `“${read}”`].filter(Boolean);
  return element("li", {}, image, element("p", { textContent: said.join(", ") || text("result.mark") }));
}

// --- boxes over the picture

function drawBoxes(card, { id, source, cameras, marks }) {
  const overlay = one(".overlay", card);
  overlay.setAttribute("viewBox", `0 0 ${source.width} ${source.height}`);
  for (const { box } of marks) overlay.append(svg("g", { class: "box mark" }, ...lines(box)));
  cameras.forEach((camera, index) => {
    const verdict = camera.identification.verdict;
    const label = text("result.camera_named", { number: index + 1, name: headline(camera.identification) });
    const item = one(`#camera-${id}-${index}`, card);
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
