// Asking the API, in the name of who looks at the page.

const session = document.getElementById("session").dataset;
const ROLES = ["read", "sync", "approve", "admin"];

export const reader = { who: session.who, role: session.role, version: session.version, isConfined: session.confined === "yes" };

// Whether a button of this role shall be there at all; the API asks again.
export function may(role) {
  return ROLES.indexOf(reader.role) >= ROLES.indexOf(role);
}

async function ask(path, options) {
  const reply = await fetch(path, { credentials: "same-origin", redirect: "error", ...options });
  const isJson = reply.headers.get("Content-Type")?.startsWith("application/json");
  const body = isJson ? await reply.json() : await reply.text();
  if (reply.status === 401) location.assign("/ui/login");
  if (reply.ok) return body;
  const error = new Error(body?.error?.message ?? `${reply.status} ${reply.statusText}`);
  error.hint = body?.error?.hint;
  error.status = reply.status;
  throw error;
}

export const get = (path) => ask(path);

export function post(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": session.token },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

export const segment = encodeURIComponent;
