// Live: what changes in the daemon, over one connection that comes back by itself.  A browser has six connections to a
// place, for all tabs together: a tab that nobody sees gives its own up, says now and then that it is there, and looks at
// everything again when it is seen.

import { get } from "./api.js";

const HERE_MS = 30_000;

const listeners = new Map();
let source = null;

// Calls `heard(data)` at every event of a kind: "look", "library", "job", "daemon", "link".  Returns how to stop that.
export function on(kind, heard) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(heard);
  return () => listeners.get(kind).delete(heard);
}

let away = 0;

export function open() {
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : connect()));
  if (document.hidden) rest();
  else connect();
}

function rest() {
  source?.close();
  clearInterval(away);
  away = setInterval(() => get("/api/here").catch(() => {}), HERE_MS);
}

function connect() {
  clearInterval(away);
  source?.close();
  source = new EventSource("/api/events");
  for (const kind of ["look", "library", "job", "daemon"]) {
    source.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => tell("link", { there: true }));
  source.addEventListener("error", () => {
    tell("link", { there: false });
    if (source.readyState === EventSource.CLOSED && !document.hidden) setTimeout(connect, 1000);
  });
}

function tell(kind, data) {
  for (const heard of [...(listeners.get(kind) ?? [])]) heard(data);
}
