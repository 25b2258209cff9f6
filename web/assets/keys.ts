// Keys of the desk. Everything here also works without them: a control with
// data-key is pressed by that key, one with data-focus is focused by it. Each
// person may give them other keys, which this browser keeps. Keys typed into a
// field, or with Ctrl, Alt or the command key, are left alone.

type Bindings = Record<string, string>; // the key a control was given → the key it listens to; "" is none

const store = `heyin.keys.${document.querySelector(".user")?.textContent ?? ""}`;

// A Chinese input method turns marks into full-width ones, and hides letters altogether.
const halfWidth: Record<string, string> = { "？": "?", "，": ",", "。": ".", "《": "<", "》": ">", "【": "[", "】": "]", "＋": "+", "－": "-", "＝": "=", "；": ";" };

let bound: Bindings = load();

function load(): Bindings {
  try {
    return JSON.parse(localStorage.getItem(store) ?? "{}") as Bindings;
  } catch {
    return {}; // unreadable is as good as none
  }
}

/** The name of what was pressed: "k", "?", "shift+arrowleft". */
export function keyOf(e: KeyboardEvent): string {
  let key = e.key;
  if (key === "Process") key = /^(Key|Digit)(.)$/.exec(e.code)?.[2] ?? key;
  key = halfWidth[key] ?? key;
  return (e.shiftKey && (key.length > 1 || /[a-z]/i.test(key)) ? "shift+" : "") + key.toLowerCase();
}

const given = (el: HTMLElement): string => el.dataset.key ?? el.dataset.focus ?? "";
const listens = (el: HTMLElement): string => bound[given(el)] ?? given(el);
const controls = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-key], [data-focus]")];

function typing(el: EventTarget | null): el is HTMLElement {
  return el instanceof HTMLTextAreaElement || el instanceof HTMLSelectElement || (el instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(el.type));
}

const shown: Record<string, string> = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };

function display(key: string): string {
  return key.replace("shift+", "⇧").replace(/arrow\w+/, (a) => shown[a] ?? a).toUpperCase();
}

/** Writes the keys people have chosen on the controls. */
export function labelKeys(): void {
  for (const el of controls()) {
    const kbd = el.querySelector("kbd") ?? el.closest("label")?.querySelector("kbd");
    if (kbd) kbd.textContent = display(listens(el));
    el.setAttribute("aria-keyshortcuts", display(listens(el)).replace("⇧", "Shift+"));
  }
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape" && typing(document.activeElement)) {
      document.activeElement.blur();
      return;
    }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = keyOf(event);
    const el = controls().find((c) => listens(c) === key && !(c as HTMLButtonElement).disabled);
    if (!el) return turnPage(event);
    event.preventDefault();
    if (el.dataset.key !== undefined) return el.click();
    el.closest("details")?.setAttribute("open", "");
    el.focus();
  });
  const sheet = document.querySelector<HTMLDialogElement>("#keysheet");
  if (!sheet) return;
  document.querySelector("[data-opens=keysheet]")?.addEventListener("click", () => {
    fill(sheet);
    sheet.showModal();
  });
  sheet.querySelector("[data-keys=reset]")?.addEventListener("click", () => {
    keep({});
    fill(sheet);
  });
}

const pagePart = 0.85; // of what shows, that a page key moves: a line stays to go on from

/** What was read scrolls by itself, beside the page: the page keys are for it. */
function turnPage(event: KeyboardEvent): void {
  const column = document.querySelector(".judgement"), way = { PageDown: 1, PageUp: -1 }[event.key];
  if (!column || !way) return;
  event.preventDefault();
  column.scrollBy(0, way * pagePart * column.clientHeight);
}

function keep(next: Bindings): void {
  bound = next;
  localStorage.setItem(store, JSON.stringify(next));
  labelKeys();
}

/** The words of a control without its key. */
function nameOf(el: HTMLElement): string {
  const label = el.getAttribute("aria-label") ?? el.title;
  if (label) return label;
  const from = (el.dataset.focus === undefined ? el : el.closest("label") ?? el).cloneNode(true) as HTMLElement;
  for (const extra of from.querySelectorAll("kbd, select, input, .now")) extra.remove();
  return from.textContent?.trim() ?? "";
}

/** Lists every key of the page; pressing its button and then a key changes it. */
function fill(sheet: HTMLDialogElement): void {
  const list = sheet.querySelector(".keylist")!;
  list.replaceChildren(...controls().map((el) => {
    const row = document.createElement("li"), button = document.createElement("button"), kbd = document.createElement("kbd");
    button.type = "button";
    kbd.textContent = display(listens(el)) || "—";
    button.append(kbd, " ", nameOf(el));
    button.addEventListener("click", () => {
      kbd.textContent = sheet.dataset.press ?? "…";
      const listen = (e: KeyboardEvent): void => {
        if (["Shift", "Control", "Alt", "Meta"].includes(e.key)) return;
        sheet.removeEventListener("keydown", listen, true);
        e.preventDefault();
        e.stopPropagation();
        if (e.key !== "Escape") rebind(el, keyOf(e));
        fill(sheet);
        sheet.querySelectorAll<HTMLElement>(".keylist button")[controls().indexOf(el)]?.focus();
      };
      sheet.addEventListener("keydown", listen, true);
    });
    row.append(button);
    return row;
  }));
}

/** Gives a control a key; who had it gets the control's old one in exchange. */
function rebind(el: HTMLElement, key: string): void {
  const other = controls().find((c) => listens(c) === key);
  const next = { ...bound };
  if (other && other !== el) next[given(other)] = listens(el);
  next[given(el)] = key;
  keep(next);
}
