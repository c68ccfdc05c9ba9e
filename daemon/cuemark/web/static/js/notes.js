// Notes and questions: what happened, in a corner for a while; what needs a yes, in a dialog.

import { button, h } from "./dom.js";

const TOLD_MS = 8000;

export function note(text, { step = "", bad = false, undo = null } = {}) {
  const box = document.getElementById("toasts");
  const toast = h("div", { class: bad ? "toast bad" : "toast" }, h("p", {}, h("bdi", {}, text)), step && h("p", { class: "dim" }, h("bdi", {}, step)));
  if (undo) toast.append(button("Undo", () => { undo(); toast.remove(); }, { key: "Ctrl+Z" }));
  toast.append(button("×", () => toast.remove(), { title: "Close", class: "quiet close", "aria-label": "Close this note" }));
  box.append(toast);
  while (box.children.length > 4) box.firstElementChild.remove();
  setTimeout(() => toast.remove(), bad ? 2 * TOLD_MS : TOLD_MS);
}

export function complain(error) {
  note(error.message, { step: error.step, bad: true });
}

// Runs what may fail; tells what went wrong.  Undefined where it did.
export async function trying(act) {
  try {
    return await act();
  } catch (error) {
    if (!error.code) throw error;
    complain(error);
    return undefined;
  }
}

export function dialog(title, ...content) {
  const box = h("dialog", { "aria-label": title }, h("h2", {}, title), ...content);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

// A question: true where the answer is yes.
export function ask(title, text, yes) {
  return new Promise((answered) => {
    let said = false;
    const box = dialog(
      title,
      h("p", {}, text),
      h("div", { class: "row end" },
        button("Cancel", () => box.close()),
        button(yes, () => { said = true; box.close(); }, { class: "danger" })),
    );
    box.addEventListener("close", () => answered(said));
  });
}
