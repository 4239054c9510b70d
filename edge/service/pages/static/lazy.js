// Pictures that are asked for when they come near the screen: an <img> cannot send a token.

import { ask } from "./shared.js";

const waiting = new Map();
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting || !waiting.has(target)) continue;
    const path = waiting.get(target);
    waiting.delete(target);
    observer.unobserve(target);
    load(target, path);
  }
}, { rootMargin: "200px" });

async function load(image, path) {
  try {
    image.src = URL.createObjectURL(await (await ask(path)).blob());
  } catch {
    image.remove();
  }
}

export function showLater(image, path) {
  waiting.set(image, path);
  observer.observe(image);
}

/** Lets go of the pictures in `root`, which goes away. */
export function forgetPictures(root) {
  for (const image of root.querySelectorAll("img")) {
    waiting.delete(image);
    observer.unobserve(image);
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  }
}
