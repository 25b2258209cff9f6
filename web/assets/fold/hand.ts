// Pairs laid by hand: an imprint the verifier gave to no specimen, or one a person
// boxed on the page, against any specimen on file. Nothing aligns them but he.

import { Pair } from "./draw";
import { imprintTint, specimenTint, takePicture } from "./inks";

/** A place on the page's picture, in its pixels (models.Box). */
export interface Box { x: number; y: number; w: number; h: number }

/** What is laid beside what. */
export interface HandPair {
  ref: string;
  specimen: number; // its id
  shape: string;
  imprint: number; // -1: box
  box: Box | null;
  load(): Promise<Pair>;
}

export class HandPicker {
  private readonly imprints: HTMLSelectElement;
  private readonly specimens: HTMLSelectElement;

  constructor(readonly root: HTMLElement, changed: () => void, signal: AbortSignal) {
    this.imprints = root.querySelector("[data-hand=imprint]")!;
    this.specimens = root.querySelector("[data-hand=specimen]")!;
    root.addEventListener("change", changed, { signal });
  }

  /** Whether an imprint is there that is not the bank's own. */
  ofCustomer(): boolean {
    return [...this.imprints.options].some((o) => o.dataset.role !== "bank");
  }

  /** The pair as chosen; null while there is no imprint. */
  chosen(): HandPair | null {
    const imprint = this.imprints.selectedOptions[0], specimen = this.specimens.selectedOptions[0];
    if (!imprint || !specimen) return null;
    const box = imprint.dataset.box ? (JSON.parse(imprint.dataset.box) as Box) : null;
    return {
      ref: specimen.dataset.ref!, specimen: Number(specimen.value), shape: specimen.dataset.shape ?? "", imprint: Number(imprint.value), box,
      load: async () => {
        const [left, right] = await Promise.all([picture(specimen.dataset.src!), box ? pagePicture() : picture(imprint.dataset.src!)]);
        const coloured = imprint.dataset.ink ? !["black", "gray"].includes(imprint.dataset.ink) : undefined;
        return {
          specimen: takePicture(left, { x: 0, y: 0, w: left.naturalWidth, h: left.naturalHeight }, Number(specimen.dataset.pxmm), undefined, specimenTint),
          imprint: takePicture(right, box ?? { x: 0, y: 0, w: right.naturalWidth, h: right.naturalHeight }, Number(imprint.dataset.pxmm), coloured, imprintTint),
          heat: null,
        };
      },
    };
  }

  /** Goes to the next specimen, and after the last to the next imprint. */
  next(): void {
    const step = (s: HTMLSelectElement): number => (s.selectedIndex = (s.selectedIndex + 1) % s.length);
    if (step(this.specimens) === 0) step(this.imprints);
  }

  /** Chooses the imprint a person boxed. */
  takeBox(box: Box): void {
    const known = [...this.imprints.options].find((o) => o.dataset.box === JSON.stringify(box));
    const option = known ?? new Option(this.root.dataset.boxed, "-1");
    option.dataset.box = JSON.stringify(box);
    option.dataset.pxmm = this.root.dataset.pxmm ?? "0";
    if (!known) this.imprints.add(option);
    option.selected = true;
  }

  /** Chooses a pair that was used before; false when it is not to be had any more. */
  choose(imprint: number, box: Box | null, specimen: number): boolean {
    if (box && this.root.dataset.pxmm) this.takeBox(box);
    else this.imprints.value = String(imprint);
    this.specimens.value = String(specimen);
    return this.chosen() !== null;
  }
}

async function picture(address: string): Promise<HTMLImageElement> {
  const img = new Image();
  img.src = address;
  await img.decode();
  return img;
}

async function pagePicture(): Promise<HTMLImageElement> {
  const img = document.querySelector<HTMLImageElement>("#sheet img");
  if (!img) throw new Error("no picture of the page");
  await img.decode();
  return img;
}
