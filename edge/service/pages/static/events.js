// Server-sent events over fetch: EventSource cannot send the token in a header, and a token in a query would stand
// in logs.

import { ask, askForToken, LOST_TOKEN, one, sleep } from "./shared.js";

const MOST_PAUSE_S = 30;

/** Calls `tell(kind, body)` with each event at `path`, for ever; `shown` becomes stale while the connection is gone.
 *  While the page is hidden it listens to nothing: browsers allow few connections to one host. */
export async function follow(path, tell, shown) {
  const silenceS = Number(document.body.dataset.silence);
  const lost = (refused) => markStale(shown, refused);
  let pause = 1;
  for (;;) {
    await untilVisible();
    try {
      await listen(path, silenceS, tell, () => {
        pause = 1;
        lost(null);
      });
      if (!document.hidden) lost(new Error("The connection was closed."));
    } catch (refused) {
      if (document.hidden) continue;
      lost(refused);
      if (refused.status === 401 || refused.status === 403) return;
    }
    await sleep(pause);
    pause = Math.min(MOST_PAUSE_S, 2 * pause);
  }
}

/** `refused` is why the connection is gone, null when it stands. */
function markStale(shown, refused) {
  shown.classList.toggle("stale", refused !== null);
  if (refused?.status === 401) askForToken(LOST_TOKEN);
  one("#state").textContent = refused === null ? "" : `${refused.message} What is shown may be old.`;
}

async function listen(path, silenceS, tell, connected) {
  const end = new AbortController();
  const hidden = () => document.hidden && end.abort();
  document.addEventListener("visibilitychange", hidden);
  let watchdog;
  try {
    const answer = await ask(path, { signal: end.signal });
    connected();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => end.abort(), 1000 * silenceS);
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) dispatch(block, tell);
    }
  } finally {
    clearTimeout(watchdog);
    document.removeEventListener("visibilitychange", hidden);
  }
}

function dispatch(block, tell) {
  let kind = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (data.length > 0) tell(kind, JSON.parse(data.join("\n")));
}

function untilVisible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}
