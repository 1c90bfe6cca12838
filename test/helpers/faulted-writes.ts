import type { IncomingMessage } from "node:http";
import { expect } from "vitest";
import {
	type BulkAnswer,
	type BulkResult,
	bulkLines,
	sendBulk,
} from "./bulk-client.ts";
import { createEmbeddingIndex } from "./embedding-index.ts";
import type { Fault, FaultyOpenSearch } from "./faulty-opensearch.ts";
import type { TestSidecar } from "./sidecar.ts";
import { expectVectorsOfTexts, storedDocuments } from "./stored-documents.ts";

/** A document to be written. */
export interface NewDocument {
	id: string;
	/** Without one there is nothing to embed. */
	text?: string;
}

/** Bytes of a document that nobody looks into: of a bulk of many, OpenSearch gets a part at a time. */
const ballast = "x".repeat(256 * 1024);

/** Documents with texts that no other one has. */
export function newDocuments(from: number, to: number): NewDocument[] {
	return Array.from({ length: to - from }, (_, n) => ({
		id: `${from + n}`,
		text: `text number ${from + n} ${"of many ".repeat(n % 10)}`,
	}));
}

/** The same, every fourth one without a text. */
export function partlyWithoutText(
	documents: readonly NewDocument[],
): NewDocument[] {
	return documents.map(({ id, text }, n) =>
		n % 4 === 0 || text === undefined ? { id } : { id, text },
	);
}

/** The lines that write documents, each with ballast unless they are to be small. */
export function linesOf(
	documents: readonly NewDocument[],
	{ small = false } = {},
): string {
	return documents
		.map(({ id, text }) =>
			bulkLines({ create: { _id: id } }, { text, ...(!small && { ballast }) }),
		)
		.join("");
}

/** Results of a bulk, checked to be one for each document and in order. */
export function resultsOf(
	{ status, text, items }: BulkAnswer,
	documents: readonly NewDocument[],
): BulkResult[] {
	expect(status, text).toBe(200);
	expect(items?.map(({ id }) => id)).toEqual(documents.map(({ id }) => id));
	return items ?? [];
}

/** Statuses, each as often as it comes. */
export function statusesOf(
	results: readonly BulkResult[],
): Record<number, number> {
	const statuses: Record<number, number> = {};
	for (const { status } of results)
		statuses[status] = (statuses[status] ?? 0) + 1;
	return statuses;
}

/** A fault for the bulks with these numbers that reach OpenSearch, the first one being 1; counts them. */
export function onBulks(
	faulty: FaultyOpenSearch,
	isMeant: (number: number) => boolean,
	fault: Fault = {},
): { seen: number } {
	const bulks = { seen: 0 };
	faulty.fault = (asked) =>
		isBulk(asked) && isMeant(++bulks.seen) ? fault : undefined;
	return bulks;
}

function isBulk({ method, url = "" }: IncomingMessage): boolean {
	return method === "POST" && url.includes("/_bulk");
}

export interface BulkOptions {
	/** Another sidecar than the usual one. */
	at?: TestSidecar;
	query?: string;
	small?: boolean;
}

/** An index whose documents are embedded, and what is written to it while something goes wrong. */
export class FaultedIndex {
	readonly name: string;
	readonly #sidecar: TestSidecar;
	readonly #model: string;

	private constructor(name: string, sidecar: TestSidecar, model: string) {
		this.name = name;
		this.#sidecar = sidecar;
		this.#model = model;
	}

	static async create(
		sidecar: TestSidecar,
		model: string,
	): Promise<FaultedIndex> {
		const name = await createEmbeddingIndex(sidecar, model);
		const properties = { ballast: { type: "object", enabled: false } };
		await sidecar.call("PUT", `/${name}/_mapping`, { properties });
		return new FaultedIndex(name, sidecar, model);
	}

	async delete(): Promise<void> {
		await this.#sidecar.call("DELETE", `/${this.name}`);
	}

	bulk(
		documents: readonly NewDocument[],
		{ at = this.#sidecar, query = "", small = false }: BulkOptions = {},
	): Promise<BulkAnswer> {
		const url = `${at.url}/${this.name}/_bulk${query}`;
		return sendBulk(url, linesOf(documents, { small }));
	}

	/** Sends what has no room again, as a client does, until everything is stored. */
	async sendUntilStored(
		documents: readonly NewDocument[],
		at = this.#sidecar,
	): Promise<{ done: BulkResult[]; refused: BulkResult[] }> {
		const done: BulkResult[] = [];
		const refused: BulkResult[] = [];
		for (let open = documents; open.length > 0; ) {
			const answer = await this.bulk(open, { at, small: true });
			// Nothing of it has room.
			if (answer.status === 429) continue;
			const results = resultsOf(answer, open);
			expect(Object.keys(statusesOf(results)).join()).toMatch(
				/^(201|429|201,429)$/,
			);
			done.push(...results.filter(({ status }) => status === 201));
			refused.push(...results.filter(({ status }) => status === 429));
			open = open.filter((_, n) => results[n]?.status !== 201);
		}
		return { done, refused };
	}

	/**
	 * What is stored: every document that was acknowledged, none without the vector of its text, and none written twice.
	 *
	 * @param documents that were sent at all
	 * @returns how many there are
	 */
	async expectStored(
		results: readonly BulkResult[],
		documents: readonly NewDocument[],
	): Promise<number> {
		const stored = await storedDocuments(this.name, ["ballast"]);
		const acknowledged = results.filter(({ status }) => status === 201);
		expect(acknowledged.filter(({ id }) => !stored.has(id ?? ""))).toEqual([]);
		expect(acknowledged.filter(({ version }) => version !== 1)).toEqual([]);
		const texts = new Map(documents.map(({ id, text }) => [id, text]));
		const vectors = [...stored].flatMap(([id, { text, vector }]) => {
			expect(texts.has(id), id).toBe(true);
			expect(text, id).toBe(texts.get(id));
			if (text === undefined) return [];
			if (!Array.isArray(vector)) throw new Error(`${id} has no vector`);
			return [{ text: String(text), vector, at: id }];
		});
		await expectVectorsOfTexts(this.#sidecar.url, this.#model, vectors);
		return stored.size;
	}
}
