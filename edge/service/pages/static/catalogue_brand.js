// What is known of one brand: who builds it, what is published, by what it is told, drawings of our own.

import { agedNotice, element, linked, one } from "./shared.js";
import { text } from "./texts.js";
import { wordFor } from "./words.js";

const USUAL_CLOCK = "2026-11-28 14:05:09";
const LETTER_WIDTH = 0.68; // of a capital, in its size

export function bodyOf(brand, catalogue, nameOf) {
  const body = one("#body-template").content.cloneNode(true);
  fillMaker(body, brand, catalogue, nameOf);
  fillTells(one(".tells dl", body), brand);
  const facts = brand.facts.map((number) => catalogue.facts[number]);
  one(".published ul", body).append(...facts.map(factItem));
  one(".nothing", body).hidden = facts.length > 0;
  one(".limits ul", body).append(...limitsOf(brand).map((said) => element("li", { textContent: said })));
  one(".display-note", body).textContent = displayNote(brand);
  one(".recognise .place", body).append(drawings(brand.wordmarks[0]?.text ?? null, brand.tells));
  one(".link", body).href = `/catalogue#${brand.id}`;
  return body;
}

// --- who makes it

function fillMaker(body, brand, { brands }, nameOf) {
  one(".built", body).textContent = built(brand, nameOf);
  one(".relations", body).append(...brand.relations.map((relation) => relationItem(relation, nameOf)));
  const sold = brands.filter(({ id, platform }) => platform === brand.id && id !== brand.id);
  if (sold.length === 0) return;
  const place = one(".sells", body);
  place.hidden = false;
  place.append(text("catalogue.sells"), " ");
  sold.forEach(({ id, name }, number) => place.append(number > 0 ? ", " : "", element("a", { href: `#${id}`, textContent: name })));
}

function built({ id, name, platform, relations }, nameOf) {
  if (platform === null) return text("catalogue.built.open");
  if (platform !== id) return text("catalogue.built.by", { platform: nameOf(platform) });
  return text(relations.length === 0 ? "catalogue.built.own" : "catalogue.built.itself", { name });
}

function relationItem({ parent, relation, date, source, strength, note }, nameOf) {
  const said = element("span", { textContent: text(`relation.${relation}`, { parent: nameOf(parent) }) });
  const origin = element("small", {}, `${date} · ${wordFor("source", strength)}: `, linked(source));
  const item = element("li", {}, said, origin);
  if (note !== "") item.append(element("small", { textContent: note, lang: "en" }));
  return item;
}

// --- what is published

export function factItem({ text: said, jurisdiction, kind, date, source, strength, as_of: asOf }) {
  const head = element("strong", { textContent: `${jurisdiction}, ${date}: ${kind}`, lang: "en" });
  const origin = element("small", {}, `${wordFor("source", strength)}: `, linked(source), ` · ${text("facts.as_of", { date: asOf })}`);
  const item = element("li", {}, head, element("span", { textContent: said, lang: "en" }), origin);
  const notice = agedNotice(asOf);
  if (notice !== null) item.append(element("small", { className: "aged", textContent: notice }));
  return item;
}

// --- by what it is told

function fillTells(list, { wordmarks, tells }) {
  const { marks, display_marks: onDisplays, enrolled, models, carriers, proven, mac_blocks: blocks, clock, channels } = tells;
  const lettering = wordmarks.map((mark) => `“${mark.text}”`).join(", ");
  const shown = [clock, ...channels].filter(Boolean).map((example) => `“${example}”`).join(", ");
  const rows = [
    ["lettering", wordmarks.length > 0, lettering],
    ["logo", marks > 0, text("catalogue.tells.pictures", { count: marks })],
    ["enrolled", enrolled > 0, text("catalogue.tells.pictures", { count: enrolled })],
    ["numbers", models.length > 0, models.map((example) => `“${example}”`).join(", ")],
    ["display_logo", onDisplays > 0, text("catalogue.tells.pictures", { count: onDisplays })],
    ["display", shown !== "", shown],
    ["answers", carriers.length > 0, carriers.map((one) => (proven.includes(one) ? `${one} ✓` : one)).join(", ")],
    ["addresses", blocks > 0, text("catalogue.tells.blocks", { count: blocks })],
  ];
  for (const [key, has, value] of rows) {
    if (key === "enrolled" && !has) continue;
    list.append(element("dt", { textContent: text(`catalogue.tells.${key}`) }));
    list.append(element("dd", { className: has ? "has" : "lacks", textContent: has ? value : text("catalogue.tells.nothing") }));
  }
}

function limitsOf({ name, platform, wordmarks, tells }) {
  const said = [];
  if (wordmarks.length === 0) said.push(text("catalogue.limit.unlettered", { name }));
  else if (wordmarks.every(({ ambiguous }) => ambiguous)) said.push(text("catalogue.limit.ambiguous", { name }));
  if (tells.marks + tells.enrolled === 0) said.push(text("catalogue.limit.no_logo"));
  if (platform === null) said.push(text("catalogue.limit.open"));
  if (tells.carriers.length === 0) said.push(text("catalogue.limit.no_answers"));
  said.push(text("catalogue.limit.shape"));
  return said;
}

function displayNote({ tells }) {
  return text(tells.clock === null ? "catalogue.display.usual" : "catalogue.display.known");
}

// --- drawings

/** A drawing of each form of housing and of a display, with `name` where a maker's name stands; without a name the places. */
export function drawings(name, { clock = null, channels = [] }) {
  const list = one("#drawings-template").content.cloneNode(true).firstElementChild;
  for (const item of list.children) {
    const { form } = item.dataset;
    one("p", item).textContent = text(`catalogue.form.${form}`);
    for (const place of item.querySelectorAll(".lettering")) letter(place, name ?? "");
  }
  one(".clock", list).textContent = clock ?? USUAL_CLOCK;
  if (channels.length > 0) one(".channel", list).textContent = channels[0];
  return list;
}

/** Plain type, no logo, as large as its place allows. */
function letter(place, name) {
  const { width, height } = place.dataset;
  const length = [...name].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e80 ? 1.05 : LETTER_WIDTH), 0);
  place.setAttribute("font-size", Math.min(Number(height), Number(width) / Math.max(1, length)).toFixed(1));
  place.textContent = name;
}
