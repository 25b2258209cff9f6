// Keyboard shortcuts for the desk. Everything here also works without it: a
// control with data-key is pressed by that key, a control with data-focus is
// focused by it. Keys typed into a field, or with a modifier, are left alone.
"use strict";

function typing(el) {
  return el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement || el instanceof HTMLSelectElement;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "Escape" && typing(document.activeElement)) {
    document.activeElement.blur();
    return;
  }
  if (typing(event.target)) return;
  const key = CSS.escape(event.key.toLowerCase());
  const focus = document.querySelector(`[data-focus="${key}"]`);
  const press = document.querySelector(`[data-key="${key}"]`);
  if (focus) {
    focus.focus();
    event.preventDefault();
  } else if (press) {
    press.click();
    event.preventDefault();
  }
});

// The page image shows whole at first; the button widens it to its frame.
for (const button of document.querySelectorAll("[data-wide]")) {
  const frame = document.getElementById(button.dataset.wide);
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(frame.classList.toggle("wide")));
  });
}

// A form goes out once: a second press while the first is under way is the
// commonest way to decide the wrong receipt.
for (const form of document.querySelectorAll('form[method="post"]')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
