// What is said about a camera that is seen in a picture, in the language of the page.

import { nameOf } from "./shared.js";
import { hasText, text } from "./texts.js";

/** Why it is named so, or why it is not: sentences. */
export function reasonsOf(camera) {
  const { verdict } = camera.identification;
  if (verdict === "identified") return named(camera.identification);
  if (verdict === "candidates") return [text("reason.another"), doubt(camera.identification) ?? text("reason.shape")];
  return [missing(camera)];
}

function named({ brand, platform, evidence }) {
  const best = strongest(evidence, platform);
  const said = best === null ? [] : [because(best)];
  if (brand === null) said.push(text("reason.brand_not_shown", { platform: nameOf(platform) }));
  else if (platform === null) said.push(text("reason.builder_not_known", { brand: nameOf(brand) }));
  else if (brand !== platform) said.push(text("reason.built", { brand: nameOf(brand), platform: nameOf(platform) }));
  return said;
}

function because({ kind, value }) {
  const key = `reason.${kind}`;
  return text(hasText(key) ? key : "reason.other", { value });
}

function doubt({ evidence }) {
  const best = strongest(evidence, null);
  return best === null ? null : text("reason.too_little", { value: best.value });
}

function missing({ box: [x0, y0, x1, y1], reading, identification }) {
  if (reading === "too_small") return text("reason.too_small", { pixels: Math.round(Math.max(x1 - x0, y1 - y0)) });
  if (reading === "over_budget") return text("reason.over_budget");
  return doubt(identification) ?? text("reason.nothing");
}

// The look of a housing never carries a name.
function strongest(evidence, platform) {
  const naming = evidence.filter(({ kind }) => kind !== "look");
  const support = ({ supports }) => (platform === null ? Math.max(0, ...Object.values(supports)) : supports[platform] ?? 0);
  return naming.reduce((best, one) => (best === null || support(one) > support(best) ? one : best), null);
}

/** The maker that a piece of evidence speaks for most; null where it speaks for none. */
export function supported({ supports }) {
  const [first] = Object.entries(supports).sort(([, one], [, other]) => other - one);
  return first === undefined ? null : first[0];
}

/** What would make it certain: those of the service's advices that this page has words for. */
export function advicesOf({ advice = [] }) {
  const known = advice.filter(({ code }) => hasText(`advice.${code}`));
  return known.map(({ code, values, promised }) =>
    [text(`advice.${code}`, values), ...(promised ? [text("advice.promise")] : [])].join(" "));
}

export function foundIn({ cameras }) {
  return cameras.length === 0 ? text("result.no_camera") : text("result.cameras", { count: cameras.length });
}

/** Words for one of a closed set, such as kind.wordmark; the id itself where there are none. */
export function wordFor(set, id) {
  return hasText(`${set}.${id}`) ? text(`${set}.${id}`) : id;
}

/** To the minute, as it was written. */
export function moment(at) {
  return at === null ? "" : at.slice(0, 16).replace("T", " ");
}

/** Whole per cent, rounded down, and certainty only where it is. */
export function percent(probability) {
  return probability === 1 ? 100 : Math.min(99, Math.floor(100 * probability));
}
