// Sends a large body and says how far it is: fetch cannot tell.

import { authorisation, refusedBy, Refused } from "./shared.js";

/**
 * POSTs `body`, a file or a form, to `path` and gives the JSON that is answered; `told(share)` hears how much of it has
 * gone, from 0 to 1.
 */
export function send(path, body, told, signal, headers = {}) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Authorization", authorisation());
    if (body instanceof File) request.setRequestHeader("Content-Type", "application/octet-stream");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    request.onload = () => {
      const answer = parsed(request.responseText);
      const retryAfter = Number(request.getResponseHeader("Retry-After")) || 5;
      if (request.status < 300) done(answer);
      else failed(refusedBy(request.status, answer, retryAfter));
    };
    request.onerror = () => failed(new Refused(0, "The file could not be sent. The service may have refused it early, or it is gone."));
    request.onabort = () => failed(new Refused(0, "Sending was stopped."));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
