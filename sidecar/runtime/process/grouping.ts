/** Which texts a model may run together, since the result of each is then, bit for bit, what it is alone. */
export interface Grouping {
	/** Texts of equal length in one run at most; 1 for a model that runs each alone. */
	texts: number;
	/** Tokens of a text up to which that saves time. */
	tokens: number;
}

export const alone: Grouping = { texts: 1, tokens: 0 };
