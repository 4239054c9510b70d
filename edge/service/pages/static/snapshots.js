// Pictures of streams: only of tiles that are on the screen, a few at a time, each anew when there is a newer one.

import { API, ask } from "./shared.js";

const AT_ONCE = 3;
const wanted = new Map();
const shown = new Map();
const onScreen = new Set();
let loading = 0;

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) onScreen.add(target);
    else onScreen.delete(target);
  }
  loadNext();
}, { rootMargin: "200px" });

/** Shows the picture of `stream` in `tile`; `moment` tells one picture from the next, null: there is none. */
export function keepFresh(tile, stream, moment) {
  observer.observe(tile);
  if (moment === null || shown.get(tile) === moment) return;
  wanted.set(tile, { stream, moment });
  loadNext();
}

export function forget(tile) {
  observer.unobserve(tile);
  onScreen.delete(tile);
  wanted.delete(tile);
  shown.delete(tile);
  URL.revokeObjectURL(tile.querySelector("img").src);
}

function loadNext() {
  for (const [tile, { stream, moment }] of wanted) {
    if (loading >= AT_ONCE) return;
    if (!onScreen.has(tile)) continue;
    wanted.delete(tile);
    load(tile, stream, moment);
  }
}

async function load(tile, stream, moment) {
  loading += 1;
  try {
    const picture = await (await ask(`${API}/streams/${stream}/snapshot.jpg`)).blob();
    shown.set(tile, moment);
    await show(tile.querySelector("img"), picture);
  } catch {
    // The next look brings the next picture.
  } finally {
    loading -= 1;
    loadNext();
  }
}

async function show(image, picture) {
  const before = image.src;
  image.src = URL.createObjectURL(picture);
  await image.decode().catch(() => undefined);
  image.hidden = false;
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
}
