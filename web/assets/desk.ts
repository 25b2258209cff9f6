// Starts what a page of the desk has: keys, the page viewer, the fold table, the
// next receipt fetched ahead. htmx exchanges #main when a decision is sent.

import { dropPictures, keepClaims, lookAhead, usePictures } from "./ahead";
import { startCompare } from "./compare";
import { FoldTable, FoldUse } from "./fold/table";
import { labelKeys, startKeys } from "./keys";
import { openPage } from "./page";
import { asksReason, startReasons } from "./reasons";
import { goAhead, sameAsShown, sayUnanswered } from "./turn";

let closePage = (): void => {}, closePair = (): void => {};
let table: FoldTable | null = null;

function start(): void {
  const figure = document.getElementById("sheet"), fold = document.getElementById("fold");
  table = fold ? new FoldTable(fold) : null;
  closePage = figure ? openPage(figure, (box) => table?.layBox(box)) : () => {};
  closePair = startCompare();
  startReasons();
  labelKeys();
  void lookAhead();
}

function stop(): void {
  closePage();
  closePair();
  table?.close();
  table = null;
}

document.addEventListener("click", (event) => {
  const replay = (event.target as Element).closest<HTMLElement>("[data-replay]");
  if (replay) table?.replay(JSON.parse(replay.dataset.replay!) as FoldUse);
});

// A form goes out once: a second press while the first is under way is the
// commonest way to decide the wrong receipt. The fold that was used goes with it.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post") return;
  if (asksReason(form, event.submitter)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "yes";
  const folds = form.elements.namedItem("folds");
  if (folds instanceof HTMLInputElement && table) folds.value = JSON.stringify(table.used());
  if (goAhead(form, event.submitter, stop, arrived)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true });

function arrived(): void {
  window.scrollTo(0, 0);
  document.getElementById("main")?.focus(); // a screen reader goes on there
  start();
  dropPictures();
}

function forgetSent(): void {
  for (const form of document.querySelectorAll<HTMLElement>("form[data-sent]")) delete form.dataset.sent;
}
window.addEventListener("pageshow", forgetSent);

function unanswered(): void {
  if (!sayUnanswered()) forgetSent();
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = (event as CustomEvent<{ serverResponse: string; shouldSwap: boolean; isError: boolean }>).detail;
  detail.shouldSwap = detail.serverResponse.includes('id="main"'); // a refusal is a page too; a proxy's word is none
  if (!detail.shouldSwap) return unanswered();
  detail.isError = false;
  if (sameAsShown(detail.serverResponse)) {
    detail.shouldSwap = false;
    labelKeys();
    return void lookAhead();
  }
  detail.serverResponse = usePictures(detail.serverResponse);
  stop();
});
document.addEventListener("htmx:afterSwap", arrived);
for (const failed of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failed, unanswered);

startKeys();
keepClaims();
start();
