// The next receipt is claimed, and its page and pictures are fetched, while the present
// one is looked at, so that a decision leads straight to it: the page shows at once, and
// what the server answers is held against it. Claims are renewed while somebody is at
// work, and not longer.

// Address → the picture, decoded, under an object URL. The element keeps the browser from
// loading and decoding it again for those that show it.
const pictures = new Map<string, HTMLImageElement>();

let next: string | null = null; // the page of the receipt that comes next

const renewMS = 3 * 60_000; // a claim holds ten minutes (review.Lease)
const idleMS = 5 * 60_000; // without key or pointer: nobody is at work

// As the pages write it (models.BankTime): 2026-11-25 21:37.
const bankTime = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });

let lastSeen = Date.now();

/** The form of the receipt that is being decided. */
const deciding = (): HTMLFormElement | null => document.querySelector("form.decide");

async function post<T>(address: string): Promise<T | null> {
  const answer = await fetch(address, { method: "POST", headers: { Accept: "application/json" } });
  return answer.ok ? ((await answer.json()) as T) : null;
}

/** Claims what comes next, notes it in the form, and fetches its pictures. */
export async function lookAhead(): Promise<void> {
  const form = deciding();
  if (!form?.dataset.ahead || form.dataset.sent) return; // while a decision is on its way it says what comes next
  const claim = await post<{ receipt_id: number; images: string[] }>(form.dataset.ahead).catch(() => null);
  if (!claim?.receipt_id || !form.isConnected) return;
  (form.elements.namedItem("ahead") as HTMLInputElement).value = String(claim.receipt_id);
  const page = fetch(`/review/${claim.receipt_id}`).then((answer) => (answer.ok && !answer.redirected ? answer.text() : null)).catch(() => null);
  await Promise.all(claim.images.filter((address) => !pictures.has(address)).map(async (address) => {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return;
    const picture = new Image();
    picture.src = URL.createObjectURL(await answer.blob());
    await picture.decode().then(() => pictures.set(address, picture), () => URL.revokeObjectURL(picture.src));
  }));
  const html = await page;
  if (!form.isConnected) return;
  next = html;
  form.dataset.fetched = "yes";
}

/** The page of the next receipt as it was fetched; null when it was not, and from then on. */
export function takeNext(): string | null {
  const page = next;
  next = null;
  return page;
}

/** Puts fetched pictures into a page. */
export function usePictures(html: string): string {
  for (const [address, picture] of pictures) {
    if (html.includes(`src="${address}"`)) html = html.replaceAll(`src="${address}"`, `src="${picture.src}"`);
  }
  return html;
}

/** Frees pictures that no image of the document shows. */
export function dropPictures(): void {
  const shown = new Set([...document.images].map((i) => i.src));
  for (const [address, picture] of pictures) {
    if (shown.has(picture.src)) continue;
    URL.revokeObjectURL(picture.src);
    pictures.delete(address);
  }
}

export function keepClaims(): void {
  for (const sign of ["keydown", "pointermove"]) document.addEventListener(sign, () => { lastSeen = Date.now(); }, { passive: true });
  setInterval(async () => {
    const form = deciding();
    if (!form?.dataset.renew || form.dataset.sent || Date.now() - lastSeen > idleMS) return;
    void lookAhead(); // renews the claim of the next one
    const claim = await post<{ version: number; lease_until: string }>(form.dataset.renew).catch(() => null);
    if (!claim || !form.isConnected) return;
    (form.elements.namedItem("version") as HTMLInputElement).value = String(claim.version);
    const lease = document.querySelector("[data-lease]");
    if (lease) lease.textContent = lease.textContent!.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, bankTime.format(new Date(claim.lease_until)));
  }, renewMS);
}
