import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { Type } from "typebox";
import { SidecarError } from "../errors.ts";
import { quickStartName } from "./quick-start-index.ts";
import {
	type Call,
	reasonOf,
	type SidecarClient,
	shaped,
} from "./sidecar-client.ts";
import type { Noun } from "./wordnet.ts";

const documentsInBatch = 200;
const batchesInFlight = 2;
const attempts = 8;

/** How many documents the index holds, those included that no search has seen yet. */
export async function countDocuments(client: SidecarClient): Promise<number> {
	await refresh(client);
	const { count } = await client.read(
		{ method: "GET", path: `/${quickStartName}/_count` },
		Type.Object({ count: Type.Integer() }),
	);
	return count;
}

/** Makes everything that was indexed visible to searches. */
export async function refresh(client: SidecarClient): Promise<void> {
	await client.call({ method: "POST", path: `/${quickStartName}/_refresh` });
}

/** Those of the nouns that the index does not hold yet. */
export async function missingNouns(
	client: SidecarClient,
	nouns: readonly Noun[],
): Promise<Noun[]> {
	const missing: Noun[] = [];
	for (const batch of batches(nouns, 1_000)) {
		const { docs } = await client.read(
			{
				method: "POST",
				path: `/${quickStartName}/_mget?_source=false`,
				json: { ids: batch.map((noun) => noun.id) },
			},
			Type.Object({
				docs: Type.Array(
					Type.Object({ _id: Type.String(), found: Type.Boolean() }),
				),
			}),
		);
		const found = new Set(
			docs.filter((doc) => doc.found).map((doc) => doc._id),
		);
		missing.push(...batch.filter((noun) => !found.has(noun.id)));
	}
	return missing;
}

/**
 * Indexes nouns in bulk requests, a few at a time. What is refused because there is too much to do is sent again
 * after a while.
 *
 * @param indexed is told how many documents have been stored.
 * @throws SidecarError with the first refused document's reason.
 */
export async function indexNouns(
	client: SidecarClient,
	options: {
		nouns: readonly Noun[];
		signal: AbortSignal;
		indexed: (documents: number) => void;
	},
): Promise<void> {
	const limit = pLimit(batchesInFlight);
	try {
		await Promise.all(
			batches(options.nouns, documentsInBatch).map((batch) =>
				limit(() => indexBatch(client, { ...options, nouns: batch })),
			),
		);
	} finally {
		limit.clearQueue();
	}
}

async function indexBatch(
	client: SidecarClient,
	options: {
		nouns: readonly Noun[];
		signal: AbortSignal;
		indexed: (documents: number) => void;
	},
): Promise<void> {
	let waiting = options.nouns;
	for (let attempt = 0; attempt < attempts; attempt++) {
		const { refused, retryAfterMs } = await sendBulk(client, waiting);
		options.indexed(waiting.length - refused.length);
		if (refused.length === 0) return;
		waiting = refused;
		const pauseMs = Math.max(
			retryAfterMs ?? 0,
			Math.min(5_000, 200 * 2 ** attempt),
		);
		await sleep(pauseMs, undefined, { signal: options.signal });
	}
	throw new SidecarError(
		"too_many_requests",
		`${waiting.length} documents were refused ${attempts} times because there is too much to do`,
	);
}

/** One bulk request; answers with the nouns that were refused with 429. */
async function sendBulk(
	client: SidecarClient,
	nouns: readonly Noun[],
): Promise<{ refused: readonly Noun[]; retryAfterMs?: number | undefined }> {
	const call: Call = {
		method: "POST",
		path: `/${quickStartName}/_bulk`,
		lines: nouns.flatMap((noun) => [
			{ index: { _id: noun.id } },
			toDocument(noun),
		]),
		expect: [429],
	};
	const answer = await client.call(call);
	if (answer.status === 429) {
		return { refused: nouns, retryAfterMs: answer.retryAfterMs };
	}
	const { items } = shaped(answer, {
		call,
		shape: Type.Object({
			items: Type.Array(
				Type.Object({
					index: Type.Object({
						status: Type.Integer(),
						error: Type.Optional(Type.Unknown()),
					}),
				}),
			),
		}),
	});
	const refused: Noun[] = [];
	const failed: unknown[] = [];
	for (const [position, noun] of nouns.entries()) {
		const result = items[position]?.index;
		if (result?.status === 429) refused.push(noun);
		else if (!result || result.status >= 300) failed.push(result?.error);
	}
	if (failed.length > 0) {
		throw new SidecarError(
			"upstream_broken",
			`${failed.length} of ${nouns.length} documents were not indexed: ${reasonOf(failed[0]) ?? "no reason given"}`,
		);
	}
	return { refused };
}

function toDocument({ lemma, synonyms, gloss }: Noun) {
	return { lemma, ...(synonyms.length > 0 && { synonyms }), gloss };
}

function batches<T>(items: readonly T[], size: number): T[][] {
	return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
		items.slice(i * size, (i + 1) * size),
	);
}
