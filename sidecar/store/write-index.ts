import type { Client } from "@opensearch-project/opensearch";
import { statusOf } from "./client.ts";

/** The index that a write to an alias or a data stream goes to, among those behind it. */
export async function writeIndexAmong(
	client: Client,
	alias: string,
	indices: readonly string[],
): Promise<string | undefined> {
	// Backing indices of a data stream end in a counter; their stream is not an alias.
	const newest = indices.toSorted().at(-1);
	try {
		const { body } = await client.indices.getAlias({ name: alias });
		const writeIndex = Object.entries(body).find(
			([, { aliases }]) => aliases?.[alias]?.is_write_index,
		);
		return writeIndex?.[0] ?? newest;
	} catch (error) {
		if (statusOf(error) === 404) return newest;
		throw error;
	}
}
