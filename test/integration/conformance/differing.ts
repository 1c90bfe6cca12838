/** Reason to scenario (`topic / scenario`) to calls. */
export type Differing = Readonly<
	Record<string, Readonly<Record<string, readonly string[]>>>
>;
