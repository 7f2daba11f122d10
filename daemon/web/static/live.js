// The stream of changes: who wants to hear of which kind, and whether we hear at all.

const listeners = new Map(); // kind -> set of functions
const KINDS = ["app", "stack", "repository", "secret", "reset"];

export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(listener);
  return () => listeners.get(kind).delete(listener);
}

function tell(kind, data) {
  for (const listener of listeners.get(kind) ?? []) listener(data);
}

// The browser comes back by itself, with the id of what it heard last.
export function listen(onState) {
  const source = new EventSource("/v1/changes");
  source.addEventListener("open", () => onState(true));
  source.addEventListener("error", () => {
    onState(false);
    // It gives up where the answer was no stream: a proxy's page, or a daemon that just starts.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(onState), 2000);
  });
  for (const kind of KINDS) source.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
}
