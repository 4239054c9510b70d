// The shell of the reporter's page, so that it starts without a network. A version of it is kept whole or not at all, and
// nothing else is ever kept: no result, no photo, no answer of the service.

const PREFIX = "camid-shell-";
const CACHE = `${PREFIX}{{ version }}`;
const SHELL = {{ paths | tojson }};

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", ({ data }) => {
  if (data === "take over") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || !SHELL.includes(pathname)) return;
  event.respondWith(kept(pathname, event.request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "no-cache" })));
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(pathname, request) {
  return (await (await caches.open(CACHE)).match(pathname)) ?? fetch(request);
}
