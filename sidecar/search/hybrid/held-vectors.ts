import { randomUUID } from "node:crypto";
import type { QueryResult } from "../queries/text-query.ts";

/**
 * Vectors that are kept out of a body while it is worked on: their hundreds of numbers take longer to parse than all the rest.
 * In their place stand texts that no client can have written.
 */
export class HeldVectors {
	readonly #name = randomUUID();
	/** What stands in a vector's place, and the vector, both JSON; bounded by the texts of one search. */
	readonly #vectors = new Map<string, string>();

	/** A model's result without its vector. */
	hold(result: QueryResult): QueryResult {
		if (result.form !== "vector") return result;
		const json = `"${this.#name}-${this.#vectors.size}"`;
		this.#vectors.set(json, result.json);
		return { ...result, json };
	}

	/** A JSON text with the vectors that stand in it. */
	fill(text: string): string {
		let filled = text;
		for (const [place, vector] of this.#vectors)
			filled = filled.replaceAll(place, () => vector);
		return filled;
	}
}
