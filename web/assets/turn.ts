// From one receipt to the next: a decision shows the page that was fetched ahead at once
// and goes out behind it. Nothing can be decided there until the answer has come; it is
// held against what shows, and takes its place where it differs.

import { takeNext, usePictures } from "./ahead";

declare const htmx: { ajax(verb: string, path: string, how: object): Promise<void>; process(root: Element): void };

let shown: Document | null = null; // the page fetched ahead, as it came, while the answer is awaited
let before = ""; // address of the receipt that was decided

const parse = (html: string): Document => new DOMParser().parseFromString(html, "text/html");

/** Shows the next receipt and sends the decision; false when none was fetched, or another is not wanted. */
export function goAhead(form: HTMLFormElement, button: HTMLElement | null, leave: () => void, arrive: () => void): boolean {
  const decides = button instanceof HTMLButtonElement && button.name === "decision" && (form.elements.namedItem("next") as HTMLInputElement).checked;
  const page = decides ? takeNext() : null, coming = page ? parse(usePictures(page)) : null;
  const main = coming?.getElementById("main"), next = main?.querySelector<HTMLFormElement>("form.decide");
  if (!page || !coming || !main || !next) return false;
  const values = Object.fromEntries(new FormData(form, button));
  shown = parse(page);
  before = location.pathname;
  next.dataset.sent = "yes";
  main.querySelector(".notice")?.remove();
  const recording = coming.createElement("div");
  recording.className = "notice";
  recording.textContent = form.dataset.recording ?? "";
  main.prepend(recording);
  main.setAttribute("hx-push-url", "true");
  leave();
  document.getElementById("main")!.replaceWith(main);
  document.title = coming.title;
  arrive();
  htmx.process(main);
  htmx.ajax("POST", form.getAttribute("action")!, { source: main, target: main, select: "#main", swap: "outerHTML show:none", values })
    .catch(() => {}); // htmx:sendError has told
  return true;
}

/** Whether an answer is the receipt that shows already: then only its claim and the notice are taken from it. */
export function sameAsShown(html: string): boolean {
  const was = shown;
  shown = null;
  if (!was) return false;
  const is = parse(html), form = document.querySelector<HTMLFormElement>("form.decide"), fresh = is.querySelector<HTMLFormElement>("form.decide");
  if (!form || !fresh || [".item", "h1", "form.decide select"].some((part) => is.querySelector(part)?.outerHTML !== was.querySelector(part)?.outerHTML)) return false;
  const version = (of: HTMLFormElement) => of.elements.namedItem("version") as HTMLInputElement;
  version(form).value = version(fresh).value;
  for (const part of ["[data-lease]", "main > .notice"]) {
    const old = document.querySelector(part), now = is.querySelector(part);
    if (old && now) old.replaceWith(now);
    else old?.remove();
  }
  delete form.dataset.sent;
  history.pushState({ htmx: true }, "", form.getAttribute("action")!.replace(/\/decide$/, "")); // as htmx would have
  return true;
}

/** Says that a decision was never answered, with the way back to its receipt, whose page tells whether it counts; false when none is awaited. */
export function sayUnanswered(): boolean {
  const notice = document.querySelector("main > .notice"), back = document.createElement("a");
  if (!shown || !notice) return false;
  shown = null;
  back.href = before;
  back.textContent = document.querySelector<HTMLElement>("form.decide")?.dataset.unanswered ?? before;
  notice.className = "notice error";
  notice.setAttribute("role", "alert");
  notice.replaceChildren(back);
  return true;
}
