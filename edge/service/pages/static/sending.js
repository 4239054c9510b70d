// Sends a large file and says how far it is: fetch cannot tell.

import { authorisation, refusedBy, Refused } from "./shared.js";

/** POSTs `file` to `path`; `told(share)` hears how much of it has gone, from 0 to 1. */
export function send(path, file, told, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Authorization", authorisation());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    request.onload = () => (request.status < 300 ? done() : failed(refusedBy(request.status, problem(request.responseText))));
    request.onerror = () => failed(new Refused(0, "The file could not be sent. The service may have refused it early, or it is gone."));
    request.onabort = () => failed(new Refused(0, "Sending was stopped."));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function problem(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
