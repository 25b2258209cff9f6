// The next receipt is claimed and its pictures are fetched while the present one
// is looked at, so that a decision leads straight to it. Claims are renewed
// while somebody is at work, and not longer.

const pictures = new Map<string, string>(); // address → object URL

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
  if (!form?.dataset.ahead) return;
  const next = await post<{ receipt_id: number; images: string[] }>(form.dataset.ahead).catch(() => null);
  if (!next?.receipt_id || !form.isConnected) return;
  (form.elements.namedItem("ahead") as HTMLInputElement).value = String(next.receipt_id);
  await Promise.all(next.images.filter((address) => !pictures.has(address)).map(async (address) => {
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) pictures.set(address, URL.createObjectURL(await answer.blob()));
  }));
  form.dataset.fetched = "yes";
}

/** Puts fetched pictures into a page that has come, and lets go of those of the page before. */
export function usePictures(html: string): string {
  for (const [address, at] of pictures) {
    if (html.includes(`src="${address}"`)) html = html.replaceAll(`src="${address}"`, `src="${at}"`);
  }
  return html;
}

/** Frees pictures that no image of the document shows. */
export function dropPictures(): void {
  const shown = new Set([...document.images].map((i) => i.src));
  for (const [address, at] of pictures) {
    if (shown.has(at)) continue;
    URL.revokeObjectURL(at);
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
