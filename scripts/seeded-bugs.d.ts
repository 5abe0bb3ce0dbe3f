export interface SeededEdit {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}
export const seededBugs: readonly (SeededEdit & { readonly also?: SeededEdit | undefined })[];
