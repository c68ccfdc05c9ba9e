// Live: what changes in the daemon, over one connection that comes back by itself.

const listeners = new Map();
let source = null;

// Calls `heard(data)` at every event of a kind: "look", "library", "job", "daemon", "link".  Returns how to stop that.
export function on(kind, heard) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(heard);
  return () => listeners.get(kind).delete(heard);
}

export function open() {
  source = new EventSource("/api/events");
  for (const kind of ["look", "library", "job", "daemon"]) {
    source.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  }
  source.addEventListener("open", () => tell("link", { there: true }));
  source.addEventListener("error", () => {
    tell("link", { there: false });
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000);
  });
}

function tell(kind, data) {
  for (const heard of [...(listeners.get(kind) ?? [])]) heard(data);
}
