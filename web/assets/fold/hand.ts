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

const partOfSeal = 0.75; // of a specimen's picture, its paper included, that the smallest whole imprint measures

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
        const left = await picture(specimen.dataset.src!), pxMM = Number(specimen.dataset.pxmm);
        const around = box ?? this.wholeSeal(imprint.value, left.naturalWidth / pxMM, left.naturalHeight / pxMM);
        const right = await (around ? pagePicture() : picture(imprint.dataset.src!));
        const coloured = imprint.dataset.ink ? !["black", "gray"].includes(imprint.dataset.ink) : undefined;
        return {
          specimen: takePicture(left, { x: 0, y: 0, w: left.naturalWidth, h: left.naturalHeight }, pxMM, undefined, specimenTint),
          imprint: takePicture(right, around ?? { x: 0, y: 0, w: right.naturalWidth, h: right.naturalHeight }, Number(around ? this.root.dataset.pxmm : imprint.dataset.pxmm), coloured, imprintTint),
          heat: null,
        };
      },
    };
  }

  /**
   * Where the verifier found but a part of a seal, its neighbourhood on the page, about the
   * same middle, so that all of the seal is there; null where the imprint is as large as the
   * specimen, of so many millimetres.
   */
  private wholeSeal(imprint: string, width: number, height: number): Box | null {
    const place = document.querySelector<HTMLElement>(`[data-place="imprint-${imprint}"]`)?.dataset.box, pxMM = Number(this.root.dataset.pxmm || 0);
    if (!place || !pxMM) return null;
    const [x, y, w, h] = place.split(",").map(Number) as [number, number, number, number];
    if (w >= partOfSeal * width * pxMM && h >= partOfSeal * height * pxMM) return null;
    const reach = Math.max(width, height) * pxMM;
    return { x: Math.round(x + w / 2 - reach), y: Math.round(y + h / 2 - reach), w: Math.round(2 * reach), h: Math.round(2 * reach) };
  }

  /** Begins with an imprint and the specimen in force under a name, where both are to be had. */
  begin(imprint: number, ref: string): void {
    const specimen = [...this.specimens.options].find((o) => o.dataset.ref === ref);
    if (!specimen || ![...this.imprints.options].some((o) => o.value === String(imprint))) return;
    this.imprints.value = String(imprint);
    specimen.selected = true;
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
