import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Client } from "@opensearch-project/opensearch";
import type { ChunkEntry, StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import {
	type ChunkAddress,
	checkIndex,
	idOf,
	ownerOf,
} from "./chunk-address.ts";
import { encodeContent } from "./chunk-content.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { statusOf, storeError } from "./client.ts";
import type { Versioned } from "./documents.ts";
import {
	type HiddenIndices,
	largeChunksIndex,
	smallChunksIndex,
} from "./hidden-indices.ts";

/** Raw bytes of a chunk at most; ml-commons' limit, and the size its clients cut models into. */
export const chunkLimit = 10_000_000;

/** What a chunk's document is at a moment; undefined where there is none. */
export type ChunkVersion =
	| Pick<Versioned<unknown>, "seqNo" | "primaryTerm">
	| undefined;

/** A chunk that was stored, and its document's version. */
export interface WrittenChunk {
	entry: ChunkEntry;
	version: ChunkVersion;
}

/** What must hold for a chunk to be stored; else it is not. */
export interface ChunkGuard {
	/** What its document was before its bytes came. */
	over: ChunkVersion;
	/** Called with the whole content, before OpenSearch gets its end; throws where it may not be stored. */
	admit: (entry: ChunkEntry) => Promise<void>;
}

/** The chunks of models, streamed in and out: a chunk is in memory in small pieces only. */
export class ChunkStore {
	readonly #client: Client;
	readonly #indices: HiddenIndices;
	readonly #reader: ChunkReader;

	constructor(client: Client, indices: HiddenIndices) {
		this.#client = client;
		this.#indices = indices;
		this.#reader = new ChunkReader(client);
	}

	/** What a chunk's document is now. */
	async version(address: ChunkAddress): Promise<ChunkVersion> {
		try {
			const { body } = await this.#client.get({
				index: address.index,
				id: idOf(address),
				_source: false,
			});
			return versionOf(body);
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(error, `look for chunk ${idOf(address)}`);
		}
	}

	/**
	 * Stores a chunk while its bytes arrive; one of that number that is there is replaced, unless the guard forbids it.
	 *
	 * @throws SidecarError bad_request for an empty chunk or one above {@link chunkLimit}, conflict where somebody else
	 * stored that chunk meanwhile; whatever the guard throws. Then, and when the bytes end with an error, nothing is
	 * stored: OpenSearch never gets the end of the document.
	 */
	async put(
		address: ChunkAddress,
		bytes: AsyncIterable<Uint8Array>,
		guard?: ChunkGuard,
	): Promise<WrittenChunk> {
		await this.#indices.ensure(address.index);
		const hash = createHash("sha256");
		const entry: ChunkEntry = { size: 0, sha256: "" };
		const measured = async function* () {
			for await (const piece of bytes) {
				entry.size += piece.length;
				if (entry.size > chunkLimit)
					throw new SidecarError("bad_request", "Chunk size exceeds 10MB");
				hash.update(piece);
				yield piece;
			}
			if (entry.size === 0)
				throw new SidecarError("bad_request", "Chunk size either 0 or null");
			entry.sha256 = hash.digest("hex");
			await guard?.admit(entry);
		};
		const version = await this.#index(address, measured(), guard);
		return { entry, version };
	}

	/** See {@link ChunkReader.read}. */
	read(
		modelId: string,
		model: Pick<StoredModel, "sidecar" | "total_chunks">,
	): AsyncGenerator<Uint8Array> {
		return this.#reader.read(modelId, model);
	}

	/** Deletes all chunks of a model: a large model's by deleting their index. Safe to repeat. */
	async delete(
		modelId: string,
		model: Pick<StoredModel, "sidecar" | "total_chunks">,
	): Promise<void> {
		checkIndex(modelId, model.sidecar.chunk_index);
		if (model.sidecar.chunk_index !== smallChunksIndex)
			return this.#indices.delete(model.sidecar.chunk_index);
		const operations = Array.from(
			{ length: model.total_chunks },
			(_, number) => ({
				delete: {
					_index: model.sidecar.chunk_index,
					_id: idOf({ modelId, number }),
				},
			}),
		);
		try {
			const { body } = await this.#client.bulk({ body: operations });
			const failed = body.items.find(
				// 404: not even their index is there, since no chunk has ever come.
				({ delete: { status = 0 } = {} }) => status >= 400 && status !== 404,
			);
			if (failed) throw new Error(JSON.stringify(failed.delete?.error));
		} catch (error) {
			throw storeError(error, `delete the chunks of ${modelId}`);
		}
	}

	/** The models that chunks are there of, 10,000 at most of those that share an index. */
	async owners(): Promise<string[]> {
		try {
			const { body: large } = await this.#client.indices.get({
				index: largeChunksIndex("*"),
				expand_wildcards: "all",
				ignore_unavailable: true,
			});
			await this.#client.indices.refresh({
				index: smallChunksIndex,
				ignore_unavailable: true,
			});
			const { body: small } = await this.#client.search({
				index: smallChunksIndex,
				ignore_unavailable: true,
				size: 10_000,
				_source: false,
				body: { query: { match_all: {} }, collapse: { field: "model_id" } },
			});
			return [
				...Object.keys(large)
					.filter((index) => index !== smallChunksIndex)
					.map((index) => index.slice(largeChunksIndex("").length)),
				...small.hits.hits.map(({ _id }) => ownerOf(_id ?? "")),
			];
		} catch (error) {
			throw storeError(error, "look for chunks");
		}
	}

	/** Deletes whatever chunks there are of a model that has no document. */
	async deleteAll(modelId: string): Promise<void> {
		await this.#indices.delete(largeChunksIndex(modelId));
		try {
			await this.#client.deleteByQuery({
				index: smallChunksIndex,
				ignore_unavailable: true,
				conflicts: "proceed",
				refresh: true,
				body: { query: { term: { model_id: modelId } } },
			});
		} catch (error) {
			throw storeError(error, `delete the chunks of ${modelId}`);
		}
	}

	async #index(
		address: ChunkAddress,
		bytes: AsyncIterable<Uint8Array>,
		guard: ChunkGuard | undefined,
	): Promise<ChunkVersion> {
		const failure: { error?: unknown } = {};
		const watched = async function* () {
			try {
				yield* bytes;
			} catch (error) {
				failure.error = error;
				throw error;
			}
		};
		try {
			const { body } = await this.#client.index({
				index: address.index,
				id: idOf(address),
				...(guard && onlyOver(guard.over)),
				body: Readable.from(
					encodeContent(watched(), {
						model_id: address.modelId,
						chunk_number: address.number,
					}),
					{ objectMode: false },
				),
			});
			return versionOf(body);
		} catch (error) {
			if (failure.error !== undefined) throw failure.error;
			if (statusOf(error) === 409)
				throw new SidecarError(
					"conflict",
					"another upload of this chunk came in between",
					{ cause: error },
				);
			throw storeError(error, `store chunk ${idOf(address)}`);
		}
	}
}

function versionOf({
	_seq_no: seqNo,
	_primary_term: primaryTerm,
}: {
	_seq_no?: number;
	_primary_term?: number;
}): ChunkVersion {
	if (seqNo === undefined || primaryTerm === undefined)
		throw new SidecarError("internal", "a chunk came without its version");
	return { seqNo, primaryTerm };
}

type Condition =
	| { op_type: "create" }
	| { if_seq_no: number; if_primary_term: number };

function onlyOver(version: ChunkVersion): Condition {
	return version
		? { if_seq_no: version.seqNo, if_primary_term: version.primaryTerm }
		: { op_type: "create" };
}
