// What is asked of the page's server.  Errors carry a reason code, words and a next step, as everywhere in Cuemark.

export class ApiError extends Error {
  constructor(error, status) {
    super(error.message);
    this.code = error.code;
    this.step = error.next_step || "";
    this.status = status;
  }
}

async function ask(method, path, body) {
  const options = { method, headers: { "X-Cuemark": "1" }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(
      { code: "page_gone", message: "The page's server has ended.", next_step: "Run `cuemark open` again; this tab goes on." },
      0,
    );
  }
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(told.error ?? { code: "unknown", message: `Error ${response.status}.` }, response.status);
  return told;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

// A change that must come about once: where the server has gone, the same request is made again when it is back.
export async function lasting(path, body = {}) {
  const request = crypto.randomUUID();
  for (;;) {
    try {
      return await post(path, { ...body, request });
    } catch (error) {
      if (error.code !== "page_gone") throw error;
      await new Promise((again) => setTimeout(again, 500));
    }
  }
}

export const url = (...parts) => parts.map((part, place) => (place ? encodeURIComponent(part) : part)).join("/");
export const thumbnail = (media, time) => `${url("/thumbnails", media, time)}.jpg`;
