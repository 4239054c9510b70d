// Makes the page start without a network, and says when a new version of it is there.

import { one } from "./shared.js";

export async function keepShell() {
  const workers = navigator.serviceWorker;
  if (workers === undefined) return; // only over HTTPS, or on the service's own machine
  let controlled = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    if (controlled) location.reload();
    controlled = true;
  });
  const registration = await workers.register("/worker.js").catch(() => null);
  if (registration === null) return;
  offerNew(registration);
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => offerNew(registration));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") registration.update().catch(() => undefined);
  });
}

function offerNew({ waiting }) {
  if (waiting === null || navigator.serviceWorker.controller === null) return;
  one("#update").hidden = false;
  one("#update button").onclick = () => waiting.postMessage("take over");
}
