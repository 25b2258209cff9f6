// The reasons of a decision: each has a letter, always the same one. A decision that
// needs a reason and has none opens the list; a letter there sends it at once, Enter sends
// what the arrows have chosen. Opened by its own key, the list only chooses.

import { keyOf } from "./keys";

let waiting: HTMLButtonElement | null = null; // the decision that is to be sent

/** Whether a form must not go out yet; then its reasons are asked. */
export function asksReason(form: HTMLFormElement, button: HTMLElement | null): boolean {
  const reasons = form.elements.namedItem("reason_code");
  if (!(reasons instanceof HTMLSelectElement && button instanceof HTMLButtonElement) || button.name !== "decision" || button.value === "valid" || reasons.value) return false;
  waiting = button;
  reasons.focus();
  return true;
}

/** Makes the reasons of the page a list that is open while it has the focus. */
export function startReasons(): void {
  waiting = null;
  const reasons = document.querySelector<HTMLSelectElement>("select[name=reason_code]");
  if (!reasons) return;
  const chosen = (): void => {
    if (reasons.value && waiting) waiting.form?.requestSubmit(waiting);
    else reasons.blur();
  };
  reasons.addEventListener("focus", () => { reasons.size = reasons.length; });
  reasons.addEventListener("blur", () => {
    reasons.size = 1;
    waiting = null;
  });
  reasons.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = keyOf(event), named = [...reasons.options].find((o) => o.dataset.letter === key);
    if (named) named.selected = true;
    else if (key !== "enter") return;
    event.preventDefault();
    chosen();
  });
  reasons.addEventListener("click", (event) => { if (event.target instanceof HTMLOptionElement) chosen(); });
}
