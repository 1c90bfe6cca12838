import type { JSONPath } from "jsonc-parser";

/** Texts of a document and the one place where what is made of them goes. */
export interface Slot {
	readonly texts: readonly string[];
	/** Whether the document has a list of texts there; of a text that stands alone there is one. */
	readonly list: boolean;
	/** The object that gets the results, from the document's root. */
	readonly object: JSONPath;
	/** Where in that object. */
	readonly target: readonly string[];
}
