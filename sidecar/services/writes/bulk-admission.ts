/**
 * Whether the texts of one bulk may be turned away. It is let in or refused when it arrives: each model's first call
 * is refused where there is no room for it, and whatever comes after waits, however large the bulk is.
 */
export class BulkAdmission {
	readonly #asked = new Set<string>();
	#begun = false;

	/** Something of the bulk is on its way to OpenSearch: from now on everything waits. */
	begin(): void {
		this.#begun = true;
	}

	/** What the next call to a model does where its queue is full. */
	whenFull(modelId: string): "refuse" | "wait" {
		if (this.#begun || this.#asked.has(modelId)) return "wait";
		this.#asked.add(modelId);
		return "refuse";
	}
}
