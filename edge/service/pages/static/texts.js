// The words of the pages, one file a language in texts/. A page names the languages that it has in
// <html data-languages>; one that names none is in English.
//
// A text may hold parameters, "{name}", and have forms by a number, {"one": "…", "other": "…"}, chosen by the
// parameter `count` as Intl.PluralRules says. Static text stands in templates: data-text="KEY" sets the text of an
// element, data-text-aria-label="KEY" (placeholder, alt, title) an attribute, data-text-values='{"name": …}' gives
// parameters.

const KEPT_LANGUAGE = "camid-language";
const ENGLISH = "en";
const ATTRIBUTES = ["aria-label", "placeholder", "alt", "title"];

const offered = (document.documentElement.dataset.languages ?? ENGLISH).split(" ");
/** The language of this page, a BCP 47 tag. */
export const language = chosen();
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language, { useGrouping: "min2" });
const [own, english] = await Promise.all([language, ENGLISH].map(load));

function chosen() {
  const wanted = [localStorage.getItem(KEPT_LANGUAGE), ...navigator.languages];
  const known = wanted.map((tag) => tag?.split("-")[0].toLowerCase());
  return known.find((tag) => offered.includes(tag)) ?? ENGLISH;
}

async function load(tag) {
  try {
    return await (await fetch(`/static/texts/${tag}.json`)).json();
  } catch {
    return {};
  }
}

export function hasText(key) {
  return key in own || key in english;
}

/** The text with this key, its parameters filled in; numbers are written as the language writes them. */
export function text(key, values = {}) {
  const found = own[key] ?? english[key] ?? key;
  const form = typeof found === "string" ? found : found[plurals.select(values.count)] ?? found.other;
  return form.replace(/\{(\w+)\}/g, (whole, name) => written(values[name] ?? whole));
}

function written(value) {
  return typeof value === "number" ? numbers.format(value) : String(value);
}

/** What to tell a person about a refused request: by its code, else in the service's own words. */
export function explained(refused) {
  const key = `error.${refused.code}`;
  return refused.code !== undefined && hasText(key) ? text(key) : refused.message;
}

/** Writes the static text of `root` in the language of the page; the service wrote it in English. */
function translate(root) {
  for (const place of root.querySelectorAll("[data-text]")) place.textContent = text(place.dataset.text, valuesOf(place));
  for (const name of ATTRIBUTES) {
    for (const place of root.querySelectorAll(`[data-text-${name}]`)) {
      place.setAttribute(name, text(place.getAttribute(`data-text-${name}`), valuesOf(place)));
    }
  }
  for (const { content } of root.querySelectorAll("template")) translate(content);
}

function valuesOf(place) {
  return JSON.parse(place.dataset.textValues ?? "{}");
}

if (language !== ENGLISH) {
  document.documentElement.lang = language;
  translate(document);
}

const choice = document.querySelector("#language");
if (choice !== null) {
  choice.value = language;
  choice.addEventListener("change", () => {
    localStorage.setItem(KEPT_LANGUAGE, choice.value);
    location.reload();
  });
}
