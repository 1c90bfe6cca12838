import type { JSONPath } from "jsonc-parser";
import type { AnswerPath } from "./processors/inference/answer-path.ts";

/** Texts of a document and the one place where what is made of them goes. */
export interface Slot {
	/** None where something is written for a text that is not there. */
	readonly texts: readonly string[];
	/** Whether the document has a list of texts there; of a text that stands alone there is one. */
	readonly list: boolean;
	/** The object that gets the results, from the document's root. */
	readonly object: JSONPath;
	/** Where in that object. */
	readonly target: readonly string[];
	/** What goes there of the answer that ml-commons would give for all of the texts, where not the results alone do. */
	readonly part?: AnswerPath;
}
